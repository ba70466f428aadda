// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Names.h"
#include <csignal>

namespace starton::engine {

const char *goalName(Goal goal) {
  static constexpr const char *Names[] = {"stop", "start", "respawn"};
  return Names[unsigned(goal)];
}

const char *stateName(State state) {
  static constexpr const char *Names[] = {
      "waiting",       "starting",     "security-spawning",
      "security",      "pre-starting", "pre-start",
      "spawning",      "spawned",      "post-starting",
      "post-start",    "running",      "pre-stopping",
      "pre-stop",      "stopping",     "killed",
      "post-stopping", "post-stop"};
  return Names[unsigned(state)];
}

const char *slotName(Slot slot) {
  static constexpr const char *Names[] = {"main",     "pre-start", "post-start",
                                          "pre-stop", "post-stop", "security"};
  return Names[unsigned(slot)];
}

const char *signalName(int number) {
  switch (number) {
#define STARTON_SIGNAL(NAME)                                                   \
  case SIG##NAME:                                                              \
    return #NAME;
    STARTON_SIGNAL(HUP)
    STARTON_SIGNAL(INT)
    STARTON_SIGNAL(QUIT)
    STARTON_SIGNAL(ILL)
    STARTON_SIGNAL(TRAP)
    STARTON_SIGNAL(ABRT)
    STARTON_SIGNAL(BUS)
    STARTON_SIGNAL(FPE)
    STARTON_SIGNAL(KILL)
    STARTON_SIGNAL(USR1)
    STARTON_SIGNAL(SEGV)
    STARTON_SIGNAL(USR2)
    STARTON_SIGNAL(PIPE)
    STARTON_SIGNAL(ALRM)
    STARTON_SIGNAL(TERM)
    STARTON_SIGNAL(STKFLT)
    STARTON_SIGNAL(CHLD)
    STARTON_SIGNAL(CONT)
    STARTON_SIGNAL(STOP)
    STARTON_SIGNAL(TSTP)
    STARTON_SIGNAL(TTIN)
    STARTON_SIGNAL(TTOU)
    STARTON_SIGNAL(URG)
    STARTON_SIGNAL(XCPU)
    STARTON_SIGNAL(XFSZ)
    STARTON_SIGNAL(VTALRM)
    STARTON_SIGNAL(PROF)
    STARTON_SIGNAL(WINCH)
    STARTON_SIGNAL(IO)
    STARTON_SIGNAL(PWR)
    STARTON_SIGNAL(SYS)
#undef STARTON_SIGNAL
  default:
    return nullptr;
  }
}

} // namespace starton::engine
