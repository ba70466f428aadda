// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A bounded set of job names: those whose files have changed. What is more than
// it holds, or than there is memory for, makes it stand for all jobs.

#ifndef STARTON_RUNTIME_HOST_CHANGEDJOBS_H
#define STARTON_RUNTIME_HOST_CHANGEDJOBS_H

#include "starton/Runtime/Engine/Engine.h"
#include "starton/Runtime/Support/Vector.h"

namespace starton::host {

class ChangedJobs {
public:
  static constexpr size_t MaxNames = 128;

  ChangedJobs() = default;
  ~ChangedJobs() { clear(); }
  ChangedJobs(const ChangedJobs &) = delete;
  ChangedJobs &operator=(const ChangedJobs &) = delete;

  void add(engine::Text name);
  void addAll();
  void clear();
  /// Becomes what \p other was, which is empty then.
  void takeFrom(ChangedJobs &other);

  bool empty() const { return !everything && names.empty(); }
  bool all() const { return everything; }
  bool contains(engine::Text name) const;
  /// Each NUL-terminated; none when all().
  Span<char *const> list() const { return names.span(); }

private:
  Vector<char *> names;
  bool everything = false;
};

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_CHANGEDJOBS_H
