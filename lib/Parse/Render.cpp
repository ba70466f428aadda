// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the compact form of a syntax finding to its words. What a stanza expects
// is said in the terms of Stanzas.def.

#include "starton/Basic/Values.h"
#include "starton/Parse/Parse.h"
#include "llvm/ADT/StringExtras.h"

using namespace starton;

namespace {

std::string quoted(llvm::StringRef text) {
  constexpr size_t limit = 40;
  llvm::StringRef line = text.substr(0, text.find('\n'));
  bool isCut = line.size() != text.size() || line.size() > limit;
  std::string result = "'";
  for (char letter : printable(line.substr(0, limit))) {
    auto byte = static_cast<unsigned char>(letter);
    if (byte < 0x20 || byte == 0x7F)
      result +=
          {'\\', 'x', llvm::hexdigit(byte >> 4), llvm::hexdigit(byte & 15)};
    else
      result += letter;
  }
  return result + (isCut ? "...'" : "'");
}

std::string quoted(std::string_view text) {
  return quoted(llvm::StringRef(text));
}
std::string quoted(const std::string &text) {
  return quoted(llvm::StringRef(text));
}

/// "A, B or C" of what the row offers.
std::string listed(std::vector<std::string> items) {
  std::string result;
  for (size_t index = 0; index != items.size(); ++index) {
    if (index != 0)
      result += index + 1 == items.size() ? " or " : ", ";
    result += items[index];
  }
  return result;
}

std::vector<std::string> quotedWords(std::string_view list) {
  std::vector<std::string> result;
  llvm::SmallVector<llvm::StringRef, 16> words;
  llvm::StringRef(list).split(words, ' ', -1, false);
  for (llvm::StringRef word : words)
    result.push_back(quoted(word));
  return result;
}

class Renderer {
public:
  Renderer(const SyntaxDiag &syntax, const ParseResult &result)
      : syntax(syntax), file(*result.file), source(*result.file->source) {
    if (uint32_t kind = syntax.argument & 0xFF;
        kind != 0 && kind <= allStanzas().size())
      info = &allStanzas()[kind - 1];
    if (uint32_t form = syntax.argument >> 8 & 0xFF; info && form != 0)
      stanzaForm = &info->forms[form - 1];
    text = source.text(syntax.range);
  }

  Diagnostic run() {
    out.id = syntax.id;
    out.severity = diagSeverity(syntax.id);
    out.source = &source;
    out.range = syntax.range;
    out.upstartError = syntax.upstartError;
    if (syntax.upstartLine != 0)
      out.upstartLine = syntax.upstartLine;
    out.message = message();
    return std::move(out);
  }

private:
  std::string message() {
    switch (syntax.id) {
    case DiagId::TrailingBackslash:
      return "backslash at the end of the file";
    case DiagId::UnterminatedQuote:
      return unterminatedQuote();
    case DiagId::UnterminatedBlock:
      return unterminatedBlock();
    case DiagId::StrayEndScript:
      return source.text(syntax.range).contains("script")
                 ? "'end script' without a script block before it"
                 : "'end' without a script block before it";
    case DiagId::UnknownStanza:
      return unknownStanza();
    case DiagId::WrongDialect:
      return wrongDialect();
    case DiagId::UnknownArgument:
      return unknownArgument();
    case DiagId::ExpectedArgument:
      return expectedArgument();
    case DiagId::EmptyArgument:
      return emptyArgument();
    case DiagId::UnexpectedArgument:
      return unexpectedArgument();
    case DiagId::ExpectedEvent:
    case DiagId::ExpectedOperator:
    case DiagId::PositionalAfterNamed:
    case DiagId::MismatchedParentheses:
    case DiagId::BlankLineInParentheses:
      return expressionError();
    case DiagId::SwallowedStanza:
      return swallowedStanza();
    case DiagId::InternalError:
      return "the grammar does not cover this statement; this is a defect of "
             "the program";
    default:
      return illegalValue();
    }
  }

