// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A view of N objects of somebody else's. std::span drags nothing in, but its
// checked builds abort; this one is all the daemon needs.

#ifndef STARTON_RUNTIME_SUPPORT_SPAN_H
#define STARTON_RUNTIME_SUPPORT_SPAN_H

#include <cstddef>
#include <cstring>
#include <type_traits>

namespace starton {

template <typename T> struct Span {
  T *first = nullptr;
  size_t count = 0;

  constexpr Span() = default;
  constexpr Span(T *data, size_t size) : first(data), count(size) {}
  /// A view for reading, of one for writing.
  template <typename U>
    requires std::is_same_v<const U, T>
  constexpr Span(const Span<U> &other)
      : first(other.first), count(other.count) {}

  constexpr T *begin() const { return first; }
  constexpr T *end() const { return first + count; }
  constexpr T *data() const { return first; }
  constexpr size_t size() const { return count; }
  constexpr bool empty() const { return count == 0; }
  constexpr T &operator[](size_t index) const { return first[index]; }
  constexpr Span slice(size_t from, size_t n) const {
    return {first + from, n};
  }
};

/// A NUL-terminated string as a view without its NUL.
inline Span<const char> textOf(const char *string) {
  return {string, string ? std::strlen(string) : 0};
}

inline bool equal(Span<const char> a, Span<const char> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

} // namespace starton

#endif // STARTON_RUNTIME_SUPPORT_SPAN_H
