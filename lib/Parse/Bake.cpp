// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Build-time program: turns the lexer that ANTLR generated from ConfLexer.g4
// into one table. ANTLR builds the states of its automaton lazily while it
// reads; here its own simulator is asked for every state of every mode on every
// byte and end of file. So the grammar stays the only truth, and the program
// that uses the table needs neither the generated lexer nor its simulator.
//
//   starton-bake KINDS-OUTPUT TABLE-OUTPUT
//
// What the scanner relies on is checked here, and breaking it breaks the build:
//  - after its first byte every state accepts, so matching never backs up;
//  - wherever a token can end, the next mode can go on, so no byte is ever
//    unrecognized;
//  - no token ends only at end of file (the table has no column for it).

#include "ANTLRInputStream.h"
#include "ConfLexer.h"
#include "atn/LexerActionExecutor.h"
#include "atn/LexerModeAction.h"
#include "atn/LexerPushModeAction.h"
#include "atn/LexerTypeAction.h"
#include "atn/TokensStartState.h"
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

namespace {

using antlr4::atn::LexerActionType;
using antlr4::dfa::DFAState;

constexpr size_t NumBytes = 256;
constexpr char madeBy[] =
    "// Made from ConfLexer.g4 by starton-bake. Do not edit.\n";

[[noreturn]] void fail(const std::string &message) {
  std::fprintf(stderr, "starton-bake: %s\n", message.c_str());
  std::exit(1);
}

enum class ModeChange : int { None, Set, Push, Pop };
enum class Flow : int { Emit, Skip, More };

/// What to do when a token ends.
struct Action {
  size_t type = 0;
  ModeChange change = ModeChange::None;
  size_t mode = 0;
  Flow flow = Flow::Emit;

  auto key() const { return std::make_tuple(type, change, mode, flow); }
  friend bool operator<(const Action &left, const Action &right) {
    return left.key() < right.key();
  }
};

struct State {
  std::array<size_t, NumBytes> next{}; ///< 0: the token ends before this byte
  size_t action = 0;                   ///< 0: not accepting
  size_t mode = 0;
};

/// Opens up ANTLR's simulator to enumerate its automaton.
class Closure : public antlr4::atn::LexerATNSimulator {
public:
  Closure(const antlr4::atn::ATN &atn, std::vector<antlr4::dfa::DFA> &automata,
          antlr4::atn::PredictionContextCache &cache)
      : LexerATNSimulator(atn, automata, cache) {}

  void run(size_t modeCount) {
    states.resize(1); // 0 stands for "no state"
    actions.resize(1);
    for (size_t mode = 0; mode != modeCount; ++mode)
      closeMode(mode);
  }

  std::vector<State> states;
  std::vector<Action> actions;
  std::vector<size_t> starts;

private:
  void closeMode(size_t mode) {
    _mode = mode;
    numbers.clear();
    std::vector<DFAState *> pending;
    DFAState *start = addDFAState(
        computeStartState(&noInput, atn.modeToStartState[mode]).release());
    starts.push_back(numberOf(start, pending));
    while (!pending.empty()) {
      DFAState *state = pending.back();
      pending.pop_back();
      size_t number = numbers.at(state);
      for (size_t byte = 0; byte != NumBytes; ++byte)
        if (DFAState *target = step(state, byte))
          states[number].next[byte] = numberOf(target, pending);
      if (step(state, antlr4::Token::EOF))
        fail("a rule of the lexer grammar matches end of file");
    }
  }

  DFAState *step(DFAState *state, size_t symbol) {
    DFAState *target = getExistingTargetState(state, symbol);
    if (!target)
      target = computeTargetState(&noInput, state, symbol);
    return target == ERROR.get() ? nullptr : target;
  }

  size_t numberOf(DFAState *state, std::vector<DFAState *> &pending) {
    auto [entry, isNew] = numbers.emplace(state, states.size());
    if (isNew) {
      pending.push_back(state);
      states.emplace_back();
      states.back().mode = _mode;
      states.back().action = state->isAcceptState ? actionOf(*state) : 0;
    }
    return entry->second;
  }

  size_t actionOf(const DFAState &state) {
    Action action;
    action.type = state.prediction;
    std::vector<std::shared_ptr<antlr4::atn::LexerAction>> commands;
    if (state.lexerActionExecutor)
      commands = state.lexerActionExecutor->getLexerActions();
    for (const auto &command : commands)
      apply(*command, action);
    auto [entry, isNew] = actionNumbers.emplace(action, actions.size());
    if (isNew)
      actions.push_back(action);
    return entry->second;
  }

