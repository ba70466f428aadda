// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bytes as a saved state of the engine, their checksum made right so that what
// is behind it is reached. What is accepted goes on: every action is taken,
// every process ends, and it can be saved again.

#include "SimDriver.h"
#include "SimHost.h"
#include "starton/Runtime/Support/StateStream.h"
#include <cstdlib>
#include <string>

using namespace starton;

namespace {

/// Carries out what there is to do, for a while.
void drain(engine::Engine &engine, int32_t &pid) {
  engine::Action action;
  for (unsigned i = 0; i < 2000 && engine.next(action); ++i)
    engine.complete(action.token, {++pid, 0});
}

void goOn(engine::Engine &engine) {
  int32_t pid = 1'000'000;
  drain(engine, pid);
  engine::Input input;
  input.kind = engine::Input::Kind::Shutdown;
  input.name = textOf("shutdown");
  (void)engine.feed(input);
  drain(engine, pid);
  for (int32_t end = 1'000'000; end < pid; ++end) {
    engine::Input ended;
    ended.kind = engine::Input::Kind::ChildKilled;
    ended.pid = end;
    ended.status = 9;
    (void)engine.feed(ended);
    drain(engine, pid);
    if (pid > 1'002'000)
      break;
  }
}

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const test::Compiled compiled(test::DriverJobs);
  std::string state(reinterpret_cast<const char *>(data), size);
  Span<uint8_t> bytes{reinterpret_cast<uint8_t *>(state.data()), state.size()};
  repairStateChecksum(bytes);
  StateReader reader(bytes);
  engine::Engine engine;
  engine::TableOfState tables[] = {{0, &compiled.table()}};
  if (!engine.restore(reader, {tables, 1})) {
    if (!*reader.why())
      std::abort();
    return 0;
  }
  StateWriter writer;
  engine.snapshot(writer);
  writer.finish();
  StateReader again(writer.bytes());
  engine::Engine copy;
  if (!writer.good() || !copy.restore(again, {tables, 1}))
    std::abort();
  goOn(engine);
  return 0;
}
