// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What comes before any part of a table is looked at. Private to the reader.

#ifndef STARTON_LIB_TABLE_HEADER_H
#define STARTON_LIB_TABLE_HEADER_H

#include "starton/Table/Reader.h"

namespace starton::table {

/// A table of our version, whole, and the bounds of the root's vectors. Null,
/// with \p error set, when refused. Only the first \p filled of \p bytes are
/// there yet: what is in no part must be.
const JobTable *checkHeader(Span<const uint8_t> bytes, size_t filled,
                            LoadError &error);

/// How much of a file of \p size bytes that begins with \p bytes must be there
/// for checkHeader() to be able to accept it; \p size if that cannot be told.
size_t hotSizeOf(Span<const uint8_t> bytes, size_t size);

} // namespace starton::table

#endif // STARTON_LIB_TABLE_HEADER_H
