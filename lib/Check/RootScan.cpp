// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "RootScan.h"
#include "ShellEmissions.h"
#include "llvm/ADT/StringExtras.h"

namespace starton::check {

namespace {

constexpr const char *ruleDirectories[] = {
    "/etc/udev/rules.d", "/lib/udev/rules.d", "/usr/lib/udev/rules.d",
    "/usr/local/lib/udev/rules.d"};
constexpr const char *programDirectories[] = {"/bin",
                                              "/sbin",
                                              "/usr/bin",
                                              "/usr/sbin",
                                              "/usr/lib/upstart",
                                              "/usr/libexec",
                                              "/usr/local/bin",
                                              "/usr/local/sbin"};
constexpr size_t MaxProgram = size_t(64) << 20;
// The method of Upstart's interface that emits.
constexpr llvm::StringLiteral emitMethod = "EmitEvent";

/// The values of RUN in one rule: between the quotes behind `RUN+=`, `RUN=`,
/// `RUN{program}+=`.
template <typename Visit> void forEachRun(llvm::StringRef rule, Visit visit) {
  for (size_t at = rule.find("RUN"); at != llvm::StringRef::npos;
       at = rule.find("RUN", at)) {
    at += 3;
    llvm::StringRef rest = rule.drop_front(at);
    if (rest.starts_with("{"))
      rest = rest.drop_front(std::min(rest.find('}') + 1, rest.size()));
    rest = rest.ltrim();
    rest.consume_front("+");
    if (rest.consume_front("=") && (rest = rest.ltrim()).consume_front("\""))
      visit(rest.take_front(rest.find('"')));
  }
}

void scanRuleFile(shell::ShellParser &parser, llvm::StringRef path,
                  llvm::StringRef text, std::vector<Emission> &emissions) {
  // A backslash at the end of a line joins it with the next.
  std::string joined;
  for (llvm::StringRef rest = text; !rest.empty();) {
    auto [line, more] = rest.split('\n');
    rest = more;
    if (line.ltrim().starts_with("#"))
      continue;
    bool goesOn = line.consume_back("\\");
    joined += line;
    if (goesOn)
      continue;
    forEachRun(joined, [&](llvm::StringRef command) {
      addEmissionsOfText(parser, command, EmitterKind::Udev, path, emissions);
    });
    joined.clear();
  }
}

bool isWordByte(char byte) {
  return llvm::isAlnum(byte) || byte == '-' || byte == '_' || byte == '.' ||
         byte == ':' || byte == '/' || byte == '+' || byte == '@';
}

} // namespace

void scanWords(llvm::StringRef bytes, const llvm::StringSet<> &wanted,
               EmitterKind kind, std::vector<Emission> &emissions) {
  llvm::StringSet<> seen;
  while (!bytes.empty()) {
    bytes = bytes.drop_until(isWordByte);
    llvm::StringRef word = bytes.take_while(isWordByte);
    bytes = bytes.drop_front(word.size());
    if (!wanted.contains(word) || !seen.insert(word).second)
      continue;
    Emission &emission = emissions.emplace_back();
    emission.kind = kind;
    emission.name = word.str();
  }
}

void scanRules(const Root &root, std::vector<Emission> &emissions) {
  shell::ShellParser parser;
  for (const char *directory : ruleDirectories)
    for (const std::string &name : root.list(directory)) {
      std::string path = std::string(directory) + "/" + name;
      if (!llvm::StringRef(name).ends_with(".rules"))
        continue;
      if (std::optional<std::string> text = root.read(path))
        scanRuleFile(parser, path, *text, emissions);
    }
}

void scanPrograms(const Root &root, const llvm::StringSet<> &wanted,
                  std::vector<Emission> &emissions) {
  if (wanted.empty())
    return;
  shell::ShellParser parser;
  for (const char *directory : programDirectories)
    for (const std::string &name : root.list(directory)) {
      std::string path = std::string(directory) + "/" + name;
      if (root.kindOf(path) != PathKind::Executable)
        continue;
      std::optional<std::string> bytes = root.read(path, MaxProgram);
      if (!bytes)
        continue;
      llvm::StringRef text = *bytes;
      size_t before = emissions.size();
      if (text.contains(emitMethod))
        scanWords(text, wanted, EmitterKind::DBusCaller, emissions);
      else if (text.starts_with("#!") && text.contains("initctl"))
        addEmissionsOfText(parser, text, EmitterKind::DBusCaller, path,
                           emissions);
      for (; before != emissions.size(); ++before)
        emissions[before].file = path;
    }
}

} // namespace starton::check
