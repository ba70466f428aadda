// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Environment.h"
#include "Table.h"

namespace starton::engine {

Text keyOf(Text entry) {
  const void *equals =
      entry.empty() ? nullptr : std::memchr(entry.data(), '=', entry.size());
  if (!equals)
    return entry;
  return {entry.data(),
          size_t(static_cast<const char *>(equals) - entry.data())};
}

Text valueOf(Text entry) {
  size_t key = keyOf(entry).size();
  if (key == entry.size())
    return {};
  return entry.slice(key + 1, entry.size() - key - 1);
}

bool isAssignment(Text entry) { return keyOf(entry).size() < entry.size(); }

bool makeBlob(Span<const Text> entries, Blob &blob) {
  blob = {};
  size_t length = 0;
  for (Text entry : entries)
    length += entry.size() + 1;
  if (!length)
    return true;
  if (length > UINT32_MAX)
    return false;
  char *data = static_cast<char *>(allocate(length));
  if (!data)
    return false;
  blob = {data, uint32_t(length), uint32_t(entries.size())};
  for (Text entry : entries) {
    if (!entry.empty())
      std::memcpy(data, entry.data(), entry.size());
    data[entry.size()] = 0;
    data += entry.size() + 1;
  }
  return true;
}

void freeBlob(Blob &blob) {
  release(blob.data);
  blob = {};
}

bool isReserved(Text key) {
  for (const char *name :
       {"JOB", "INSTANCE", "RESULT", "PROCESS", "EXIT_SIGNAL", "EXIT_STATUS"})
    if (equal(key, textOf(name)))
      return true;
  Text prefix = textOf("UPSTART_");
  return key.size() >= prefix.size() &&
         equal(key.slice(0, prefix.size()), prefix);
}

void keepImported(const table::Job &job, bool reservedStay, Blob &blob) {
  char *kept = blob.data;
  uint32_t count = 0;
  Text entry;
  for (EntryWalk walk(blob); walk.next(entry);) {
    Text key = keyOf(entry);
    bool keep = isReserved(key) && reservedStay;
    for (uint32_t i = 0;
         !keep && !isReserved(key) && i < countOf(job.imports()); ++i)
      keep = equal(key, textOf(job.imports()->Get(i)));
    if (!keep)
      continue;
    std::memmove(kept, entry.data(), entry.size() + 1);
    kept += entry.size() + 1;
    ++count;
  }
  blob.length = uint32_t(kept - blob.data);
  blob.count = count;
}

SharedEnvironment::~SharedEnvironment() {
  freeBlob(own);
  freeBlob(jobs);
  freeBlob(sessionBlob);
}

bool SharedEnvironment::init(const Options &options) {
  if (!makeBlob(options.daemonEnvironment, own))
    return false;
  if (!options.sessionAddress.empty()) {
    TextBuffer entry;
    if (!entry.reserve(options.sessionAddress.size() + 17))
      return false;
    entry.append("UPSTART_SESSION=");
    entry.append(options.sessionAddress);
    Text text = entry.text();
    if (!makeBlob({&text, 1}, sessionBlob))
      return false;
    sessionEntry = {sessionBlob.data, sessionBlob.length - 1};
  }
  inherits = options.userMode && options.inheritEnvironment;
  return makeInitial(jobs);
}

bool SharedEnvironment::makeInitial(Blob &blob) const {
  Text kept[2];
  size_t count = 0;
  for (const char *name : {"PATH", "TERM"})
    if (Text entry; findEntry(own, textOf(name), entry))
      kept[count++] = entry;
  if (!inherits)
    return makeBlob({kept, count}, blob);
  blob = {};
  if (!own.length)
    return true;
  blob.data = static_cast<char *>(allocate(own.length));
  if (!blob.data)
    return false;
  std::memcpy(blob.data, own.data, own.length);
  blob.length = own.length;
  blob.count = own.count;
  return true;
}

void SharedEnvironment::swapBase(Blob &other) {
  Blob base = jobs;
  jobs = other;
  other = base;
}

bool findEntry(const Blob &blob, Text key, Text &entry) {
  bool found = false;
  Text candidate;
  for (EntryWalk walk(blob); walk.next(candidate);)
    if (equal(keyOf(candidate), key)) {
      entry = candidate;
      found = true;
    }
  return found;
}

bool Environment::find(Text name, Text &value) const {
  if (!job)
    return false;
  Text entry;
  for (size_t i = arguments.size(); i-- > 0;)
    if (equal(keyOf(arguments[i]), name)) {
      value = valueOf(arguments[i]);
      return true;
    }
  if (findEntry(delta, name, entry)) {
    value = valueOf(entry);
    return isAssignment(entry);
  }
  for (uint32_t i = countOf(job->env()); i-- > 0;) {
    entry = textOf(job->env()->Get(i));
    if (!equal(keyOf(entry), name))
      continue;
    if (!isAssignment(entry) && !findEntry(shared->daemon(), name, entry))
      return false;
    value = valueOf(entry);
    return true;
  }
  if (!findEntry(shared->base(), name, entry))
    return false;
  value = valueOf(entry);
  return true;
}

bool EnvironmentBuilder::reserve(size_t count) {
  size_t wanted = 64;
  while (wanted < 2 * count)
    wanted *= 2;
  return entries.reserve(count) &&
         (wanted <= slots.size() || slots.resize(wanted));
}

void EnvironmentBuilder::clear() {
  entries.clear();
  std::memset(static_cast<void *>(slots.data()), 0,
              slots.size() * sizeof(uint32_t));
}

/// The slot that holds \p key, or the empty one where it belongs.
size_t EnvironmentBuilder::slotOf(Text key) const {
  size_t mask = slots.size() - 1;
  size_t at = hashName(key) & mask;
  while (slots[at] && !equal(keyOf(entries[slots[at] - 1]), key))
    at = (at + 1) & mask;
  return at;
}

void EnvironmentBuilder::put(Text entry) {
  size_t slot = slotOf(keyOf(entry));
  if (slots[slot]) {
    entries[slots[slot] - 1] = entry;
    return;
  }
  entries.pushReserved(entry);
  slots[slot] = uint32_t(entries.size());
}

const Text *EnvironmentBuilder::find(Text key) const {
  size_t slot = slotOf(key);
  return slots[slot] ? &entries[slots[slot] - 1] : nullptr;
}

void EnvironmentBuilder::remove(Text key) {
  size_t slot = slotOf(key);
  // The key alone stays, so that the slot does; finish() drops it.
  if (slots[slot])
    entries[slots[slot] - 1] = keyOf(entries[slots[slot] - 1]);
}

void EnvironmentBuilder::putAll(const Blob &blob) {
  Text entry;
  for (EntryWalk walk(blob); walk.next(entry);)
    put(entry);
}

void EnvironmentBuilder::putJob(const SharedEnvironment &shared,
                                const table::Job &job, const Blob &delta) {
  putAll(shared.base());
  for (uint32_t i = 0; i < countOf(job.env()); ++i) {
    Text entry = textOf(job.env()->Get(i));
    Text key = entry;
    if (isAssignment(entry) || findEntry(shared.daemon(), key, entry))
      put(entry);
    else
      remove(key);
  }
  Text own;
  for (EntryWalk walk(delta); walk.next(own);)
    if (isAssignment(own))
      put(own);
    else
      remove(own);
}

Span<const Text> EnvironmentBuilder::finish() {
  size_t kept = 0;
  for (Text entry : entries)
    if (isAssignment(entry))
      entries[kept++] = entry;
  entries.shrink(kept);
  return entries.span();
}

} // namespace starton::engine
