// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lowering a JobSet to a job table: toolchain side.

#ifndef STARTON_TABLE_WRITER_H
#define STARTON_TABLE_WRITER_H

#include "starton/Sema/Model.h"
#include "llvm/Support/raw_ostream.h"
#include <string>
#include <vector>

namespace starton::table {

/// The bytes of the table. Depends on nothing but the set: reproducible on any
/// host, at any time, in any order of input files.
/// \p error is set (and the result empty) when the set cannot be expressed,
/// for example beyond a cap of the format.
std::string writeTable(const sema::JobSet &set, std::string &error);

/// The whole table as YAML, by schema reflection: a new field cannot be
/// forgotten. \p bytes must have passed verify().
bool dumpTable(llvm::StringRef bytes, llvm::raw_ostream &os,
               std::string &error);

} // namespace starton::table

#endif // STARTON_TABLE_WRITER_H
