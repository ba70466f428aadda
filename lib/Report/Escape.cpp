// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Escape.h"
#include "starton/Basic/Diagnostic.h"
#include "llvm/ADT/StringExtras.h"

using namespace starton;

namespace {

void appendHex(std::string &text, char byte) {
  auto value = static_cast<unsigned char>(byte);
  text += llvm::hexdigit(value >> 4);
  text += llvm::hexdigit(value & 15);
}

void appendSpeltOut(std::string &text, char byte) {
  text += "\\x";
  appendHex(text, byte);
}

bool isControl(char byte) {
  return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F;
}

/// U+FFFE and U+FFFF are characters of UTF-8 and none of XML.
bool isNoXml(llvm::StringRef rest) {
  return rest.starts_with("\xEF\xBF\xBE") || rest.starts_with("\xEF\xBF\xBF");
}

} // namespace

std::string report::xmlText(llvm::StringRef bytes) {
  std::string result, text = printable(bytes);
  for (size_t i = 0; i != text.size(); ++i) {
    char byte = text[i];
    if (byte == '&' || byte == '<' || byte == '>' || byte == '"' ||
        byte == '\'' || byte == '\n' || byte == '\t' || byte == '\r') {
      result += "&#" + std::to_string(static_cast<int>(byte)) + ";";
    } else if (isControl(byte)) {
      appendSpeltOut(result, byte);
    } else if (isNoXml(llvm::StringRef(text).substr(i))) {
      for (size_t end = i + 3; i != end; ++i)
        appendSpeltOut(result, text[i]);
      --i;
    } else {
      result += byte;
    }
  }
  return result;
}

std::string report::gitHubText(llvm::StringRef bytes, bool property) {
  std::string result;
  for (char byte : printable(bytes)) {
    bool special = byte == '%' || byte == '\r' || byte == '\n' ||
                   (property && (byte == ':' || byte == ','));
    if (special) {
      result += '%';
      appendHex(result, byte);
    } else if (isControl(byte) && byte != '\t') {
      appendSpeltOut(result, byte);
    } else {
      result += byte;
    }
  }
  return result;
}

std::string report::uriPath(llvm::StringRef bytes) {
  std::string result;
  for (char byte : bytes) {
    if (llvm::isAlnum(byte) || llvm::StringRef("-._~/").contains(byte)) {
      result += byte;
    } else {
      result += '%';
      appendHex(result, byte);
    }
  }
  return result;
}

llvm::StringRef report::withoutDot(llvm::StringRef path) {
  while (path.starts_with("./") && path.size() > 2)
    path = path.drop_front(2).ltrim('/');
  return path;
}
