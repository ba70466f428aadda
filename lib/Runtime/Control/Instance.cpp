// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// com.ubuntu.Upstart0_6.Instance (runtime §7.4).

#include "Interfaces.h"

namespace starton::control {

static void changeGoal(Request &request, engine::Input::Kind kind) {
  engine::Input input;
  input.kind = kind;
  input.job = request.object.job;
  input.instance = request.object.instance;
  input.wait = wire::Reader(request.message).boolean();
  request.submit(input, ReplyShape::Empty);
}

void startInstance(Request &request) {
  changeGoal(request, engine::Input::Kind::StartInstance);
}

void stopInstance(Request &request) {
  changeGoal(request, engine::Input::Kind::StopInstance);
}

void restartInstance(Request &request) {
  changeGoal(request, engine::Input::Kind::RestartInstance);
}

void reloadInstance(Request &request) {
  engine::Input input;
  input.kind = engine::Input::Kind::Reload;
  input.job = request.object.job;
  input.instance = request.object.instance;
  request.submit(input, ReplyShape::Empty);
}

void writeInstanceName(Request &request, wire::Writer &writer) {
  writer.string(request.view().name);
}

void writeGoal(Request &request, wire::Writer &writer) {
  writer.string(textOf(engine::goalName(request.view().goal)));
}

void writeState(Request &request, wire::Writer &writer) {
  writer.string(textOf(engine::stateName(request.view().state)));
}

void writeProcesses(Request &request, wire::Writer &writer) {
  writeProcessList(request.view(), writer);
}

void writeProcessList(const engine::InstanceView &view, wire::Writer &writer) {
  writer.openArray("(si)");
  // The order of the slots is the order Upstart shows them in.
  for (unsigned slot = 0; slot < engine::NumSlots; ++slot) {
    if (view.pids[slot] <= 0)
      continue;
    writer.openStruct();
    writer.string(textOf(engine::slotName(static_cast<engine::Slot>(slot))));
    writer.int32(view.pids[slot]);
    writer.close();
  }
  writer.close();
}

} // namespace starton::control
