// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls to an init: initctl and its other names, service, D-Bus.

#include "Meaning.h"
#include "Words.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include <algorithm>
#include <optional>

using namespace starton;
using namespace starton::shell;

namespace {

/// Stands for what is not known inside a text; never in a shell's words.
constexpr char Hole = '\0';

std::optional<ControlKind> commandKind(llvm::StringRef name) {
  return llvm::StringSwitch<std::optional<ControlKind>>(name)
      .Case("emit", ControlKind::Emit)
      .Case("start", ControlKind::Start)
      .Case("stop", ControlKind::Stop)
      .Case("restart", ControlKind::Restart)
      .Case("reload", ControlKind::Reload)
      .Case("status", ControlKind::Status)
      .Default(std::nullopt);
}

class CallReader {
public:
  CallReader(ShellFacts &facts, const llvm::StringSet<> &functions,
             uint32_t command)
      : facts(facts), functions(functions) {
    call.command = command;
    call.firstArgument = static_cast<uint32_t>(facts.controlArguments.size());
  }

  void read(const Layer &program) {
    const Word &name = facts.words[program.word];
    at = program.firstArgument;
    end = program.endWord;
    llvm::StringRef base = baseName(name.value);
    if (base == "initctl")
      readInitctl();
    else if (base == "service" || base == "invoke-rc.d")
      readService();
    else if (base == "dbus-send")
      readDBusSend();
    else if (base == "gdbus")
      readGDBus();
    else if (auto kind = commandKind(base);
             kind && *kind != ControlKind::Emit && !functions.contains(base))
      readCommand(*kind, ControlTool::Bare);
  }

private:
  /// The text of a word with Hole for each expansion.
  std::string shapeOf(const Word &word) const {
    std::string shape;
    for (const WordPart &part : facts.partsOf(word)) {
      if (part.kind == PartKind::Literal)
        shape += part.text;
      else if (part.kind == PartKind::Pattern)
        shape += part.text;
      else
        shape += Hole;
    }
    return shape;
  }

  llvm::StringRef keep(llvm::StringRef text) { return text.copy(*facts.arena); }

  void setName(const Word &word, llvm::StringRef shape) {
    call.nameRange = word.range;
    call.isLiteral = !shape.contains(Hole);
    std::string name = shape.str();
    std::replace(name.begin(), name.end(), Hole, '*');
    call.name = keep(name);
  }

  void addArgument(const Word &word, llvm::StringRef shape) {
    ControlArgument argument;
    argument.range = word.range;
    argument.isLiteral = !shape.contains(Hole);
    size_t equals = shape.find('=');
    llvm::StringRef key = shape.substr(0, equals);
    bool hasKey = equals != llvm::StringRef::npos && !key.contains(Hole);
    if (hasKey)
      argument.key = keep(key);
    llvm::StringRef value = hasKey ? shape.substr(equals + 1) : shape;
    if (!value.contains(Hole))
      argument.value = keep(value);
    facts.controlArguments.push_back(argument);
    ++call.argumentCount;
  }

  void finish() { facts.controlCalls.push_back(call); }

  /// Options in front of the command; false: the call cannot be understood.
  bool skipInitctlOptions() {
    for (; at < end; ++at) {
      const Word &word = facts.words[at];
      if (word.value.empty() && !word.isLiteral && word.hasUnquoted)
        return false;
      if (!word.value.starts_with("-"))
        return true;
      at += word.isLiteral && word.value == "--dest";
    }
    return false;
  }

  void readInitctl() {
    if (!skipInitctlOptions() || !facts.words[at].isLiteral)
      return;
    auto kind = commandKind(facts.words[at].value);
    ++at;
    if (kind)
      readCommand(*kind, ControlTool::Initctl);
  }

  void readCommand(ControlKind kind, ControlTool tool) {
    call.kind = kind;
    call.tool = tool;
    bool named = false, operandsOnly = false;
    for (; at < end; ++at) {
      const Word &word = facts.words[at];
      llvm::StringRef text = word.value;
      if (!operandsOnly && text.size() > 1 && text.front() == '-') {
        call.noWait |= text == "-n" || text == "--no-wait";
        operandsOnly = word.isLiteral && text == "--";
        at += word.isLiteral && text == "--dest";
        continue;
      }
      // `$1` in front of the name is most probably the name.
      bool mayBeMany = word.hasUnquoted && word.partCount == 1;
      if (!named) {
        setName(word, shapeOf(word));
        named = true;
      } else if (mayBeMany) {
        call.argumentsComplete = false;
      } else {
        addArgument(word, shapeOf(word));
      }
    }
    if (named)
      finish();
  }

  /// `service JOB ACTION [ARGUMENTS]`.
  void readService() {
    call.tool = ControlTool::Service;
    while (at < end && facts.words[at].value.starts_with("-"))
      ++at;
    if (at + 1 >= end || !facts.words[at + 1].isLiteral)
      return;
    auto kind = commandKind(facts.words[at + 1].value);
    if (!kind || *kind == ControlKind::Emit)
      return;
    call.kind = *kind;
    setName(facts.words[at], shapeOf(facts.words[at]));
    for (at += 2; at < end; ++at)
      addArgument(facts.words[at], shapeOf(facts.words[at]));
    finish();
  }

