// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rules for texts, and the lists of files and of rejected names.

#include "TableChecker.h"
#include <cerrno>
#include <cstring>

namespace starton::table {

bool TableChecker::bad(const char *field, const char *problem) {
  return fail(error, LoadStatus::Corrupt, 0, "corrupt: %s[%u].%s %s", list,
              position, field, problem);
}

bool TableChecker::badElement() {
  return fail(error, LoadStatus::Corrupt, 0, "corrupt: %s[%u] is damaged", list,
              position);
}

bool TableChecker::overused() {
  return fail(error, LoadStatus::Corrupt, 0,
              "corrupt: shares its parts too often");
}

bool TableChecker::outOfMemory() {
  errno = ENOMEM;
  return failWithErrno(error, LoadStatus::CannotRead, "cannot verify");
}

bool TableChecker::texts(const Strings *strings, const char *field) {
  if (strings == nullptr)
    return true;
  if (strings->size() > MaxList)
    return bad(field, "is too long");
  for (const flatbuffers::String *string : *strings)
    if (!text(string, field))
      return false;
  return true;
}

bool TableChecker::inRange(int64_t value, int64_t low, int64_t high,
                           const char *field) {
  return (value >= low && value <= high) || bad(field, "is out of range");
}

bool TableChecker::sortedAfter(const flatbuffers::String *previous,
                               const flatbuffers::String *name,
                               const char *field) {
  return previous == nullptr || *previous < *name ||
         bad(field, "is out of order");
}

bool TableChecker::check() {
  if (table.dialect() > Dialect::MAX)
    return fail(error, LoadStatus::Corrupt, 0,
                "corrupt: dialect is out of range");
  return checkFiles() && checkDirectories() && checkJobs() && checkRejected() &&
         checkIndex();
}

bool TableChecker::checkFiles() {
  list = "files";
  const flatbuffers::String *previous = nullptr;
  for (position = 0; position != table.files()->size(); ++position) {
    const File *file = table.files()->Get(position);
    if (!verifier.VerifyTable(file))
      return badElement();
    if (!text(file->path(), "path", MaxName))
      return false;
    if (previous != nullptr && *file->path() < *previous)
      return bad("path", "is out of order");
    if (file->sha256()->size() != 32)
      return bad("sha256", "is not 32 bytes long");
    previous = file->path();
  }
  return true;
}

bool TableChecker::checkDirectories() {
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

bool TableChecker::checkRejected() {
  list = "rejected";
  const flatbuffers::String *previous = nullptr;
  for (position = 0; position != table.rejected()->size(); ++position) {
    const Rejected *entry = table.rejected()->Get(position);
    if (!verifier.VerifyTable(entry))
      return badElement();
    if (!text(entry->name(), "name", MaxName) ||
        !sortedAfter(previous, entry->name(), "name") ||
        !text(entry->message(), "message") || !text(entry->detail(), "detail"))
      return false;
    if (entry->file() >= table.files()->size())
      return bad("file", "is out of range");
    previous = entry->name();
  }
  return true;
}

} // namespace starton::table
