// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Over the shell texts of thousands of real jobs: everything told lies where it
// should, and hardly any text is not understood.

#include "SharedData.h"
#include "Summary.h"
#include "starton/Sema/JobSet.h"
#include "starton/Shell/ShellTexts.h"
#include "gtest/gtest.h"
#include <filesystem>

using namespace starton;

namespace {

struct Count {
  size_t texts = 0, unknown = 0;
};

void checkFile(const std::string &path, Count &count) {
  std::string error;
  std::unique_ptr<SourceBuffer> source = sema::readSource(path, error);
  if (!source)
    return;
  sema::JobSet set = sema::loadFile(std::move(source), Dialect::Upstart113);
  shell::ShellTexts texts(set);
  for (const shell::ShellText &text : texts.all()) {
    EXPECT_EQ(shell::test::findDisorder(text.facts), "") << path;
    const SourceBuffer &file = *set.files[text.file].source;
    // A word that is written plainly is found in the file.
    for (const shell::Word &word : text.facts.words) {
      llvm::StringRef plain =
          text.facts.text.slice(word.range.begin, word.range.end);
      if (plain.find_first_of(" \t\r\n\\") != llvm::StringRef::npos)
        continue;
      EXPECT_EQ(file.text(text.inFile(word.range)), plain) << path;
    }
    ++count.texts;
    count.unknown += !text.facts.complete;
  }
}

TEST(ShellCorpusTest, nearlyEverythingIsUnderstood) {
  std::string root = starton::test::sharedData();
  if (root.empty() || !std::filesystem::exists(root + "/corpus"))
    GTEST_SKIP() << "no corpus";
  if (!shell::isAvailable())
    GTEST_SKIP() << "built without the shell's grammar";
  Count count;
  for (const char *part : {"/corpus", "/systems"})
    for (const auto &entry :
         std::filesystem::recursive_directory_iterator(root + part))
      if (entry.path().extension() == ".conf")
        checkFile(entry.path(), count);
  EXPECT_GT(count.texts, 2000u);
  // A few hold no shell but templates, or are broken.
  EXPECT_LT(count.unknown * 100, count.texts * 2);
  RecordProperty("texts", static_cast<int>(count.texts));
  RecordProperty("unknown", static_cast<int>(count.unknown));
}

} // namespace
