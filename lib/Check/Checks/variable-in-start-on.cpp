// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "llvm/ADT/StringExtras.h"

namespace starton::check {

namespace {

bool beginsName(char byte) { return llvm::isAlpha(byte) || byte == '_'; }

/// Expands \p text as Upstart does for `start on`, where no variable is set
/// (language §5.3), and tells whether that fails: so does every reference
/// without a default, also inside a default that is not used.
class EmptyExpansion {
public:
  explicit EmptyExpansion(llvm::StringRef text) : text(text) {}

  bool fails() {
    for (; at < text.size(); ++at)
      if (!readByte())
        return true;
    return !open.empty();
  }

private:
  enum class Part : uint8_t { Name, Word };

  bool readByte() {
    if (text[at] == '$' && at + 1 < text.size())
      return readReference();
    if (open.empty())
      return true;
    return open.back() == Part::Name ? readName() : readWord();
  }

  bool readReference() {
    llvm::StringRef rest = text.drop_front(at + 1);
    if (rest.starts_with("{}")) {
      at += 2;
      return true;
    }
    if (rest.front() == '{') {
      ++at;
      open.push_back(Part::Name);
      return true;
    }
    return !beginsName(rest.front());
  }

  bool readName() {
    if (text[at] == '}')
      return false;
    bool colon = text[at] == ':';
    if (colon)
      ++at;
    if (at == text.size())
      return false;
    if (text[at] == '-' || text[at] == '+')
      open.back() = Part::Word;
    else if (colon)
      return false;
    return true;
  }

  bool readWord() {
    if (text[at] == '}')
      open.pop_back();
    return true;
  }

  llvm::StringRef text;
  size_t at = 0;
  std::vector<Part> open;
};

void run(Context &context) {
  for (const Leaf &leaf : context.graph().leaves()) {
    if (leaf.stops)
      continue;
    const sema::ConditionNode &node = context.graph().nodeOf(leaf);
    for (const Operand &operand : context.system().operands(node))
      if (operand.hasVariable() && EmptyExpansion(operand.value).fails())
        context.report(operand.place,
                       "variables are not set in 'start on', so this never "
                       "matches");
  }
}

} // namespace

STARTON_CHECK(variableInStartOn) = {
    .name = "variable-in-start-on",
    .summary = "'start on' uses a variable, which never expands there",
    .severity = Severity::Error,
    .doc = R"(
In `stop on` a `$VARIABLE` stands for a value of the running instance.
In `start on` there is no instance yet, and not even the `env` of the job is looked at, contrary to the manual: the expansion fails and the event never matches, without a message.
Only references with a default work, such as `${PORT-80}`, and they always give the default.

Write the value itself, or a pattern (`PORT=*`) and test the variable in pre-start, which may call `stop`.
)",
    .bad = R"(
#--- web.conf
start on runlevel [2345]
stop on runlevel [016]
env PORT=80
export PORT
exec /usr/sbin/webd
#--- watch.conf
start on started web «PORT=$PORT»
stop on stopping web
env PORT=80
exec /usr/sbin/watchd $PORT
)",
    .good = R"(
#--- web.conf
start on runlevel [2345]
stop on runlevel [016]
env PORT=80
export PORT
exec /usr/sbin/webd
#--- watch.conf
start on started web PORT=80
stop on stopping web
env PORT=80
exec /usr/sbin/watchd $PORT
)",
    .run = run};

} // namespace starton::check
