// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The index from events to the leaves that wait for them. Nearly all leaves of
// real systems sit on starting, started, stopping and stopped, so the event's
// name alone would make every job event visit every job.

#include "Lower.h"
#include "starton/Table/EventKey.h"
#include "starton/Table/Reader.h"
#include <map>
#include <optional>
#include <utility>

namespace starton::table {
namespace {

// nullopt sorts before every value: the order the format wants.
using Key = std::pair<std::string, std::optional<std::string>>;

Key keyOf(const sema::ConditionNode &node) {
  auto operandAt = [&](size_t i) {
    return Span<const char>(node.operands[i].data(), node.operands[i].size());
  };
  Span<const char> operand;
  if (!eventKey(node.operands.size(), operandAt, operand))
    return {node.name, std::nullopt};
  return {node.name, std::string(operand.data(), operand.size())};
}

} // namespace

flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<IndexEntry>>>
lowerIndex(TableBuilder &builder, const std::vector<const sema::Job *> &jobs) {
  std::map<Key, std::vector<Leaf>> entries;
  for (uint32_t job = 0; job != jobs.size(); ++job) {
    for (Tree tree : {Tree::Start, Tree::Stop}) {
      const auto &nodes = tree == Tree::Start ? jobs[job]->startOn.nodes
                                              : jobs[job]->stopOn.nodes;
      for (uint32_t node = 0; node != nodes.size(); ++node)
        if (nodes[node].kind == ast::NodeKind::Match)
          entries[keyOf(nodes[node])].emplace_back(job, tree, node);
    }
  }
  std::vector<flatbuffers::Offset<IndexEntry>> offsets;
  offsets.reserve(entries.size());
  for (const auto &[key, leaves] : entries) {
    auto event = builder.string(llvm::StringRef(key.first));
    auto operand = key.second ? builder.string(llvm::StringRef(*key.second))
                              : TableBuilder::StringOffset();
    if (builder.overflowed())
      return {};
    auto vector = builder.fbb().CreateVectorOfStructs(leaves);
    offsets.push_back(CreateIndexEntry(builder.fbb(), event, operand, vector));
  }
  return builder.fbb().CreateVector(offsets);
}

} // namespace starton::table
