// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Job sets built by hand, and tables made from them.

#ifndef STARTON_UNITTESTS_TABLE_TESTTABLES_H
#define STARTON_UNITTESTS_TABLE_TESTTABLES_H

#include "starton/Sema/Model.h"
#include "starton/Table/JobTable_generated.h"
#include "starton/Table/Reader.h"
#include "starton/Table/Verification.h"
#include "starton/Table/Writer.h"
#include <string>

namespace starton::test {

/// A text that file \p file holds at \p line.
sema::Text text(std::string value, uint32_t line = 1, uint32_t file = 0);

/// `name operand...`, and the operators over the nodes before.
void addMatch(sema::Condition &condition, std::string name,
              std::vector<std::string> operands = {}, uint32_t line = 1,
              uint32_t file = 0);
void addOperator(sema::Condition &condition, ast::NodeKind kind, uint32_t left);

/// Adds a job \p name with its own file /etc/init/NAME.conf.
sema::Job &addJob(sema::JobSet &set, const std::string &name,
                  std::string source = "task\n");

/// A few jobs that between them use every field of the format.
sema::JobSet sampleSet();
/// \p count jobs like those of real systems, each with texts of its own.
sema::JobSet largeSet(uint32_t count);

/// writeTable() that must succeed.
std::string tableOf(const sema::JobSet &set);

const table::JobTable *verified(const std::string &bytes,
                                table::LoadError &error);

/// Reads every field of \p table, as its users do, and gives back a number that
/// depends on all of them. Nothing it does may go wrong on a verified table.
uint64_t walkTable(const table::JobTable &table);

/// Reads what may be read of a table that has only begun to be verified, as the
/// engine does: what the index leads to, and every job that is sound.
uint64_t walkBegun(const table::JobTable &table, table::Verification &rest);

/// Begins to verify \p bytes, uses what may be used, verifies the rest and uses
/// it again. The defects found on the way, one a line; what begin() says when
/// it refuses.
std::string verifiedInPieces(Span<const uint8_t> bytes);

/// As verifiedInPieces(), with parts that are not there until they are asked
/// for, and whose hashes must be right then.
std::string verifiedLate(Span<const uint8_t> bytes);

/// Whether verifiedLate() and verifiedInPieces() find the same in \p bytes with
/// right hashes, where they can have any.
bool lateAgrees(Span<const uint8_t> bytes);

} // namespace starton::test

#endif // STARTON_UNITTESTS_TABLE_TESTTABLES_H
