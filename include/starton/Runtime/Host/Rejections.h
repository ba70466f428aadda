// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The job names for which no good file exists, or whose job lacks a part of its
// files, and why: what `initctl status` shows as "rejected".

#ifndef STARTON_RUNTIME_HOST_REJECTIONS_H
#define STARTON_RUNTIME_HOST_REJECTIONS_H

#include "starton/Runtime/Engine/Engine.h"
#include "starton/Runtime/Host/Messages.h"
#include "starton/Runtime/Support/Vector.h"

namespace starton {
class StateReader;
class StateWriter;
} // namespace starton

namespace starton::table {
struct Rejected;
} // namespace starton::table

namespace starton::host {

class Rejections {
public:
  /// Names beyond this, or beyond the memory, are logged but not kept.
  static constexpr size_t MaxNames = 4096;

  Rejections() = default;
  ~Rejections() { clear(); }
  Rejections(const Rejections &) = delete;
  Rejections &operator=(const Rejections &) = delete;

  void clear();
  void forget(engine::Text name);
  /// Takes over what \p table rejects, and logs what is new of it: Upstart's
  /// line ("PATH:LINE: MESSAGE"), then ours ("FILE:LINE:COLUMN: MESSAGE").
  /// \p whole: the table is of all names, and what it does not reject is
  /// forgotten. \p later: not the first table, so that files have changed
  /// since.
  void take(const table::JobTable &table, bool whole, bool later,
            Messages &messages);

  /// "FILE:LINE:COLUMN: MESSAGE", with what there is of the job nevertheless in
  /// parentheses; or empty. Valid until the next change.
  engine::Text why(engine::Text name) const;
  /// Whether that was found after the start.
  bool isLater(engine::Text name) const;
  /// The index-th in the order of names; false: there are no more.
  bool at(size_t index, engine::Text &name, engine::Text &message) const;

  /// Over a re-exec.
  void save(StateWriter &out) const;
  void load(StateReader &in);

private:
  /// One block of memory: name and message, each with a NUL.
  struct Entry {
    char *name;
    char *message;
    bool later;
  };
  void takeOne(const table::JobTable &table, const table::Rejected &rejected,
               bool later, Messages &messages);
  void keep(engine::Text name, engine::Text message, bool later);
  /// Where it is, or would be.
  size_t placeOf(engine::Text name) const;
  const Entry *find(engine::Text name) const;
  void remove(size_t place);

  Vector<Entry> entries; ///< by name
};

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_REJECTIONS_H
