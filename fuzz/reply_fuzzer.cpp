// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A daemon that answers a client with anything at all. The first byte chooses:
// a whole message, or the header of a reply with one of the signatures that the
// client reads, or with one that the input brings, and the rest as its body.

#include "../lib/Runtime/Control/ClientMessage.h"
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

using namespace starton::control;

static constexpr const char *Signatures[] = {
    "s",   "as",    "ao",    "a{sv}",        "v",  "ta(ssssa(si))",
    "aas", "a(si)", "a(ss)", "a(sasa(sss))", "ai", "t"};

static void appendNumber(std::string &out, uint32_t number) {
  out.append(reinterpret_cast<const char *>(&number), sizeof(number));
}

/// A method return of \p signature, as this machine orders its bytes.
static std::string replyMessage(const std::string &signature,
                                const std::string &body) {
  std::string fields("\5\1u\0\1\0\0\0", 8); // REPLY_SERIAL 1
  fields += std::string("\10\1g\0", 4);     // SIGNATURE
  fields += static_cast<char>(signature.size());
  fields += signature;
  fields += '\0';
  std::string out("l\2\0\1", 4);
  appendNumber(out, static_cast<uint32_t>(body.size()));
  appendNumber(out, 1);
  appendNumber(out, static_cast<uint32_t>(fields.size()));
  out += fields;
  out.resize((out.size() + 7) / 8 * 8);
  return out + body;
}

static void use(const Value &value) {
  if (const auto *text = std::get_if<std::string>(&value))
    if (!isSendable(*text))
      std::abort(); // What came over D-Bus may go back.
}

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  std::string input(reinterpret_cast<const char *>(data) + 1, size - 1);
  constexpr size_t Count = sizeof(Signatures) / sizeof(*Signatures);
  std::string message = input;
  if (data[0] < Count) {
    message = replyMessage(Signatures[data[0]], input);
  } else if (data[0] == Count) {
    size_t length = strnlen(input.c_str(), 255);
    message = replyMessage(input.substr(0, length),
                           input.substr(std::min(length + 1, input.size())));
  }
  ErrorHolder error;
  MessagePointer decoded(dbus_message_demarshal(
      message.data(), static_cast<int>(message.size()), error.get()));
  if (!decoded)
    return 0;
  Reply reply = decodeReply(decoded.get());
  for (const Value &value : reply.values)
    use(value);
  for (const auto &[name, value] : reply.properties)
    use(value);
  Call call{reply.string(),
            "com.example.Interface",
            "Method",
            {reply.strings(), reply.string()}};
  if (!whyUnsendable(call))
    encode(call, "");
  return 0;
}
