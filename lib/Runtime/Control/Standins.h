/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * How a listening socket that exists already reaches libdbus: its address
 * "systemd:" takes what was passed in the way of systemd's socket activation,
 * which is one descriptor with this number. */

#ifndef STARTON_LIB_RUNTIME_CONTROL_STANDINS_H
#define STARTON_LIB_RUNTIME_CONTROL_STANDINS_H

#ifdef __cplusplus
extern "C" {
#endif

/* The number that systemd's protocol begins with. */
#define STARTON_PASSED_SOCKET 3

/* Whether the next "systemd:" finds a socket there. */
void startonPassSocket(int passed);

#ifdef __cplusplus
}
#endif

#endif /* STARTON_LIB_RUNTIME_CONTROL_STANDINS_H */
