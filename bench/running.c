/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A service of bench-start-many: writes one byte to the FIFO it is given, and
 * stays. Static, so that its own start weighs as little as possible.
 */

#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv) {
  int fifo = argc > 1 ? open(argv[1], O_WRONLY | O_NONBLOCK) : -1;
  if (fifo < 0 || write(fifo, "x", 1) != 1)
    return 1;
  close(fifo);
  for (;;)
    pause();
}
