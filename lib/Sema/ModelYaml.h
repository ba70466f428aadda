// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The shapes that the model takes in YAML, and how llvm::yaml writes them.

#ifndef STARTON_LIB_SEMA_MODELYAML_H
#define STARTON_LIB_SEMA_MODELYAML_H

#include "starton/Sema/Model.h"
#include "llvm/Support/YAMLTraits.h"

namespace starton::sema::modelyaml {

/// A value ready to be written: text or number, and where it comes from.
struct Entry {
  std::string value;
  std::string at;
  /// A number, a flag or a word of the language; it is never quoted.
  bool bare = false;
};

struct ProcessEntry {
  const char *kind;
  std::string text;
  std::string at;
};

struct NodeEntry {
  const ConditionNode *node;
  std::string at;
};

struct ConditionEntry {
  std::string expression;
  std::string at;
  std::vector<NodeEntry> nodes;
};

struct LimitEntry {
  const char *resource;
  Entry soft, hard;
  std::string at;
};

struct CgroupView {
  std::vector<std::pair<const char *, std::string>> parts;
  std::string at;
};

struct JobView {
  const JobSet *set;
  const Job *job;
};

struct RejectedView {
  std::string name, file;
  uint32_t line;
  std::string error;
};

struct SetView {
  std::string dialect;
  std::vector<JobView> jobs;
  std::vector<RejectedView> rejected;
};

/// A word that is written as it is.
struct Bare {
  llvm::StringRef text;
};

/// A word that is quoted wherever YAML might read it as something else.
struct Quoted {
  std::string text;
};

} // namespace starton::sema::modelyaml

LLVM_YAML_IS_SEQUENCE_VECTOR(starton::sema::modelyaml::Entry)
LLVM_YAML_IS_SEQUENCE_VECTOR(starton::sema::modelyaml::NodeEntry)
LLVM_YAML_IS_SEQUENCE_VECTOR(starton::sema::modelyaml::LimitEntry)
LLVM_YAML_IS_SEQUENCE_VECTOR(starton::sema::modelyaml::CgroupView)
LLVM_YAML_IS_SEQUENCE_VECTOR(starton::sema::modelyaml::JobView)
LLVM_YAML_IS_SEQUENCE_VECTOR(starton::sema::modelyaml::RejectedView)
LLVM_YAML_IS_FLOW_SEQUENCE_VECTOR(starton::sema::modelyaml::Quoted)

namespace llvm::yaml {

namespace model = starton::sema::modelyaml;

template <> struct ScalarTraits<model::Bare> {
  static void output(const model::Bare &value, void * /*context*/,
                     raw_ostream &os) {
    os << value.text;
  }
  static StringRef input(StringRef /*text*/, void * /*context*/,
                         model::Bare & /*value*/) {
    return "write only";
  }
  static QuotingType mustQuote(StringRef /*text*/) { return QuotingType::None; }
};

template <> struct ScalarTraits<model::Quoted> {
  static void output(const model::Quoted &value, void * /*context*/,
                     raw_ostream &os) {
    os << value.text;
  }
  static StringRef input(StringRef /*text*/, void * /*context*/,
                         model::Quoted & /*value*/) {
    return "write only";
  }
  static QuotingType mustQuote(StringRef text) {
    QuotingType quoting = needsQuotes(text);
    // Most values stand in a flow mapping, where a comma ends a plain scalar.
    bool isPlain = quoting == QuotingType::None;
    return isPlain && text.contains(',') ? QuotingType::Single : quoting;
  }
};

template <> struct MappingTraits<model::Entry> {
  static void mapping(IO &io, model::Entry &entry) {
    if (entry.bare) {
      model::Bare word{entry.value};
      io.mapRequired("value", word);
    } else {
      model::Quoted word{entry.value};
      io.mapRequired("value", word);
    }
    model::Quoted at{entry.at};
    io.mapRequired("at", at);
  }
  static const bool flow = true;
};

template <> struct MappingTraits<model::ProcessEntry> {
  static void mapping(IO &io, model::ProcessEntry &entry) {
    model::Bare kind{entry.kind};
    io.mapRequired("kind", kind);
    if (kind.text != "broken") {
      model::Quoted text{entry.text};
      io.mapRequired("text", text);
    }
    model::Quoted at{entry.at};
    io.mapRequired("at", at);
  }
};

template <> struct MappingTraits<model::NodeEntry> {
  static void mapping(IO &io, model::NodeEntry &entry) {
    const starton::sema::ConditionNode &node = *entry.node;
    if (node.kind == starton::ast::NodeKind::Match) {
      model::Quoted event{starton::printable(node.name)};
      io.mapRequired("event", event);
      std::vector<model::Quoted> operands;
      operands.reserve(node.operands.size());
      for (const std::string &operand : node.operands)
        operands.push_back({starton::printable(operand)});
      if (!operands.empty())
        io.mapRequired("operands", operands);
    } else {
      model::Bare word{node.kind == starton::ast::NodeKind::And ? "and" : "or"};
      io.mapRequired("operator", word);
      uint32_t left = node.left;
      io.mapRequired("left", left);
    }
    model::Quoted at{entry.at};
    io.mapRequired("at", at);
  }
  static const bool flow = true;
};

template <> struct MappingTraits<model::ConditionEntry> {
  static void mapping(IO &io, model::ConditionEntry &entry) {
    model::Quoted expression{entry.expression};
    io.mapRequired("expression", expression);
    model::Quoted at{entry.at};
    io.mapRequired("at", at);
    io.mapRequired("nodes", entry.nodes);
  }
};

template <> struct MappingTraits<model::LimitEntry> {
  static void mapping(IO &io, model::LimitEntry &entry) {
    model::Bare resource{entry.resource}, soft{entry.soft.value},
        hard{entry.hard.value};
    io.mapRequired("resource", resource);
    io.mapRequired("soft", soft);
    io.mapRequired("hard", hard);
    model::Quoted at{entry.at};
    io.mapRequired("at", at);
  }
  static const bool flow = true;
};

template <> struct MappingTraits<model::CgroupView> {
  static void mapping(IO &io, model::CgroupView &entry) {
    for (auto &[key, value] : entry.parts) {
      model::Quoted part{value};
      io.mapRequired(key, part);
    }
    model::Quoted at{entry.at};
    io.mapRequired("at", at);
  }
  static const bool flow = true;
};

template <> struct MappingTraits<model::JobView> {
  static void mapping(IO &io, model::JobView &view);
};

template <> struct MappingTraits<model::RejectedView> {
  static void mapping(IO &io, model::RejectedView &view) {
    model::Quoted name{view.name}, file{view.file}, error{view.error};
    io.mapRequired("name", name);
    io.mapRequired("file", file);
    if (view.line != 0)
      io.mapRequired("line", view.line);
    io.mapRequired("error", error);
  }
};

template <> struct MappingTraits<model::SetView> {
  static void mapping(IO &io, model::SetView &view) {
    io.mapRequired("dialect", view.dialect);
    io.mapRequired("jobs", view.jobs);
    if (!view.rejected.empty())
      io.mapRequired("rejected", view.rejected);
  }
};

} // namespace llvm::yaml

#endif // STARTON_LIB_SEMA_MODELYAML_H