  /// The method's last component; sets the job when it is one of a job.
  bool readMethod(const Word &word, llvm::StringRef path) {
    llvm::StringRef method = word.value;
    if (!word.isLiteral || !method.consume_front("com.ubuntu.Upstart"))
      return false;
    llvm::StringRef member = method.substr(method.rfind('.') + 1);
    if (member == "EmitEvent") {
      call.kind = ControlKind::Emit;
      return true;
    }
    auto kind = commandKind(member.lower());
    if (!kind || *kind == ControlKind::Emit || *kind == ControlKind::Status ||
        !path.consume_front("/com/ubuntu/Upstart/jobs/"))
      return false;
    call.kind = *kind;
    setName(word, unescapePath(path.split('/').first));
    return true;
  }

  /// `_2d` stands for `-` in a path of D-Bus.
  static std::string unescapePath(llvm::StringRef component) {
    std::string text;
    while (!component.empty()) {
      unsigned byte = 0;
      bool escaped = component.front() == '_' && component.size() >= 3 &&
                     !component.substr(1, 2).getAsInteger(16, byte);
      text += escaped ? static_cast<char>(byte) : component.front();
      component = component.drop_front(escaped ? 3 : 1);
    }
    return text;
  }

  void readDBusSend() {
    call.tool = ControlTool::DBus;
    llvm::StringRef path;
    bool hasMethod = false;
    unsigned count = 0;
    for (; at < end; ++at) {
      const Word &word = facts.words[at];
      std::string shape = shapeOf(word);
      if (word.value.starts_with("--"))
        continue;
      if (path.empty() && !hasMethod) {
        path = word.value;
        if (path.empty())
          return;
      } else if (!hasMethod) {
        if (!readMethod(word, path))
          return;
        hasMethod = true;
      } else {
        readDBusValue(word, shape, count++);
      }
    }
    if (hasMethod && (call.kind != ControlKind::Emit || count != 0))
      finish();
  }

  /// `string:NAME` first for EmitEvent, `array:string:A=1,B=2` then.
  void readDBusValue(const Word &word, llvm::StringRef shape, unsigned index) {
    if (shape.consume_front("boolean:") ||
        shape.consume_front("array:boolean:"))
      return void(call.noWait |= shape == "false");
    bool isName = index == 0 && call.kind == ControlKind::Emit;
    if (isName && shape.consume_front("string:"))
      return setName(word, shape);
    if (!shape.consume_front("array:string:"))
      return void(call.argumentsComplete = false);
    while (!shape.empty()) {
      auto [first, rest] = shape.split(',');
      if (!first.empty())
        addArgument(word, first);
      shape = rest;
    }
  }

  /// `gdbus call --object-path P --method M NAME "['A=1', 'B=2']" true`.
  void readGDBus() {
    call.tool = ControlTool::DBus;
    if (at >= end || facts.words[at].value != "call")
      return;
    uint32_t path = None, method = None;
    std::vector<uint32_t> values;
    for (++at; at < end; ++at) {
      llvm::StringRef text = facts.words[at].value;
      if (text == "--object-path" || text == "-o")
        path = ++at;
      else if (text == "--method" || text == "-m")
        method = ++at;
      else if (text == "--dest" || text == "-d" || text == "--address" ||
               text == "--timeout" || text == "-t")
        ++at;
      else if (!text.starts_with("--"))
        values.push_back(at);
    }
    if (path == None || path >= end || method == None || method >= end ||
        !readMethod(facts.words[method], facts.words[path].value))
      return;
    readVariants(values);
  }

  void readVariants(const std::vector<uint32_t> &values) {
    bool isEmit = call.kind == ControlKind::Emit;
    if (isEmit && values.empty())
      return;
    for (size_t index = 0; index != values.size(); ++index) {
      const Word &word = facts.words[values[index]];
      std::string shape = shapeOf(word);
      if (index == 0 && isEmit)
        setName(word, llvm::StringRef(shape).trim("'\""));
      else if (shape == "false")
        call.noWait = true;
      else if (llvm::StringRef(shape).starts_with("["))
        readVariantArray(word, shape);
    }
    finish();
  }

  void readVariantArray(const Word &word, llvm::StringRef shape) {
    for (;;) {
      size_t open = shape.find_first_of("'\"");
      if (open == llvm::StringRef::npos)
        return;
      size_t close = shape.find(shape[open], open + 1);
      if (close == llvm::StringRef::npos)
        return void(call.argumentsComplete = false);
      addArgument(word, shape.slice(open + 1, close));
      shape = shape.substr(close + 1);
    }
  }

  ShellFacts &facts;
  const llvm::StringSet<> &functions;
  ControlCall call;
  uint32_t at = 0, end = 0;
};

} // namespace

void shell::addControlCalls(ShellFacts &facts,
                            const llvm::StringSet<> &functions,
                            uint32_t command) {
  const Command &c = facts.commands[command];
  if (c.layerCount == 0)
    return;
  const Layer program = facts.layersOf(c).back();
  if (program.kind != WrapperKind::Program || program.word == None ||
      !facts.words[program.word].isLiteral)
    return;
  CallReader(facts, functions, command).read(program);
}
