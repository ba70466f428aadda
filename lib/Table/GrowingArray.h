// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scratch numbers for the verifier. It is linked without the daemon's own
// containers, so that the toolchain can verify what it writes.

#ifndef STARTON_LIB_TABLE_GROWINGARRAY_H
#define STARTON_LIB_TABLE_GROWINGARRAY_H

#include <cstddef>
#include <cstdlib>

namespace starton::table {

/// An array of numbers whose growth can fail.
template <typename T> class GrowingArray {
public:
  GrowingArray() = default;
  ~GrowingArray() { std::free(elements); }
  GrowingArray(const GrowingArray &) = delete;
  GrowingArray &operator=(const GrowingArray &) = delete;

  [[nodiscard]] bool push(T value) {
    if (count == capacity && !grow())
      return false;
    elements[count++] = value;
    return true;
  }
  T pop() { return elements[--count]; }
  T &operator[](size_t index) { return elements[index]; }
  size_t size() const { return count; }
  void clear() { count = 0; }

private:
  bool grow() {
    size_t wanted = capacity == 0 ? 256 : capacity * 2;
    auto *grown = static_cast<T *>(std::realloc(elements, wanted * sizeof(T)));
    if (grown == nullptr)
      return false;
    elements = grown;
    capacity = wanted;
    return true;
  }

  T *elements = nullptr;
  size_t count = 0;
  size_t capacity = 0;
};

} // namespace starton::table

#endif // STARTON_LIB_TABLE_GROWINGARRAY_H
