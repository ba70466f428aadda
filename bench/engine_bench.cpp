// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The engine alone: building its run-time index, jobs without processes that
// start each other, events that nobody waits for.

#include "starton/Runtime/Engine/Engine.h"
#include "starton/Sema/JobSet.h"
#include "starton/Table/Reader.h"
#include "starton/Table/Writer.h"
#include "llvm/Support/raw_ostream.h"
#include <benchmark/benchmark.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <unistd.h>

using namespace starton;

namespace {

constexpr int Few = 1000;
constexpr int Many = 10000;

/// A verified table of \p count jobs, each with the text that \p text makes.
class Table {
public:
  Table(int count, const std::function<std::string(int)> &text) {
    namespace fs = std::filesystem;
    fs::path directory = fs::temp_directory_path() /
                         ("engine-bench-" + std::to_string(getpid()));
    fs::create_directories(directory);
    for (int i = 0; i < count; ++i)
      std::ofstream(directory / ("job" + std::to_string(i) + ".conf"))
          << text(i);
    sema::SystemOptions options;
    options.directories = {directory.string()};
    std::string error;
    bytes = table::writeTable(sema::loadSystem(options), error);
    fs::remove_all(directory);
    table::LoadError loadError;
    root = table::verify(
        {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()},
        loadError);
    if (!root) {
      llvm::errs() << "no table: " << error << loadError.message << '\n';
      std::exit(1);
    }
  }
  const table::JobTable &get() const { return *root; }

private:
  std::string bytes;
  const table::JobTable *root = nullptr;
};

std::string chainText(int i) {
  return i ? "start on started job" + std::to_string(i - 1) + "\n"
           : "start on startup\n";
}
std::string starText(int) { return "start on startup\n"; }

const Table &chain() {
  static const Table table(Many, chainText);
  return table;
}
const Table &shortChain() {
  static const Table table(Few, chainText);
  return table;
}
const Table &star() {
  static const Table table(Many, starText);
  return table;
}
const Table &smallStar() {
  static const Table table(Few, starText);
  return table;
}
const Table &empty() {
  static const Table table(0, starText);
  return table;
}

uint64_t drain(engine::Engine &engine) {
  uint64_t actions = 0;
  engine::Action action;
  for (; engine.next(action); ++actions)
    engine.complete(action.token, {});
  return actions;
}

void emit(engine::Engine &engine, const char *name) {
  engine::Input input;
  input.kind = engine::Input::Kind::EmitEvent;
  input.name = textOf(name);
  input.request = 1;
  input.wait = true;
  if (engine.feed(input) != engine::FeedResult::Taken)
    std::exit(1);
}

void init(benchmark::State &state) {
  const table::JobTable &table = chain().get();
  for (auto _ : state) {
    engine::Engine engine;
    benchmark::DoNotOptimize(engine.init(table, {}));
  }
}
BENCHMARK(init)->Unit(benchmark::kMillisecond);

/// All of the jobs up; the engine is made outside the measured time.
void startAll(benchmark::State &state, const Table &table) {
  uint64_t actions = 0;
  for (auto _ : state) {
    state.PauseTiming();
    {
      engine::Engine engine;
      if (!engine.init(table.get(), {}))
        std::exit(1);
      state.ResumeTiming();
      emit(engine, "startup");
      actions += drain(engine);
      state.PauseTiming();
      for (unsigned i = 0; i < engine.classCount(); ++i)
        if (engine.firstInstance(engine.classAt(i)) == engine::NoInstance)
          std::exit(1);
    }
    state.ResumeTiming();
  }
  state.counters["actions"] =
      benchmark::Counter(double(actions), benchmark::Counter::kAvgIterations);
}
void startChain(benchmark::State &state) { startAll(state, chain()); }
void startShortChain(benchmark::State &state) { startAll(state, shortChain()); }
void startStar(benchmark::State &state) { startAll(state, star()); }
void startSmallStar(benchmark::State &state) { startAll(state, smallStar()); }
BENCHMARK(startShortChain)->Unit(benchmark::kMillisecond);
BENCHMARK(startChain)->Unit(benchmark::kMillisecond);
BENCHMARK(startSmallStar)->Unit(benchmark::kMillisecond);
BENCHMARK(startStar)->Unit(benchmark::kMillisecond);

void emitUnheard(benchmark::State &state, const Table &table) {
  engine::Engine engine;
  if (!engine.init(table.get(), {}))
    std::exit(1);
  for (auto _ : state) {
    emit(engine, "nobody");
    benchmark::DoNotOptimize(drain(engine));
  }
}
void emitUnheardNoJobs(benchmark::State &state) { emitUnheard(state, empty()); }
void emitUnheardManyJobs(benchmark::State &state) {
  emitUnheard(state, chain());
}
BENCHMARK(emitUnheardNoJobs);
BENCHMARK(emitUnheardManyJobs);

} // namespace

BENCHMARK_MAIN();
