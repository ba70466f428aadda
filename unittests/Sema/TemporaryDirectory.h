// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A directory of a test, filled by name and removed with all it holds.

#ifndef STARTON_UNITTESTS_SEMA_TEMPORARYDIRECTORY_H
#define STARTON_UNITTESTS_SEMA_TEMPORARYDIRECTORY_H

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <string>

namespace starton {

class TemporaryDirectory {
public:
  TemporaryDirectory() {
    EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("starton-sema", path));
  }
  ~TemporaryDirectory() { (void)llvm::sys::fs::remove_directories(path); }
  TemporaryDirectory(const TemporaryDirectory &) = delete;
  TemporaryDirectory &operator=(const TemporaryDirectory &) = delete;

  std::string root() const { return std::string(path); }
  std::string at(llvm::StringRef name) const {
    return name.empty() ? root() : root() + "/" + name.str();
  }

  /// Writes a file, making the directories it is in.
  void file(llvm::StringRef name, llvm::StringRef text = "") const {
    std::string full = at(name);
    EXPECT_FALSE(
        llvm::sys::fs::create_directories(llvm::sys::path::parent_path(full)));
    std::error_code error;
    llvm::raw_fd_ostream os(full, error);
    EXPECT_FALSE(error) << full;
    os << text;
  }
  void directory(llvm::StringRef name) const {
    EXPECT_FALSE(llvm::sys::fs::create_directories(at(name)));
  }
  void link(llvm::StringRef target, llvm::StringRef name) const {
    EXPECT_FALSE(llvm::sys::fs::create_link(target, at(name)));
  }

private:
  llvm::SmallString<64> path;
};

} // namespace starton

#endif // STARTON_UNITTESTS_SEMA_TEMPORARYDIRECTORY_H
