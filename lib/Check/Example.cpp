// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The examples of a check: files behind `#--- NAME`, places between « and ».

#include "starton/Check/Driver.h"

namespace starton::check {

namespace {

constexpr llvm::StringLiteral separator = "#--- ";
constexpr llvm::StringLiteral opening = "\u00AB"; // «
constexpr llvm::StringLiteral closing = "\u00BB"; // »
constexpr llvm::StringLiteral onlyName = "example.conf";

void appendMarked(llvm::StringRef text, ExampleFile &file) {
  std::vector<uint32_t> open;
  auto here = [&] { return static_cast<uint32_t>(file.text.size()); };
  while (!text.empty()) {
    if (text.consume_front(opening)) {
      open.push_back(here());
    } else if (text.consume_front(closing)) {
      if (open.empty())
        continue;
      file.marked.push_back({open.back(), here()});
      open.pop_back();
    } else {
      file.text += text.front();
      text = text.drop_front();
    }
  }
}

} // namespace

std::vector<ExampleFile> splitExample(llvm::StringRef example) {
  std::vector<ExampleFile> files;
  example.consume_front("\n"); // raw strings begin on a line of their own
  if (!example.starts_with(separator)) {
    appendMarked(example,
                 files.emplace_back(ExampleFile{onlyName.str(), {}, {}}));
    return files;
  }
  while (!example.empty()) {
    auto [line, rest] = example.split('\n');
    ExampleFile &file = files.emplace_back(
        ExampleFile{line.drop_front(separator.size()).str(), {}, {}});
    size_t next =
        rest.starts_with(separator) ? 0 : rest.find("\n" + separator.str());
    if (next != llvm::StringRef::npos && next != 0)
      ++next;
    appendMarked(rest.take_front(next), file);
    example = next == llvm::StringRef::npos ? "" : rest.drop_front(next);
  }
  return files;
}

} // namespace starton::check
