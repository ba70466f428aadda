// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Sema/JobSet.h"
#include "gtest/gtest.h"

using namespace starton;
using namespace starton::sema;

namespace {

Job parseJob(llvm::StringRef text) {
  JobSet set = loadFile(std::make_unique<SourceBuffer>("a.conf", text.str()),
                        Dialect::Upstart113);
  EXPECT_EQ(set.jobs.size(), 1U) << text.str();
  return set.jobs.empty() ? Job() : std::move(set.jobs.front());
}

std::string show(llvm::StringRef text, bool enumerate) {
  std::string result;
  llvm::raw_string_ostream os(result);
  printShowConfig(parseJob(text), enumerate, os);
  return result;
}

/// The leaves of `start on` as -e prints them, without what is constant.
std::string leaf(const std::string &condition) {
  std::string text = show("start on " + condition + "\n", true);
  llvm::StringRef rest = text;
  EXPECT_TRUE(rest.consume_front("a\n  start on "));
  return rest.rtrim('\n').str();
}

} // namespace

TEST(ShowConfig, printsTheDocumentedExample) {
  const char *job =
      "emits one two\n"
      "emits three-*\n"
      "start on (starting foo and (B or C var=2))\n"
      "stop on (bar HELLO=world testing=123 or stopping JOB=wibble)\n"
      "exec true\n";
  EXPECT_EQ(show(job, false),
            "a\n"
            "  emits one\n"
            "  emits two\n"
            "  emits three-*\n"
            "  start on (starting foo and (B or C var=2))\n"
            "  stop on (bar HELLO=world testing=123 or stopping JOB=wibble)\n");
  EXPECT_EQ(show(job, true),
            "a\n"
            "  emits one\n"
            "  emits two\n"
            "  emits three-*\n"
            "  start on starting (job: foo, env:)\n"
            "  start on B (job:, env:)\n"
            "  start on C (job:, env: var=2)\n"
            "  stop on bar (job:, env: HELLO=world testing=123)\n"
            "  stop on stopping (job: wibble, env:)\n");
}

TEST(ShowConfig, bracketsByTree) {
  EXPECT_EQ(show("start on A or B and C or D\n", false),
            "a\n  start on (((A or B) and C) or D)\n");
  EXPECT_EQ(show("start on A or (B and (C or D))\n", false),
            "a\n  start on (A or (B and (C or D)))\n");
  EXPECT_EQ(show("start on ((A))\n", false), "a\n  start on A\n");
  EXPECT_EQ(show("stop on A\nexec x\n", false), "a\n  stop on A\n");
  EXPECT_EQ(show("start on A\nmanual\n", false), "a\n");
}

TEST(ShowConfig, findsTheJobOfJobEvents) {
  EXPECT_EQ(leaf("started x RESULT=ok"), "started (job: x, env: RESULT=ok)");
  EXPECT_EQ(leaf("stopped JOB=x RESULT=ok"),
            "stopped (job: x, env: RESULT=ok)");
  EXPECT_EQ(leaf("stopped RESULT=ok JOB=x"),
            "stopped (job: x, env: RESULT=ok)");
  EXPECT_EQ(leaf("stopping JOB!=x"), "stopping (job:, env: JOB!=x)");
  EXPECT_EQ(leaf("stopping"), "stopping (job:, env:)");
  EXPECT_EQ(leaf("other x JOB=y"), "other (job:, env: x JOB=y)");
  EXPECT_EQ(leaf("starting x y"), "starting (job: x, env: y)");
}

TEST(ShowConfig, needsNoStackForDepth) {
  std::string deep;
  for (int i = 0; i != 200000; ++i)
    deep += "(a or ";
  deep += "b" + std::string(200000, ')');
  std::string text = show("start on " + deep + "\n", false);
  EXPECT_EQ(text, "a\n  start on " + deep + "\n");
}

TEST(ShowConfig, listsByBucketThenRegistration) {
  JobSet set;
  for (const char *name : {"foo", "bar", "baz", "tty1", "tty2", "a", "b", "c",
                           "d", "rc-sysinit", "net/eth"})
    set.jobs.emplace_back().name = name;
  std::string text;
  llvm::raw_string_ostream os(text);
  printShowConfig(set, false, os);
  // 32-bit FNV-1 modulo 17, worked out apart from this program.
  EXPECT_EQ(text,
            "bar\nnet/eth\nrc-sysinit\ntty2\nd\nc\nfoo\nbaz\ntty1\nb\na\n");
}
