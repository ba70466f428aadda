// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The stanza table: one row per stanza in Stanzas.def, with named columns.
// Everything that asks "what may follow this keyword" reads it: argument
// checks, messages, suggestions, the stanza documentation.

#ifndef STARTON_BASIC_STANZAS_H
#define STARTON_BASIC_STANZAS_H

#include "starton/Basic/Diagnostic.h"
#include "starton/Basic/Dialect.h"
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace starton {

/// Values index the table and are the order of Stanzas.def; the *frozen* id
/// that job tables carry is a column of its own.
enum class StanzaKind : uint8_t {
#define STANZA(Kind, ...) Kind,
#include "starton/Basic/Stanzas.def"
};

/// A set of dialects, one bit each.
using DialectSet = uint8_t;
constexpr DialectSet dialectBit(Dialect dialect) {
  return static_cast<DialectSet>(1U << static_cast<unsigned>(dialect));
}
constexpr DialectSet EveryDialect = 0xF;
/// Later than Upstart 0.6.5.
constexpr DialectSet Not065 = dialectBit(Dialect::Upstart112) |
                              dialectBit(Dialect::Upstart113) |
                              dialectBit(Dialect::ChromeOS);
constexpr DialectSet Since113 =
    dialectBit(Dialect::Upstart113) | dialectBit(Dialect::ChromeOS);
constexpr DialectSet OnlyChromeOS = dialectBit(Dialect::ChromeOS);

/// How the text of one argument is read and checked.
enum class ValueType : uint8_t {
  Text,          ///< any non-empty text
  Choice,        ///< one of `words`
  Integer,       ///< 32-bit signed, truncated before its range check
  LongInteger,   ///< 64-bit signed
  Octal,         ///< 32-bit unsigned, base 8
  OomAdjustment, ///< the old scale, converted to the new one
  LimitValue,    ///< 64-bit unsigned; negative numbers wrap
  Signal,        ///< signal name or number
  ExitStatus,    ///< exit status, or signal name
};

/// One argument of a form.
struct ArgumentInfo {
  std::string_view name{}; ///< placeholder in messages and documentation
  ValueType type = ValueType::Text;
  int64_t min = 0; ///< bounds of the numeric types, inclusive
  int64_t max = 0;
  /// Words accepted beside a number, or the choices; separated by one space.
  std::string_view words{};
  bool wordEndsForm = false; ///< after one of `words` no argument follows
  DiagId diagnostic = DiagId::UnknownArgument;
  UpstartError upstartError = UpstartError::UnknownStanza;
};

enum class FormContent : uint8_t { Arguments, Command, Block, Events };

/// One way to write a stanza: an optional sub-keyword (or enumerated value)
/// and what follows it.
struct StanzaForm {
  std::string_view word{}; ///< empty: the form without a sub-keyword
  /// The word is read as an argument and may be quoted; otherwise quoting it
  /// makes it unknown (language §1.7).
  bool quotable = false;
  FormContent content = FormContent::Arguments;
  ArgumentInfo arguments[3]{}; ///< the last one stands for all further ones
  uint8_t minArguments = 0;
  uint8_t maxArguments = 0; ///< Unbounded: any number
  DialectSet dialects = EveryDialect;
};
constexpr uint8_t Unbounded = 255;

/// What a second occurrence does.
enum class RepeatPolicy : uint8_t { LastWins, Accumulates, Idempotent };

/// Where the formatter and the documentation put a stanza.
enum class FormatGroup : uint8_t {
  Documentation,
  Environment,
  Events,
  Processes,
  LifeCycle,
  Limits
};

/// A row of the table.
struct StanzaInfo {
  StanzaKind kind{};
  std::string_view spelling{};
  uint8_t wireId = 0; ///< frozen, never reused
  StanzaForm forms[4]{};
  RepeatPolicy repeat = RepeatPolicy::LastWins;
  DialectSet dialects = EveryDialect;
  std::string_view since{}; ///< the first release that has it
  FormatGroup group = FormatGroup::Documentation;
  std::string_view summary{}; ///< one line, no final period
  std::string_view doc{};     ///< sentences; what the summary leaves open
  std::string_view example{}; ///< a complete statement
};

/// All rows, sorted by spelling.
std::span<const StanzaInfo> allStanzas();

inline const StanzaInfo &stanzaInfo(StanzaKind kind) {
  return allStanzas()[static_cast<size_t>(kind)];
}

/// The row of exactly this spelling in any dialect; null when there is none.
const StanzaInfo *findStanza(std::string_view spelling);

/// The row whose spelling \p word was probably meant to be, or null. Slips of
/// the finger, letter case, '_' for '-', quotes and a byte order mark count.
const StanzaInfo *suggestStanza(std::string_view word);

/// The best of \p candidates (separated by one space) for a misspelt \p word;
/// empty when none is near.
std::string_view suggestWord(std::string_view word,
                             std::string_view candidates);

/// True when \p word is in \p list (words separated by one space).
bool listContains(std::string_view list, std::string_view word);

/// The forms in use.
std::span<const StanzaForm> formsOf(const StanzaInfo &info);

/// The argument a form expects at \p index (0-based, below maxArguments).
const ArgumentInfo &argumentAt(const StanzaForm &form, unsigned index);

/// How a form is written, for messages and documentation:
/// "respawn limit COUNT INTERVAL | unlimited".
std::string formUsage(const StanzaInfo &info, const StanzaForm &form);

/// docs/stanzas.md, made of the table.
void printStanzaReference(llvm::raw_ostream &os);

} // namespace starton

#endif // STARTON_BASIC_STANZAS_H
