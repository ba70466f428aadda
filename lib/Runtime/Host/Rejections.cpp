// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Rejections.h"
#include "starton/Table/JobTable_generated.h"
#include <cstdio>
#include <cstring>

namespace starton::host {

using engine::Text;

namespace {

Text viewOf(const flatbuffers::String *string) {
  return string ? Text{string->c_str(), string->size()} : Text{};
}

/// Our own report; its length.
size_t describe(const table::Rejected &rejected, const char *path,
                char (&line)[1024]) {
  Text detail = viewOf(rejected.detail());
  const char *message =
      detail.empty() ? rejected.message()->c_str() : detail.data();
  int length =
      rejected.line() == 0
          ? std::snprintf(line, sizeof line, "%s: %s", path, message)
          : std::snprintf(line, sizeof line, "%s:%u:%u: %s", path,
                          static_cast<unsigned>(rejected.line()),
                          static_cast<unsigned>(rejected.column()), message);
  auto size = static_cast<size_t>(length < 0 ? 0 : length);
  return size < sizeof line ? size : sizeof line - 1;
}

} // namespace

void Rejections::clear() {
  for (const Entry &entry : entries)
    release(entry.name);
  entries.clear();
}

void Rejections::forget(Text name) {
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!equal(textOf(entries[i].name), name))
      continue;
    release(entries[i].name);
    // The order of the others stays: clients go through them by number.
    for (size_t next = i + 1; next < entries.size(); ++next)
      entries[next - 1] = entries[next];
    entries.pop();
    return;
  }
}

void Rejections::keep(Text name, Text message, bool later) {
  if (entries.size() >= MaxNames || !entries.reserve(entries.size() + 1))
    return;
  auto *memory =
      static_cast<char *>(allocate(name.size() + message.size() + 2));
  if (!memory)
    return;
  char *second = memory + name.size() + 1;
  std::memcpy(memory, name.data(), name.size());
  memory[name.size()] = '\0';
  std::memcpy(second, message.data(), message.size());
  second[message.size()] = '\0';
  entries.pushReserved({memory, second, later});
}

void Rejections::take(const table::JobTable &table, bool later,
                      Messages &messages) {
  for (const table::Rejected *rejected : *table.rejected()) {
    const char *path = table.files()->Get(rejected->file())->path()->c_str();
    const char *message = rejected->message()->c_str();
    if (rejected->upstart_line())
      messages.format(engine::Priority::Warn, "%s:%u: %s", path,
                      static_cast<unsigned>(rejected->upstart_line()), message);
    else
      messages.format(engine::Priority::Warn,
                      "%s: Error while loading configuration file: %s", path,
                      message);
    char line[1024];
    size_t size = describe(*rejected, path, line);
    messages.format(engine::Priority::Warn, "Job %s is rejected: %.*s",
                    rejected->name()->c_str(), static_cast<int>(size), line);
    keep(viewOf(rejected->name()), {line, size}, later);
  }
}

const Rejections::Entry *Rejections::find(Text name) const {
  for (const Entry &entry : entries)
    if (equal(textOf(entry.name), name))
      return &entry;
  return nullptr;
}

Text Rejections::why(Text name) const {
  const Entry *entry = find(name);
  return entry ? textOf(entry->message) : Text();
}

bool Rejections::isLater(Text name) const {
  const Entry *entry = find(name);
  return entry && entry->later;
}

bool Rejections::at(size_t index, Text &name, Text &message) const {
  if (index >= entries.size())
    return false;
  name = textOf(entries[index].name);
  message = textOf(entries[index].message);
  return true;
}

} // namespace starton::host
