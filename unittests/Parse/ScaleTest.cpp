// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Huge and hostile files: linear time, memory in proportion, no recursion. Each
// shape is parsed in a child process with an 8 MB stack, whose peak memory is
// read from the kernel.

#include "starton/Parse/Parse.h"
#include "gtest/gtest.h"
#include <chrono>
#include <functional>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define STARTON_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STARTON_SANITIZED 1
#endif
#endif
#ifndef STARTON_SANITIZED
#define STARTON_SANITIZED 0
#endif

using namespace starton;

namespace {

std::string repeated(const std::string &text, size_t count) {
  std::string result;
  result.reserve(text.size() * count);
  for (size_t index = 0; index != count; ++index)
    result += text;
  return result;
}

struct Outcome {
  bool finished = false;
  double seconds = 0;
  double peakMegabytes = 0;
};

/// Parses what \p make returns in a child. The text's own memory is included:
/// once, as a reader of files has it.
Outcome measure(const std::function<std::string()> &make) {
  int ends[2];
  if (pipe(ends) != 0)
    return {};
  pid_t child = fork();
  if (child == 0) {
    rlimit stack{8U << 20, 8U << 20};
    setrlimit(RLIMIT_STACK, &stack);
    SourceBuffer source("huge.conf", make());
    auto start = std::chrono::steady_clock::now();
    Parser parser;
    ParseResult result = parser.parse(source);
    double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
            .count();
    bool written = write(ends[1], &seconds, sizeof seconds) == sizeof seconds;
    _exit(written && result.file ? 0 : 1);
  }
  close(ends[1]);
  Outcome outcome;
  bool isRead = read(ends[0], &outcome.seconds, sizeof outcome.seconds) ==
                sizeof outcome.seconds;
  close(ends[0]);
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  outcome.finished = isRead && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  outcome.peakMegabytes = static_cast<double>(usage.ru_maxrss) / 1024;
  return outcome;
}

class Scale : public testing::TestWithParam<
                  std::pair<const char *, std::function<std::string()>>> {};

TEST_P(Scale, IsBounded) {
  const auto &[name, make] = GetParam();
  Outcome outcome = measure(make);
  double megabytes = static_cast<double>(make().size()) / (1 << 20);
  std::printf("%-28s %6.1f MB: %6.3f s, peak %6.1f MB\n", name, megabytes,
              outcome.seconds, outcome.peakMegabytes);
  ASSERT_TRUE(outcome.finished);
#if !STARTON_SANITIZED
  EXPECT_LE(outcome.peakMegabytes, 60 + 10 * megabytes);
  // Linear, generously: a megabyte a second, and half a second for the rest.
  EXPECT_LE(outcome.seconds, 0.5 + megabytes * 1.5);
#endif
}

// Sanitizers make all of it ten times slower; they look for other things.
#if STARTON_SANITIZED
constexpr size_t Million = 50'000;
#else
constexpr size_t Million = 1'000'000;
#endif

const std::pair<const char *, std::function<std::string()>> shapes[] = {
    {"100 MB of jobs",
     [] {
       return repeated("env A=\"b c\"\nexec /bin/x --y\nscript\n  a\n   b\nend "
                       "script\nstart on a and (b or c D=e)\n",
                       Million);
     }},
    {"100 MB block",
     [] {
       return "script\n" + repeated("    echo a line of text\n", 4 * Million) +
              "end script\n";
     }},
    {"100 MB line",
     [] { return "exec " + repeated("word ", 20 * Million) + "\n"; }},
    {"1,000,000 lines", [] { return repeated("task\n", Million); }},
    {"1,000,000 bad lines", [] { return repeated("x\n", Million); }},
    {"1,000,000 misspelt lines", [] { return repeated("evn A=1\n", Million); }},
    {"1,000,000 empty lines", [] { return repeated("\n", Million); }},
    {"1,000,000 open parentheses",
     [] { return "start on " + repeated("(", Million) + "\n"; }},
    {"1,000,000 parentheses",
     [] {
       return "start on " + repeated("(", Million / 2) + "a" +
              repeated(")", Million / 2) + "\n";
     }},
    {"1,000,000 closing ones",
     [] { return "start on a" + repeated(")", Million) + "\n"; }},
    {"1,000,000 operands",
     [] { return "start on a" + repeated(" b", Million) + "\n"; }},
    {"1,000,000 events",
     [] { return "start on a" + repeated(" or b", Million) + "\n"; }},
    {"1,000,000 operators",
     [] { return "start on a" + repeated(" or", Million) + "\n"; }},
    {"1,000,000 arguments",
     [] { return "emits" + repeated(" b", Million) + "\n"; }},
    {"1,000,000 surplus words",
     [] { return "task" + repeated(" b", Million) + "\n"; }},
    {"unclosed quotes", [] { return repeated("author \"a\n", Million); }},
    {"unclosed apostrophes", [] { return repeated("exec don't\n", Million); }},
    {"unclosed mixed quotes", [] { return repeated("exec \"a'\n", Million); }},
    {"unclosed parentheses", [] { return repeated("start on (a\n", Million); }},
    {"unclosed, blank lines",
     [] { return repeated("start on (a\n\n", Million); }},
    {"unclosed blocks", [] { return repeated("script\n", Million); }},
    {"unclosed blocks, indented",
     [] { return repeated("pre-start script\n a\n", Million); }},
    {"one quote, many lines",
     [] { return "author \"" + repeated("evn A=1\n", Million); }},
    {"one quote, many stanzas",
     [] { return "exec \"" + repeated("exec A\n", Million); }},
    {"closed quotes over lines",
     [] { return repeated("exec 'a\nexec b' c\n", Million / 2) + "x"; }},
    {"continuations",
     [] { return "emits" + repeated(" \\\n", Million) + "\n"; }},
    {"continued unknown", [] { return repeated("x \\\n", Million); }},
    {"backslashes", [] { return "exec " + repeated("\\", 2 * Million); }},
    {"NUL bytes", [] { return std::string(Million, '\0'); }},
};

INSTANTIATE_TEST_SUITE_P(Shapes, Scale, testing::ValuesIn(shapes));

} // namespace