  static void apply(antlr4::atn::LexerAction &command, Action &action) {
    switch (command.getActionType()) {
    case LexerActionType::SKIP:
      action.flow = Flow::Skip;
      return;
    case LexerActionType::MORE:
      action.flow = Flow::More;
      return;
    case LexerActionType::TYPE:
      action.type = static_cast<size_t>(
          static_cast<antlr4::atn::LexerTypeAction &>(command).getType());
      return;
    case LexerActionType::MODE:
      action.change = ModeChange::Set;
      action.mode = static_cast<size_t>(
          static_cast<antlr4::atn::LexerModeAction &>(command).getMode());
      return;
    case LexerActionType::PUSH_MODE:
      action.change = ModeChange::Push;
      action.mode = static_cast<size_t>(
          static_cast<antlr4::atn::LexerPushModeAction &>(command).getMode());
      return;
    case LexerActionType::POP_MODE:
      action.change = ModeChange::Pop;
      return;
    default:
      fail("the lexer grammar uses a command or action that cannot be baked");
    }
  }

  antlr4::ANTLRInputStream noInput;
  std::map<DFAState *, size_t> numbers; ///< of the mode at hand
  std::map<Action, size_t> actionNumbers;
};

/// The modes a lexer may be in after \p action was taken in \p mode.
std::vector<size_t> modesAfter(const Closure &closure, const Action &action,
                               size_t mode) {
  switch (action.change) {
  case ModeChange::None:
    return {mode};
  case ModeChange::Set:
  case ModeChange::Push:
    return {action.mode};
  case ModeChange::Pop:
    break;
  }
  std::vector<size_t> result;
  for (const State &state : closure.states)
    if (state.action &&
        closure.actions[state.action].change == ModeChange::Push)
      result.push_back(state.mode);
  return result;
}

void checkTotal(const Closure &closure) {
  for (size_t byte = 0; byte != NumBytes; ++byte)
    if (!closure.states[closure.starts[0]].next[byte])
      fail("a byte cannot begin a file");
  for (size_t number = 1; number != closure.states.size(); ++number) {
    const State &state = closure.states[number];
    if (std::find(closure.starts.begin(), closure.starts.end(), number) !=
        closure.starts.end()) {
      if (state.action)
        fail("an empty token");
      continue;
    }
    if (!state.action)
      fail("a prefix of a token is no token, in mode " +
           std::to_string(state.mode));
    for (size_t mode :
         modesAfter(closure, closure.actions[state.action], state.mode))
      for (size_t byte = 0; byte != NumBytes; ++byte)
        if (!state.next[byte] &&
            !closure.states[closure.starts[mode]].next[byte])
          fail("byte " + std::to_string(byte) +
               " is lost after a token of mode " + std::to_string(state.mode));
  }
}

/// Bytes that no state tells apart share a column.
std::array<size_t, NumBytes> byteClasses(const Closure &closure,
                                         std::vector<size_t> &representatives) {
  std::array<size_t, NumBytes> classes{};
  for (size_t byte = 0; byte != NumBytes; ++byte) {
    auto sameColumn = [&](size_t other) {
      return std::all_of(closure.states.begin(), closure.states.end(),
                         [&](const State &state) {
                           return state.next[byte] == state.next[other];
                         });
    };
    auto found = std::find_if(representatives.begin(), representatives.end(),
                              sameColumn);
    classes[byte] = static_cast<size_t>(found - representatives.begin());
    if (found == representatives.end())
      representatives.push_back(byte);
  }
  return classes;
}

/// BAD_QUOTE becomes BadQuote.
std::string camelCase(const std::string &name) {
  if (name == "DEFAULT_MODE")
    return "Statement";
  if (std::none_of(name.begin(), name.end(), [](char letter) {
        return letter >= 'a' && letter <= 'z';
      })) {
    std::string result;
    bool first = true;
    for (char letter : name) {
      if (letter != '_')
        result += first ? letter : static_cast<char>(letter - 'A' + 'a');
      first = letter == '_';
    }
    return result;
  }
  return name;
}

template <typename Row, typename Printer>
void printArray(std::FILE *file, const char *head, const Row &row,
                Printer print) {
  std::fprintf(file, "%s = {", head);
  size_t column = 0;
  for (const auto &item : row)
    std::fprintf(file, "%s%s,", column++ % 16 ? " " : "\n  ",
                 print(item).c_str());
  std::fprintf(file, "\n};\n");
}

void printEnums(std::FILE *file, const antlr4::Lexer &lexer) {
  const antlr4::dfa::Vocabulary &vocabulary = lexer.getVocabulary();
  std::fprintf(file, "%senum class TokenKind : uint8_t {\n  EndOfFile = 0,\n",
               madeBy);
  for (size_t type = 1; type <= vocabulary.getMaxTokenType(); ++type)
    if (std::string name = vocabulary.getSymbolicName(type); !name.empty())
      std::fprintf(file, "  %s = %zu,\n", camelCase(name).c_str(), type);
  std::fprintf(file, "};\nenum class LexerMode : uint8_t {\n");
  for (const std::string &name : lexer.getModeNames())
    std::fprintf(file, "  %s,\n", camelCase(name).c_str());
  std::fprintf(file, "};\n");
}

/// BAD_QUOTE becomes "bad-quote".
std::string printedName(std::string name) {
  for (char &letter : name)
    letter = letter == '_' ? '-'
                           : static_cast<char>(std::tolower(
                                 static_cast<unsigned char>(letter)));
  return '"' + name + '"';
}

void printNames(std::FILE *file, const antlr4::dfa::Vocabulary &vocabulary) {
  std::vector<std::string> names(vocabulary.getMaxTokenType() + 1);
  names[0] = "END_OF_FILE";
  for (size_t type = 1; type != names.size(); ++type)
    names[type] = vocabulary.getSymbolicName(type);
  printArray(file, "constexpr const char *tokenNames[]", names, printedName);
}

/// The one byte that leaves a state which all others loop in, as in a comment
/// or a line of a script; NumBytes when there is no such byte. The scanner
/// searches for it instead of stepping.
size_t exitByte(const State &state, size_t number) {
  size_t exit = NumBytes;
  for (size_t byte = 0; byte != NumBytes; ++byte) {
    if (state.next[byte] == number)
      continue;
    if (exit != NumBytes)
      return NumBytes;
    exit = byte;
  }
  return exit;
}

/// Renumbers the states so that those with an exit byte come last, and returns
/// the first of them: one comparison then tells them from the others.
size_t moveLoopsLast(Closure &closure) {
  size_t count = closure.states.size();
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t(0));
  auto isPlain = [&](size_t number) {
    return number == 0 || exitByte(closure.states[number], number) == NumBytes;
  };
  auto firstLoop = std::stable_partition(order.begin(), order.end(), isPlain);
  auto result = static_cast<size_t>(firstLoop - order.begin());
  std::vector<size_t> numbers(count);
  for (size_t position = 0; position != count; ++position)
    numbers[order[position]] = position;
  std::vector<State> moved(count);
  for (size_t number = 0; number != count; ++number) {
    State &state = moved[numbers[number]];
    state = closure.states[number];
    for (size_t &next : state.next)
      next = numbers[next];
  }
  closure.states = std::move(moved);
  for (size_t &start : closure.starts)
    start = numbers[start];
  return result;
}

