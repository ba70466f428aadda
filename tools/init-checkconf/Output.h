// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where reports and printed forms go: a standard stream, or a file that is
// replaced whole or not at all.

#ifndef STARTON_TOOLS_INITCHECKCONF_OUTPUT_H
#define STARTON_TOOLS_INITCHECKCONF_OUTPUT_H

#include "llvm/Support/raw_ostream.h"
#include <memory>
#include <string>

namespace starton::checkconf {

/// Reserves descriptors 0 to 2 where the caller closed them: no file opened
/// later may be taken for a standard stream, and writing still fails.
void reserveStandardStreams();

/// One line on standard error: "init-checkconf: error: MESSAGE".
void printError(const std::string &message);

class Output {
public:
  /// With an empty \p path the stream of \p descriptor.
  Output(std::string path, int descriptor);
  Output(const Output &) = delete;
  Output &operator=(const Output &) = delete;

  llvm::raw_ostream &stream() { return *os; }
  bool isTerminal() const;
  /// Call once, last. False where something could not be written; the reason
  /// has been printed.
  [[nodiscard]] bool commit();

private:
  bool copySpool();

  std::string path;
  int descriptor; ///< with a path that of an unnamed file, until commit()
  std::unique_ptr<llvm::raw_fd_ostream> os;
};

} // namespace starton::checkconf

#endif // STARTON_TOOLS_INITCHECKCONF_OUTPUT_H
