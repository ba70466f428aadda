// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Any bytes as an event catalogue and as a configuration file, then as JSON of
// a baseline: a message or something that can be asked, and never the end of
// the stack.

#include "starton/Check/Catalogue.h"
#include "starton/Config/Baseline.h"
#include "starton/Config/Configuration.h"
#include <cstdlib>

using namespace starton;

namespace {

void expect(bool good) {
  if (!good)
    std::abort();
}

void readCatalogue(llvm::StringRef text) {
  check::Catalogue catalogue;
  std::string error;
  bool good = catalogue.addText(text, "fuzzed.yaml", error);
  expect(good == error.empty());
  for (const check::KnownEvent &event : catalogue.events()) {
    const check::KnownEvent *found = catalogue.find(event.name);
    // A glob need not match itself, but its exact name is found first.
    expect(found && found->name == event.name);
    expect(!event.emitter.empty() && !event.description.empty());
    (void)catalogue.hasJob(event.emitter);
    (void)catalogue.insteadOf(event.name);
  }
  (void)catalogue.find(text.take_front(64));
}

void readConfiguration(llvm::StringRef text) {
  config::Configuration configuration;
  std::string error;
  bool good = config::parseConfiguration(text, "/etc/fuzzed.yaml",
                                         configuration, error);
  expect(good == error.empty());
  if (good)
    (void)configuration.excludes("/etc/init/a.conf");
}

void readBaseline(llvm::StringRef text) {
  config::Baseline baseline;
  std::string error;
  expect(baseline.read(text, error) == error.empty());
}

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::StringRef text(reinterpret_cast<const char *>(data), size);
  readCatalogue(text);
  readConfiguration(text);
  readBaseline(text);
  return 0;
}
