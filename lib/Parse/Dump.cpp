// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Parse/Dump.h"
#include "Scanner.h"
#include "starton/Basic/Diagnostic.h"
#include "starton/Basic/Values.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/YAMLTraits.h"

using namespace starton;
using namespace starton::parse;

namespace {

/// Text of a file, in a flow mapping or sequence.
struct FlowText {
  std::string value;
};

struct TokenDump {
  std::string kind, place;
  FlowText text;
};

struct NodeDump {
  std::string kind, place;
  std::vector<FlowText> words;
  std::string left; ///< position in the condition, counted from 0
};

struct WordDump {
  std::string place;
  FlowText value;
};

struct StatementDump {
  std::string stanza, health, place;
  std::vector<WordDump> words;
  std::vector<NodeDump> condition;
  std::string process, textPlace, text;
  std::vector<int64_t> numbers;
};

struct FileDump {
  std::string path, dialect;
  std::string firstError;
  std::vector<StatementDump> statements;
};

struct TokensDump {
  std::string path, dialect;
  std::vector<TokenDump> tokens;
};

/// "LINE:COLUMN-LINE:COLUMN", the end exclusive.
std::string placeOf(const SourceBuffer &source, Range range) {
  LineColumn begin = source.lineColumn(range.begin);
  LineColumn end = source.lineColumn(range.end);
  return std::to_string(begin.line) + ':' + std::to_string(begin.column) + '-' +
         std::to_string(end.line) + ':' + std::to_string(end.column);
}

} // namespace

LLVM_YAML_IS_SEQUENCE_VECTOR(TokenDump)
LLVM_YAML_IS_FLOW_SEQUENCE_VECTOR(FlowText)
LLVM_YAML_IS_SEQUENCE_VECTOR(NodeDump)
LLVM_YAML_IS_SEQUENCE_VECTOR(WordDump)
LLVM_YAML_IS_SEQUENCE_VECTOR(StatementDump)

namespace llvm::yaml {

template <> struct ScalarTraits<FlowText> {
  static void output(const FlowText &word, void *, raw_ostream &os) {
    os << word.value;
  }
  static StringRef input(StringRef text, void *, FlowText &word) {
    word.value = text.str();
    return {};
  }
  static QuotingType mustQuote(StringRef text) {
    QuotingType quoting = needsQuotes(text);
    // A comma ends a plain scalar there, which needsQuotes() does not know.
    bool isPlain = quoting == QuotingType::None;
    return isPlain && text.contains(',') ? QuotingType::Single : quoting;
  }
};

template <> struct MappingTraits<TokenDump> {
  static void mapping(IO &io, TokenDump &token) {
    io.mapRequired("kind", token.kind);
    io.mapRequired("at", token.place);
    io.mapRequired("text", token.text);
  }
  static constexpr bool flow = true;
};

template <> struct MappingTraits<WordDump> {
  static void mapping(IO &io, WordDump &word) {
    io.mapRequired("at", word.place);
    io.mapRequired("value", word.value);
  }
  static constexpr bool flow = true;
};

template <> struct MappingTraits<NodeDump> {
  static void mapping(IO &io, NodeDump &node) {
    io.mapRequired("node", node.kind);
    io.mapRequired("at", node.place);
    io.mapOptional("words", node.words);
    io.mapOptional("left", node.left, std::string());
  }
  static constexpr bool flow = true;
};

template <> struct MappingTraits<StatementDump> {
  static void mapping(IO &io, StatementDump &statement) {
    io.mapRequired("stanza", statement.stanza);
    io.mapRequired("at", statement.place);
    io.mapOptional("health", statement.health, std::string("good"));
    io.mapOptional("words", statement.words);
    io.mapOptional("numbers", statement.numbers, std::vector<int64_t>());
    io.mapOptional("condition", statement.condition);
    io.mapOptional("process", statement.process, std::string());
    io.mapOptional("text-at", statement.textPlace, std::string());
    io.mapOptional("text", statement.text, std::string());
  }
};

template <> struct MappingTraits<TokensDump> {
  static void mapping(IO &io, TokensDump &dump) {
    io.mapRequired("path", dump.path);
    io.mapRequired("dialect", dump.dialect);
    io.mapRequired("tokens", dump.tokens);
  }
};

template <> struct MappingTraits<FileDump> {
  static void mapping(IO &io, FileDump &dump) {
    io.mapRequired("path", dump.path);
    io.mapRequired("dialect", dump.dialect);
    io.mapOptional("first-error", dump.firstError, std::string());
    io.mapRequired("statements", dump.statements);
  }
};

} // namespace llvm::yaml

