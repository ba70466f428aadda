// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rules for texts, and what files, directories and rejected names must be.

#include "PartChecker.h"

namespace starton::table {

bool PartChecker::bad(const char *field, const char *problem) {
  return fail(*error, LoadStatus::Corrupt, 0, "corrupt: %s[%u].%s %s", list,
              position, field, problem);
}

bool PartChecker::badElement() {
  return fail(*error, LoadStatus::Corrupt, 0, "corrupt: %s[%u] is damaged",
              list, position);
}

bool PartChecker::overused() {
  return fail(*error, LoadStatus::Corrupt, 0,
              "corrupt: shares its parts too often");
}

bool PartChecker::texts(const Strings *strings, const char *field) {
  if (strings == nullptr)
    return true;
  if (strings->size() > MaxList)
    return bad(field, "is too long");
  for (const flatbuffers::String *string : *strings)
    if (!text(string, field))
      return false;
  return true;
}

bool PartChecker::inRange(int64_t value, int64_t low, int64_t high,
                          const char *field) {
  return (value >= low && value <= high) || bad(field, "is out of range");
}

bool PartChecker::sortedAfter(const flatbuffers::String *previous,
                              const flatbuffers::String *name,
                              const char *field) {
  return previous == nullptr || *previous < *name ||
         bad(field, "is out of order");
}

bool PartChecker::checkFile(const File *previous, const File &file,
                            Verifier &verifier) {
  if (!verifier.VerifyTable(&file))
    return badElement();
  if (!text(file.path(), "path", MaxName))
    return false;
  if (previous != nullptr && *file.path() < *previous->path())
    return bad("path", "is out of order");
  return file.sha256()->size() == 32 || bad("sha256", "is not 32 bytes long");
}

bool PartChecker::checkRejected(const Rejected *previous, const Rejected &entry,
                                Verifier &verifier) {
  if (!verifier.VerifyTable(&entry))
    return badElement();
  if (!text(entry.name(), "name", MaxName) ||
      !sortedAfter(previous != nullptr ? previous->name() : nullptr,
                   entry.name(), "name") ||
      !text(entry.message(), "message") || !text(entry.detail(), "detail"))
    return false;
  return entry.file() < table.files()->size() || bad("file", "is out of range");
}

bool PartChecker::checkDirectories() {
  list = "directories";
  position = 0;
  const Strings *directories = table.directories();
  if (!texts(directories, "path"))
    return false;
  for (uint32_t i = 0; directories != nullptr && i != directories->size(); ++i)
    if (directories->Get(i)->size() > MaxName ||
        directories->Get(i)->c_str()[0] != '/')
      return bad("path", "is no absolute path");
  return true;
}

} // namespace starton::table
