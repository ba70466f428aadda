// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A growing array of plain data whose growth can fail and says so. Once
// reserve(n) has succeeded, no push up to n elements fails.

#ifndef STARTON_RUNTIME_SUPPORT_VECTOR_H
#define STARTON_RUNTIME_SUPPORT_VECTOR_H

#include "starton/Runtime/Support/Memory.h"
#include "starton/Runtime/Support/Span.h"
#include <type_traits>

namespace starton {

template <typename T> class Vector {
  static_assert(std::is_trivially_copyable_v<T>);

public:
  Vector() = default;
  ~Vector() { release(static_cast<void *>(elements)); }
  Vector(const Vector &) = delete;
  Vector &operator=(const Vector &) = delete;

  size_t size() const { return used; }
  size_t capacity() const { return room; }
  bool empty() const { return used == 0; }
  T *begin() { return elements; }
  T *end() { return elements + used; }
  const T *begin() const { return elements; }
  const T *end() const { return elements + used; }
  T *data() { return elements; }
  const T *data() const { return elements; }
  T &operator[](size_t index) { return elements[index]; }
  const T &operator[](size_t index) const { return elements[index]; }
  T &back() { return elements[used - 1]; }
  Span<T> span() { return {elements, used}; }
  Span<const T> span() const { return {elements, used}; }

  [[nodiscard]] bool reserve(size_t count) {
    if (count <= room)
      return true;
    if (count > MaxCount)
      return false;
    size_t wanted = count > MaxCount / 2 ? count : 2 * room;
    return setRoom(wanted > count ? wanted : count);
  }
  /// reserve() without room to spare.
  [[nodiscard]] bool reserveExactly(size_t count) {
    return count <= room || (count <= MaxCount && setRoom(count));
  }
  [[nodiscard]] bool push(const T &element) {
    T copy = element; // it may live in this array
    if (!reserve(used + 1))
      return false;
    elements[used++] = copy;
    return true;
  }
  /// The same without a check; needs a reserve() before.
  void pushReserved(const T &element) { elements[used++] = element; }
  /// New elements are filled with bytes of \p fill.
  [[nodiscard]] bool resize(size_t count, int fill = 0) {
    if (!reserveExactly(count))
      return false;
    if (count > used)
      std::memset(static_cast<void *>(elements + used), fill,
                  (count - used) * sizeof(T));
    used = count;
    return true;
  }
  void pop() { --used; }
  void clear() { used = 0; }
  void swap(Vector &other) noexcept {
    T *ownElements = elements;
    size_t ownUsed = used;
    size_t ownRoom = room;
    elements = other.elements;
    used = other.used;
    room = other.room;
    other.elements = ownElements;
    other.used = ownUsed;
    other.room = ownRoom;
  }
  /// Keeps the first \p count elements.
  void shrink(size_t count) { used = count; }

private:
  // T may well be a pointer.
  static constexpr size_t ElementSize =
      sizeof(T); // NOLINT(bugprone-sizeof-expression)
  static constexpr size_t MaxCount = (~size_t(0) >> 2) / ElementSize;

  bool setRoom(size_t count) {
    void *memory =
        reallocate(static_cast<void *>(elements), count * ElementSize);
    if (!memory)
      return false;
    elements = static_cast<T *>(memory);
    room = count;
    return true;
  }

  T *elements = nullptr;
  size_t used = 0;
  size_t room = 0;
};

/// Bytes of text. Appends beyond what was reserved are cut short, never past
/// the end.
class TextBuffer {
public:
  [[nodiscard]] bool reserve(size_t count) { return bytes.reserve(count); }
  void clear() { bytes.clear(); }
  size_t size() const { return bytes.size(); }
  void shrink(size_t count) { bytes.shrink(count); }
  char *data() { return bytes.data(); }
  Span<const char> text() const { return bytes.span(); }

  /// False: cut short.
  bool append(Span<const char> text) {
    size_t room = bytes.capacity() - bytes.size();
    size_t count = text.size() < room ? text.size() : room;
    size_t at = bytes.size();
    if (!count)
      return text.empty();
    std::memcpy(bytes.data() + at, text.data(), count);
    bytes.shrink(at + count);
    return count == text.size();
  }
  bool append(const char *text) { return append(textOf(text)); }
  bool append(char byte) { return append({&byte, 1}); }
  bool appendNumber(int64_t value) {
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - uint64_t(value) : uint64_t(value);
    do
      digits[--at] = char('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
      digits[--at] = '-';
    return append({digits + at, sizeof digits - at});
  }

private:
  Vector<char> bytes;
};

} // namespace starton

#endif // STARTON_RUNTIME_SUPPORT_VECTOR_H
