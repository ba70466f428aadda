// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Control/Names.h"

namespace starton::control {

static constexpr char HexDigits[] = "0123456789abcdef";

static int hexValue(char digit) {
  if (digit >= '0' && digit <= '9')
    return digit - '0';
  if (digit >= 'a' && digit <= 'f')
    return digit - 'a' + 10;
  return -1;
}

static char *writeHex(unsigned char byte, char *out) {
  *out++ = HexDigits[byte >> 4];
  *out++ = HexDigits[byte & 15];
  return out;
}

/// The byte written as two digits at \p digits, or -1.
static int readHex(Text digits) {
  if (digits.size() < 2)
    return -1;
  int high = hexValue(digits[0]);
  int low = hexValue(digits[1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

size_t utf8Length(Text bytes) {
  if (bytes.empty())
    return 0;
  const auto *byte = reinterpret_cast<const unsigned char *>(bytes.data());
  unsigned char first = byte[0];
  if (first < 0x80)
    return first != 0;
  // The second byte excludes overlong forms, surrogates and what lies beyond
  // U+10FFFF.
  size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    low = first == 0xE0 ? 0xA0 : 0x80;
    high = first == 0xED ? 0x9F : 0xBF;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    low = first == 0xF0 ? 0x90 : 0x80;
    high = first == 0xF4 ? 0x8F : 0xBF;
  }
  if (length == 0 || bytes.size() < length || byte[1] < low || byte[1] > high)
    return 0;
  for (size_t i = 2; i < length; ++i)
    if ((byte[i] & 0xC0) != 0x80)
      return 0;
  return length;
}

bool isPrintable(Text bytes) { return printableSize(bytes) == bytes.size(); }

size_t printableSize(Text bytes) {
  size_t size = 0;
  for (size_t at = 0; at < bytes.size();) {
    size_t length = utf8Length(bytes.slice(at, bytes.size() - at));
    size += length ? length : 4;
    at += length ? length : 1;
  }
  return size;
}

char *writePrintable(Text bytes, char *out) {
  for (size_t at = 0; at < bytes.size();) {
    size_t length = utf8Length(bytes.slice(at, bytes.size() - at));
    if (length == 0) {
      *out++ = '\\';
      *out++ = 'x';
      out = writeHex(static_cast<unsigned char>(bytes[at++]), out);
      continue;
    }
    std::memcpy(out, bytes.data() + at, length);
    out += length;
    at += length;
  }
  return out;
}

char *writeUnprintable(Text bytes, char *out) {
  for (size_t at = 0; at < bytes.size();) {
    if (bytes[at] == '\\' && at + 1 < bytes.size() && bytes[at + 1] == 'x') {
      int value = readHex(bytes.slice(at + 2, bytes.size() - at - 2));
      if (value >= 0) {
        *out++ = static_cast<char>(value);
        at += 4;
        continue;
      }
    }
    *out++ = bytes[at++];
  }
  return out;
}

static bool isPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9');
}

size_t pathElementSize(Text name) {
  if (name.empty())
    return 1;
  size_t size = 0;
  for (char c : name)
    size += isPlain(c) ? 1 : 3;
  return size;
}

char *writePathElement(Text name, char *out) {
  if (name.empty())
    *out++ = '_';
  for (char c : name) {
    if (isPlain(c)) {
      *out++ = c;
      continue;
    }
    *out++ = '_';
    out = writeHex(static_cast<unsigned char>(c), out);
  }
  return out;
}

char *readPathElement(Text element, char *out) {
  if (equal(element, textOf("_")))
    return out;
  if (element.empty())
    return nullptr;
  for (size_t at = 0; at < element.size();) {
    if (isPlain(element[at])) {
      *out++ = element[at++];
      continue;
    }
    if (element[at] != '_')
      return nullptr;
    int value = readHex(element.slice(at + 1, element.size() - at - 1));
    // A plain byte is never written escaped: each name has one path.
    if (value < 0 || isPlain(static_cast<char>(value)))
      return nullptr;
    *out++ = static_cast<char>(value);
    at += 3;
  }
  return out;
}

} // namespace starton::control
