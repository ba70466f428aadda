// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ControlMarshal.h"

namespace starton::test {

namespace {

class Marshaller {
public:
  void byte(unsigned char value) { bytes += static_cast<char>(value); }
  void align(size_t to) {
    while (bytes.size() % to)
      bytes += '\0';
  }
  void number(uint32_t value) {
    align(4);
    for (int shift = 0; shift < 32; shift += 8)
      byte(value >> shift);
  }
  void string(const std::string &text) {
    number(text.size());
    bytes += text;
    byte(0);
  }
  void field(unsigned char code, char type, const std::string &text) {
    align(8);
    byte(code);
    byte(1);
    byte(type);
    byte(0);
    if (type == 'g') {
      byte(text.size());
      bytes += text;
      byte(0);
    } else {
      string(text);
    }
  }

  std::string bytes;
};

} // namespace

std::string rawCall(uint32_t serial, const std::string &path,
                    const std::string &interface, const std::string &member,
                    const std::string &signature, const std::string &body,
                    const std::string &sender) {
  Marshaller fields;
  fields.field(1, 'o', path);
  fields.field(2, 's', interface);
  fields.field(3, 's', member);
  if (!sender.empty())
    fields.field(7, 's', sender);
  if (!signature.empty())
    fields.field(8, 'g', signature);
  Marshaller message;
  message.bytes = std::string("l\1\0\1", 4);
  message.number(body.size());
  message.number(serial);
  message.number(fields.bytes.size());
  message.bytes += fields.bytes;
  message.align(8);
  return message.bytes + body;
}

std::string rawString(const std::string &text) {
  Marshaller body;
  body.string(text);
  return body.bytes;
}

std::string rawEmit(uint32_t serial, const std::string &name, bool wait,
                    const std::string &sender) {
  Marshaller body;
  body.string(name);
  body.number(0);
  body.number(wait);
  return rawCall(serial, "/com/ubuntu/Upstart", "com.ubuntu.Upstart0_6",
                 "EmitEvent", "sasb", body.bytes, sender);
}

} // namespace starton::test