namespace {

NodeDump dumpNode(const ast::File &file, const ast::EventNode &node,
                  uint32_t firstNode) {
  NodeDump dump;
  dump.place = placeOf(*file.source, node.range);
  switch (node.kind) {
  case ast::NodeKind::Match:
    dump.kind = "event";
    for (const ast::Word &word : file.wordsOf(node))
      dump.words.push_back({printable(word.value)});
    return dump;
  case ast::NodeKind::And:
    dump.kind = "and";
    break;
  case ast::NodeKind::Or:
    dump.kind = "or";
    break;
  }
  dump.left = std::to_string(node.left - firstNode);
  return dump;
}

/// Numbers as Upstart stores them, one a word that is read as a number.
std::vector<int64_t> numbersOf(const ast::File &file,
                               const ast::Statement &statement) {
  std::vector<int64_t> numbers;
  llvm::ArrayRef<ast::Word> words = file.wordsOf(statement);
  const StanzaForm *form = nullptr;
  for (const StanzaForm &candidate : formsOf(stanzaInfo(statement.kind)))
    if (candidate.word.empty()
            ? form == nullptr
            : !words.empty() &&
                  words.front().value == llvm::StringRef(candidate.word))
      form = &candidate;
  if (!form)
    return numbers;
  if (!form->word.empty())
    words = words.drop_front();
  for (const auto &[index, word] : llvm::enumerate(words)) {
    const ArgumentInfo &argument =
        argumentAt(*form, static_cast<unsigned>(index));
    int64_t value = 0;
    if (argument.type == ValueType::Text || argument.type == ValueType::Choice)
      continue;
    (void)evaluateArgument(argument, word.value, value); // stored even so
    numbers.push_back(value);
  }
  return numbers;
}

StatementDump dumpStatement(const ast::File &file,
                            const ast::Statement &statement) {
  const SourceBuffer &source = *file.source;
  StatementDump dump;
  bool isKnown = statement.health != ast::StatementHealth::Unknown;
  dump.stanza = isKnown ? std::string(stanzaInfo(statement.kind).spelling)
                        : printable(source.text(statement.keyword()));
  dump.health = statement.health == ast::StatementHealth::Good ? "good"
                : isKnown                                      ? "erroneous"
                                                               : "unknown";
  dump.place = placeOf(source, statement.range);
  for (const ast::Word &word : file.wordsOf(statement))
    dump.words.push_back(
        {placeOf(source, word.range), {printable(word.value)}});
  for (const ast::EventNode &node : file.nodesOf(statement))
    dump.condition.push_back(dumpNode(file, node, statement.firstNode));
  if (isKnown)
    dump.numbers = numbersOf(file, statement);
  if (statement.process != ast::Statement::Process::None) {
    dump.process = statement.process == ast::Statement::Process::Command
                       ? "command"
                       : "script";
    dump.textPlace = placeOf(source, statement.textRange);
    dump.text = printable(statement.text);
  }
  return dump;
}

/// A column that lets no long line be broken.
constexpr int NoWrap = 0;

} // namespace

void starton::dumpTokens(const SourceBuffer &source, Dialect dialect,
                         llvm::raw_ostream &os) {
  TokensDump dump{printable(source.path()), dialectName(dialect), {}};
  Scanner scanner;
  scanner.reset(source.text());
  for (Token token = scanner.next();; token = scanner.next()) {
    dump.tokens.push_back({kindName(token.kind).str(),
                           placeOf(source, token.range),
                           {printable(source.text(token.range))}});
    if (token.kind == TokenKind::EndOfFile)
      break;
  }
  llvm::yaml::Output output(os, nullptr, NoWrap);
  output << dump;
}

void starton::dumpAst(const ast::File &file, llvm::raw_ostream &os) {
  FileDump dump{
      printable(file.source->path()), dialectName(file.dialect), {}, {}};
  if (file.firstError < file.statements.size())
    dump.firstError = "statement " + std::to_string(file.firstError);
  for (const ast::Statement &statement : file.statements)
    dump.statements.push_back(dumpStatement(file, statement));
  llvm::yaml::Output output(os, nullptr, NoWrap);
  output << dump;
}
