// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Sources.h"
#include "Files.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/SHA256.h"
#include <algorithm>
#include <fcntl.h>

namespace starton::sema {

/// `/etc/init.conf` and the override beside it, where they exist.
static void addMainConfiguration(const FileSystem &system,
                                 const SystemOptions &options,
                                 std::vector<WalkedFile> &files) {
  if (options.mainConfiguration.empty())
    return;
  llvm::StringRef stem = options.mainConfiguration;
  stem.consume_back(".conf");
  auto exists = [&](const std::string &path) {
    return Descriptor(system.open(path, O_PATH)).isOpen();
  };
  std::string beside = (stem + ".override").str();
  if (exists(options.mainConfiguration))
    files.push_back({options.mainConfiguration, "", FileRole::MainConf});
  if (options.dialect != Dialect::Upstart065 && exists(beside))
    files.push_back({beside, "", FileRole::MainConf});
}

std::string relativeTo(llvm::StringRef root, llvm::StringRef path) {
  llvm::StringRef rest = path;
  if (!root.empty() && rest.consume_front(root.rtrim('/')) &&
      rest.starts_with("/"))
    return rest.str();
  return path.str();
}

void visitSources(const FileSystem &system, const SystemOptions &options,
                  std::vector<Diagnostic> &diagnostics, VisitFiles visit) {
  WalkOptions walkOptions;
  walkOptions.mustExist = options.mustExist;
  walkOptions.overrides = options.dialect != Dialect::Upstart065;
  std::vector<WalkedFile> walked;
  addMainConfiguration(system, options, walked);
  visit(walked, 0);
  for (uint32_t i = 0; i != options.directories.size(); ++i) {
    const std::string &directory = options.directories[i];
    walked.clear();
    if (options.onlyJobs.empty())
      walkDirectory(system, directory, walkOptions, walked, diagnostics);
    else
      walkJobs(system, directory, options.onlyJobs, walkOptions.overrides,
               walked);
    visit(walked, i);
  }
}

std::array<uint8_t, 32> hashSource(llvm::StringRef text) {
  llvm::SHA256 hash;
  hash.update(text);
  return hash.final();
}

std::vector<SourceStamp> stampSources(const SystemOptions &options) {
  FileSystem system(options.root);
  std::vector<Diagnostic> ignored;
  std::vector<SourceStamp> stamps;
  visitSources(
      system, options, ignored, [&](std::vector<WalkedFile> &files, uint32_t) {
        for (const WalkedFile &file : files) {
          std::string error;
          auto source = readSource(system, file.path, error);
          llvm::StringRef text = source ? source->text() : llvm::StringRef();
          stamps.push_back({relativeTo(options.root, file.path), text.size(),
                            hashSource(text), !source});
        }
      });
  std::stable_sort(stamps.begin(), stamps.end(),
                   [](const SourceStamp &a, const SourceStamp &b) {
                     return a.path < b.path;
                   });
  stamps.erase(std::unique(stamps.begin(), stamps.end()), stamps.end());
  return stamps;
}

} // namespace starton::sema
