/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The task of bench-initd: writes one byte to the FIFO it is given, and ends.
 * Static, so that its own start weighs as little as possible.
 */

#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv) {
  int fifo = argc > 1 ? open(argv[1], O_WRONLY | O_NONBLOCK) : -1;
  return fifo < 0 || write(fifo, "x", 1) != 1;
}
