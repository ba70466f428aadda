// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "FaultInjector.h"
#include <algorithm>

using namespace starton;
using namespace starton::test;
using ast::Statement;

namespace {

/// Makes faults on one statement of a file.
class Injector {
public:
  Injector(const ast::File &file, const Statement &statement, bool isLastBlock,
           Random &random)
      : file(file), text(file.source->text()), statement(statement),
        isLastBlock(isLastBlock), random(random) {
    fault.offset = statement.range.end;
  }

  std::optional<Fault> make(FaultKind kind) {
    fault.kind = kind;
    return inject() ? std::optional<Fault>(fault) : std::nullopt;
  }

private:
  bool inject() {
    switch (fault.kind) {
    case FaultKind::MisspeltKeyword:
      return misspelt(statement.keyword(), DiagId::UnknownStanza);
    case FaultKind::UnknownStanza:
      return insertLine("frobnicate yes\n", DiagId::UnknownStanza, {0, 10});
    case FaultKind::MisspeltSubKeyword:
      return hasSubKeyword() &&
             misspelt(words().front().range, DiagId::UnknownArgument);
    case FaultKind::MissingArgument:
      return missingArgument();
    case FaultKind::SurplusArgument:
      return endsInWord() && !takesMany() &&
             append(" surplus", DiagId::UnexpectedArgument, {1, 8});
    case FaultKind::EmptyArgument:
      return isText() &&
             replace(words().back().range, "\"\"", DiagId::EmptyArgument);
    case FaultKind::IllegalNumber:
      return illegalNumber();
    case FaultKind::UnclosedQuote:
      return unclosedQuote();
    case FaultKind::Apostrophe:
      return statement.process == Statement::Process::Command &&
             isPlainLine() &&
             append(" don't", DiagId::UnterminatedQuote, {4, 5});
    case FaultKind::MissingEndScript:
      return endScript("");
    case FaultKind::MisspeltEndScript:
      return endScript("end scirpt");
    case FaultKind::StrayEndScript:
      return isLastBlock &&
             insertLine("end script\n", DiagId::StrayEndScript, {0, 10});
    case FaultKind::UnclosedParenthesis:
      return unclosedParenthesis();
    case FaultKind::SurplusParenthesis:
      return isCondition() &&
             append(")", DiagId::MismatchedParentheses, {0, 1});
    case FaultKind::DanglingOperator:
      return isCondition() && append(" or", DiagId::ExpectedEvent, {1, 3});
    case FaultKind::PositionalAfterNamed:
      return isCondition() && text[statement.range.end - 1] != ')' &&
             append(" A=1 oops", DiagId::PositionalAfterNamed, {5, 9});
    case FaultKind::QuoteInCondition:
      return isCondition() && text[statement.range.end - 1] != ')' &&
             append(" A=\"x", DiagId::UnterminatedQuote, {3, 4});
    case FaultKind::BlankLine:
      return blankLine();
    case FaultKind::MissingOn:
      return isCondition() && removeSubKeyword();
    case FaultKind::MissingExec:
      return isHook() && removeSubKeyword();
    case FaultKind::MissingCommand:
      return isCommand() && cut({words().empty() ? statement.keyword().end
                                                 : words().front().range.end,
                                 statement.range.end},
                                DiagId::ExpectedArgument);
    case FaultKind::SurplusAfterScript:
      return surplusAfterScript();
    case FaultKind::BadChoice:
      return (statement.kind == StanzaKind::Console ||
              statement.kind == StanzaKind::Expect) &&
             endsInWord() &&
             replace(words().front().range, "bogus", DiagId::UnknownArgument);
    case FaultKind::WrongDialect:
      return insertLine("import FOO\n", DiagId::WrongDialect, {0, 6});
    }
    return false;
  }

  llvm::ArrayRef<ast::Word> words() const { return file.wordsOf(statement); }
  const StanzaInfo &info() const { return stanzaInfo(statement.kind); }
  bool isCondition() const { return statement.nodeCount != 0 && isPlainLine(); }
  bool hasSubKeyword() const {
    return statement.wordCount != 0 &&
           std::any_of(std::begin(info().forms), std::end(info().forms),
                       [&](const StanzaForm &form) {
                         return !form.word.empty() &&
                                words().front().value ==
                                    llvm::StringRef(form.word);
                       });
  }
  bool endsInWord() const {
    return statement.process == Statement::Process::None &&
           statement.nodeCount == 0 && statement.wordCount != 0 &&
           isPlainLine();
  }
  bool isText() const {
    return endsInWord() && !hasSubKeyword() &&
           info().forms[0].arguments[0].type == ValueType::Text &&
           info().forms[0].maxArguments == 1;
  }
  bool takesMany() const {
    return info().forms[0].maxArguments == Unbounded ||
           statement.kind == StanzaKind::Cgroup;
  }
  /// Nothing follows on the line, which is not joined to the next, and nothing
  /// in it could pair up with what is inserted.
  bool isPlainLine() const {
    llvm::StringRef all =
        text.slice(statement.range.begin, statement.range.end);
    return text.substr(statement.range.end, 1) == "\n" &&
           all.find_first_of("\\'#") == llvm::StringRef::npos &&
           all.count('"') % 2 == 0;
  }

