// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Header: "STST", version (4), size of the whole (8), checksum of what follows
// the header (8).

#include "starton/Runtime/Support/StateStream.h"

namespace starton {

namespace {

constexpr char Magic[] = "STST";
constexpr size_t SizeAt = 8;
constexpr size_t ChecksumAt = 16;
constexpr size_t HeaderSize = 24;
/// No process has a descriptor above; a bit map of this many is 8 kB.
constexpr int MaxDescriptors = 1 << 20;

void store(uint8_t *at, uint64_t value, unsigned size) {
  for (unsigned i = 0; i < size; ++i)
    at[i] = static_cast<uint8_t>(value >> (8 * i));
}

uint64_t load(const uint8_t *at, unsigned size) {
  uint64_t value = 0;
  for (unsigned i = 0; i < size; ++i)
    value |= static_cast<uint64_t>(at[i]) << (8 * i);
  return value;
}

} // namespace

/// FNV-1a over words of eight bytes: one multiplication a word.
uint64_t stateChecksum(Span<const uint8_t> bytes) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    hash = (hash ^ load(bytes.data() + i, 8)) * 0x100000001b3ULL;
    hash ^= hash >> 29;
  }
  for (; i < bytes.size(); ++i)
    hash = (hash ^ bytes[i]) * 0x100000001b3ULL;
  return hash;
}

void repairStateChecksum(Span<uint8_t> state) {
  if (state.size() < HeaderSize)
    return;
  store(state.data() + SizeAt, state.size(), 8);
  store(state.data() + ChecksumAt,
        stateChecksum({state.data() + HeaderSize, state.size() - HeaderSize}),
        8);
}

// --- Writing.

StateWriter::StateWriter() {
  raw({Magic, 4});
  number32(StateVersion);
  number64(0);
  number64(0);
}

void StateWriter::raw(Span<const char> bytes) {
  if (bad || bytes.empty())
    return;
  size_t old = buffer.size();
  if (bytes.size() > buffer.capacity() - old &&
      !buffer.reserve(old + bytes.size())) {
    bad = true;
    return;
  }
  buffer.shrink(old + bytes.size());
  std::memcpy(buffer.data() + old, bytes.data(), bytes.size());
}

void StateWriter::number(uint64_t value, unsigned size) {
  uint8_t digits[8];
  store(digits, value, size);
  raw({reinterpret_cast<const char *>(digits), size});
}

void StateWriter::setNumber32(size_t place, uint32_t value) {
  if (!bad)
    store(buffer.data() + place, value, 4);
}

void StateWriter::text(Span<const char> bytes) {
  if (bytes.size() > UINT32_MAX)
    bad = true;
  number32(static_cast<uint32_t>(bytes.size()));
  raw(bytes);
}

void StateWriter::descriptor(int number) {
  signed32(number);
  if (number >= 0 && !open.push(number))
    bad = true;
}

void StateWriter::finish() {
  if (!bad)
    repairStateChecksum(buffer.span());
}

// --- Reading.

StateReader::StateReader(Span<const uint8_t> bytes) { checkHeader(bytes); }

void StateReader::checkHeader(Span<const uint8_t> bytes) {
  if (bytes.size() < HeaderSize || std::memcmp(bytes.data(), Magic, 4) != 0)
    return fail("not a state");
  formatVersion = static_cast<uint32_t>(load(bytes.data() + 4, 4));
  if (formatVersion < OldestStateVersion || formatVersion > StateVersion)
    return fail("a state of another version");
  if (load(bytes.data() + SizeAt, 8) != bytes.size())
    return fail("truncated");
  Span<const uint8_t> rest{bytes.data() + HeaderSize,
                           bytes.size() - HeaderSize};
  if (load(bytes.data() + ChecksumAt, 8) != stateChecksum(rest))
    return fail("damaged");
  at = rest.begin();
  end = rest.end();
}

void StateReader::fail(const char *why) {
  if (!reason)
    reason = why;
  at = end;
}

uint64_t StateReader::number(unsigned size) {
  if (left() < size) {
    fail("it ends too early");
    return 0;
  }
  uint64_t value = load(at, size);
  at += size;
  return value;
}

bool StateReader::flag() {
  uint8_t value = number8();
  return require(value <= 1, "a value out of range") && value == 1;
}

uint32_t StateReader::count(size_t least) {
  uint32_t number = number32();
  return require(number <= left() / least, "a count out of range") ? number : 0;
}

Span<const char> StateReader::text() {
  uint32_t size = count(1);
  Span<const char> result{reinterpret_cast<const char *>(at), size};
  at += size;
  return result;
}

Span<const char> StateReader::name() {
  Span<const char> result = text();
  if (!result.empty() && std::memchr(result.data(), 0, result.size())) {
    fail("a name with a NUL");
    return {};
  }
  return result;
}

Span<const char> StateReader::strings(uint32_t &strings) {
  Span<const char> result = text();
  strings = 0;
  for (char byte : result)
    strings += byte == 0;
  if (result.empty() || result[result.size() - 1] == 0)
    return result;
  fail("strings without an end");
  strings = 0;
  return {};
}

void StateReader::part(const StateTag &tag) {
  if (left() < 4 || std::memcmp(at, tag, 4) != 0)
    return fail("a part is missing");
  at += 4;
}

int StateReader::descriptor() {
  int number = signed32();
  if (number == -1 || !good())
    return -1;
  auto word = static_cast<size_t>(number) / 64;
  uint64_t bit = uint64_t(1) << (static_cast<unsigned>(number) % 64);
  if (!require(number > 2 && number < MaxDescriptors,
               "a descriptor out of range") ||
      !require(word < seen.size() || seen.resize(word + 1), "no memory") ||
      !require(!(seen[word] & bit), "a descriptor twice"))
    return -1;
  seen[word] |= bit;
  return number == movedFrom ? movedTo : number;
}

} // namespace starton
