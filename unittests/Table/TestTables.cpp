// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestTables.h"
#include <gtest/gtest.h>

namespace starton::test {

std::string tableOf(const sema::JobSet &set) {
  std::string error;
  std::string bytes = table::writeTable(set, error);
  EXPECT_EQ(error, "");
  EXPECT_FALSE(bytes.empty());
  return bytes;
}

const table::JobTable *verified(const std::string &bytes,
                                table::LoadError &error) {
  return table::verify(
      {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()}, error);
}

} // namespace starton::test
