// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Objects of one type named by index. An object never moves; a freed index is
// used again. T is plain data with a member `uint32_t link` that the pool uses
// while the object is free.

#ifndef STARTON_RUNTIME_SUPPORT_POOL_H
#define STARTON_RUNTIME_SUPPORT_POOL_H

#include "starton/Runtime/Support/Vector.h"

namespace starton {

/// No object: of every index into a pool or table of the engine.
constexpr uint32_t None = ~uint32_t(0);

template <typename T> class Pool {
  static_assert(std::is_trivially_copyable_v<T>);

public:
  Pool() = default;
  ~Pool() {
    for (T *chunk : chunks)
      release(chunk);
  }
  Pool(const Pool &) = delete;
  Pool &operator=(const Pool &) = delete;

  T &operator[](uint32_t index) {
    return chunks[index / ChunkSize][index % ChunkSize];
  }
  const T &operator[](uint32_t index) const {
    return chunks[index / ChunkSize][index % ChunkSize];
  }
  /// Every index ever given out is below.
  uint32_t limit() const { return uint32_t(chunks.size()) * ChunkSize; }
  uint32_t live() const { return limit() - available; }

  /// So that the next \p count take() cannot fail.
  [[nodiscard]] bool reserve(size_t count) {
    while (available < count)
      if (!addChunk())
        return false;
    return true;
  }
  /// Zeroed, but for what the last user of the index left in `generation`,
  /// when T has one. None: no memory.
  [[nodiscard]] uint32_t take() {
    if (!reserve(1))
      return None;
    uint32_t index = firstFree;
    T &object = (*this)[index];
    firstFree = object.link;
    --available;
    object.link = None;
    return index;
  }
  /// The object is zeroed but for its generation, which is counted up.
  void give(uint32_t index) {
    T &object = (*this)[index];
    if constexpr (requires { object.generation; }) {
      uint32_t generation = object.generation + 1;
      object = T{};
      object.generation = generation;
    } else {
      object = T{};
    }
    object.link = firstFree;
    firstFree = index;
    ++available;
  }

  /// The free indices in the order in which they will be taken, for a copy of
  /// the pool: this one, then each one's `link`.
  uint32_t firstAvailable() const { return firstFree; }
  /// Makes exactly these free, in this order; they are below limit(), each
  /// once, and zeroed but for a generation.
  void setAvailable(Span<const uint32_t> order) {
    firstFree = None;
    available = uint32_t(order.size());
    for (size_t i = order.size(); i-- > 0;) {
      (*this)[order[i]].link = firstFree;
      firstFree = order[i];
    }
  }

private:
  static constexpr uint32_t ChunkSize = 32;

  bool addChunk() {
    if (limit() > None - 2 * ChunkSize || !chunks.reserve(chunks.size() + 1))
      return false;
    T *chunk = static_cast<T *>(allocate(ChunkSize * sizeof(T)));
    if (!chunk)
      return false;
    uint32_t base = limit();
    for (uint32_t i = ChunkSize; i-- > 0;) {
      chunk[i] = T{};
      chunk[i].link = firstFree;
      firstFree = base + i;
    }
    chunks.pushReserved(chunk);
    available += ChunkSize;
    return true;
  }

  Vector<T *> chunks;
  uint32_t firstFree = None;
  uint32_t available = 0;
};

} // namespace starton

#endif // STARTON_RUNTIME_SUPPORT_POOL_H
