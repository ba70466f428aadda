// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Json.h"
#include <cstdio>
#include <cstring>

namespace starton::initctl {

std::string jsonString(const std::string &text) {
  std::string result = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", unsigned{byte});
      result += escape;
    } else {
      result += c;
    }
  }
  return result + "\"";
}

std::string jsonArray(const std::vector<std::string> &values) {
  std::string result = "[";
  for (const std::string &value : values)
    result += (&value == &values.front() ? "" : ",") + value;
  return result + "]";
}

static bool isHexDigit(char c) {
  return c != '\0' && std::strchr("0123456789abcdef", c) != nullptr;
}

bool isLossy(const std::string &text) {
  for (size_t at = 0; (at = text.find("\\x", at)) != std::string::npos; ++at)
    if (at + 3 < text.size() && std::strchr("89abcdef", text[at + 2]) &&
        isHexDigit(text[at + 3]))
      return true;
  return false;
}

JsonObject &JsonObject::raw(const char *name, const std::string &json) {
  members += members.empty() ? "" : ",";
  members += jsonString(name) + ":" + json;
  return *this;
}

JsonObject &JsonObject::text(const char *name, const std::string &value) {
  lossy = lossy || isLossy(value);
  return raw(name, jsonString(value));
}

JsonObject &JsonObject::texts(const char *name,
                              const std::vector<std::string> &values) {
  std::vector<std::string> quoted;
  quoted.reserve(values.size());
  for (const std::string &value : values) {
    lossy = lossy || isLossy(value);
    quoted.push_back(jsonString(value));
  }
  return raw(name, jsonArray(quoted));
}

JsonObject &JsonObject::number(const char *name, int64_t value) {
  return raw(name, std::to_string(value));
}

std::string JsonObject::str() const {
  return "{" + members + (lossy ? ",\"lossy\":true}" : "}");
}

JsonReport &JsonReport::rows(const char *name,
                             const std::vector<std::string> &rows) {
  text += ",\n" + jsonString(name) + ":[";
  for (const std::string &row : rows)
    text += (&row == &rows.front() ? "\n" : ",\n") + row;
  text += "]";
  return *this;
}

} // namespace starton::initctl
