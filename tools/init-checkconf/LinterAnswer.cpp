// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "LinterAnswer.h"
#include "starton/Basic/Nesting.h"
#include "llvm/Support/JSON.h"
#include <algorithm>

using namespace starton;
using namespace starton::checkconf;

namespace {

// LLVM's reader of JSON recurses; an answer is six deep.
constexpr unsigned MaxNesting = 16;

/// How many bytes make up the character at the front of \p text, as ShellCheck
/// counts them: overlong forms and surrogates are characters, and a byte that
/// begins none is one.
size_t characterSize(llvm::StringRef text) {
  auto lead = static_cast<unsigned char>(text.front());
  size_t more = lead < 0xC0 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  if (lead >= 0xF5 || text.size() <= more)
    return 1;
  for (char byte : text.substr(1, more))
    if ((static_cast<unsigned char>(byte) & 0xC0) != 0x80)
      return 1;
  bool tooLarge = lead == 0xF4 && static_cast<unsigned char>(text[1]) > 0x8F;
  return tooLarge ? 1 : more + 1;
}

/// From its lines and columns, which count a tab as one, to offsets.
class Positions {
public:
  explicit Positions(llvm::StringRef text) : text(text) {
    starts.push_back(0);
    for (size_t at = text.find('\n'); at != llvm::StringRef::npos;
         at = text.find('\n', at + 1))
      starts.push_back(at + 1);
  }

  /// Beyond the end of a line or of the text: that end.
  uint32_t offset(int64_t line, int64_t column) const {
    if (line < 1 || static_cast<uint64_t>(line) > starts.size())
      return static_cast<uint32_t>(line < 1 ? 0 : text.size());
    size_t at = starts[static_cast<size_t>(line) - 1];
    for (; column > 1 && at < text.size() && text[at] != '\n'; --column)
      at += characterSize(text.substr(at));
    return static_cast<uint32_t>(at);
  }

private:
  llvm::StringRef text;
  std::vector<size_t> starts;
};

std::optional<Range> readRange(const llvm::json::Object &object,
                               const Positions &positions) {
  auto line = object.getInteger("line"), column = object.getInteger("column");
  auto endLine = object.getInteger("endLine"),
       endColumn = object.getInteger("endColumn");
  if (!line || !column || !endLine || !endColumn)
    return std::nullopt;
  Range range{positions.offset(*line, *column),
              positions.offset(*endLine, *endColumn)};
  range.end = std::max(range.begin, range.end);
  return range;
}

/// One line without the period at its end.
std::string tidied(llvm::StringRef message) {
  std::string text = message.trim().rtrim('.').str();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

/// Empty where there is no fix, or one that cannot be made byte by byte.
std::vector<Edit> readEdits(const llvm::json::Object &comment,
                            llvm::StringRef text, const Positions &positions) {
  const llvm::json::Object *fix = comment.getObject("fix");
  const llvm::json::Array *list = fix ? fix->getArray("replacements") : nullptr;
  std::vector<Edit> edits;
  if (!list)
    return edits;
  for (const llvm::json::Value &value : *list) {
    const llvm::json::Object *object = value.getAsObject();
    auto replacement = object ? object->getString("replacement") : std::nullopt;
    auto range = object ? readRange(*object, positions) : std::nullopt;
    if (!replacement || !range || replacement->contains('\n') ||
        text.slice(range->begin, range->end).contains('\n'))
      return {};
    Edit &edit = edits.emplace_back();
    edit.range = *range;
    edit.replacement = replacement->str();
  }
  std::sort(edits.begin(), edits.end(),
            [](const Edit &left, const Edit &right) {
              return left.range.begin < right.range.begin;
            });
  for (size_t i = 1; i < edits.size(); ++i)
    if (edits[i].range.begin <= edits[i - 1].range.end)
      return {};
  return edits;
}

/// False where \p value is no remark.
bool readRemark(const llvm::json::Value &value, llvm::StringRef text,
                const Positions &positions, std::vector<LintRemark> &remarks) {
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return false;
  auto file = object->getString("file"), level = object->getString("level"),
       message = object->getString("message");
  auto code = object->getInteger("code");
  auto range = readRange(*object, positions);
  if (!level || !message || !code || !range || *code < 0 || *code > INT32_MAX)
    return false;
  // What it was allowed to read along by a file of its own.
  if (file && *file != "-")
    return true;
  LintRemark &remark = remarks.emplace_back();
  remark.isError = *level == "error";
  remark.isStyle = *level == "info" || *level == "style";
  remark.code = static_cast<uint32_t>(*code);
  remark.message = tidied(*message);
  remark.range = *range;
  remark.edits = readEdits(*object, text, positions);
  return true;
}

} // namespace

bool checkconf::readLinterAnswer(llvm::StringRef answer, llvm::StringRef text,
                                 std::vector<LintRemark> &remarks,
                                 std::string &error) {
  llvm::StringRef said = answer.trim().split('\n').first;
  error = said.empty() ? "it says nothing" : said.take_front(200).str();
  if (jsonNestsDeeper(answer, MaxNesting))
    return false;
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(answer);
  if (!value) {
    llvm::consumeError(value.takeError());
    return false;
  }
  const llvm::json::Object *object = value->getAsObject();
  const llvm::json::Array *comments =
      object ? object->getArray("comments") : nullptr;
  if (!comments)
    return false;
  Positions positions(text);
  for (const llvm::json::Value &comment : *comments)
    if (!readRemark(comment, text, positions, remarks))
      return false;
  error.clear();
  return true;
}
