// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Expand.h"
#include "Environment.h"

namespace starton::engine {

namespace {

bool isNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool isNameByte(char c) { return isNameStart(c) || (c >= '0' && c <= '9'); }

} // namespace

bool Expander::init() {
  return out.reserve(MaxLength) && frames.reserveExactly(MaxDepth);
}

ExpandStatus Expander::run(Text value, const Environment &environment) {
  variables = &environment;
  out.clear();
  frames.clear();
  ExpandStatus status = ExpandStatus::Ok;
  for (size_t at = 0; at < value.size() && status == ExpandStatus::Ok;) {
    if (value[at] == '$')
      status = reference(value, at);
    else if (!frames.empty())
      status = byteInBraces(value, at);
    else if (!out.append(value[at++]))
      status = ExpandStatus::TooLong;
  }
  if (status == ExpandStatus::Ok && !frames.empty())
    status = ExpandStatus::MismatchedBraces;
  return status;
}

/// `$` at \p at: a reference, or itself.
ExpandStatus Expander::reference(Text value, size_t &at) {
  size_t name = at + 1;
  if (name < value.size() && value[name] == '{') {
    at = name + 1;
    return openBrace(value, at);
  }
  size_t end = name;
  if (end < value.size() && isNameStart(value[end]))
    while (end < value.size() && isNameByte(value[end]))
      ++end;
  if (end == name) {
    ++at;
    return out.append('$') ? ExpandStatus::Ok : ExpandStatus::TooLong;
  }
  at = end;
  Text found;
  if (!isSet(value.slice(name, end - name), found))
    return unknown(value.slice(name, end - name));
  return out.append(found) ? ExpandStatus::Ok : ExpandStatus::TooLong;
}

/// Behind `${`.
ExpandStatus Expander::openBrace(Text value, size_t &at) {
  if (at < value.size() && value[at] == '}') {
    ++at;
    return out.append('$') ? ExpandStatus::Ok : ExpandStatus::TooLong;
  }
  if (frames.size() == MaxDepth)
    return ExpandStatus::TooLong;
  frames.pushReserved({uint32_t(out.size()), 0, 0, false});
  return ExpandStatus::Ok;
}

ExpandStatus Expander::byteInBraces(Text value, size_t &at) {
  Frame &frame = frames.back();
  char c = value[at++];
  if (c == '}')
    return closeBrace();
  if (frame.op || (c != ':' && c != '-' && c != '+'))
    return out.append(c) ? ExpandStatus::Ok : ExpandStatus::TooLong;
  frame.colon = c == ':';
  if (frame.colon) {
    if (at == value.size() || (value[at] != '-' && value[at] != '+'))
      return ExpandStatus::ExpectedOperator;
    c = value[at++];
  }
  frame.op = c;
  frame.word = uint32_t(out.size());
  return ExpandStatus::Ok;
}

/// Puts the value of the innermost reference in its place.
ExpandStatus Expander::closeBrace() {
  Frame frame = frames.back();
  frames.pop();
  Text all = out.text();
  size_t nameEnd = frame.op ? frame.word : all.size();
  Text name = all.slice(frame.name, nameEnd - frame.name);
  Text found;
  bool set = isSet(name, found);
  if (!frame.op) {
    if (!set)
      return unknown(name);
    out.shrink(frame.name);
    return out.append(found) ? ExpandStatus::Ok : ExpandStatus::TooLong;
  }
  bool use = set && !(frame.colon && found.empty());
  bool useWord = frame.op == '-' ? !use : use;
  if (useWord) {
    size_t length = all.size() - nameEnd;
    std::memmove(out.data() + frame.name, out.data() + nameEnd, length);
    out.shrink(frame.name + length);
    return ExpandStatus::Ok;
  }
  out.shrink(frame.name);
  if (frame.op == '-' && !out.append(found))
    return ExpandStatus::TooLong;
  return ExpandStatus::Ok;
}

ExpandStatus Expander::unknown(Text name) {
  // The name may be in `out` itself.
  size_t length = name.size() < MaxLength ? name.size() : MaxLength;
  if (length)
    std::memmove(out.data(), name.data(), length);
  out.shrink(length);
  return ExpandStatus::UnknownParameter;
}

bool Expander::isSet(Text name, Text &value) const {
  return variables->find(name, value);
}

} // namespace starton::engine