  bool set(uint32_t offset, uint32_t removed, std::string inserted, DiagId id,
           Range range, bool isInside) {
    fault.offset = offset;
    fault.removed = removed;
    fault.inserted = std::move(inserted);
    fault.id = id;
    fault.range = range;
    fault.isInside = isInside;
    return true;
  }
  bool append(std::string inserted, DiagId id, Range inside) {
    return set(statement.range.end, 0, std::move(inserted), id, inside, true);
  }
  bool replace(Range range, std::string inserted, DiagId id) {
    auto size = static_cast<uint32_t>(inserted.size());
    return set(range.begin, range.size(), std::move(inserted), id, {0, size},
               true);
  }
  bool insertLine(std::string line, DiagId id, Range inside) {
    uint32_t lineStart =
        file.source->lineColumn(statement.range.begin).column - 1;
    if (lineStart != 0 ||
        (statement.range.begin != 0 && text[statement.range.begin - 1] != '\n'))
      return false;
    return set(statement.range.begin, 0, std::move(line), id, inside, true);
  }

  /// Swaps two letters, such that the result is none of the right words.
  bool misspelt(Range range, DiagId id) {
    std::string word = text.slice(range.begin, range.end).str();
    if (word.size() < 4 && word != "env")
      return false;
    size_t at = word == "env"
                    ? 1
                    : 1 + random.below(static_cast<uint32_t>(word.size() - 2));
    if (word[at] == word[at + 1])
      return false;
    std::swap(word[at], word[at + 1]);
    return !findStanza(word) && replace(range, word, id);
  }

  bool isCommand() const {
    return statement.process == Statement::Process::Command && isPlainLine();
  }
  bool isHook() const {
    return isCommand() && statement.kind != StanzaKind::Exec;
  }

  /// Removes up to the end of the statement; what is left is reported.
  bool cut(Range range, DiagId id) {
    return set(range.begin, range.size(), "", id,
               {statement.range.begin, range.begin}, false);
  }

  /// Without `on` or `exec` the word behind it is taken for it.
  bool removeSubKeyword() {
    uint32_t begin = words().front().range.begin;
    uint32_t end = words().front().range.end;
    while (text[end] == ' ' || text[end] == '\t')
      ++end;
    auto wordEnd = static_cast<uint32_t>(std::min<size_t>(
        text.find_first_of(" \t\n", end), statement.range.end));
    return set(begin, end - begin, "", DiagId::UnknownArgument,
               {0, wordEnd - end}, true);
  }

  bool blankLine() {
    if (statement.nodeCount == 0)
      return false;
    size_t newline = text.find('\n', statement.range.begin);
    if (newline >= statement.range.end || text[newline - 1] == '\\' ||
        text[newline - 1] == '\r')
      return false;
    return set(static_cast<uint32_t>(newline) + 1, 0, "\n",
               DiagId::BlankLineInParentheses, {0, 1}, true);
  }

  bool surplusAfterScript() {
    if (statement.process != Statement::Process::Script)
      return false;
    uint32_t end =
        words().empty() ? statement.keyword().end : words().front().range.end;
    return text[end] == '\n' &&
           set(end, 0, " now", DiagId::UnexpectedArgument, {1, 4}, true);
  }

  bool missingArgument() {
    if (!endsInWord() || hasSubKeyword())
      return false;
    Range range = {statement.keyword().end, statement.range.end};
    return set(range.begin, range.size(), "", DiagId::ExpectedArgument,
               statement.keyword(), false);
  }

  bool illegalNumber() {
    if (!endsInWord() || statement.wordCount == 0)
      return false;
    Range last = words().back().range;
    switch (statement.kind) {
    case StanzaKind::Nice:
      return replace(last, "low", DiagId::IllegalNice);
    case StanzaKind::Umask:
      return replace(last, "0999", DiagId::IllegalUmask);
    case StanzaKind::Limit:
      return replace(last, "4K", DiagId::IllegalLimit);
    case StanzaKind::Respawn:
      return statement.wordCount == 3 &&
             replace(last, "5s", DiagId::IllegalInterval);
    case StanzaKind::Normal:
      return replace(last, "bad", DiagId::IllegalExitStatus);
    case StanzaKind::Oom:
      return words().front().value == "score" &&
             replace(last, "2000", DiagId::IllegalOomScore);
    case StanzaKind::Kill:
      return words().front().value == "timeout"
                 ? replace(last, "soon", DiagId::IllegalInterval)
                 : replace(last, "int", DiagId::IllegalSignal);
    default:
      return insertLine("nice 99\n", DiagId::IllegalNice, {5, 7});
    }
  }

  bool unclosedQuote() {
    if (!isText())
      return false;
    Range last = words().back().range;
    llvm::StringRef raw = text.slice(last.begin, last.end);
    char quote = raw.front();
    if ((quote == '"' || quote == '\'') && raw.size() > 2 &&
        raw.back() == quote && !raw.contains('\n'))
      return set(last.end - 1, 1, "", DiagId::UnterminatedQuote,
                 {last.begin, last.begin + 1}, false);
    if (raw.find_first_of("\"'") != llvm::StringRef::npos)
      return false;
    return set(last.begin, 0, "\"", DiagId::UnterminatedQuote, {0, 1}, true);
  }

