// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which classes wait for an event, for those whose definition is not in the
// base table (that one brings its own index). Leaves are found by a hash of
// event name and operand; a collision costs a look at a condition that does not
// match, so nothing else is compared.

#ifndef STARTON_LIB_RUNTIME_ENGINE_LEAFINDEX_H
#define STARTON_LIB_RUNTIME_ENGINE_LEAFINDEX_H

#include "State.h"
#include "Table.h"

namespace starton::engine {

class LeafIndex {
public:
  struct Leaf {
    uint32_t link;
    uint32_t next, previous; ///< of the same place in the table
    uint32_t sibling;        ///< of the same definition
    uint32_t hash;
    ClassIndex job;
    uint32_t node;
    bool stops; ///< of the stop condition
    bool found; ///< it is in the table
  };

  /// Makes the leaves of a definition, which are not found yet. False: no
  /// memory, and nothing was made.
  [[nodiscard]] bool make(const table::Job &job, ClassIndex slot,
                          uint32_t &chain);
  /// The class they are of, when that was not known before.
  void assign(uint32_t chain, ClassIndex slot);
  /// They are found from now on. Cannot fail.
  void insert(uint32_t chain);
  void drop(uint32_t &chain);

  template <typename Function>
  void each(Text event, const Text *operand, Function function) const {
    if (heads.empty())
      return;
    uint32_t hash = hashOf(event, operand);
    for (uint32_t at = heads[hash & (heads.size() - 1)]; at != None;
         at = leaves[at].next)
      if (leaves[at].hash == hash)
        function(leaves[at]);
  }

private:
  static uint32_t hashOf(Text event, const Text *operand);
  bool makeTree(const table::Condition *condition, bool stops, ClassIndex slot,
                uint32_t &chain);
  bool grow();
  void place(uint32_t leaf);

  Pool<Leaf> leaves;
  Vector<uint32_t> heads; ///< a power of two
};

} // namespace starton::engine

#endif // STARTON_LIB_RUNTIME_ENGINE_LEAFINDEX_H
