// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Words.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace starton;
using namespace starton::shell;

namespace {

bool isExpansion(NodeKind kind) {
  switch (kind) {
  case NodeKind::SimpleExpansion:
  case NodeKind::Expansion:
  case NodeKind::CommandSubstitution:
  case NodeKind::ProcessSubstitution:
  case NodeKind::ArithmeticExpansion:
  case NodeKind::AnsiCString:
  case NodeKind::TranslatedString:
    return true;
  default:
    return false;
  }
}

PartKind partKindOf(NodeKind kind) {
  switch (kind) {
  case NodeKind::SimpleExpansion:
  case NodeKind::Expansion:
    return PartKind::Variable;
  case NodeKind::CommandSubstitution:
  case NodeKind::ProcessSubstitution:
    return PartKind::Substitution;
  case NodeKind::ArithmeticExpansion:
    return PartKind::Arithmetic;
  default: // $'...', $"...": means something in some shells only
    return PartKind::Pattern;
  }
}

/// The kind of use that the operator behind the name says.
UseKind useKindOf(llvm::StringRef rest) {
  rest.consume_front(":");
  switch (rest.empty() ? '}' : rest.front()) {
  case '-':
    return UseKind::Default;
  case '=':
    return UseKind::Assign;
  case '+':
    return UseKind::Alternative;
  case '?':
    return UseKind::Required;
  default:
    return UseKind::Plain;
  }
}

/// Whether the unquoted byte at \p at makes \p text a pattern.
bool isPatternAt(llvm::StringRef text, size_t at, WordUse use) {
  if (text[at] == '~')
    return at == 0 || (use == WordUse::Value && text[at - 1] == ':');
  if (use == WordUse::Value)
    return false;
  switch (text[at]) {
  case '*':
  case '?':
    return true;
  case '[': // a command of its own otherwise
    return text.find(']', at + 1) != llvm::StringRef::npos;
  case '{': // in bash
    return text.find('}', at + 1) != llvm::StringRef::npos &&
           (text.find(',', at) != llvm::StringRef::npos ||
            text.find("..", at) != llvm::StringRef::npos);
  default:
    return false;
  }
}

} // namespace

bool shell::isVariableName(llvm::StringRef name) {
  if (name.empty() || llvm::isDigit(name.front()))
    return false;
  return llvm::all_of(
      name, [](char byte) { return llvm::isAlnum(byte) || byte == '_'; });
}

uint32_t WordMaker::makeWord(uint32_t node, WordUse use) {
  const Node &n = tree.nodes[node];
  return makeWord(n.range(), node, n.next, use);
}

uint32_t WordMaker::makeWord(Range range, uint32_t node, uint32_t end,
                             WordUse use) {
  nextNode = node;
  endNode = end;
  Word word;
  word.range = range;
  word.firstPart = static_cast<uint32_t>(facts.parts.size());
  llvm::StringRef text = facts.text.substr(range.begin, range.size());
  scan(text, range.begin, use);
  endLiteral();
  word.partCount = static_cast<uint32_t>(facts.parts.size()) - word.firstPart;
  word.isLiteral = true;
  llvm::ArrayRef<WordPart> parts = facts.partsOf(word);
  for (const WordPart &part : parts)
    if (part.kind != PartKind::Literal) {
      word.isLiteral = false;
      word.hasUnquoted |= !part.quoted && use != WordUse::Value;
    }
  if (!parts.empty() && parts.front().kind == PartKind::Literal)
    word.value = parts.front().text;
  facts.words.push_back(word);
  return static_cast<uint32_t>(facts.words.size()) - 1;
}

/// The node of the expansion that begins at \p offset, or None.
uint32_t WordMaker::findExpansion(uint32_t offset) {
  while (nextNode < endNode && tree.nodes[nextNode].begin < offset)
    ++nextNode;
  for (uint32_t node = nextNode;
       node < endNode && tree.nodes[node].begin == offset; ++node)
    if (isExpansion(tree.nodes[node].kind))
      return node;
  return None;
}

void WordMaker::addExpansion(const Node &expansion, bool quoted) {
  endLiteral();
  WordPart part;
  part.kind = partKindOf(expansion.kind);
  part.quoted = quoted;
  part.range = expansion.range();
  uint32_t nameNode = None;
  if (part.kind == PartKind::Variable)
    part.text =
        nameIn(static_cast<uint32_t>(&expansion - tree.nodes.data()), nameNode);
  facts.parts.push_back(part);
}

