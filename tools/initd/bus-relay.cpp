// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// initd-bus-relay DAEMON-ADDRESS BUS-ADDRESS: started by the daemon when it is
// told of a message bus, not by people.

#include "starton/Runtime/Control/Relay.h"

int main(int argc, char **argv) {
  return argc == 3 ? starton::control::runRelay(argv[1], argv[2]) : 2;
}
