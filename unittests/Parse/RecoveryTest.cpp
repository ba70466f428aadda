// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Recovery, measured: 100 files with one to six faults each. Every fault should
// be reported at its byte range, nothing else should, and without the fault its
// finding, and only that, should be gone.
//
// STARTON_SHOW_MISSES=1 in the environment prints what went wrong.

#include "FaultInjector.h"
#include "TestData.h"
#include "gtest/gtest.h"
#include <array>
#include <cstdlib>
#include <filesystem>

using namespace starton;
using namespace starton::test;

namespace {

constexpr unsigned NumFiles = 100;

struct Finding {
  DiagId id{};
  Range range;
  friend bool operator==(const Finding &, const Finding &) = default;
};

std::vector<Finding> findingsOf(Parser &parser, const std::string &text) {
  SourceBuffer source("broken.conf", text);
  ParseResult result = parser.parse(source);
  std::vector<Finding> findings;
  for (const SyntaxDiag &diagnostic : result.diagnostics)
    if (diagSeverity(diagnostic.id) == Severity::Error)
      findings.push_back({diagnostic.id, diagnostic.range});
  return findings;
}

struct Score {
  unsigned files = 0, faults = 0, reported = 0, extra = 0, removals = 0,
           exactRemovals = 0;
  std::array<unsigned, size_t(FaultKind::LastKind) + 1> injected{}, missed{};

  void print(const char *name) const {
    std::printf("%s: %u files, %u faults: %u reported at their range (%.1f "
                "%%), %u extra (%.1f %%), "
                "%u of %u removals exact (%.1f %%)\n",
                name, files, faults, reported, 100.0 * reported / faults, extra,
                100.0 * extra / faults, exactRemovals, removals,
                100.0 * exactRemovals / removals);
    for (size_t kind = 0; kind != injected.size(); ++kind)
      std::printf("  %-24s %4u injected, %3u missed\n",
                  faultName(static_cast<FaultKind>(kind)), injected[kind],
                  missed[kind]);
  }
};

class Measurement {
public:
  /// Breaks \p good with up to \p count faults; false when it offers no place.
  bool measure(const std::string &path, const std::string &good, unsigned count,
               Random &random) {
    SourceBuffer source(path, good);
    ParseResult result = parser.parse(source);
    std::vector<Fault> faults = chooseFaults(*result.file, count, random);
    if (faults.empty())
      return false;
    BrokenFile broken = applyFaults(good, faults);
    ++score.files;
    std::vector<Finding> findings = findingsOf(parser, broken.text);
    bool isExact = compare(faults, broken, findings);
    if (!isExact && std::getenv("STARTON_SHOW_MISSES"))
      show(path, faults, broken, findings);
    removeEach(good, faults, findings.size());
    return true;
  }

  Score score;

private:
  bool compare(const std::vector<Fault> &faults, const BrokenFile &broken,
               std::vector<Finding> findings) {
    bool isExact = true;
    for (size_t index = 0; index != faults.size(); ++index) {
      ++score.faults;
      auto kind = static_cast<size_t>(faults[index].kind);
      ++score.injected[kind];
      auto found = std::find(findings.begin(), findings.end(),
                             Finding{faults[index].id, broken.expected[index]});
      if (found == findings.end()) {
        ++score.missed[kind];
        isExact = false;
        continue;
      }
      ++score.reported;
      findings.erase(found);
    }
    score.extra += static_cast<unsigned>(findings.size());
    return isExact && findings.empty();
  }

  void removeEach(const std::string &good, const std::vector<Fault> &faults,
                  size_t total) {
    for (size_t removed = 0; removed != faults.size(); ++removed) {
      std::vector<Fault> rest = faults;
      rest.erase(rest.begin() + static_cast<ptrdiff_t>(removed));
      BrokenFile broken = applyFaults(good, rest);
      std::vector<Finding> findings = findingsOf(parser, broken.text);
      bool isExact = findings.size() + 1 == total;
      for (size_t index = 0; index != rest.size(); ++index)
        isExact &= std::find(findings.begin(), findings.end(),
                             Finding{rest[index].id, broken.expected[index]}) !=
                   findings.end();
      ++score.removals;
      score.exactRemovals += isExact ? 1 : 0;
    }
  }

  static void show(const std::string &path, const std::vector<Fault> &faults,
                   const BrokenFile &broken,
                   const std::vector<Finding> &findings) {
    SourceBuffer source(path, broken.text);
    std::printf("---- %s\n%s\n", path.c_str(), broken.text.c_str());
    auto print = [&](const char *what, DiagId id, Range range) {
      LineColumn at = source.lineColumn(range.begin);
      std::printf("%s %u:%u +%u %s\n", what, at.line, at.column, range.size(),
                  diagName(id).str().c_str());
    };
    for (size_t index = 0; index != faults.size(); ++index)
      print("fault  ", faults[index].id, broken.expected[index]);
    for (const Finding &finding : findings)
      print("finding", finding.id, finding.range);
  }

  Parser parser;
};

void expectBars(const Score &score) {
  EXPECT_EQ(score.files, NumFiles);
  EXPECT_GE(score.reported * 100, score.faults * 95);
  EXPECT_LE(score.extra * 100, score.faults * 5);
  EXPECT_GE(score.exactRemovals * 100, score.removals * 95);
}

TEST(Recovery, OwnJobs) {
  std::vector<std::string> paths;
  for (const auto &entry : std::filesystem::directory_iterator(
           STARTON_SOURCE_DIR "/test/Parse/Inputs/jobs"))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  ASSERT_FALSE(paths.empty());
  Measurement measurement;
  Random random(1);
  for (unsigned number = 0; number != NumFiles; ++number) {
    const std::string &path = paths[number % paths.size()];
    measurement.measure(path, readFile(path), 1 + random.below(6), random);
  }
  measurement.score.print("own jobs");
  expectBars(measurement.score);
}

TEST(Recovery, Corpus) {
  std::vector<Expectation> files = corpus();
  if (files.empty())
    GTEST_SKIP() << "no corpus here";
  Measurement measurement;
  Random random(2);
  while (measurement.score.files != NumFiles) {
    const Expectation &file =
        files[random.below(static_cast<uint32_t>(files.size()))];
    if (file.isAccepted && file.text.size() > 300)
      measurement.measure(file.path, file.text, 1 + random.below(6), random);
  }
  measurement.score.print("corpus");
  expectBars(measurement.score);
}

} // namespace
