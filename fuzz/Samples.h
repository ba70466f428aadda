// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For fuzzers that begin with inputs of their own instead of a corpus.

#ifndef STARTON_FUZZ_SAMPLES_H
#define STARTON_FUZZ_SAMPLES_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

namespace starton {

/// What LLVMFuzzerCustomMutator() does: mutates \p data, but now and then (once
/// in \p every seeds, and where there is nothing to mutate yet) replaces it by
/// \p sample(seed).
template <typename Sample>
size_t mutateOrSample(uint8_t *data, size_t size, size_t maxSize, unsigned seed,
                      unsigned every, const Sample &sample) {
  constexpr size_t Least = 64;
  if (size >= Least && seed % every != 0)
    return LLVMFuzzerMutate(data, size, maxSize);
  std::string fresh = sample(seed);
  if (fresh.size() > maxSize)
    return LLVMFuzzerMutate(data, size, maxSize);
  std::copy(fresh.begin(), fresh.end(), data);
  return fresh.size();
}

} // namespace starton

#endif // STARTON_FUZZ_SAMPLES_H