  std::string unterminatedQuote() {
    llvm::StringRef before = source.text().substr(0, syntax.range.begin);
    if (text == "'" && !before.empty() && llvm::isAlpha(before.back()))
      note("an apostrophe quotes as well: put the whole text into double "
           "quotes");
    else
      addFix("insert the missing quote at the end of the line",
             {lineEnd(), lineEnd()}, text.str());
    return "quote is never closed";
  }

  std::string swallowedStanza() {
    if (text == "(")
      return "the expression opened here swallows what looks like a stanza of "
             "its own";
    return quoted(text) + " looks like a stanza but is part of a script block; "
                          "is 'end script' missing before it?";
  }

  std::string unterminatedBlock() {
    if (!syntax.extra.empty()) {
      note("this line was probably meant to end it", syntax.extra);
      addFix("write 'end script'", syntax.extra, "end script");
    }
    return "script block is never closed by 'end script'";
  }

  std::string unknownStanza() {
    std::string result = "unknown stanza " + quoted(text);
    if (info) {
      addFix("replace it by " + quoted(info->spelling), syntax.range,
             std::string(info->spelling));
      return result + "; did you mean " + quoted(info->spelling) + "?";
    }
    Range before = {syntax.range.begin, syntax.range.begin};
    if (text == "on") {
      addFix("insert 'start'", before, "start ");
      return result + "; did you mean 'start on'?";
    }
    if (text == "and" || text == "or")
      note("a condition goes on to the next line only inside parentheses");
    if (text == "service")
      note("a job without 'task' is a service");
    if (llvm::isAlpha(text.front()) && text.contains('=')) {
      addFix("insert 'env'", before, "env ");
      return result + "; variables are set with 'env'";
    }
    return result;
  }

  std::string wrongDialect() {
    if (!info)
      return upstartText(syntax.upstartError).lower();
    DialectSet dialects = stanzaForm && !stanzaForm->word.empty()
                              ? stanzaForm->dialects
                              : info->dialects;
    std::vector<std::string> names;
    for (Dialect dialect : {Dialect::Upstart065, Dialect::Upstart112,
                            Dialect::Upstart113, Dialect::ChromeOS})
      if (dialects & dialectBit(dialect))
        names.push_back(quoted(llvm::StringRef(dialectName(dialect))));
    std::string what = "stanza " + quoted(info->spelling);
    if (stanzaForm && !stanzaForm->word.empty())
      what = quoted(std::string(info->spelling) + " " +
                    std::string(stanzaForm->word));
    return what + " does not exist in dialect " +
           quoted(llvm::StringRef(dialectName(file.dialect))) +
           "; it does in " + listed(names);
  }

  /// The words that may stand first behind the keyword.
  std::vector<std::string> subKeywords() const {
    std::vector<std::string> words;
    for (const StanzaForm &form : formsOf(*info))
      if (!form.word.empty() && (form.dialects & dialectBit(file.dialect)))
        words.push_back(quoted(form.word));
    return words;
  }

  std::string unknownArgument() {
    if (!info)
      return upstartText(syntax.upstartError).lower();
    if (stanzaForm) // a bad choice, a resource for example
      return badChoice(argumentAt(*stanzaForm, argumentIndex()));
    std::string candidates;
    for (const StanzaForm &form : formsOf(*info))
      candidates.append(form.word).append(" ");
    std::string result =
        "unknown word " + quoted(text) + " after " + quoted(info->spelling);
    if (std::string_view meant =
            suggestWord(text, llvm::StringRef(candidates).trim());
        !meant.empty()) {
      addFix("replace it by " + quoted(meant), syntax.range,
             std::string(meant));
      return result + "; did you mean " + quoted(meant) + "?";
    }
    if (info->kind == StanzaKind::Respawn)
      note("a command belongs into an 'exec' stanza of its own");
    if (text == "script" || text == "exec") {
      note("the main process is written " + quoted(text) + " alone");
      return result + ", expected " + listed(subKeywords());
    }
    FormContent content = info->forms[0].content;
    if (content == FormContent::Command || content == FormContent::Events)
      addFix("insert " + quoted(info->forms[0].word),
             {syntax.range.begin, syntax.range.begin},
             std::string(info->forms[0].word) + " ");
    return result + ", expected " + listed(subKeywords());
  }

