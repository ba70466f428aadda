// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// D-Bus messages made by hand, for clients without a library.

#ifndef STARTON_UNITTESTS_RUNTIME_CONTROLMARSHAL_H
#define STARTON_UNITTESTS_RUNTIME_CONTROLMARSHAL_H

#include <cstdint>
#include <string>

namespace starton::test {

/// A method call in wire format; \p body as \p signature says. \p sender: as a
/// bus relay adds it, "": none.
std::string rawCall(uint32_t serial, const std::string &path,
                    const std::string &interface, const std::string &member,
                    const std::string &signature = "",
                    const std::string &body = "",
                    const std::string &sender = "");
/// EmitEvent of \p name with an empty environment.
std::string rawEmit(uint32_t serial, const std::string &name, bool wait,
                    const std::string &sender = "");
/// A string as a message holds it.
std::string rawString(const std::string &text);

} // namespace starton::test

#endif // STARTON_UNITTESTS_RUNTIME_CONTROLMARSHAL_H
