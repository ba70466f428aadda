// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Job files of a test, compiled as init-checkconf does it.

#ifndef STARTON_UNITTESTS_RUNTIME_COMPILEDJOBS_H
#define STARTON_UNITTESTS_RUNTIME_COMPILEDJOBS_H

#include "starton/Table/JobTable_generated.h"
#include <map>
#include <string>

namespace starton::test {

/// Names of jobs, or of overrides with their suffix, and texts.
using Files = std::map<std::string, std::string>;

class Compiled {
public:
  explicit Compiled(const Files &files, bool chromeOs = false);
  /// A table of its own with the same content.
  Compiled(const Compiled &other);
  /// Nothing that is still read from it makes sense any more.
  ~Compiled();
  Compiled &operator=(const Compiled &) = delete;
  const table::JobTable &table() const { return *root; }
  const std::string &content() const { return bytes; }

private:
  void open();

  std::string bytes;
  const table::JobTable *root = nullptr;
};

} // namespace starton::test

#endif // STARTON_UNITTESTS_RUNTIME_COMPILEDJOBS_H
