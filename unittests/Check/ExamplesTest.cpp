// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every check proves itself on its own examples: the bad one makes it and no
// other check fire, at the places that are marked; the good one is silent; and
// with a fix the bad one becomes the good one.

#include "TestSystem.h"
#include "starton/Shell/Shell.h"
#include "gtest/gtest.h"
#include <algorithm>

using namespace starton;
using namespace starton::check;

namespace {

/// An example written out and loaded.
class ExampleSystem : public TestSystem {
public:
  ExampleSystem(const Check &check, llvm::StringRef text)
      : TestSystem(text, check.dialect), check(check) {}

  /// What all default checks and this one find.
  std::vector<Diagnostic> findings() {
    Selection selection;
    selection.enable(check);
    // Without a root: the programs and users of other examples do not exist.
    bool withRoot = (check.needs & NeedRoot) != 0;
    return runChecks(system(false, withRoot), selection);
  }

private:
  const Check &check;
};

std::string placeText(llvm::StringRef file, Range range) {
  return file.str() + ":" + std::to_string(range.begin) + "-" +
         std::to_string(range.end);
}

/// "file:begin-end: message [name]" for each finding.
std::string describe(const ExampleSystem &system,
                     const std::vector<Diagnostic> &findings) {
  std::string text;
  for (const Diagnostic &finding : findings)
    text += placeText(system.nameOf(finding.source), finding.range) + ": " +
            finding.message + " [" + nameOf(finding).str() + "]\n";
  return text;
}

/// One line, lower-case start, no final period.
void expectGoodMessage(llvm::StringRef message) {
  ASSERT_FALSE(message.empty());
  EXPECT_FALSE(message.contains('\n')) << message.str();
  EXPECT_FALSE(message.ends_with(".")) << message.str();
  EXPECT_FALSE(message.front() >= 'A' && message.front() <= 'Z')
      << message.str();
}

/// The files after the first fix of each finding.
std::map<std::string, std::string>
fixed(const ExampleSystem &system, const std::vector<Diagnostic> &findings) {
  std::map<std::string, std::vector<Edit>> edits;
  for (const Diagnostic &finding : findings)
    if (!finding.fixes.empty())
      for (const Edit &edit : finding.fixes.front().edits)
        edits[system.nameOf(edit.source ? edit.source : finding.source)]
            .push_back(edit);
  std::map<std::string, std::string> result;
  for (const ExampleFile &file : system.exampleFiles()) {
    std::string text = file.text;
    std::vector<Edit> &own = edits[file.name];
    std::stable_sort(own.begin(), own.end(), [](const Edit &a, const Edit &b) {
      return a.range.begin > b.range.begin;
    });
    for (const Edit &edit : own)
      text.replace(edit.range.begin, edit.range.size(), edit.replacement);
    result[file.name] = text;
  }
  return result;
}

std::map<std::string, std::string> textsOf(const ExampleSystem &system) {
  std::map<std::string, std::string> result;
  for (const ExampleFile &file : system.exampleFiles())
    result[file.name] = file.text;
  return result;
}

constexpr const char *Elsewhere =
    "another program finds it: test/Check/*-examples.test";

class Examples : public testing::TestWithParam<const Check *> {
protected:
  void SetUp() override {
    if ((GetParam()->needs & NeedShell) && !shell::isAvailable())
      GTEST_SKIP() << "built without the shell's grammar";
  }
};

TEST_P(Examples, BadFiresExactlyThisCheckAtTheMarks) {
  const Check &check = *GetParam();
  if (!check.run)
    GTEST_SKIP() << Elsewhere;
  ExampleSystem system(check, check.bad);
  std::vector<Diagnostic> findings = system.findings();
  std::vector<std::string> expected, actual;
  for (const ExampleFile &file : system.exampleFiles())
    for (Range range : file.marked)
      expected.push_back(placeText(file.name, range));
  for (const Diagnostic &finding : findings) {
    EXPECT_EQ(nameOf(finding).str(), check.name.str());
    EXPECT_EQ(finding.severity, check.severity);
    expectGoodMessage(finding.message);
    actual.push_back(placeText(system.nameOf(finding.source), finding.range));
  }
  EXPECT_FALSE(expected.empty()) << "no place of the bad example is marked";
  std::sort(expected.begin(), expected.end());
  std::sort(actual.begin(), actual.end());
  EXPECT_EQ(expected, actual) << describe(system, findings);
}

TEST_P(Examples, GoodIsSilent) {
  const Check &check = *GetParam();
  if (!check.run)
    GTEST_SKIP() << Elsewhere;
  ExampleSystem system(check, check.good);
  EXPECT_EQ(describe(system, system.findings()), "");
}

TEST_P(Examples, FixMakesBadGood) {
  const Check &check = *GetParam();
  if (!check.run)
    GTEST_SKIP() << Elsewhere;
  ExampleSystem bad(check, check.bad), good(check, check.good);
  std::vector<Diagnostic> findings = bad.findings();
  for (const Diagnostic &finding : findings) {
    EXPECT_EQ(finding.fixes.empty(), check.fix == FixKind::None);
    for (const Fix &fix : finding.fixes) {
      EXPECT_EQ(fix.safe, check.fix == FixKind::Safe);
      expectGoodMessage(fix.title);
    }
  }
  if (check.fix != FixKind::None) {
    EXPECT_EQ(fixed(bad, findings), textsOf(good));
  }
}

TEST_P(Examples, IsDocumented) {
  const Check &check = *GetParam();
  expectGoodMessage(check.summary);
  EXPECT_FALSE(llvm::StringRef(check.doc).trim().empty());
  EXPECT_TRUE(check.profiles != 0 || (check.needs & NeedProgram));
  EXPECT_NE(check.severity, Severity::Note);
}

INSTANTIATE_TEST_SUITE_P(AllChecks, Examples,
                         testing::ValuesIn(allChecks().begin(),
                                           allChecks().end()),
                         [](const testing::TestParamInfo<const Check *> &info) {
                           std::string name = info.param->name.str();
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Registry, ChecksAreSortedAndFound) {
  llvm::StringRef previous;
  for (const Check *check : allChecks()) {
    EXPECT_LT(previous, check->name);
    previous = check->name;
    EXPECT_EQ(findCheck(check->name), check);
    EXPECT_EQ(allChecks()[checkIndex(*check)], check);
  }
  EXPECT_EQ(findCheck("no-such-check"), nullptr);
  EXPECT_EQ(suggestCheck("undefined-evnet").str(), "undefined-event");
}

TEST(Registry, SelectionGoesByProfileAndName) {
  Selection selection(0);
  const Check &check = *allChecks().front();
  EXPECT_FALSE(selection.isEnabled(check));
  selection.enable(check, Severity::Error);
  EXPECT_TRUE(selection.isEnabled(check));
  EXPECT_EQ(selection.severityOf(check), Severity::Error);
  selection.disable(check);
  EXPECT_FALSE(selection.isEnabled(check));
}

TEST(Example, FilesAndMarks) {
  std::vector<ExampleFile> files =
      splitExample("\n#--- a.conf\n«task»\n#--- b.conf\nrespawn «»\n");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].name, "a.conf");
  EXPECT_EQ(files[0].text, "task\n");
  EXPECT_EQ(files[0].marked, (std::vector<Range>{{0, 4}}));
  EXPECT_EQ(files[1].name, "b.conf");
  EXPECT_EQ(files[1].text, "respawn \n");
  EXPECT_EQ(files[1].marked, (std::vector<Range>{{8, 8}}));
  EXPECT_EQ(splitExample("task\n")[0].name, "example.conf");
}

} // namespace
