// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The effect of one statement on a job.

#ifndef STARTON_LIB_SEMA_LOWERSTATEMENT_H
#define STARTON_LIB_SEMA_LOWERSTATEMENT_H

#include "starton/Sema/Model.h"

namespace starton::sema {

class StatementLowering {
public:
  /// \p error is what Upstart says about the statement, None for a good one.
  StatementLowering(Job &job, const ast::File &file,
                    const ast::Statement &statement, Origin origin,
                    UpstartError error)
      : job(job), file(file), statement(statement), origin(origin),
        words(file.wordsOf(statement)), error(error) {}

  void apply();

private:
  bool failed() const { return error != UpstartError::None; }
  /// The first word is exactly this sub-keyword, unquoted (language §1.7).
  bool sub(llvm::StringRef keyword) const;
  bool onOneLine();
  /// The origin of a value in \p range, with the line of that range.
  Origin originAt(Range range);
  /// The same with the line of the statement.
  Origin originOf(const ast::Word &word) const;

  void text(Text &target, size_t index = 0);
  void list(std::vector<Text> &target);
  void listOfOne(std::vector<Text> &target);
  void flag(Located<bool> &target) { target = {true, origin}; }

  void condition(Condition &target);
  void process(ProcessSlot slot);
  void apparmor();
  void cgroup();

  void number(Number &target, size_t index, ValueType type);
  void respawn();
  void normal();
  void expect();
  void kill();
  void reload();
  void console();
  void oom();
  void limit();

  Job &job;
  const ast::File &file;
  const ast::Statement &statement;
  Origin origin;
  llvm::ArrayRef<ast::Word> words;
  UpstartError error;
  std::optional<bool> oneLine; ///< asked for only where words may be many
};

} // namespace starton::sema

#endif // STARTON_LIB_SEMA_LOWERSTATEMENT_H
