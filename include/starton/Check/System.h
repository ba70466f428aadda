// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One system as the checks see it: merged jobs, their places in the files, the
// known events, the graph.

#ifndef STARTON_CHECK_SYSTEM_H
#define STARTON_CHECK_SYSTEM_H

#include "starton/Check/Catalogue.h"
#include "starton/Check/Root.h"
#include "starton/Sema/Model.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"
#include <memory>

namespace starton::shell {
class ShellTexts;
} // namespace starton::shell

namespace starton::check {

class Graph;
class Reachability;
class VariableTable;

/// Some bytes of a file of the system (an index into JobSet::files).
struct Place {
  uint32_t file = 0;
  Range range;
  friend bool operator==(const Place &, const Place &) = default;
};

/// The place of a value: of a word that word, else the statement's keyword.
inline Place placeOf(const sema::Origin &origin) {
  return {origin.file, origin.range};
}

/// An operand of an event in a condition, taken apart (language §4.5).
struct Operand {
  llvm::StringRef key;   ///< empty and !named: positional
  llvm::StringRef value; ///< the pattern, `$VARIABLES` not expanded
  bool named = false;
  bool negated = false; ///< KEY!=VALUE
  Place place;          ///< the whole word

  /// Holds no variable and no pattern: stands for itself.
  bool isLiteral() const;
  bool hasVariable() const;
};
/// Takes the text of an operand apart; the place is left alone.
Operand parseOperand(llvm::StringRef text);

struct SystemOptions {
  /// Other packages' jobs are unknown: what could be defined there is no
  /// finding.
  bool partial = false;
  /// The directory below which the system's files lie (--root); empty: the
  /// files of the system are not looked at.
  std::string root;
};

class System {
public:
  /// Both must outlive the system.
  System(const sema::JobSet &set, const Catalogue &catalogue,
         SystemOptions options);
  ~System();
  System(const System &) = delete;
  System &operator=(const System &) = delete;

  const sema::JobSet &set() const { return jobSet; }
  const Catalogue &catalogue() const { return known; }
  const SystemOptions &options() const { return chosen; }
  bool isPartial() const { return chosen.partial; }
  const Graph &graph() const { return *events; }
  /// Made when first asked for.
  const Reachability &reachability() const;
  /// Remembers what it is asked (starton/Check/Variables.h).
  VariableTable &variables() const { return *variableTable; }
  /// The files of the system; not given without --root.
  const Root &root() const { return rootFiles; }
  /// What the jobs run, parsed when it is first asked for.
  const shell::ShellTexts &shell() const;

  const SourceBuffer &source(uint32_t file) const {
    return *jobSet.files[file].source;
  }
  const ast::File &tree(uint32_t file) const {
    return *jobSet.files[file].parse.file;
  }
  /// The bytes of \p place.
  llvm::StringRef text(Place place) const {
    return source(place.file).text(place.range);
  }
  /// The statement a value was written in; \p origin must be known().
  const ast::Statement &statement(const sema::Origin &origin) const {
    return tree(origin.file).statements[origin.statement];
  }
  /// The statements that make \p job, those of the conf first, in order;
  /// nothing of a rejected conf, and of a rejected override what counts.
  void forEachStatement(
      const sema::Job &job,
      llvm::function_ref<void(uint32_t file, const ast::Statement &)> visit)
      const;

  /// The edit that takes a statement out of its file, with its line when that
  /// holds nothing else.
  Edit removal(uint32_t file, const ast::Statement &statement) const;

  /// The name of the event that a Match node waits for, and its operands.
  Place eventPlace(const sema::ConditionNode &node) const;
  std::vector<Operand> operands(const sema::ConditionNode &node) const;

  /// Index of the job of this name, or NoJob.
  static constexpr uint32_t NoJob = ~uint32_t(0);
  uint32_t jobNamed(llvm::StringRef name) const;

private:
  const sema::JobSet &jobSet;
  const Catalogue &known;
  SystemOptions chosen;
  llvm::StringMap<uint32_t> names;
  Root rootFiles;
  std::unique_ptr<Graph> events;
  mutable std::unique_ptr<Reachability> reach;
  std::unique_ptr<VariableTable> variableTable;
  mutable std::unique_ptr<shell::ShellTexts> texts;
};

} // namespace starton::check

#endif // STARTON_CHECK_SYSTEM_H
