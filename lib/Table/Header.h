// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What comes before any part of a table is looked at. Private to the reader.

#ifndef STARTON_LIB_TABLE_HEADER_H
#define STARTON_LIB_TABLE_HEADER_H

#include "starton/Table/Reader.h"

namespace starton::table {

/// A table of our version, whole, and the bounds of the root's vectors. Null,
/// with \p error set, when refused.
const JobTable *checkHeader(Span<const uint8_t> bytes, LoadError &error);

} // namespace starton::table

#endif // STARTON_LIB_TABLE_HEADER_H
