// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The values of arguments as Upstart reads them (language §3.0, §3.5, §3.6).
// Every function stores what Upstart stores before its check fails (an
// override that fails keeps it, language §6.5) and returns false on failure.

#ifndef STARTON_BASIC_VALUES_H
#define STARTON_BASIC_VALUES_H

#include "starton/Basic/Stanzas.h"
#include "llvm/ADT/StringRef.h"

namespace starton {

/// What strtol(3)/strtoul(3) make of \p text: optional white space, a sign,
/// digits of \p base. False unless all of it was consumed without overflow (an
/// empty text counts as 0); \p value then is that of the leading digits,
/// saturated.
bool parseSigned(llvm::StringRef text, unsigned base, int64_t &value);
/// A negative number wraps modulo 2^64.
bool parseUnsigned(llvm::StringRef text, unsigned base, uint64_t &value);

/// Signal number of a name ("TERM", "SIGTERM"), with the numbers of Linux on
/// x86 wherever this runs; 0 when there is none.
int signalNumber(llvm::StringRef name);
/// Name without SIG of a signal number, empty when there is none.
llvm::StringRef signalName(int64_t number);

bool evaluateSignal(llvm::StringRef text, int64_t &value);
/// Signals are stored as number * 256.
bool evaluateExitStatus(llvm::StringRef text, int64_t &value);
bool evaluateOomAdjustment(llvm::StringRef text, int64_t &value);
/// `unlimited` and -1 are ~0.
bool evaluateLimit(llvm::StringRef text, uint64_t &value);

/// The value of \p text for an argument of any type; texts and choices are
/// only checked and leave \p value alone. A limit is stored as its bit pattern.
bool evaluateArgument(const ArgumentInfo &info, llvm::StringRef text,
                      int64_t &value);

} // namespace starton

#endif // STARTON_BASIC_VALUES_H
