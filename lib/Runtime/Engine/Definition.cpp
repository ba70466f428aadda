// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// When two definitions of a name say the same. Where they were written does not
// count: files, lines and the order of registration.

#include "Table.h"

namespace starton::engine {

namespace {

using flatbuffers::Offset;
using flatbuffers::String;
using flatbuffers::Vector;

// A new field has to be compared below.
static_assert(table::Job::VT_ORIGINS == 88 && table::Cgroup::VT_VALUE == 10 &&
              table::Process::VT_ARGV == 10 && table::Condition::VT_WORDS == 6);

bool same(const String *a, const String *b) {
  return !a == !b && equal(textOf(a), textOf(b));
}

bool same(const table::Process *a, const table::Process *b);
bool same(const table::Cgroup *a, const table::Cgroup *b);

template <typename T>
bool same(const Vector<Offset<T>> *a, const Vector<Offset<T>> *b) {
  if (countOf(a) != countOf(b))
    return false;
  for (uint32_t i = 0; i < countOf(a); ++i)
    if (!same(a->Get(i), b->Get(i)))
      return false;
  return true;
}

bool same(const Vector<int32_t> *a, const Vector<int32_t> *b) {
  if (countOf(a) != countOf(b))
    return false;
  for (uint32_t i = 0; i < countOf(a); ++i)
    if (a->Get(i) != b->Get(i))
      return false;
  return true;
}

bool same(const Vector<const table::Limit *> *a,
          const Vector<const table::Limit *> *b) {
  if (countOf(a) != countOf(b))
    return false;
  for (uint32_t i = 0; i < countOf(a); ++i)
    if (a->Get(i)->resource() != b->Get(i)->resource() ||
        a->Get(i)->soft() != b->Get(i)->soft() ||
        a->Get(i)->hard() != b->Get(i)->hard())
      return false;
  return true;
}

bool same(const table::Process *a, const table::Process *b) {
  return a->slot() == b->slot() && a->kind() == b->kind() &&
         same(a->text(), b->text()) && same(a->argv(), b->argv());
}

bool same(const table::Cgroup *a, const table::Cgroup *b) {
  return same(a->controller(), b->controller()) && same(a->name(), b->name()) &&
         same(a->key(), b->key()) && same(a->value(), b->value());
}

bool same(const table::Condition *a, const table::Condition *b) {
  if (!a || !b)
    return a == b;
  if (nodeCount(a) != nodeCount(b) || !same(a->words(), b->words()))
    return false;
  for (uint32_t i = 0; i < nodeCount(a); ++i) {
    const table::Node &first = *a->nodes()->Get(i);
    const table::Node &second = *b->nodes()->Get(i);
    if (first.kind() != second.kind() || first.left() != second.left() ||
        first.first() != second.first() || first.count() != second.count())
      return false;
  }
  return true;
}

bool sameNumbers(const table::Job &a, const table::Job &b) {
  return a.has_import() == b.has_import() && a.task() == b.task() &&
         a.respawn() == b.respawn() && a.debug() == b.debug() &&
         a.manual() == b.manual() && a.respawn_limit() == b.respawn_limit() &&
         a.respawn_interval() == b.respawn_interval() &&
         a.expect() == b.expect() && a.kill_timeout() == b.kill_timeout() &&
         a.kill_signal() == b.kill_signal() &&
         a.reload_signal() == b.reload_signal() && a.console() == b.console() &&
         a.umask() == b.umask() && a.has_umask() == b.has_umask() &&
         a.nice() == b.nice() && a.has_nice() == b.has_nice() &&
         a.oom_score() == b.oom_score();
}

bool sameTexts(const table::Job &a, const table::Job &b) {
  return same(a.name(), b.name()) && same(a.description(), b.description()) &&
         same(a.author(), b.author()) && same(a.version(), b.version()) &&
         same(a.usage(), b.usage()) && same(a.instance(), b.instance()) &&
         same(a.chroot(), b.chroot()) && same(a.chdir(), b.chdir()) &&
         same(a.setuid(), b.setuid()) && same(a.setgid(), b.setgid()) &&
         same(a.apparmor_switch(), b.apparmor_switch());
}

bool sameLists(const table::Job &a, const table::Job &b) {
  return same(a.emits(), b.emits()) && same(a.env(), b.env()) &&
         same(a.exports(), b.exports()) && same(a.imports(), b.imports()) &&
         same(a.tmpfiles(), b.tmpfiles()) &&
         same(a.normal_exit(), b.normal_exit()) &&
         same(a.limits(), b.limits()) && same(a.cgroups(), b.cgroups());
}

} // namespace

bool sameDefinition(const table::Job &a, const table::Job &b) {
  return sameNumbers(a, b) && sameTexts(a, b) && sameLists(a, b) &&
         same(a.start_on(), b.start_on()) && same(a.stop_on(), b.stop_on()) &&
         same(a.processes(), b.processes());
}

} // namespace starton::engine
