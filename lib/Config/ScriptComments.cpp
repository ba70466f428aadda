// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Config/ScriptComments.h"
#include "starton/Shell/Comments.h"
#include "starton/Shell/Shell.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <deque>

using namespace starton;
using namespace starton::config;

namespace {

/// Without a grammar: whole lines that are comments. What it passes over is in
/// quotes or a here-document. From the first construct on that it does not
/// look into, nothing is certain.
class CarefulScan {
public:
  CarefulScan(llvm::StringRef text, bool certain)
      : text(text), certain(certain) {}

  std::vector<ScriptComment> run() {
    while (at < text.size())
      step();
    return std::move(found);
  }

private:
  void step();
  void comment();
  void doubleQuoted();
  void hereDocument();
  void skipDocuments();
  llvm::StringRef restOfLine() const {
    return text.substr(at).take_until([](char byte) { return byte == '\n'; });
  }

  llvm::StringRef text;
  size_t at = 0;
  bool certain;
  bool lineBegins = true; ///< only blanks before on the line
  bool wordBegins = true;
  struct Document {
    std::string delimiter;
    bool stripsTabs = false;
  };
  std::deque<Document> documents; ///< that begin behind this line
  std::vector<ScriptComment> found;
};

void CarefulScan::step() {
  char byte = text[at];
  if (byte == '#' && wordBegins)
    return comment();
  bool begins = lineBegins;
  lineBegins = false;
  wordBegins = llvm::StringRef(" \t\n;&|()<>").contains(byte);
  switch (byte) {
  case '\n':
    ++at;
    lineBegins = true;
    skipDocuments();
    return;
  case ' ':
  case '\t':
    lineBegins = begins;
    ++at;
    return;
  case '\\':
    at += 2;
    return;
  case '\'':
    at = std::min(text.find('\'', at + 1), text.size() - 1) + 1;
    return;
  case '"':
    return doubleQuoted();
  case '<':
    if (text.substr(at).starts_with("<<"))
      return hereDocument();
    break;
  case '$':
    certain = certain && at + 1 < text.size() &&
              !llvm::StringRef("({'\"").contains(text[at + 1]);
    break;
  case '`':
    certain = false;
    break;
  default:
    break;
  }
  ++at;
}

void CarefulScan::comment() {
  size_t size = restOfLine().size();
  if (lineBegins)
    found.push_back(
        {{static_cast<uint32_t>(at), static_cast<uint32_t>(at + size)},
         certain,
         false});
  at += size;
}

void CarefulScan::doubleQuoted() {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == '`' || text[at] == '$')
      certain = false;
  }
  ++at;
}

/// Also what is none (`$((1 << X))`): then its end is not found, or what lies
/// before it is left alone.
void CarefulScan::hereDocument() {
  certain = false;
  at += 2;
  Document document;
  if (text.substr(at).starts_with("-")) {
    document.stripsTabs = true;
    ++at;
  }
  at += restOfLine().size() - restOfLine().ltrim(" \t").size();
  llvm::StringRef word = restOfLine().take_until(
      [](char byte) { return llvm::StringRef(" \t;&|()<>").contains(byte); });
  at += word.size();
  for (char byte : word)
    if (!llvm::StringRef("\"'\\").contains(byte))
      document.delimiter += byte;
  documents.push_back(std::move(document));
}

void CarefulScan::skipDocuments() {
  while (!documents.empty() && at < text.size()) {
    llvm::StringRef line = restOfLine();
    at += line.size() + 1;
    if (documents.front().stripsTabs)
      line = line.ltrim('\t');
    if (line == documents.front().delimiter)
      documents.pop_front();
  }
}

} // namespace

/// Its neighbours may make more of it than it is: behind an escaped newline its
/// line cannot go, and an escaped blank is part of a word.
bool config::standsAlone(llvm::StringRef text, uint32_t hash) {
  llvm::StringRef before = text.take_front(hash);
  llvm::StringRef line = before.rtrim(" \t");
  if (!before.empty() && line.size() == hash && !line.ends_with("\n"))
    return false;
  return !line.ends_with("\\") && !line.ends_with("\\\n");
}

std::vector<ScriptComment> config::findScriptComments(llvm::StringRef text) {
  std::optional<std::vector<Range>> known = shell::findComments(text);
  std::vector<ScriptComment> found;
  if (!known) {
    // What the grammar does not understand may be anything.
    bool certain = !shell::isAvailable() && !text.contains('\0');
    found = CarefulScan(text, certain).run();
  } else {
    found.reserve(known->size());
    for (Range range : *known)
      found.push_back({range, true, false});
  }
  for (ScriptComment &each : found)
    each.removable = each.certain && standsAlone(text, each.range.begin);
  return found;
}

std::string config::withoutComments(llvm::StringRef text) {
  std::string bare;
  size_t from = 0;
  for (const ScriptComment &comment : findScriptComments(text)) {
    if (!comment.removable)
      continue;
    bare += text.slice(from, comment.range.begin).rtrim(" \t");
    from = comment.range.end;
  }
  bare += text.substr(from);
  std::string result;
  for (llvm::StringRef line : llvm::split(bare, '\n')) {
    // Behind an escaped newline an empty line counts.
    bool joins = llvm::StringRef(result).ends_with("\\\n");
    if (!joins && line.trim(" \t\r").empty())
      continue;
    result += line;
    result += '\n';
  }
  return result;
}
