// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is known about the checks, as text, JSON and Markdown.

#include "starton/Check/Driver.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"

namespace starton::check {

namespace {

llvm::StringRef severityWord(Severity severity) {
  return severity == Severity::Error ? "error" : "warning";
}

llvm::StringRef fixWord(FixKind fix) {
  switch (fix) {
  case FixKind::Safe:
    return "safe";
  case FixKind::Unsafe:
    return "unsafe";
  case FixKind::None:
    break;
  }
  return "none";
}

std::vector<llvm::StringRef> profilesOf(const Check &check) {
  std::vector<llvm::StringRef> names;
  for (Profile profile : allProfiles())
    if (check.profiles & profile)
      names.push_back(profileName(profile));
  return names;
}

std::vector<llvm::StringRef> needsOf(const Check &check) {
  std::vector<llvm::StringRef> names;
  for (Need need : allNeeds())
    if (check.needs & need)
      names.push_back(needName(need));
  return names;
}

void printArray(llvm::json::OStream &json, llvm::StringRef key,
                const std::vector<llvm::StringRef> &values) {
  json.attributeArray(key, [&] {
    for (llvm::StringRef value : values)
      json.value(value);
  });
}

std::string listed(const std::vector<llvm::StringRef> &words) {
  std::string text = words.empty() ? "none" : "";
  for (llvm::StringRef word : words)
    text += (text.empty() ? "`" : ", `") + word.str() + "`";
  return text;
}

void printExample(llvm::StringRef title, llvm::StringRef example,
                  llvm::raw_ostream &os) {
  os << "\n## " << title << '\n';
  std::vector<ExampleFile> files = splitExample(example);
  for (const ExampleFile &file : files) {
    if (files.size() > 1)
      os << "\n`" << file.name << "`:\n";
    os << "\n```\n" << file.text;
    if (!llvm::StringRef(file.text).ends_with("\n"))
      os << '\n';
    os << "```\n";
  }
}

} // namespace

void printCheckList(llvm::raw_ostream &os) {
  size_t width = 0;
  for (const Check *check : allChecks())
    width = std::max(width, check->name.size());
  for (const Check *check : allChecks()) {
    os << check->name;
    os.indent(static_cast<unsigned>(width - check->name.size() + 2));
    os << severityWord(check->severity);
    os.indent(check->severity == Severity::Error ? 4 : 2) << check->summary;
    if (!check->profiles)
      os << " (only by name)";
    else if (!(check->profiles & Default))
      os << " (only in " << profilesOf(*check).front() << ')';
    os << '\n';
  }
}

void printCheckListJson(llvm::raw_ostream &os,
                        llvm::function_ref<void(llvm::json::OStream &)> more) {
  llvm::json::OStream json(os, 2);
  json.object([&] {
    json.attribute("version", 1);
    json.attributeArray("checks", [&] {
      for (const Check *check : allChecks())
        json.object([&] {
          json.attribute("name", check->name);
          json.attribute("summary", check->summary);
          json.attribute("severity", severityWord(check->severity));
          printArray(json, "profiles", profilesOf(*check));
          printArray(json, "needs", needsOf(*check));
          json.attribute("fix", fixWord(check->fix));
        });
    });
    if (more)
      more(json);
  });
  os << '\n';
}

void printCheckPage(const Check &check, llvm::raw_ostream &os) {
  os << "# " << check.name << "\n\n"
     << llvm::toUpper(check.summary.front()) << check.summary.drop_front()
     << ".\n\n"
     << llvm::StringRef(check.doc).trim('\n') << "\n\n"
     << "- Severity: " << severityWord(check.severity) << '\n'
     << "- Profiles: " << listed(profilesOf(check)) << '\n';
  if (check.needs)
    os << "- Looks at: " << listed(needsOf(check)) << '\n';
  os << "- Fix: " << fixWord(check.fix) << '\n';
  printExample("Bad", check.bad, os);
  printExample("Good", check.good, os);
}

void printCheckIndex(llvm::raw_ostream &os) {
  os << "<!-- Made by starton-check-reference of lib/Check/Checks. Do not "
        "edit. -->\n# Checks\n\n"
        "What `init-checkconf` finds beyond the syntax of one file.\n"
        "`init-checkconf --explain NAME` prints the same pages.\n\n"
        "| check | severity | profiles | fix | finds |\n"
        "|---|---|---|---|---|\n";
  for (const Check *check : allChecks())
    os << "| [" << check->name << "](" << check->name << ".md) | "
       << severityWord(check->severity) << " | " << listed(profilesOf(*check))
       << " | " << fixWord(check->fix) << " | " << check->summary << " |\n";
}

} // namespace starton::check
