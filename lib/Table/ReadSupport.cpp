// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ReadSupport.h"
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace starton::table {

bool fail(LoadError &error, LoadStatus status, int code, const char *format,
          ...) {
  error.status = status;
  error.error = code;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error.message, sizeof error.message, format, arguments);
  va_end(arguments);
  return false;
}

bool failWithErrno(LoadError &error, LoadStatus status, const char *what) {
  int code = errno;
  char text[96];
  return fail(error, status, code, "%s: %s", what,
              strerror_r(code, text, sizeof text));
}

} // namespace starton::table
