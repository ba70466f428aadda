// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Filling in a LoadError. Private to the reader.

#ifndef STARTON_LIB_TABLE_READSUPPORT_H
#define STARTON_LIB_TABLE_READSUPPORT_H

#include "starton/Table/Reader.h"

namespace starton::table {

/// Both set \p error and return false, so that a check can end in them.
[[gnu::format(printf, 4, 5)]] bool fail(LoadError &error, LoadStatus status,
                                        int code, const char *format, ...);
/// "WHAT: text of errno".
bool failWithErrno(LoadError &error, LoadStatus status, const char *what);

} // namespace starton::table

#endif // STARTON_LIB_TABLE_READSUPPORT_H