  std::string badChoice(const ArgumentInfo &argument) {
    std::string result = "unknown " + lowerName(argument) + " " + quoted(text);
    if (std::string_view meant = suggestWord(text, argument.words);
        !meant.empty()) {
      addFix("replace it by " + quoted(meant), syntax.range,
             std::string(meant));
      return result + "; did you mean " + quoted(meant) + "?";
    }
    return result + ", expected " + listed(quotedWords(argument.words));
  }

  std::string expectedArgument() {
    if (!info)
      return upstartText(syntax.upstartError).lower();
    if (!stanzaForm)
      return quoted(info->spelling) + " needs " + listed(subKeywords()) +
             " behind it";
    std::string head = quoted(text);
    switch (stanzaForm->content) {
    case FormContent::Command:
      return head + " needs a command";
    case FormContent::Events:
      return head + " needs an event";
    default:
      break;
    }
    note("the form is '" + std::string(formUsage(*info, *stanzaForm)) + "'");
    return head + " lacks " +
           std::string(argumentAt(*stanzaForm, argumentIndex()).name);
  }

  std::string emptyArgument() {
    note("Upstart reads an empty quoted word as a missing one");
    return "empty argument";
  }

  std::string unexpectedArgument() {
    std::string stanza =
        info ? quoted(info->spelling) : std::string("the stanza");
    if (info && stanzaForm && stanzaForm->content == FormContent::Block) {
      note("a command on one line is written with 'exec'");
      return "nothing may follow 'script' on its line, found " + quoted(text);
    }
    bool isText = stanzaForm && stanzaForm->maxArguments == 1 &&
                  stanzaForm->arguments[0].type == ValueType::Text;
    llvm::StringRef all = source.text(syntax.extra);
    if (info && info->kind == StanzaKind::Env && isWordPair(all)) {
      size_t blank = all.find(' ');
      auto begin = syntax.extra.begin + static_cast<uint32_t>(blank);
      addFix("write NAME=VALUE", {begin, syntax.range.begin}, "=");
      return "unexpected " + quoted(text) +
             "; a variable is set by 'env NAME=VALUE'";
    }
    if (isText && syntax.extra.begin != 0 &&
        all.find_first_of("\"\\\n") == llvm::StringRef::npos) {
      std::string title = "quote the whole text";
      out.fixes.push_back({title,
                           false,
                           {{{syntax.extra.begin, syntax.extra.begin}, "\""},
                            {{syntax.extra.end, syntax.extra.end}, "\""}}});
      return "unexpected " + quoted(text) + " after the text of " + stanza +
             ", which must be quoted";
    }
    if (stanzaForm && stanzaForm->maxArguments == 0 && stanzaForm->word.empty())
      return stanza + " takes no argument, found " + quoted(text);
    if (stanzaForm && stanzaForm->maxArguments == 0)
      stanza = "'" + std::string(info->spelling) + " " +
               std::string(stanzaForm->word) + "'";
    return "unexpected " + quoted(text) + " after " + stanza;
  }

  /// "NAME VALUE", neither quoted nor with an equals sign.
  static bool isWordPair(llvm::StringRef words) {
    auto [name, value] = words.split(' ');
    value = value.ltrim();
    return !name.empty() && !value.empty() &&
           words.find_first_of(llvm::StringRef("=\"'\\\n\t\r\0", 8)) ==
               llvm::StringRef::npos &&
           !value.contains(' ');
  }

