// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The front end: bytes in, a tree and all diagnostics out. Never throws, never
// fails, does no I/O; any bytes are legal input and the cost is linear.

#ifndef STARTON_PARSE_PARSE_H
#define STARTON_PARSE_PARSE_H

#include "starton/AST/AST.h"
#include "starton/Basic/Diagnostic.h"
#include <optional>

namespace starton {

/// A syntax finding in compact form (a file may have a million); render() makes
/// the full Diagnostic. `argument`/`extra` are meant for render() alone.
struct SyntaxDiag {
  DiagId id{};
  UpstartError upstartError{};
  Range range;
  uint32_t upstartLine = 0; ///< 0: Upstart prints no line
  uint32_t argument = 0;
  Range extra;
};

struct ParseOptions {
  Dialect dialect = Dialect::Upstart113;
  /// `/etc/init.conf` and its override: the empty keyword table (language
  /// §6.1).
  bool mainConfiguration = false;
};

struct ParseResult {
  std::unique_ptr<ast::File> file; ///< never null
  /// All findings in source order.
  std::vector<SyntaxDiag> diagnostics;
  /// Index of the finding that explains Upstart's first error and carries its
  /// line and text, or -1: accepted. Findings before it are possible: an error
  /// that Upstart meets later may have its cause earlier.
  int64_t firstError = -1;
  /// Of an accepted file: the offset of a quote that seems to be closed by
  /// accident, because it holds what looks like a stanza.
  std::optional<uint32_t> suspectQuote;

  bool accepted() const { return firstError < 0; }
};

/// A reusable parser: holds the ANTLR objects, which are costly to make. One
/// per thread.
class Parser {
public:
  Parser();
  ~Parser();
  Parser(const Parser &) = delete;
  Parser &operator=(const Parser &) = delete;

  /// \p source must outlive the result.
  ParseResult parse(const SourceBuffer &source,
                    const ParseOptions &options = {});

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

Diagnostic render(const SyntaxDiag &diag, const ParseResult &result);

} // namespace starton

#endif // STARTON_PARSE_PARSE_H
