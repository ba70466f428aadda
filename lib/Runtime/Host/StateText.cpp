// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// GetState: the state as JSON, for people and scripts (spec/runtime §6.7). Not
// what a re-exec reads. Memory may run out anywhere: then there is no text.

#include "starton/Runtime/Host/StateText.h"
#include "starton/Runtime/Control/Names.h"
#include "starton/Table/JobTable_generated.h"
#include <cstdio>

namespace starton::host {

namespace {

using engine::Text;

constexpr const char *Goals[] = {"JOB_STOP", "JOB_START", "JOB_RESPAWN"};
constexpr const char *States[] = {
    "JOB_WAITING",       "JOB_STARTING",     "JOB_SECURITY_SPAWNING",
    "JOB_SECURITY",      "JOB_PRE_STARTING", "JOB_PRE_START",
    "JOB_SPAWNING",      "JOB_SPAWNED",      "JOB_POST_STARTING",
    "JOB_POST_START",    "JOB_RUNNING",      "JOB_PRE_STOPPING",
    "JOB_PRE_STOP",      "JOB_STOPPING",     "JOB_KILLED",
    "JOB_POST_STOPPING", "JOB_POST_STOP"};
constexpr const char *ProcessNames[] = {
    "PROCESS_MAIN",     "PROCESS_PRE_START", "PROCESS_POST_START",
    "PROCESS_PRE_STOP", "PROCESS_POST_STOP", "PROCESS_SECURITY"};

class JsonText {
public:
  explicit JsonText(Vector<char> &target) : out(target) {}

  void raw(const char *text) {
    for (; *text; ++text)
      put(*text);
  }
  /// A value before which a comma stands unless it is the first.
  void next() {
    if (!first)
      put(',');
    first = false;
  }
  void open(char bracket) {
    put(bracket);
    first = true;
  }
  void close(char bracket) {
    put(bracket);
    first = false;
  }
  void key(const char *name) {
    next();
    string(textOf(name));
    put(':');
  }
  void number(int64_t value) {
    char digits[24];
    std::snprintf(digits, sizeof digits, "%lld", static_cast<long long>(value));
    raw(digits);
  }
  void string(Text text) {
    Vector<char> clean;
    if (!clean.resize(control::printableSize(text)))
      bad = true;
    else
      (void)control::writePrintable(text, clean.data());
    put('"');
    for (char c : clean)
      character(c);
    put('"');
  }
  bool good() const { return !bad; }

private:
  void put(char c) { bad = bad || !out.push(c); }
  void character(char c) {
    if (c == '"' || c == '\\') {
      put('\\');
      put(c);
    } else if (static_cast<unsigned char>(c) < ' ') {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
      raw(code);
    } else {
      put(c);
    }
  }

  Vector<char> &out;
  bool first = true;
  bool bad = false;
};

void writeInstance(JsonText &json, const engine::InstanceView &view) {
  json.next();
  json.open('{');
  json.key("name");
  json.string(view.name);
  json.key("goal");
  json.string(textOf(Goals[static_cast<unsigned>(view.goal)]));
  json.key("state");
  json.string(textOf(States[static_cast<unsigned>(view.state)]));
  json.key("pid");
  json.open('{');
  for (unsigned slot = 0; slot < engine::NumSlots; ++slot) {
    json.key(ProcessNames[slot]);
    json.number(view.pids[slot]);
  }
  json.close('}');
  json.close('}');
}

void writeClasses(JsonText &json, engine::Engine &engine) {
  json.key("job_classes");
  json.open('[');
  for (uint32_t i = 0; i < engine.classCount(); ++i) {
    engine::ClassIndex job = engine.classAt(i);
    json.next();
    json.open('{');
    json.key("name");
    json.string(engine.className(job));
    json.key("session");
    json.raw("null");
    json.key("jobs");
    json.open('[');
    engine::InstanceView view;
    for (engine::InstanceId at = engine.firstInstance(job);
         engine.viewInstance(at, view); at = engine.nextInstance(at))
      writeInstance(json, view);
    json.close(']');
    json.close('}');
  }
  json.close(']');
}

/// Those that are held: no other rests.
bool writeEvents(JsonText &json, engine::Engine &engine) {
  Vector<engine::Holder> holders;
  if (!engine.holders(holders))
    return false;
  json.key("events");
  json.open('[');
  for (size_t i = 0; i < holders.size();) {
    engine::EventIndex event = holders[i].event;
    int64_t blockers = 0;
    for (; i < holders.size() && holders[i].event == event; ++i)
      ++blockers;
    engine::EventView view;
    if (!engine.viewEvent(event, view))
      continue;
    json.next();
    json.open('{');
    json.key("session");
    json.raw("null");
    json.key("name");
    json.string(view.name);
    json.key("progress");
    json.string(textOf("EVENT_HANDLING"));
    json.key("blockers");
    json.number(blockers);
    json.key("env");
    json.open('[');
    for (size_t at = 0; at < view.variables.size();) {
      Text entry = textOf(view.variables.data() + at);
      json.next();
      json.string(entry);
      at += entry.size() + 1;
    }
    json.close(']');
    json.close('}');
  }
  json.close(']');
  return true;
}

} // namespace

bool writeStateText(engine::Engine &engine, Text busAddress,
                    Span<char *const> sources, Vector<char> &text) {
  JsonText json(text);
  json.open('{');
  json.key("sessions");
  json.raw("[]");
  if (!writeEvents(json, engine))
    return false;
  json.key("control_bus_address");
  if (busAddress.empty())
    json.raw("null");
  else
    json.string(busAddress);
  json.key("job_environment");
  json.open('[');
  Span<const Text> entries;
  if (engine.listEnv(engine::NoInstance, entries))
    for (Text entry : entries) {
      json.next();
      json.string(entry);
    }
  json.close(']');
  writeClasses(json, engine);
  json.key("conf_sources");
  json.open('[');
  for (const char *source : sources) {
    json.next();
    json.open('{');
    json.key("path");
    json.string(textOf(source));
    json.close('}');
  }
  json.close(']');
  json.close('}');
  return json.good();
}

} // namespace starton::host
