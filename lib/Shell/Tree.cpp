// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Tree.h"
#include "tree_sitter/api.h"
#include "llvm/ADT/StringSwitch.h"

using namespace starton;
using namespace starton::shell;

// NOLINTNEXTLINE(readability-identifier-naming): the generated parser's
extern "C" const TSLanguage *tree_sitter_bash();

namespace {

NodeKind kindOfName(llvm::StringRef name, bool named) {
  if (named)
    return llvm::StringSwitch<NodeKind>(name)
#define SHELL_NODE(Id, Name) .Case(Name, NodeKind::Id)
#include "Nodes.def"
        .Default(NodeKind::Other);
  return llvm::StringSwitch<NodeKind>(name)
#define SHELL_TOKEN(Id, Text) .Case(Text, NodeKind::Id)
#include "Nodes.def"
      .Default(NodeKind::Token);
}

/// The kind of each symbol of the grammar; comments have none.
struct Symbols {
  std::vector<NodeKind> kinds;
  TSSymbol comment = 0;

  Symbols() {
    const TSLanguage *language = tree_sitter_bash();
    comment = ts_language_symbol_for_name(language, "comment", 7, true);
    uint32_t count = ts_language_symbol_count(language);
    kinds.reserve(count);
    for (uint32_t symbol = 0; symbol != count; ++symbol) {
      auto id = static_cast<TSSymbol>(symbol);
      bool named = ts_language_symbol_type(language, id) == TSSymbolTypeRegular;
      kinds.push_back(kindOfName(ts_language_symbol_name(language, id), named));
    }
  }
};

/// Reports come once in a hundred steps of the parser. Plain text takes a few
/// steps a byte; recovery from errors can take far more and is worth nothing.
struct Effort {
  uint64_t left;

  explicit Effort(size_t bytes) : left(1000 + bytes / 4) {}
};

bool isTooHard(TSParseState *state) {
  auto *effort = static_cast<Effort *>(state->payload);
  return effort->left-- == 0;
}

struct TextInput {
  llvm::StringRef text;
};

/// A shell reads bytes. Those beyond ASCII all count as one character that no
/// name may hold and no word ends at, so nothing depends on their encoding.
uint32_t readByte(const uint8_t *bytes, uint32_t /*length*/,
                  int32_t *character) {
  constexpr int32_t Dash = 0x2013;
  *character = *bytes < 0x80 ? *bytes : Dash;
  return 1;
}

const char *readText(void *payload, uint32_t offset, TSPoint,
                     uint32_t *length) {
  llvm::StringRef text = static_cast<TextInput *>(payload)->text;
  llvm::StringRef rest = text.substr(offset);
  *length = static_cast<uint32_t>(rest.size());
  return rest.data();
}

/// One way through the tree, without recursion.
class Flattener {
public:
  Flattener(const Symbols &symbols, Tree &tree, TSNode root)
      : symbols(symbols), tree(tree), cursor(ts_tree_cursor_new(root)) {}
  ~Flattener() { ts_tree_cursor_delete(&cursor); }

  void run() {
    for (;;) {
      if (enter() && ts_tree_cursor_goto_first_child(&cursor)) {
        open.push_back(static_cast<uint32_t>(tree.nodes.size()) - 1);
        continue;
      }
      while (!ts_tree_cursor_goto_next_sibling(&cursor)) {
        if (!ts_tree_cursor_goto_parent(&cursor))
          return;
        tree.nodes[open.back()].next = static_cast<uint32_t>(tree.nodes.size());
        open.pop_back();
      }
    }
  }

private:
  /// Whether the current node was taken, and its children are wanted.
  bool enter() {
    TSNode node = ts_tree_cursor_current_node(&cursor);
    TSSymbol symbol = ts_node_symbol(node);
    uint32_t begin = ts_node_start_byte(node), end = ts_node_end_byte(node);
    if (ts_node_is_error(node) || ts_node_is_missing(node)) {
      tree.errors.push_back({begin, end});
      return false;
    }
    if (symbol == symbols.comment) {
      tree.comments.push_back({begin, end});
      return false;
    }
    NodeKind kind =
        symbol < symbols.kinds.size() ? symbols.kinds[symbol] : NodeKind::Other;
    auto next = static_cast<uint32_t>(tree.nodes.size()) + 1;
    tree.nodes.push_back({kind, begin, end, next});
    return true;
  }

  const Symbols &symbols;
  Tree &tree;
  TSTreeCursor cursor;
  std::vector<uint32_t> open;
};

} // namespace

struct TreeParser::Impl {
  Symbols symbols;
  TSParser *parser = ts_parser_new();

  Impl() { ts_parser_set_language(parser, tree_sitter_bash()); }
  ~Impl() { ts_parser_delete(parser); }
  Impl(const Impl &) = delete;
  Impl &operator=(const Impl &) = delete;
};

TreeParser::TreeParser() : impl(std::make_unique<Impl>()) {}
TreeParser::~TreeParser() = default;

bool TreeParser::isAvailable() { return true; }

bool TreeParser::parse(llvm::StringRef text, Tree &tree) {
  tree.clear();
  TextInput source{text};
  Effort effort(text.size());
  TSInput input{&source, readText, TSInputEncodingCustom, readByte};
  TSParseOptions options{&effort, isTooHard};
  TSTree *parsed =
      ts_parser_parse_with_options(impl->parser, nullptr, input, options);
  if (!parsed) {
    ts_parser_reset(impl->parser);
    return false;
  }
  Flattener(impl->symbols, tree, ts_tree_root_node(parsed)).run();
  ts_tree_delete(parsed);
  return !tree.nodes.empty();
}
