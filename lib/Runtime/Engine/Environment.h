// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Environments (runtime §3.5): a shared base, the class's `env` stanzas as the
// table has them, and an own delta. The whole array exists only while a
// process is being spawned.

#ifndef STARTON_LIB_RUNTIME_ENGINE_ENVIRONMENT_H
#define STARTON_LIB_RUNTIME_ENGINE_ENVIRONMENT_H

#include "State.h"

namespace starton {
class StateReader;
class StateWriter;
} // namespace starton

namespace starton::engine {

/// The part of "KEY=VALUE" before the first '='; all of it without one.
Text keyOf(Text entry);
/// The part behind it.
Text valueOf(Text entry);
bool isAssignment(Text entry);

/// Walks the strings of a blob: KEY=VALUE NUL KEY=VALUE NUL ...
class EntryWalk {
public:
  EntryWalk(const char *data, uint32_t length) : at(data), end(data + length) {}
  explicit EntryWalk(const Blob &blob) : EntryWalk(blob.data, blob.length) {}
  bool next(Text &entry) {
    if (at == end)
      return false;
    entry = textOf(at);
    at += entry.size() + 1;
    return true;
  }

private:
  const char *at;
  const char *end;
};

[[nodiscard]] bool makeBlob(Span<const Text> entries, Blob &blob);
void freeBlob(Blob &blob);

// --- Dialect chromeos (language §11).

/// Whether only the daemon may set this variable.
bool isReserved(Text key);
/// Drops the variables that the job does not import; \p reservedStay: those of
/// an event, where the daemon itself has set the reserved ones.
void keepImported(const table::Job &job, bool reservedStay, Blob &blob);

/// What is the same for all jobs.
class SharedEnvironment {
public:
  SharedEnvironment() = default;
  ~SharedEnvironment();
  SharedEnvironment(const SharedEnvironment &) = delete;
  SharedEnvironment &operator=(const SharedEnvironment &) = delete;

  [[nodiscard]] bool init(const Options &options);
  void save(StateWriter &out) const;
  /// Instead of init().
  [[nodiscard]] bool load(StateReader &in);
  /// The global job environment as it is at the start.
  [[nodiscard]] bool makeInitial(Blob &blob) const;
  void swapBase(Blob &other);
  /// The global job environment.
  const Blob &base() const { return jobs; }
  /// The daemon's own, for `env NAME`.
  const Blob &daemon() const { return own; }
  /// "UPSTART_SESSION=..." and a NUL, or empty.
  Text session() const { return sessionEntry; }

private:
  Blob own{};
  Blob jobs{};
  Blob sessionBlob{};
  Text sessionEntry;
  bool inherits = false;
};

/// The last entry of \p key in a blob.
bool findEntry(const Blob &blob, Text key, Text &entry);

/// What `$NAME` sees. Without a job: nothing at all. In the delta a name alone
/// hides the variable.
struct Environment {
  const SharedEnvironment *shared = nullptr;
  const table::Job *job = nullptr;
  Blob delta{};
  Span<const Text> arguments; ///< before the delta is made of them

  bool find(Text name, Text &value) const;
};

/// Collects the environment of one process. Room is reserved before, so that
/// building cannot fail. Views into what it was given.
class EnvironmentBuilder {
public:
  [[nodiscard]] bool reserve(size_t entries);
  void clear();
  /// Replaces the entry of the same key, or appends.
  void put(Text entry);
  void remove(Text key);
  void putAll(const Blob &blob);
  /// Base, class and delta.
  void putJob(const SharedEnvironment &shared, const table::Job &job,
              const Blob &delta);
  Span<const Text> finish();
  /// What was put, as it is. A name alone is put like a variable.
  Span<const Text> all() const { return entries.span(); }
  /// Null: it was not put.
  const Text *find(Text key) const;
  /// Drops the other entries. Nothing can be put any more.
  template <typename Predicate> void keepIf(Predicate keep) {
    size_t kept = 0;
    for (Text entry : entries)
      if (keep(entry))
        entries[kept++] = entry;
    entries.shrink(kept);
  }

private:
  size_t slotOf(Text key) const;

  Vector<Text> entries;
  Vector<uint32_t> slots; ///< index + 1 into entries; a power of two
};

} // namespace starton::engine

#endif // STARTON_LIB_RUNTIME_ENGINE_ENVIRONMENT_H
