// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef STARTON_UNITTESTS_SHAREDDATA_H
#define STARTON_UNITTESTS_SHAREDDATA_H

#include <string>
#include <string_view>

namespace starton::test {

/// Conformance data beside the project; empty when there is none.
inline std::string sharedData() {
  constexpr std::string_view path = STARTON_SHARED_DATA;
  return std::string(path);
}

} // namespace starton::test

#endif // STARTON_UNITTESTS_SHAREDDATA_H
