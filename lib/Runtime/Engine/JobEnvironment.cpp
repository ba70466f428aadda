// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Changes of the job environment (runtime §8.4). An instance sees the global
// environment below its class's and its own; so a change of the global one must
// get past these, and a reset must not be seen at all. Both are written into
// the instance's own part, in which a name alone hides what is below.
//
// A request is carried out whole: the new environments are made first.

#include "Impl.h"

namespace starton::engine {

namespace {

bool mentions(const table::Job &job, Text key) {
  for (uint32_t i = 0; i < countOf(job.env()); ++i)
    if (equal(keyOf(textOf(job.env()->Get(i))), key))
      return true;
  return false;
}

/// The new environment of an instance, until it is taken into use.
struct NewDelta {
  uint32_t instance;
  Blob delta;
};

bool isIn(const Blob &blob, Text entry) {
  Text other;
  return findEntry(blob, keyOf(entry), other) && equal(entry, other);
}

} // namespace

/// What is asked for, by name.
struct Engine::Impl::EnvironmentEdits {
  Input::Kind kind{};
  bool retain = false;
  Blob strings{}; ///< "KEY=VALUE" to be set, "KEY" to be unset
  /// Of it, each name once. Global reset: what instances must not see of it.
  EnvironmentBuilder byKey;
  Blob base{}; ///< the global one afterwards

