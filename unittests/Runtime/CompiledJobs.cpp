// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "CompiledJobs.h"
#include "starton/Sema/JobSet.h"
#include "starton/Table/Reader.h"
#include "starton/Table/Writer.h"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace starton::test {

Compiled::Compiled(const Files &files, bool chromeOs) {
  namespace fs = std::filesystem;
  static int number = 0;
  fs::path directory =
      fs::temp_directory_path() /
      ("engine-" + std::to_string(getpid()) + "-" + std::to_string(++number));
  size_t overrides = 0;
  for (const auto &[name, text] : files) {
    fs::create_directories((directory / name).parent_path());
    bool isOverride = name.find(".override") != std::string::npos;
    overrides += isOverride;
    std::ofstream(directory / (isOverride ? name : name + ".conf")) << text;
  }
  sema::SystemOptions options;
  options.directories = {directory.string()};
  options.root = directory.string();
  if (chromeOs)
    options.dialect = Dialect::ChromeOS;
  sema::JobSet set = sema::loadSystem(options);
  fs::remove_all(directory);
  std::string error;
  bytes = table::writeTable(set, error);
  if (set.jobs.size() != files.size() - overrides) {
    std::fprintf(stderr, "a job of the test is rejected: %s\n", error.c_str());
    std::abort();
  }
  open();
}

Compiled::Compiled(const Compiled &other) : bytes(other.bytes) { open(); }

Compiled::~Compiled() { std::fill(bytes.begin(), bytes.end(), '\xff'); }

void Compiled::open() {
  table::LoadError error;
  root = table::verify(
      {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()}, error);
  if (!root) {
    std::fprintf(stderr, "a table of the test: %s\n", error.message);
    std::abort();
  }
}

} // namespace starton::test