void printTable(std::FILE *file, Closure &closure) {
  size_t firstLoop = moveLoopsLast(closure);
  std::vector<size_t> representatives;
  std::array<size_t, NumBytes> classes = byteClasses(closure, representatives);
  if (closure.states.size() * representatives.size() > UINT16_MAX ||
      closure.actions.size() > UINT8_MAX)
    fail("the table is too large for its types");
  auto number = [](size_t value) { return std::to_string(value); };

  std::fprintf(file, "%sconstexpr unsigned NumByteClasses = %zu;\n", madeBy,
               representatives.size());
  printArray(file, "constexpr uint8_t byteClasses[256]", classes, number);
  std::vector<size_t> transitions;
  std::vector<size_t> stateActions;
  for (const State &state : closure.states) {
    for (size_t byte : representatives)
      transitions.push_back(state.next[byte] * representatives.size());
    stateActions.push_back(state.action);
  }
  printArray(file, "constexpr uint16_t transitions[]", transitions, number);
  printArray(file, "constexpr uint8_t stateActions[]", stateActions, number);
  std::vector<size_t> exits;
  for (size_t number = firstLoop; number != closure.states.size(); ++number)
    exits.push_back(exitByte(closure.states[number], number));
  std::fprintf(file, "constexpr unsigned FirstLoopState = %zu;\n",
               firstLoop * representatives.size());
  printArray(file, "constexpr uint8_t exitBytes[]", exits, number);
  std::vector<size_t> starts;
  starts.reserve(closure.starts.size());
  for (size_t start : closure.starts)
    starts.push_back(start * representatives.size());
  printArray(file, "constexpr uint16_t modeStarts[]", starts, number);
  printArray(file, "constexpr LexerAction lexerActions[]", closure.actions,
             [](const Action &action) {
               return "{TokenKind(" + std::to_string(action.type) +
                      "), ModeChange(" +
                      std::to_string(static_cast<int>(action.change)) +
                      "), LexerMode(" + std::to_string(action.mode) +
                      "), TokenFlow(" +
                      std::to_string(static_cast<int>(action.flow)) + ")}";
             });
}

template <typename Writer> void writeFile(const char *path, Writer write) {
  std::FILE *file = std::fopen(path, "w");
  if (!file)
    fail("cannot write " + std::string(path));
  write(file);
  if (std::fclose(file) != 0)
    fail("cannot write " + std::string(path));
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 3)
    fail("usage: starton-bake KINDS-OUTPUT TABLE-OUTPUT");
  antlr4::ANTLRInputStream noInput;
  ConfLexer lexer(&noInput);
  const antlr4::atn::ATN &atn = lexer.getATN();
  std::vector<antlr4::dfa::DFA> automata;
  for (size_t decision = 0; decision != atn.getNumberOfDecisions(); ++decision)
    automata.emplace_back(atn.getDecisionState(decision), decision);
  antlr4::atn::PredictionContextCache cache;
  Closure closure(atn, automata, cache);
  closure.run(lexer.getModeNames().size());
  checkTotal(closure);

  writeFile(argv[1], [&](std::FILE *file) { printEnums(file, lexer); });
  writeFile(argv[2], [&](std::FILE *file) {
    printTable(file, closure);
    printNames(file, lexer.getVocabulary());
  });
  return 0;
}
