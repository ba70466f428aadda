// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   starton-check-reference DIRECTORY
//
// writes README.md and a page a check into an empty DIRECTORY (docs/checks).

#include "starton/Check/Driver.h"
#include "llvm/Support/raw_ostream.h"

using namespace starton::check;

static bool writePage(const std::string &path,
                      llvm::function_ref<void(llvm::raw_ostream &)> print) {
  std::error_code error;
  llvm::raw_fd_ostream os(path, error);
  if (error) {
    llvm::errs() << path << ": " << error.message() << '\n';
    return false;
  }
  print(os);
  return true;
}

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  std::string directory = argv[1];
  bool good = writePage(directory + "/README.md", printCheckIndex);
  for (const Check *check : allChecks())
    good &=
        writePage(directory + "/" + check->name.str() + ".md",
                  [&](llvm::raw_ostream &os) { printCheckPage(*check, os); });
  return good ? 0 : 1;
}