  EnvironmentEdits() = default;
  ~EnvironmentEdits() {
    freeBlob(strings);
    freeBlob(base);
  }
  EnvironmentEdits(const EnvironmentEdits &) = delete;
  EnvironmentEdits &operator=(const EnvironmentEdits &) = delete;
};

/// Strings of our own: a variable without a value gets an empty one.
bool Engine::Impl::readEdits(const Input &input, EnvironmentEdits &edits) {
  edits.kind = input.kind;
  edits.retain = input.retain && input.kind == Input::Kind::SetEnv;
  bool sets = input.kind == Input::Kind::SetEnv;
  size_t length = 0;
  for (Text entry : input.env)
    length += entry.size() + 2;
  if (!edits.byKey.reserve(input.env.size()))
    return false;
  edits.byKey.clear();
  if (!length)
    return true;
  char *at =
      length > UINT32_MAX ? nullptr : static_cast<char *>(allocate(length));
  if (!at)
    return false;
  edits.strings.data = at;
  for (Text entry : input.env) {
    if (!sets && isAssignment(entry))
      continue; // no variable has such a name
    char *begin = at;
    std::memcpy(at, entry.data(), entry.size());
    at += entry.size();
    if (sets && !isAssignment(entry))
      *at++ = '=';
    *at = 0;
    Text own{begin, size_t(at++ - begin)};
    if (!edits.retain || !edits.byKey.find(keyOf(own)))
      edits.byKey.put(own);
  }
  return true;
}

FeedResult Engine::Impl::changeEnvironment(const Input &input) {
  if (!refillReserve())
    return FeedResult::Refused;
  EnvironmentEdits edits;
  if (!readEdits(input, edits))
    return FeedResult::Refused;
  bool global = input.instance == NoInstance;
  bool done = global ? changeGlobal(edits)
                     : changeInstance(input.instance.index, edits);
  if (!done)
    return FeedResult::Refused;
  if (input.request)
    emit(Action::Kind::Reply).request = input.request;
  return FeedResult::Taken;
}

bool Engine::Impl::changeInstance(uint32_t index,
                                  const EnvironmentEdits &edits) {
  Instance &instance = instances[index];
  Environment environment = environmentOf(instance);
  Text value;
  size_t entries = size_t(instance.env.count) + edits.byKey.all().size();
  if (!builder.reserve(entries))
    return false;
  builder.clear();
  if (edits.kind != Input::Kind::ResetEnv)
    builder.putAll(instance.env);
  for (Text entry : edits.byKey.all())
    if (!edits.retain || !environment.find(keyOf(entry), value))
      builder.put(entry);
  Blob delta{};
  if (!finishDelta(instance, delta))
    return false;
  if (!roomForDelta(index, delta)) {
    freeBlob(delta);
    return false;
  }
  freeBlob(instance.env);
  instance.env = delta;
  return true;
}

/// The builder's entries as an instance's own environment. A name alone stays
/// only where there is something to hide.
bool Engine::Impl::finishDelta(const Instance &instance, Blob &delta) {
  const table::Job &job = jobOf(instance);
  Text below;
  builder.keepIf([&](Text entry) {
    return isAssignment(entry) || mentions(job, entry) ||
           findEntry(shared.base(), entry, below);
  });
  return makeBlob(builder.all(), delta);
}

/// For its events and its processes.
bool Engine::Impl::roomForDelta(uint32_t index, const Blob &delta) {
  const Instance &instance = instances[index];
  uint32_t most = delta.count > instance.nextEnv.count ? delta.count
                                                       : instance.nextEnv.count;
  return growSpares(index, delta) &&
         reserveEnvironment(jobOf(instance), most, instance.stopEnv.count);
}

bool Engine::Impl::makeBase(EnvironmentEdits &edits) {
  if (edits.kind == Input::Kind::ResetEnv)
    return shared.makeInitial(edits.base);
  Span<const Text> changes = edits.byKey.all();
  if (!builder.reserve(shared.base().count + changes.size()))
    return false;
  builder.clear();
  builder.putAll(shared.base());
  for (Text entry : changes) {
    if (!isAssignment(entry))
      builder.remove(entry);
    else if (!edits.retain || !builder.find(keyOf(entry)))
      builder.put(entry);
  }
  return makeBlob(builder.finish(), edits.base);
}

/// The base is exchanged while the instances' environments are made, which are
/// what the new one has below it.
bool Engine::Impl::changeGlobal(EnvironmentEdits &edits) {
  Vector<NewDelta> made;
  if (!makeBase(edits) || !made.reserveExactly(instances.live()))
    return false;
  shared.swapBase(edits.base);
  bool good =
      hideReset(edits) && builder.reserve(size_t(shared.base().count) + 3);
  for (uint32_t i = 0; good && i < instances.limit(); ++i) {
    if (!instances[i].live)
      continue;
    NewDelta next{i, {}};
    bool changed = false;
    good = makeDelta(i, edits, next.delta, changed);
    if (changed)
      made.pushReserved(next);
    good = good && roomForDelta(i, changed ? next.delta : instances[i].env);
  }
  if (!good)
    shared.swapBase(edits.base);
  for (NewDelta &next : made) {
    Blob &env = instances[next.instance].env;
    freeBlob(good ? env : next.delta);
    if (good)
      env = next.delta;
  }
  return good;
}

/// What instances would see of a reset: the old values, and names alone of
/// those that are new.
bool Engine::Impl::hideReset(EnvironmentEdits &edits) {
  if (edits.kind != Input::Kind::ResetEnv)
    return true;
  const Blob &from = edits.base; // exchanged
  const Blob &to = shared.base();
  if (!edits.byKey.reserve(size_t(from.count) + to.count))
    return false;
  edits.byKey.clear();
  Text entry;
  for (EntryWalk walk(to); walk.next(entry);)
    if (isAssignment(entry) && !isIn(from, entry))
      edits.byKey.put(keyOf(entry));
  for (EntryWalk walk(from); walk.next(entry);)
    if (isAssignment(entry) && !isIn(to, entry))
      edits.byKey.put(entry);
  return true;
}

/// What a global change makes of an instance's own environment.
bool Engine::Impl::makeDelta(uint32_t index, const EnvironmentEdits &edits,
                             Blob &delta, bool &changed) {
  const Instance &instance = instances[index];
  const table::Job &job = jobOf(instance);
  if (!builder.reserve(instance.env.count + edits.byKey.all().size()))
    return false;
  builder.clear();
  Text own;
  if (edits.kind == Input::Kind::ResetEnv) {
    for (Text entry : edits.byKey.all())
      if (!mentions(job, keyOf(entry)))
        builder.put(entry);
    changed = !builder.all().empty();
    builder.putAll(instance.env);
    return !changed || finishDelta(instance, delta);
  }
  builder.putAll(instance.env);
  for (EntryWalk walk(instance.env); walk.next(own);)
    changed = overrule(instance, edits, keyOf(own)) || changed;
  for (uint32_t i = 0; i < countOf(job.env()); ++i)
    changed =
        overrule(instance, edits, keyOf(textOf(job.env()->Get(i)))) || changed;
  return !changed || finishDelta(instance, delta);
}

/// A name that the instance has above the global environment.
bool Engine::Impl::overrule(const Instance &instance,
                            const EnvironmentEdits &edits, Text key) {
  const Text *entry = edits.byKey.find(key);
  Text value;
  if (!entry || (edits.retain && environmentOf(instance).find(key, value)))
    return false;
  builder.put(*entry);
  return true;
}

} // namespace starton::engine
