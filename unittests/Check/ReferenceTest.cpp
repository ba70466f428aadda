// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// docs/checks is what starton-check-reference writes.

#include "starton/Check/Driver.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace starton::check;

namespace {

constexpr const char *Directory = STARTON_SOURCE_DIR "/docs/checks";
constexpr const char *Remedy = "run ninja -C build update-check-docs";

std::string readFile(const std::string &name) {
  auto buffer =
      llvm::MemoryBuffer::getFile(std::string(Directory) + "/" + name);
  return buffer ? (*buffer)->getBuffer().str() : "(no such file)";
}

TEST(Reference, PagesAreCurrent) {
  std::string index;
  llvm::raw_string_ostream indexStream(index);
  printCheckIndex(indexStream);
  EXPECT_EQ(readFile("README.md"), index) << Remedy;
  for (const Check *check : allChecks()) {
    std::string page;
    llvm::raw_string_ostream os(page);
    printCheckPage(*check, os);
    EXPECT_EQ(readFile(check->name.str() + ".md"), page) << Remedy;
  }
}

TEST(Reference, NoPageIsLeftOver) {
  std::error_code error;
  for (llvm::sys::fs::directory_iterator entry(Directory, error), end;
       !error && entry != end; entry.increment(error)) {
    llvm::StringRef name = llvm::sys::path::stem(entry->path());
    EXPECT_TRUE(name == "README" || findCheck(name)) << entry->path();
  }
  EXPECT_FALSE(error);
}

} // namespace
