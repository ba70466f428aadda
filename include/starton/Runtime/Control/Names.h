// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Job data on its way to and from D-Bus. Names and values of jobs are bytes of
// any encoding; D-Bus strings are valid UTF-8 (libdbus aborts on anything
// else) and object paths are [A-Za-z0-9_/]. No allocation here: a caller asks
// for the size, provides the room, and has it written.

#ifndef STARTON_RUNTIME_CONTROL_NAMES_H
#define STARTON_RUNTIME_CONTROL_NAMES_H

#include "starton/Runtime/Support/Span.h"
#include <cstddef>

namespace starton::control {

using Text = Span<const char>;

/// Length of the valid UTF-8 sequence at the start of \p bytes; 0 if there is
/// none. NUL is not valid: no D-Bus string can hold it.
size_t utf8Length(Text bytes);

bool isPrintable(Text bytes);

/// \p bytes with every byte that is not part of valid UTF-8 written `\xHH`.
size_t printableSize(Text bytes);
/// Writes exactly printableSize(bytes) characters; returns their end.
char *writePrintable(Text bytes, char *out);

/// The reverse for a name that a client sends back: `\xHH` (two lower-case
/// digits) becomes its byte. At most bytes.size() characters; returns the end.
char *writeUnprintable(Text bytes, char *out);

/// One element of an object path: `[A-Za-z0-9]` as is, every other byte `_` and
/// two lower-case hexadecimal digits, the empty string `_` (runtime §7.1).
size_t pathElementSize(Text name);
char *writePathElement(Text name, char *out);

/// The name behind an escaped element, at most element.size() characters.
/// Null when no name escapes to \p element.
char *readPathElement(Text element, char *out);

} // namespace starton::control

#endif // STARTON_RUNTIME_CONTROL_NAMES_H
