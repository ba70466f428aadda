// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A process of its own between a message bus and the daemon's private socket.
// To the daemon it is one client; what a bus does, stop, hang or die in the
// middle of a message, happens to the relay and to nobody else. It may block,
// and ends when either side is gone; the daemon starts another one. It is a
// program of its own, because a client needs parts of libdbus that a server
// does not, 90 kB of them.
//
// Calls from the bus are passed on with the caller's user in their sender,
// ":UID.NUMBERS" for ":NUMBERS"; the daemon believes that of its relay only.
// Answers go back to who asked, signals to everybody on the bus.
//
// The relay talks to the daemon by calls of org.starton.Relay that want no
// reply: Connected(), Failed(s text) before it ends, and ClientGone(s numbers)
// for a client of the bus that has left while it waited. The daemon sends it
// the signal SetEnvironment(as), for UpdateActivationEnvironment.

#ifndef STARTON_RUNTIME_CONTROL_RELAY_H
#define STARTON_RUNTIME_CONTROL_RELAY_H

namespace starton::control {

constexpr char RelayInterface[] = "org.starton.Relay";

/// The relay's main(). Returns its exit status.
int runRelay(const char *daemonAddress, const char *busAddress);

} // namespace starton::control

#endif // STARTON_RUNTIME_CONTROL_RELAY_H
