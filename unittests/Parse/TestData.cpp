// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestData.h"
#include "SharedData.h"
#include <fstream>
#include <sstream>

using namespace starton::test;

namespace {

/// Reads a list with one header line and the columns file, verdict, line,
/// message; further ones are ignored.
std::vector<Expectation> readList(const std::string &directory,
                                  const std::string &name) {
  std::vector<Expectation> result;
  std::ifstream list(directory + "/" + name);
  std::string row;
  std::getline(list, row);
  while (std::getline(list, row)) {
    std::istringstream columns(row);
    Expectation expectation;
    std::string verdict;
    std::getline(columns, expectation.path, '\t');
    std::getline(columns, verdict, '\t');
    std::getline(columns, expectation.line, '\t');
    std::getline(columns, expectation.message, '\t');
    expectation.isAccepted = verdict == "ok";
    expectation.text = readFile(directory + "/" + expectation.path);
    result.push_back(std::move(expectation));
  }
  return result;
}

} // namespace

std::string starton::test::readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file),
          std::istreambuf_iterator<char>()};
}

std::vector<Expectation> starton::test::conformanceCases() {
  return readList(STARTON_SOURCE_DIR "/test/Parse/cases", "expected.tsv");
}

std::vector<Expectation> starton::test::corpus() {
  std::string root = test::sharedData();
  return root.empty() ? std::vector<Expectation>()
                      : readList(root + "/corpus", "manifest.tsv");
}
