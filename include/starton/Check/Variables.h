// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variables: where texts use them (language §5.3), and which events carry them.

#ifndef STARTON_CHECK_VARIABLES_H
#define STARTON_CHECK_VARIABLES_H

#include "starton/Check/Graph.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringSet.h"
#include <memory>

namespace starton::check {

/// A `$NAME` or `${NAME...}` in a text that Upstart expands: `instance`, the
/// values of operands, `apparmor switch`, names of cgroups.
struct VariableReference {
  llvm::StringRef name;
  Range range;           ///< in the text, from `$` to the end of the name
  bool optional = false; ///< has a default, or only asks whether it is set
};

/// In order. A name that is itself made of variables (`${$X}`) is left out,
/// those it is made of are not.
std::vector<VariableReference> variableReferences(llvm::StringRef text);

enum class Carries : uint8_t { No, Unknown, Yes };

/// Whether the event that \p leaf waits for has a variable of this name.
/// Unknown wherever it may have further ones than are known.
Carries carries(const System &system, const Leaf &leaf,
                llvm::StringRef variable);

/// The variables that positional operands of a leaf count through, in order.
struct EventVariables {
  std::vector<std::string> names;
  bool more = true; ///< there may be further ones behind
  bool known = false;

  bool contains(llvm::StringRef name) const { return set.contains(name); }
  llvm::StringSet<> set; ///< names
};

/// What is known of all events and jobs, each looked at once (System keeps it).
class VariableTable {
public:
  explicit VariableTable(const System &system) : system(system) {}

  const EventVariables &ofEvent(uint32_t event);
  /// The variables that the job exports.
  const llvm::StringSet<> &exportsOf(uint32_t job);

private:
  const System &system;
  llvm::DenseMap<uint32_t, std::unique_ptr<EventVariables>> events;
  llvm::DenseMap<uint32_t, std::unique_ptr<llvm::StringSet<>>> exports;
};

const EventVariables &variablesOf(const System &system, const Leaf &leaf);

/// The variables that may come with one of several events: asked often, for
/// many names.
class ComingVariables {
public:
  ComingVariables(const System &system, llvm::ArrayRef<Leaf> leaves);

  /// Whether any of the leaves carries, or may carry, a variable of this name.
  bool mayCome(llvm::StringRef name) const { return anything || isKnown(name); }
  /// Whether any of the leaves is known to carry it.
  bool isKnown(llvm::StringRef name) const;

private:
  const System &system;
  bool anything = false;                      ///< some event is not known
  std::vector<const EventVariables *> events; ///< each once
  std::vector<uint32_t> jobs; ///< whose exports come along, each once
};

/// Whether a variable of this name is set for \p job whatever starts it: by
/// `env` with a value, or by init (PATH, TERM, UPSTART_...).
bool isAlwaysSet(const sema::Job &job, llvm::StringRef variable);

} // namespace starton::check

#endif // STARTON_CHECK_VARIABLES_H
