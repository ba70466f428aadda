// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Rejections.h"
#include "starton/Runtime/Support/StateStream.h"
#include "starton/Table/JobTable_generated.h"
#include <cstdio>
#include <cstring>

namespace starton::host {

using engine::Text;

namespace {

Text viewOf(const flatbuffers::String *string) {
  return string ? Text{string->c_str(), string->size()} : Text{};
}

bool endsWith(Text text, Text end) {
  return text.size() >= end.size() &&
         equal(text.slice(text.size() - end.size(), end.size()), end);
}

/// What there is of the job nevertheless.
const char *remainder(const table::Rejected &rejected, Text path) {
  if (!rejected.in_part())
    return "";
  if (!endsWith(path, textOf(".override")))
    return " (its override alone is used)";
  return rejected.line() == 0 ? " (the job is used without it)"
                              : " (what comes before is used)";
}

constexpr size_t MaxReport = 2048;

/// Our own report; its length. Nothing of it is so long that the rest would
/// not be seen.
size_t describe(const table::Rejected &rejected, Text path,
                char (&line)[MaxReport]) {
  constexpr int MaxPath = 1024;
  constexpr int MaxMessage = 768;
  Text detail = viewOf(rejected.detail());
  const char *message =
      detail.empty() ? rejected.message()->c_str() : detail.data();
  char place[32] = "";
  if (rejected.line() != 0)
    std::snprintf(place, sizeof place, ":%u:%u",
                  static_cast<unsigned>(rejected.line()),
                  static_cast<unsigned>(rejected.column()));
  int length =
      std::snprintf(line, sizeof line, "%.*s%s: %.*s%s", MaxPath, path.data(),
                    place, MaxMessage, message, remainder(rejected, path));
  auto size = static_cast<size_t>(length < 0 ? 0 : length);
  return size < sizeof line ? size : sizeof line - 1;
}

/// As strcmp(), which the table is sorted by.
int compare(Text a, Text b) {
  size_t common = a.size() < b.size() ? a.size() : b.size();
  int order = common ? std::memcmp(a.data(), b.data(), common) : 0;
  if (order != 0 || a.size() == b.size())
    return order;
  return a.size() < b.size() ? -1 : 1;
}

} // namespace

void Rejections::clear() {
  for (const Entry &entry : entries)
    release(entry.name);
  entries.clear();
}

size_t Rejections::placeOf(Text name) const {
  size_t low = 0;
  size_t high = entries.size();
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (compare(textOf(entries[middle].name), name) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

const Rejections::Entry *Rejections::find(Text name) const {
  size_t place = placeOf(name);
  bool found =
      place < entries.size() && equal(textOf(entries[place].name), name);
  return found ? &entries[place] : nullptr;
}

void Rejections::remove(size_t place) {
  release(entries[place].name);
  for (size_t next = place + 1; next < entries.size(); ++next)
    entries[next - 1] = entries[next];
  entries.pop();
}

void Rejections::forget(Text name) {
  if (find(name))
    remove(placeOf(name));
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
  size_t place = placeOf(name);
  entries.pushReserved({});
  for (size_t next = entries.size() - 1; next > place; --next)
    entries[next] = entries[next - 1];
  entries[place] = {memory, second, later};
}

void Rejections::takeOne(const table::JobTable &table,
                         const table::Rejected &rejected, bool later,
                         Messages &messages) {
  Text name = viewOf(rejected.name());
  Text path = viewOf(table.files()->Get(rejected.file())->path());
  char line[MaxReport];
  size_t size = describe(rejected, path, line);
  // It has been said, and nothing about it has changed.
  if (const Entry *known = find(name))
    if (equal(textOf(known->message), {line, size}))
      return;
  const char *message = rejected.message()->c_str();
  if (rejected.upstart_line())
    messages.format(engine::Priority::Warn, "%s:%u: %s", path.data(),
                    static_cast<unsigned>(rejected.upstart_line()), message);
  else
    messages.format(engine::Priority::Warn,
                    "%s: Error while loading configuration file: %s",
                    path.data(), message);
  messages.format(engine::Priority::Warn, "Job %s is rejected%s: %.*s",
                  name.data(), rejected.in_part() ? " in part" : "",
                  static_cast<int>(size), line);
  forget(name);
  keep(name, {line, size}, later);
}

void Rejections::take(const table::JobTable &table, bool whole, bool later,
                      Messages &messages) {
  size_t kept = 0;
  for (const Entry &entry : entries)
    if (whole && !table.rejected()->LookupByKey(entry.name))
      release(entry.name);
    else
      entries[kept++] = entry;
  entries.shrink(kept);
  for (const table::Rejected *rejected : *table.rejected())
    takeOne(table, *rejected, later, messages);
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

void Rejections::save(StateWriter &out) const {
  out.number32(static_cast<uint32_t>(entries.size()));
  for (const Entry &entry : entries) {
    out.text(textOf(entry.name));
    out.text(textOf(entry.message));
    out.flag(entry.later);
  }
}

void Rejections::load(StateReader &in) {
  constexpr size_t LeastEntry = 9; // two lengths and a flag
  uint32_t count = in.count(LeastEntry);
  for (uint32_t i = 0; i < count && in.good(); ++i) {
    Text name = in.name();
    Text message = in.name();
    bool later = in.flag();
    if (in.good() && !find(name))
      keep(name, message, later);
  }
}

} // namespace starton::host
