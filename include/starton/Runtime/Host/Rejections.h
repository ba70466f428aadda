// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The job names for which no good file exists, and why: what `initctl status`
// shows as "rejected".

#ifndef STARTON_RUNTIME_HOST_REJECTIONS_H
#define STARTON_RUNTIME_HOST_REJECTIONS_H

#include "starton/Runtime/Engine/Engine.h"
#include "starton/Runtime/Host/Messages.h"
#include "starton/Runtime/Support/Vector.h"

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
  /// Takes over what \p table rejects, and logs it: Upstart's line
  /// ("PATH:LINE: MESSAGE"), then ours ("FILE:LINE:COLUMN: MESSAGE").
  /// \p later: not the first table, so that the files have changed since.
  void take(const table::JobTable &table, bool later, Messages &messages);

  /// "FILE:LINE:COLUMN: MESSAGE", or empty. Valid until the next change.
  engine::Text why(engine::Text name) const;
  /// Whether that was found after the start.
  bool isLater(engine::Text name) const;
  /// The index-th; false: there are no more.
  bool at(size_t index, engine::Text &name, engine::Text &message) const;

private:
  /// One block of memory: name and message, each with a NUL.
  struct Entry {
    char *name;
    char *message;
    bool later;
  };
  void keep(engine::Text name, engine::Text message, bool later);
  const Entry *find(engine::Text name) const;

  Vector<Entry> entries;
};

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_REJECTIONS_H
