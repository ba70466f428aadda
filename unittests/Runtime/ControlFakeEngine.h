// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the fake engine does:
//  - Start makes an instance and goes to start/running at once; the names of
//    instances are the value of the KEY of an `instance $KEY`.
//  - A Start or EmitEvent with wait of something named "hold..." is never
//    answered; an event named "fail" fails; one named "refuse" is refused.

#ifndef STARTON_UNITTESTS_RUNTIME_CONTROLFAKEENGINE_H
#define STARTON_UNITTESTS_RUNTIME_CONTROLFAKEENGINE_H

#include "starton/Runtime/Engine/Engine.h"
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace starton::test {

struct FakeJob {
  std::string name = {};
  std::string description = {};
  std::string instance = {}; ///< "" or "$KEY"
  std::vector<std::string> emits = {};
  /// Post-order, as D-Bus shows it: {"/AND"} and {"/OR"} are operators.
  std::vector<std::vector<std::string>> startOn = {};
};

/// A job table of them, with the parts that the server looks at and no others:
/// not one that the reader would accept.
std::string buildTable(const std::vector<FakeJob> &jobs);

struct FakeInstance {
  engine::ClassIndex job;
  std::string name;
};

/// An action with what its views point to.
struct FakeAction {
  engine::Action action;
  std::string text;
  std::vector<std::string> environment;
  std::vector<engine::Text> views;
};

} // namespace starton::test

struct starton::engine::Engine::Impl {
  const table::JobTable *table = nullptr;
  std::vector<std::unique_ptr<test::FakeInstance>> instances; ///< null: gone
  std::deque<test::FakeAction> actions;
  test::FakeAction current;
  std::string expanded;
  std::string problem;
  /// By index of the instance, ~0: the global one.
  std::map<uint32_t, std::map<std::string, std::string>> environments;
  std::vector<std::string> listed;
  std::vector<Text> listedViews;
  /// What the queries about runs and holders say.
  std::vector<LastRun> lastRuns; ///< by class; the later ones have none
  std::vector<Holder> holders;
  std::vector<std::pair<std::string, std::string>> events;
  EventIndex blocker = NoEvent; ///< of every instance
};

namespace starton::engine {

struct Inside {
  static Engine::Impl &of(Engine &engine) { return *engine.impl; }
};

} // namespace starton::engine

#endif // STARTON_UNITTESTS_RUNTIME_CONTROLFAKEENGINE_H
