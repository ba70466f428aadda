// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The bytes of a saved state (docs/state-format.md): numbers in little-endian
// order, strings with their length, nothing aligned, no structure of the
// compiler's. Both sides are sticky: after the first failure a writer writes
// nothing and a reader reads zeros, and one question at the end tells.
//
// What is read is hostile: every count is held against the bytes that are left
// before anything is allocated for it.

#ifndef STARTON_RUNTIME_SUPPORT_STATESTREAM_H
#define STARTON_RUNTIME_SUPPORT_STATESTREAM_H

#include "starton/Runtime/Support/Vector.h"
#include <cstdint>

namespace starton {

/// The version that is written. Readers know this one and the one before.
constexpr uint32_t StateVersion = 2;
constexpr uint32_t OldestStateVersion = 1;

/// Four letters that begin a part of the state.
using StateTag = char[5];

class StateWriter {
public:
  /// Writes the header. Nothing that is written later fails for want of memory
  /// without good() saying so.
  StateWriter();
  StateWriter(const StateWriter &) = delete;
  StateWriter &operator=(const StateWriter &) = delete;

  void number8(uint8_t value) { number(value, 1); }
  void number16(uint16_t value) { number(value, 2); }
  void number32(uint32_t value) { number(value, 4); }
  void number64(uint64_t value) { number(value, 8); }
  void signed32(int32_t value) { number(static_cast<uint32_t>(value), 4); }
  void flag(bool value) { number(value, 1); }
  template <typename Enum> void choice(Enum value) {
    number8(static_cast<uint8_t>(value));
  }
  /// A length and the bytes.
  void text(Span<const char> bytes);
  void part(const StateTag &tag) { raw({tag, 4}); }
  /// A number that stays open over the exec; -1 for none.
  void descriptor(int number);

  /// What is known by now to be impossible to save.
  void fail() { bad = true; }
  bool good() const { return !bad; }
  /// Completes the header: size and checksum.
  void finish();
  Span<const uint8_t> bytes() const { return buffer.span(); }
  /// Every number given to descriptor() but -1.
  Span<const int> descriptors() const { return open.span(); }

private:
  friend class StateList;
  void number(uint64_t value, unsigned size);
  void raw(Span<const char> bytes);
  void setNumber32(size_t place, uint32_t value);

  Vector<uint8_t> buffer;
  Vector<int> open;
  bool bad = false;
};

/// What is written while it lives is a list, and its count stands before it.
class StateList {
public:
  explicit StateList(StateWriter &to) : out(to), place(to.buffer.size()) {
    out.number32(0);
  }
  ~StateList() { out.setNumber32(place, count); }
  StateList(const StateList &) = delete;
  StateList &operator=(const StateList &) = delete;

  /// Before each of its entries.
  void add() { ++count; }

private:
  StateWriter &out;
  size_t place;
  uint32_t count = 0;
};

class StateReader {
public:
  /// Checks the header. \p bytes outlive the reader and the texts it gives.
  explicit StateReader(Span<const uint8_t> bytes);
  StateReader(const StateReader &) = delete;
  StateReader &operator=(const StateReader &) = delete;

  uint32_t version() const { return formatVersion; }

  uint8_t number8() { return static_cast<uint8_t>(number(1)); }
  uint16_t number16() { return static_cast<uint16_t>(number(2)); }
  uint32_t number32() { return static_cast<uint32_t>(number(4)); }
  uint64_t number64() { return number(8); }
  int32_t signed32() { return static_cast<int32_t>(number32()); }
  /// 0 or 1, nothing else.
  bool flag();
  /// A value up to and with \p last.
  template <typename Enum> Enum choice(Enum last) {
    uint8_t value = number8();
    if (value > static_cast<uint8_t>(last)) {
      fail("a value out of range");
      value = 0;
    }
    return static_cast<Enum>(value);
  }
  /// A number of things of which each takes \p least bytes or more.
  uint32_t count(size_t least);
  /// Any bytes.
  Span<const char> text();
  /// Bytes without a NUL.
  Span<const char> name();
  /// Strings, each followed by a NUL; \p strings: their number.
  Span<const char> strings(uint32_t &strings);
  void part(const StateTag &tag);
  /// A descriptor's number, each at most once, or -1.
  int descriptor();
  /// What was \p from when the state was written is \p to now.
  void moved(int from, int to) {
    movedFrom = from;
    movedTo = to;
  }
  /// Whether everything has been read.
  bool atEnd() const { return at == end; }

  /// \p why: a literal. The first reason is kept.
  void fail(const char *why);
  /// What the caller needs to be true.
  bool require(bool condition, const char *why) {
    if (!condition)
      fail(why);
    return condition && good();
  }
  bool good() const { return !reason; }
  /// "" when all is well.
  const char *why() const { return reason ? reason : ""; }

private:
  uint64_t number(unsigned size);
  void checkHeader(Span<const uint8_t> bytes);
  size_t left() const { return static_cast<size_t>(end - at); }

  const uint8_t *at = nullptr;
  const uint8_t *end = nullptr;
  const char *reason = nullptr;
  uint32_t formatVersion = 0;
  int movedFrom = -1;
  int movedTo = -1;
  Vector<uint64_t> seen; ///< a bit for each descriptor
};

/// Of the bytes behind the header, which holds it.
uint64_t stateChecksum(Span<const uint8_t> bytes);
/// The checksum is right again afterwards: for tests that change bytes.
void repairStateChecksum(Span<uint8_t> state);

} // namespace starton

#endif // STARTON_RUNTIME_SUPPORT_STATESTREAM_H
