// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Values.h"
#include "starton/Check/Context.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

namespace starton::check {

namespace {

/// The number that Upstart makes of \p text when it is not the one written;
/// empty when it is.
std::string otherValue(const ArgumentInfo &argument, llvm::StringRef text) {
  int64_t number = 0;
  uint64_t bits = 0;
  switch (argument.type) {
  case ValueType::Integer:
  case ValueType::OomAdjustment:
    if (!parseSigned(text, 10, number) ||
        number == static_cast<int32_t>(number))
      return {};
    return std::to_string(static_cast<int32_t>(number));
  case ValueType::Octal: {
    if (!parseUnsigned(text, 8, bits))
      return {};
    auto kept = static_cast<uint32_t>(bits);
    if (kept == bits && !text.contains('-'))
      return {};
    llvm::SmallString<16> octal;
    llvm::raw_svector_ostream(octal) << llvm::format("%03o", kept);
    return octal.str().str();
  }
  case ValueType::LimitValue:
    // -1 is a usual way to write `unlimited`, and means it.
    if (!text.contains('-') || !parseUnsigned(text, 10, bits) ||
        bits == ~uint64_t(0) || bits == 0)
      return {};
    return std::to_string(bits);
  default:
    return {};
  }
}

/// The form that a good statement is written in, and where its arguments begin.
const StanzaForm *formOf(const ast::File &tree, const ast::Statement &statement,
                         size_t &firstArgument) {
  llvm::ArrayRef<ast::Word> words = tree.wordsOf(statement);
  const StanzaForm *plain = nullptr;
  for (const StanzaForm &form : formsOf(stanzaInfo(statement.kind))) {
    if (form.word.empty()) {
      plain = &form;
    } else if (!words.empty() &&
               words.front().value == llvm::StringRef(form.word)) {
      firstArgument = 1;
      return &form;
    }
  }
  firstArgument = 0;
  return plain;
}

void runOn(Context &context, uint32_t file, const ast::Statement &statement) {
  const ast::File &tree = context.system().tree(file);
  size_t first = 0;
  const StanzaForm *form = formOf(tree, statement, first);
  if (!form || form->content != FormContent::Arguments)
    return;
  llvm::ArrayRef<ast::Word> words = tree.wordsOf(statement);
  for (size_t i = first; i < words.size(); ++i) {
    auto index = static_cast<unsigned>(i - first);
    if (index >= form->maxArguments)
      return;
    std::string other = otherValue(argumentAt(*form, index), words[i].value);
    if (!other.empty())
      context.report({file, words[i].range},
                     "the number does not fit: Upstart reads " + other);
  }
}

void run(Context &context) {
  for (const sema::Job &job : context.jobs())
    context.system().forEachStatement(
        job, [&](uint32_t file, const ast::Statement &statement) {
          runOn(context, file, statement);
        });
}

} // namespace

STARTON_CHECK(truncatedInteger) = {
    .name = "truncated-integer",
    .summary = "a number that is read as another one",
    .doc = R"(
Upstart stores some numbers in fewer bits than it reads, and looks whether they are allowed only afterwards.
`nice 4294967301` is 5, `respawn limit 4294967299 1` is a limit of 3, and a negative `limit` wraps round to a huge one.
So what looks like "very many" may be very few.

Write the number that is meant, or `unlimited` where the stanza has it.
`-1` in `limit` is no finding: it is the same as `unlimited`.
)",
    .bad = R"(
start on runlevel [2345]
stop on runlevel [016]
respawn
respawn limit «4294967299» 60
limit nofile 1024 «-2»
exec /usr/sbin/food
)",
    .good = R"(
start on runlevel [2345]
stop on runlevel [016]
respawn
respawn limit unlimited
limit nofile 1024 unlimited
exec /usr/sbin/food
)",
    .run = run};

} // namespace starton::check
