// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The main program of a fuzzer in builds without libFuzzer: a few hundred
// inputs, the same every time, so that a fuzzer that no longer builds or holds
// is noticed by the tests. It finds nothing by coverage; libFuzzer does.
//
//   NAME_fuzzer ROUNDS [FILE|DIRECTORY...]

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

// NOLINTBEGIN(readability-identifier-naming): the names are libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern "C" __attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t *data,
                                                                size_t size,
                                                                size_t maxSize,
                                                                unsigned seed);

namespace {

constexpr size_t MaxSize = 8192;

std::minstd_rand &random() {
  static std::minstd_rand engine(20);
  return engine;
}

size_t below(size_t limit) { return limit == 0 ? 0 : random()() % limit; }

} // namespace

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize) {
  size_t at = below(size);
  switch (below(size == 0 ? 1 : 4)) {
  case 0: { // some more
    size_t count = std::min<size_t>(1 + below(16), maxSize - size);
    std::copy_backward(data + at, data + size, data + size + count);
    std::generate(data + at, data + at + count,
                  [] { return static_cast<uint8_t>(below(256)); });
    return size + count;
  }
  case 1: { // some less
    size_t count = 1 + below(std::min<size_t>(8, size - at));
    std::copy(data + at + count, data + size, data + at);
    return size - count;
  }
  case 2: // a bit
    data[at] ^= static_cast<uint8_t>(1U << below(8));
    return size;
  default: { // some again, elsewhere
    size_t from = below(size);
    size_t count = below(std::min(size - at, size - from)) + 1;
    std::vector<uint8_t> piece(data + from, data + from + count);
    std::copy(piece.begin(), piece.end(), data + at);
    return size;
  }
  }
}
// NOLINTEND(readability-identifier-naming)

namespace {

std::string contentOf(const std::filesystem::path &path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> inputsIn(int count, char **paths) {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  for (int i = 0; i < count; ++i) {
    if (!fs::is_directory(paths[i])) {
      files.emplace_back(paths[i]);
      continue;
    }
    for (const auto &entry : fs::recursive_directory_iterator(paths[i]))
      if (entry.is_regular_file())
        files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> inputs;
  inputs.reserve(files.size() + 1);
  for (const fs::path &file : files)
    inputs.push_back(contentOf(file).substr(0, MaxSize));
  if (inputs.empty())
    inputs.emplace_back();
  return inputs;
}

/// \p input, mutated as libFuzzer would let this fuzzer mutate it.
std::string mutated(std::string input, unsigned seed) {
  size_t size = input.size();
  input.resize(MaxSize);
  auto *data = reinterpret_cast<uint8_t *>(input.data());
  for (size_t times = 1 + below(4); times != 0; --times)
    size = LLVMFuzzerCustomMutator != nullptr
               ? LLVMFuzzerCustomMutator(data, size, MaxSize, seed)
               : LLVMFuzzerMutate(data, size, MaxSize);
  input.resize(size);
  return input;
}

void runOn(const std::string &input) {
  // A block of its own, so that a memory checker sees where it ends.
  std::vector<uint8_t> block(input.begin(), input.end());
  LLVMFuzzerTestOneInput(block.data(), block.size());
}

} // namespace

int main(int argc, char **argv) {
  char *end = nullptr;
  unsigned long rounds = argc < 2 ? 0 : std::strtoul(argv[1], &end, 10);
  if (rounds == 0 || *end != '\0') {
    std::fprintf(stderr, "usage: %s ROUNDS [FILE|DIRECTORY...]\n", argv[0]);
    return 2;
  }
  std::vector<std::string> inputs = inputsIn(argc - 2, argv + 2);
  for (const std::string &input : inputs)
    runOn(input);
  std::string last;
  for (unsigned long round = 0; round != rounds; ++round) {
    // Now and then on from the last one, so that mutations add up.
    last = mutated(below(16) == 0 ? inputs[below(inputs.size())] : last,
                   static_cast<unsigned>(round));
    runOn(last);
  }
  std::printf("%zu inputs, %lu mutations\n", inputs.size(), rounds);
  return 0;
}