  std::string illegalValue() {
    if (!stanzaForm)
      return upstartText(syntax.upstartError).lower();
    const ArgumentInfo &argument = argumentAt(*stanzaForm, argumentIndex());
    std::vector<std::string> expected = {expectedNumber(argument)};
    for (std::string &word : quotedWords(argument.words))
      expected.push_back(std::move(word));
    if (argument.type == ValueType::Signal ||
        argument.type == ValueType::ExitStatus)
      suggestSignal();
    return "illegal " + lowerName(argument) + " " + quoted(text) + " for " +
           quoted(info->spelling) + ", expected " + listed(expected);
  }

  void suggestSignal() {
    std::string upper = text.upper();
    if (text != upper && signalNumber(upper) != 0)
      addFix("replace it by " + quoted(llvm::StringRef(upper)), syntax.range,
             upper);
  }

  static std::string expectedNumber(const ArgumentInfo &argument) {
    switch (argument.type) {
    case ValueType::Signal:
      return "a signal name or number";
    case ValueType::ExitStatus:
      return "an exit status or signal name";
    case ValueType::Octal:
      return "an octal number up to 0777";
    case ValueType::LimitValue:
      return "a number";
    default:
      break;
    }
    if (argument.max >= INT32_MAX)
      return "a number of " + std::to_string(argument.min) + " or more";
    return "a number from " + std::to_string(argument.min) + " to " +
           std::to_string(argument.max);
  }

  std::string expressionError() {
    switch (syntax.id) {
    case DiagId::ExpectedEvent:
      return "expected an event " +
             std::string(text == ")" ? "before " : "beside ") + quoted(text);
    case DiagId::ExpectedOperator:
      addFix("insert 'and'", {syntax.range.begin, syntax.range.begin}, "and ");
      return "expected 'and' or 'or' before " + quoted(text);
    case DiagId::PositionalAfterNamed:
      note("values without a name must come first");
      return "value " + quoted(text) + " without a name follows a named one";
    case DiagId::BlankLineInParentheses:
      note("inside parentheses every line must begin with an event, operator "
           "or parenthesis");
      addFix("remove the line", syntax.range, "");
      return source.text(syntax.range).contains('#')
                 ? "comment on a line of its own inside parentheses"
                 : "empty line inside parentheses";
    default:
      if (syntax.argument == 1)
        return "parenthesis is never closed";
      addFix("remove it", syntax.range, "");
      return "parenthesis was never opened";
    }
  }

  unsigned argumentIndex() const { return syntax.argument >> 16; }

  static std::string lowerName(const ArgumentInfo &argument) {
    switch (argument.type) {
    case ValueType::Signal:
      return "signal";
    case ValueType::ExitStatus:
      return "exit status";
    case ValueType::Choice:
      return llvm::StringRef(argument.name).lower();
    default:
      return "value";
    }
  }

  uint32_t lineEnd() const {
    size_t end = std::min(source.text().find('\n', syntax.range.end),
                          source.text().size());
    while (end > syntax.range.end &&
           llvm::StringRef(" \t\r").contains(source.text()[end - 1]))
      --end;
    return static_cast<uint32_t>(end);
  }

  void note(std::string message) {
    out.notes.push_back({{}, false, std::move(message)});
  }
  void note(std::string message, Range range) {
    out.notes.push_back({range, true, std::move(message)});
  }
  void addFix(std::string title, Range range, std::string replacement) {
    out.fixes.push_back(
        {std::move(title), false, {{range, std::move(replacement)}}});
  }

  const SyntaxDiag &syntax;
  const ast::File &file;
  const SourceBuffer &source;
  const StanzaInfo *info = nullptr;
  const StanzaForm *stanzaForm = nullptr;
  llvm::StringRef text;
  Diagnostic out;
};

} // namespace

Diagnostic starton::render(const SyntaxDiag &diag, const ParseResult &result) {
  return Renderer(diag, result).run();
}
