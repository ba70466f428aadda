// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The stanza table: one row per stanza in Stanzas.def, with named columns.

#ifndef STARTON_BASIC_STANZAS_H
#define STARTON_BASIC_STANZAS_H

#include <cstdint>

namespace starton {

/// Values index the table and are the order of Stanzas.def; the *frozen* id
/// that job tables carry is a column of its own.
enum class StanzaKind : uint8_t {
#define STANZA(Kind, ...) Kind,
#include "starton/Basic/Stanzas.def"
};

} // namespace starton

#endif // STARTON_BASIC_STANZAS_H
