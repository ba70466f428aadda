/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Preloaded into the daemon: lets one request for memory fail, the FAIL_AT-th
 * of the process and the FAIL_MORE after it. At the end the number of requests
 * is written to the file COUNT_FILE. Other programs are left alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static int active;
static long asked, from = -1, to = -1;

static long number(const char *name) {
  const char *value = getenv(name);
  return value ? strtol(value, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void) {
  active = strcmp(program_invocation_short_name, "initd") == 0;
  from = number("FAIL_AT");
  to = from + number("FAIL_MORE");
}

__attribute__((destructor)) static void end(void) {
  char text[32];
  const char *path = getenv("COUNT_FILE");
  int file =
      active && path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
  if (file >= 0) {
    int size = snprintf(text, sizeof text, "%ld\n", asked);
    if (write(file, text, (size_t)size) != size)
      _exit(9);
  }
}

static int refused(void) {
  if (!active)
    return 0;
  ++asked;
  if (from <= 0 || asked < from || asked > to)
    return 0;
  errno = ENOMEM;
  return 1;
}

void *malloc(size_t size) { return refused() ? NULL : __libc_malloc(size); }

void *calloc(size_t count, size_t size) {
  return refused() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
  return refused() ? NULL : __libc_realloc(old, size);
}
