// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The daemon's own messages (spec/runtime §5.2). Whoever reads our standard
// descriptors may stop reading: a message that cannot be written at once is
// dropped and counted, never waited for.

#ifndef STARTON_RUNTIME_HOST_MESSAGES_H
#define STARTON_RUNTIME_HOST_MESSAGES_H

#include "starton/Runtime/Engine/Engine.h"
#include "starton/Runtime/Host/Sys.h"

namespace starton::host {

class Messages {
public:
  explicit Messages(Sys &system) : sys(system) {}
  ~Messages();
  Messages(const Messages &) = delete;
  Messages &operator=(const Messages &) = delete;

  engine::Priority priority() const { return lowest; }
  void setPriority(engine::Priority priority) { lowest = priority; }
  bool wanted(engine::Priority priority) const { return priority >= lowest; }

  /// Warnings and above go to standard error as "init: TEXT", or "init:TEXT"
  /// when TEXT has a colon before its first blank; the rest to standard output
  /// as they are.
  void log(engine::Priority priority, engine::Text text);
  [[gnu::format(printf, 3, 4)]] void format(engine::Priority priority,
                                            const char *pattern, ...);

private:
  struct Port {
    int descriptor = -1; ///< what is written to; -1: not yet looked at
    bool own = false;    ///< a non-blocking reopening of ours
    uint32_t lost = 0;
  };

  void openPort(Port &port, int standard);
  void write(Port &port, const char *line, size_t size);

  Sys &sys;
  engine::Priority lowest = engine::Priority::Message;
  Port output, error;
};

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_MESSAGES_H
