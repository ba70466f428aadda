// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a job table costs at start-up (what a start waits for, and all of it)
// and when it is written, at 300 and at 10,000 jobs.

#include "../unittests/Table/TestTables.h"
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace starton;

namespace {

const std::string &tableOf(uint32_t jobs) {
  static std::string small, large;
  std::string &bytes = jobs == 300 ? small : large;
  std::string error;
  if (bytes.empty())
    bytes = table::writeTable(test::largeSet(jobs), error);
  return bytes;
}

void benchWrite(benchmark::State &state) {
  sema::JobSet set = test::largeSet(static_cast<uint32_t>(state.range(0)));
  std::string error;
  for (auto _ : state)
    benchmark::DoNotOptimize(table::writeTable(set, error));
}

void benchVerify(benchmark::State &state) {
  const std::string &bytes = tableOf(static_cast<uint32_t>(state.range(0)));
  table::LoadError error;
  for (auto _ : state)
    benchmark::DoNotOptimize(table::verify(
        {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()},
        error));
  state.counters["bytes"] = static_cast<double>(bytes.size());
}

/// A file in memory, so that no disk is measured.
int makeFile(benchmark::State &state) {
  const std::string &bytes = tableOf(static_cast<uint32_t>(state.range(0)));
  int file = memfd_create("bench", MFD_CLOEXEC);
  if (fchmod(file, 0600) != 0 || write(file, bytes.data(), bytes.size()) !=
                                     static_cast<ssize_t>(bytes.size()))
    state.SkipWithError("cannot write");
  return file;
}

void benchBegin(benchmark::State &state) {
  int file = makeFile(state);
  std::string path = "/proc/self/fd/" + std::to_string(file);
  for (auto _ : state) {
    table::LoadedTable loaded;
    table::LoadError error;
    if (!loaded.beginFile(path.c_str(), error))
      state.SkipWithError(error.message);
  }
  close(file);
}

void benchLoad(benchmark::State &state) {
  int file = makeFile(state);
  for (auto _ : state) {
    table::LoadedTable loaded;
    table::LoadError error;
    if (!loaded.loadDescriptor(file, error))
      state.SkipWithError(error.message);
  }
  close(file);
}

void benchWalk(benchmark::State &state) {
  const std::string &bytes = tableOf(static_cast<uint32_t>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(
        test::walkTable(*table::GetJobTable(bytes.data())));
}

} // namespace

BENCHMARK(benchWrite)->Arg(300)->Arg(10000)->Unit(benchmark::kMicrosecond);
BENCHMARK(benchVerify)->Arg(300)->Arg(10000)->Unit(benchmark::kMicrosecond);
BENCHMARK(benchBegin)->Arg(300)->Arg(10000)->Unit(benchmark::kMicrosecond);
BENCHMARK(benchLoad)->Arg(300)->Arg(10000)->Unit(benchmark::kMicrosecond);
BENCHMARK(benchWalk)->Arg(300)->Arg(10000)->Unit(benchmark::kMicrosecond);

BENCHMARK_MAIN();
