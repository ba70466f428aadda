// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Config/Baseline.h"
#include "starton/Basic/Fingerprint.h"
#include "starton/Basic/Nesting.h"
#include "llvm/Support/JSON.h"
#include <algorithm>
#include <tuple>

using namespace starton;
using namespace starton::config;

namespace {

constexpr int64_t FormatVersion = 1;
/// A baseline is three deep.
constexpr unsigned MaxNesting = 8;

bool readEntry(const llvm::json::Value &value,
               std::map<std::string, BaselineEntry> &entries) {
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return false;
  auto file = object->getString("file"), name = object->getString("name"),
       print = object->getString("fingerprint"),
       message = object->getString("message");
  auto count = object->getInteger("count");
  if (!file || !name || !print || !count || *count < 1)
    return false;
  BaselineEntry &entry = entries[print->str()];
  entry.file = file->str();
  entry.name = name->str();
  entry.message = message ? message->str() : std::string();
  entry.count = static_cast<uint64_t>(*count);
  return true;
}

} // namespace

bool Baseline::read(llvm::StringRef text, std::string &error) {
  error = "not a baseline that --write-baseline has written";
  if (jsonNestsDeeper(text, MaxNesting))
    return false;
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(text);
  if (!value) {
    error = "not JSON: " + llvm::toString(value.takeError());
    return false;
  }
  const llvm::json::Object *object = value->getAsObject();
  const llvm::json::Array *findings =
      object ? object->getArray("findings") : nullptr;
  if (!findings)
    return false;
  if (object->getInteger("version") != FormatVersion) {
    error =
        "written by another version of this program: its 'version' is not " +
        std::to_string(FormatVersion);
    return false;
  }
  for (const llvm::json::Value &entry : *findings)
    if (!readEntry(entry, entries))
      return false;
  error.clear();
  return true;
}

bool Baseline::take(const Diagnostic &diagnostic, llvm::StringRef file) {
  auto found = entries.find(fingerprint(diagnostic, file));
  if (found == entries.end())
    return false;
  if (--found->second.count == 0)
    entries.erase(found);
  return true;
}

void Baseline::add(const Diagnostic &diagnostic, llvm::StringRef file) {
  BaselineEntry &entry = entries[fingerprint(diagnostic, file)];
  if (entry.count++ != 0)
    return;
  entry.file = printable(file);
  entry.name = nameOf(diagnostic).str();
  entry.message = printable(diagnostic.message);
}

void Baseline::remove(llvm::function_ref<bool(const BaselineEntry &)> drop) {
  std::erase_if(entries, [&](const auto &each) { return drop(each.second); });
}

void Baseline::print(llvm::raw_ostream &os) const {
  std::vector<std::pair<llvm::StringRef, const BaselineEntry *>> sorted;
  sorted.reserve(entries.size());
  for (const auto &[print, entry] : entries)
    sorted.emplace_back(print, &entry);
  std::sort(sorted.begin(), sorted.end(), [](const auto &a, const auto &b) {
    return std::tie(a.second->file, a.second->name, a.first) <
           std::tie(b.second->file, b.second->name, b.first);
  });
  os << "{\"version\":" << FormatVersion << ",\"findings\":[";
  const char *separator = "\n";
  for (const auto &[print, entry] : sorted) {
    os << separator;
    llvm::json::OStream json(os);
    json.object([&, &print = print, &entry = entry] {
      json.attribute("file", entry->file);
      json.attribute("name", entry->name);
      json.attribute("fingerprint", print);
      json.attribute("count", static_cast<int64_t>(entry->count));
      json.attribute("message", entry->message);
    });
    json.flush();
    separator = ",\n";
  }
  os << "\n]}\n";
}