void WordMaker::scan(llvm::StringRef text, uint32_t base, WordUse use) {
  bool inDouble = false;
  uint32_t size = static_cast<uint32_t>(text.size());
  for (uint32_t at = 0; at < size;) {
    char byte = text[at];
    uint32_t offset = base + at;
    if (use == WordUse::Plain) {
      addLiteral(byte, offset, 1, false);
      ++at;
      continue;
    }
    bool opens = byte == '$' || byte == '`' ||
                 (!inDouble && (byte == '<' || byte == '>'));
    uint32_t node = opens ? findExpansion(offset) : None;
    if (node != None) {
      const Node &expansion = tree.nodes[node];
      addExpansion(expansion, inDouble);
      at = std::max(expansion.end, offset + 1) - base;
    } else if (byte == '"') {
      inDouble = !inDouble;
      addLiteral(0, offset, 1, true);
      ++at;
    } else if (byte == '\'' && !inDouble) {
      at = scanQuote(text, at, base);
    } else if (byte == '\\' && at + 1 < size) {
      char next = text[at + 1];
      bool counts = !inDouble || llvm::StringRef("$`\"\\\n").contains(next);
      if (!counts)
        addLiteral(byte, offset, 1, true);
      if (next != '\n' || !counts)
        addLiteral(next, counts ? offset : offset + 1, counts ? 2 : 1, true);
      at += 2;
    } else if (!inDouble && isPatternAt(text, at, use)) {
      addPattern(text.substr(at, 1), offset);
      ++at;
    } else {
      addLiteral(byte, offset, 1, inDouble);
      ++at;
    }
  }
}

/// From a single quote to behind the one that ends it.
uint32_t WordMaker::scanQuote(llvm::StringRef text, uint32_t at,
                              uint32_t base) {
  addLiteral(0, base + at, 1, true);
  for (++at; at < text.size() && text[at] != '\''; ++at)
    addLiteral(text[at], base + at, 1, true);
  if (at < text.size())
    literalRange.end = base + ++at;
  return at;
}

/// \p byte 0: a quote, which adds nothing.
void WordMaker::addLiteral(char byte, uint32_t offset, uint32_t size,
                           bool quoted) {
  if (!inLiteral) {
    inLiteral = true;
    literalQuoted = false;
    literalRange = {offset, offset};
    literal.clear();
  }
  literalQuoted |= quoted;
  literalRange.end = offset + size;
  if (byte != 0)
    literal.push_back(byte);
}

void WordMaker::addPattern(llvm::StringRef text, uint32_t offset) {
  endLiteral();
  WordPart part;
  part.kind = PartKind::Pattern;
  part.range = {offset, offset + static_cast<uint32_t>(text.size())};
  part.text = text;
  facts.parts.push_back(part);
}

void WordMaker::endLiteral() {
  if (!inLiteral)
    return;
  inLiteral = false;
  // Quotes alone; a word of nothing else has no parts.
  if (literal.empty())
    return;
  WordPart part;
  part.kind = PartKind::Literal;
  part.quoted = literalQuoted;
  part.range = literalRange;
  llvm::StringRef written =
      facts.text.substr(literalRange.begin, literalRange.size());
  part.text = written == literal ? written : keep(literal);
  facts.parts.push_back(part);
}

llvm::StringRef WordMaker::keep(llvm::StringRef text) {
  return text.copy(*facts.arena);
}

/// The name of the variable that an expansion is about.
llvm::StringRef WordMaker::nameIn(uint32_t node, uint32_t &nameNode) const {
  for (uint32_t at = node + 1; at < tree.nodes[node].next; ++at) {
    NodeKind kind = tree.nodes[at].kind;
    if (kind != NodeKind::VariableName && kind != NodeKind::SpecialVariableName)
      continue;
    nameNode = at;
    Range range = tree.nodes[at].range();
    return facts.text.substr(range.begin, range.size());
  }
  return {};
}

void WordMaker::addUse(uint32_t node, VariableUse use) {
  const Node &expansion = tree.nodes[node];
  uint32_t nameNode = None;
  use.name = nameIn(node, nameNode);
  if (!isVariableName(use.name))
    return;
  use.range = expansion.range();
  Range rest = {tree.nodes[nameNode].end, expansion.end};
  use.kind = useKindOf(facts.text.substr(rest.begin, rest.size()));
  if (use.kind == UseKind::Assign) {
    Definition definition;
    definition.kind = DefinitionKind::Default;
    definition.name = use.name;
    definition.range = tree.nodes[nameNode].range();
    facts.definitions.push_back(definition);
  }
  facts.uses.push_back(use);
}

void WordMaker::collectUses(uint32_t node, uint32_t end,
                            const VariableUse &context,
                            std::vector<uint32_t> &substitutions) {
  uint32_t arithmeticEnd = 0, expansionEnd = 0;
  for (uint32_t at = node; at < end;) {
    const Node &n = tree.nodes[at];
    switch (n.kind) {
    case NodeKind::CommandSubstitution:
    case NodeKind::ProcessSubstitution:
      substitutions.push_back(at);
      at = n.next;
      continue;
    case NodeKind::ArithmeticExpansion:
      arithmeticEnd = std::max(arithmeticEnd, n.next);
      break;
    case NodeKind::SimpleExpansion:
    case NodeKind::Expansion:
      addUse(at, context);
      expansionEnd = std::max(expansionEnd, n.next);
      break;
    case NodeKind::VariableName: {
      // Inside an expansion it has been seen with that.
      bool bare = at < arithmeticEnd && at >= expansionEnd;
      VariableUse use = context;
      use.name = facts.text.substr(n.begin, n.end - n.begin);
      use.range = n.range();
      use.kind = UseKind::Arithmetic;
      if (bare && isVariableName(use.name))
        facts.uses.push_back(use);
      break;
    }
    default:
      break;
    }
    ++at;
  }
}
