// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Values.h"
#include "llvm/ADT/StringExtras.h"

using namespace starton;

namespace {

struct SignalRow {
  llvm::StringLiteral name;
  uint8_t number;
};

// Linux on x86, spelt out: what a job file means must not depend on the host.
constexpr SignalRow signals[] = {
    {"HUP", 1},   {"INT", 2},     {"QUIT", 3},    {"ILL", 4},   {"TRAP", 5},
    {"ABRT", 6},  {"IOT", 6},     {"BUS", 7},     {"FPE", 8},   {"KILL", 9},
    {"USR1", 10}, {"SEGV", 11},   {"USR2", 12},   {"PIPE", 13}, {"ALRM", 14},
    {"TERM", 15}, {"STKFLT", 16}, {"CHLD", 17},   {"CLD", 17},  {"CONT", 18},
    {"STOP", 19}, {"TSTP", 20},   {"TTIN", 21},   {"TTOU", 22}, {"URG", 23},
    {"XCPU", 24}, {"XFSZ", 25},   {"VTALRM", 26}, {"PROF", 27}, {"WINCH", 28},
    {"IO", 29},   {"POLL", 29},   {"PWR", 30},    {"SYS", 31},
};

constexpr int64_t MaxSignal = INT32_MAX;

/// The digits of a number as strtoul(3) reads them.
struct Magnitude {
  uint64_t value = 0;
  bool negative = false;
  bool overflow = false;
  bool complete = false; ///< at least one digit, nothing after the last one
};

Magnitude readMagnitude(llvm::StringRef text, unsigned base) {
  Magnitude result;
  if (text.empty()) {
    result.complete = true;
    return result;
  }
  text = text.ltrim(" \t\n\v\f\r");
  if (text.consume_front("-"))
    result.negative = true;
  else
    (void)text.consume_front("+");
  size_t digits = 0;
  for (; digits != text.size(); ++digits) {
    unsigned digit = static_cast<unsigned char>(text[digits]) - unsigned('0');
    if (digit >= base)
      break;
    if (__builtin_mul_overflow(result.value, uint64_t(base), &result.value) ||
        __builtin_add_overflow(result.value, uint64_t(digit), &result.value))
      result.overflow = true;
  }
  result.complete = digits != 0 && digits == text.size();
  return result;
}

} // namespace

bool starton::parseSigned(llvm::StringRef text, unsigned base, int64_t &value) {
  Magnitude magnitude = readMagnitude(text, base);
  uint64_t limit = uint64_t(INT64_MAX) + (magnitude.negative ? 1 : 0);
  if (magnitude.overflow || magnitude.value > limit) {
    value = magnitude.negative ? INT64_MIN : INT64_MAX;
    return false;
  }
  value = static_cast<int64_t>(magnitude.negative ? 0 - magnitude.value
                                                  : magnitude.value);
  return magnitude.complete;
}

bool starton::parseUnsigned(llvm::StringRef text, unsigned base,
                            uint64_t &value) {
  Magnitude magnitude = readMagnitude(text, base);
  if (magnitude.overflow) {
    value = UINT64_MAX;
    return false;
  }
  value = magnitude.negative ? 0 - magnitude.value : magnitude.value;
  return magnitude.complete;
}

int starton::signalNumber(llvm::StringRef name) {
  (void)name.consume_front("SIG");
  for (const SignalRow &row : signals)
    if (row.name == name)
      return row.number;
  return 0;
}

llvm::StringRef starton::signalName(int64_t number) {
  for (const SignalRow &row : signals)
    if (row.number == number)
      return row.name;
  return {};
}

bool starton::evaluateSignal(llvm::StringRef text, int64_t &value) {
  if (int number = signalNumber(text)) {
    value = number;
    return true;
  }
  uint64_t number = 0;
  bool complete = parseUnsigned(text, 10, number);
  value = static_cast<int32_t>(number);
  return complete && number <= uint64_t(MaxSignal);
}

bool starton::evaluateExitStatus(llvm::StringRef text, int64_t &value) {
  if (int number = signalNumber(text)) {
    value = int64_t(number) << 8;
    return true;
  }
  return evaluateSignal(text, value);
}

bool starton::evaluateOomAdjustment(llvm::StringRef text, int64_t &value) {
  if (text == "never") {
    value = -1000;
    return true;
  }
  bool complete = parseSigned(text, 10, value);
  auto adjustment = static_cast<int32_t>(value);
  value = static_cast<int32_t>(int64_t(adjustment) * 1000 /
                               (adjustment < 0 ? 17 : 15));
  return complete && adjustment >= -17 && adjustment <= 15;
}

bool starton::evaluateLimit(llvm::StringRef text, uint64_t &value) {
  if (text == "unlimited") {
    value = UINT64_MAX;
    return true;
  }
  return parseUnsigned(text, 10, value);
}

bool starton::evaluateArgument(const ArgumentInfo &info, llvm::StringRef text,
                               int64_t &value) {
  bool complete = true;
  switch (info.type) {
  case ValueType::Text:
    return true;
  case ValueType::Choice:
    return listContains(info.words, text);
  case ValueType::Signal:
    return evaluateSignal(text, value);
  case ValueType::ExitStatus:
    return evaluateExitStatus(text, value);
  case ValueType::OomAdjustment:
    return evaluateOomAdjustment(text, value);
  case ValueType::LimitValue: {
    uint64_t limit = 0;
    complete = evaluateLimit(text, limit);
    value = static_cast<int64_t>(limit);
    return complete;
  }
  case ValueType::Octal: {
    uint64_t mask = 0;
    complete = parseUnsigned(text, 8, mask);
    value = static_cast<uint32_t>(mask);
    break;
  }
  case ValueType::Integer:
  case ValueType::LongInteger:
    if (!info.words.empty() && listContains(info.words, text)) {
      value =
          info.min < 0 ? info.min : 0; // `never` is the least, `unlimited` is 0
      return true;
    }
    complete = parseSigned(text, 10, value);
    if (info.type == ValueType::Integer)
      value = static_cast<int32_t>(value);
    break;
  }
  return complete && value >= info.min && value <= info.max;
}
