// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Any bytes as a conf, and what follows a byte 0x1E as its override, good or
// bad: the job of both holds together, and every form of it can be printed and,
// where it is YAML, read back.

#include "../lib/Sema/Lower.h"
#include "starton/Sema/JobSet.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLParser.h"
#include <cstdlib>

using namespace starton;
using namespace starton::sema;

namespace {

/// Post-order, whole, and no index out of range.
void checkCondition(const Condition &condition) {
  uint32_t operands = 0;
  for (uint32_t i = 0; i != condition.nodes.size(); ++i) {
    const ConditionNode &node = condition.nodes[i];
    if (node.origin.line == 0)
      std::abort();
    if (node.kind == ast::NodeKind::Match) {
      ++operands;
      continue;
    }
    if (operands < 2 || i < 2 || node.left >= i - 1)
      std::abort();
    --operands;
  }
  if (operands > 1 || condition.origin.known() != !condition.empty())
    std::abort();
}

void checkYaml(llvm::StringRef text) {
  llvm::SourceMgr manager;
  manager.setDiagHandler([](const llvm::SMDiagnostic &, void *) {});
  llvm::yaml::Stream stream(text, manager);
  if (!stream.validate())
    std::abort();
}

void addFile(JobSet &set, const char *path, llvm::StringRef text,
             Parser &parser) {
  SourceFile &file = set.files.emplace_back();
  file.path = path;
  file.source = std::make_unique<SourceBuffer>(path, text.str());
  ParseOptions options;
  options.dialect = set.dialect;
  file.parse = parser.parse(*file.source, options);
}

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  static Parser parser;
  JobSet set;
  set.dialect = static_cast<Dialect>(data[0] % 4);
  llvm::StringRef text(reinterpret_cast<const char *>(data) + 1, size - 1);
  auto [conf, overrideText] = text.split('\x1e');
  addFile(set, "a.conf", conf, parser);
  addFile(set, "a.override", overrideText, parser);

  Job &job = set.jobs.emplace_back();
  job.name = "a";
  job.overrideFile = 1;
  for (uint32_t i = 0; i != 2; ++i)
    lowerFile(job, set.files[i].parse, i);
  uniteCgroups(job);
  checkCondition(job.startOn);
  checkCondition(job.stopOn);

  std::string yaml, plain;
  llvm::raw_string_ostream yamlStream(yaml), plainStream(plain);
  printModel(set, yamlStream);
  checkYaml(yaml);
  printShowConfig(set, false, plainStream);
  printShowConfig(set, true, plainStream);
  return 0;
}