  /// The last block only: an earlier one would go on to the next end line, and
  /// Upstart would see nothing wrong.
  bool endScript(const char *replacement) {
    if (statement.process != Statement::Process::Script || !isLastBlock ||
        statement.text.empty())
      return false;
    Range header =
        statement.wordCount != 0 ? words().front().range : statement.keyword();
    auto begin = statement.textRange.end;
    auto end =
        static_cast<uint32_t>(std::min(text.find('\n', begin), text.size()));
    return set(begin, end - begin, replacement, DiagId::UnterminatedBlock,
               header, false);
  }

  bool unclosedParenthesis() {
    if (!isCondition())
      return false;
    llvm::StringRef all =
        text.slice(statement.range.begin, statement.range.end);
    if (all.back() == ')') {
      // What the last parenthesis closed is now open.
      unsigned depth = 0;
      for (size_t at = all.size(); at-- > 0;) {
        if (all[at] == ')')
          ++depth;
        else if (all[at] == '(' && --depth == 0) {
          auto open = statement.range.begin + static_cast<uint32_t>(at);
          return set(statement.range.end - 1, 1, "",
                     DiagId::MismatchedParentheses, {open, open + 1}, false);
        }
      }
      return false;
    }
    uint32_t first = file.nodesOf(statement).front().range.begin;
    return set(first, 0, "(", DiagId::MismatchedParentheses, {0, 1}, true);
  }

  const ast::File &file;
  llvm::StringRef text;
  const Statement &statement;
  bool isLastBlock; ///< no block follows (this one may be one)
  Random &random;
  Fault fault;
};

bool touchesEndScript(FaultKind kind) {
  return kind == FaultKind::MissingEndScript ||
         kind == FaultKind::MisspeltEndScript ||
         kind == FaultKind::StrayEndScript;
}

} // namespace

const char *starton::test::faultName(FaultKind kind) {
  constexpr const char *names[] = {
      "misspelt keyword",       "unknown stanza",      "misspelt sub-keyword",
      "missing argument",       "surplus argument",    "empty argument",
      "illegal value",          "unclosed quote",      "apostrophe",
      "no end script",          "misspelt end script", "stray end script",
      "unclosed parenthesis",   "surplus parenthesis", "dangling operator",
      "positional after named", "quote in condition",  "blank line",
      "missing 'on'",           "missing 'exec'",      "missing command",
      "surplus after 'script'", "bad choice",          "wrong dialect"};
  return names[static_cast<size_t>(kind)];
}

std::vector<Fault> starton::test::chooseFaults(const ast::File &file,
                                               unsigned count, Random &random) {
  constexpr auto kinds = static_cast<uint32_t>(FaultKind::LastKind) + 1;
  auto statements = static_cast<uint32_t>(file.statements.size());
  if (statements == 0)
    return {};
  uint32_t lastBlock = statements;
  for (uint32_t index = 0; index != statements; ++index)
    if (file.statements[index].process == Statement::Process::Script)
      lastBlock = index;
  std::vector<Fault> faults;
  std::vector<bool> used(statements);
  bool hasEndScriptFault = false;
  for (unsigned attempt = 0; attempt != 60 * count && faults.size() != count;
       ++attempt) {
    uint32_t index = random.below(statements);
    auto kind = static_cast<FaultKind>(random.below(kinds));
    bool isLast = lastBlock == statements || index >= lastBlock;
    if (used[index] || (touchesEndScript(kind) && hasEndScriptFault))
      continue;
    std::optional<Fault> fault =
        Injector(file, file.statements[index], isLast, random).make(kind);
    if (!fault)
      continue;
    used[index] = true;
    hasEndScriptFault |= touchesEndScript(kind);
    faults.push_back(std::move(*fault));
  }
  return faults;
}

BrokenFile starton::test::applyFaults(llvm::StringRef good,
                                      std::vector<Fault> &faults) {
  std::stable_sort(faults.begin(), faults.end(),
                   [](const Fault &left, const Fault &right) {
                     return left.offset < right.offset;
                   });
  BrokenFile broken;
  uint32_t copied = 0;
  std::vector<uint32_t> starts;
  for (const Fault &fault : faults) {
    broken.text += good.slice(copied, fault.offset);
    starts.push_back(static_cast<uint32_t>(broken.text.size()));
    broken.text += fault.inserted;
    copied = fault.offset + fault.removed;
  }
  broken.text += good.substr(copied);
  for (size_t index = 0; index != faults.size(); ++index) {
    const Fault &fault = faults[index];
    uint32_t shift = starts[index];
    if (!fault.isInside) {
      shift = 0;
      for (const Fault &other : faults)
        if (other.offset <= fault.range.begin && &other != &fault)
          shift += static_cast<uint32_t>(other.inserted.size()) - other.removed;
    }
    broken.expected.push_back(
        {fault.range.begin + shift, fault.range.end + shift});
  }
  return broken;
}
