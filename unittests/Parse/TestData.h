// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files the tests of this directory share: the conformance cases of the
// repository, and the corpus where it is present.

#ifndef STARTON_UNITTESTS_PARSE_TESTDATA_H
#define STARTON_UNITTESTS_PARSE_TESTDATA_H

#include <string>
#include <vector>

namespace starton::test {

/// A file and what Upstart 1.13.2 said about it.
struct Expectation {
  std::string path; ///< relative to the directory of the list
  bool isAccepted = true;
  std::string line;    ///< "-": none
  std::string message; ///< "-": none
  std::string text;
};

std::string readFile(const std::string &path);

/// test/Parse/cases/expected.tsv.
std::vector<Expectation> conformanceCases();

/// The corpus's manifest.tsv; empty when there is no corpus.
std::vector<Expectation> corpus();

} // namespace starton::test

#endif // STARTON_UNITTESTS_PARSE_TESTDATA_H
