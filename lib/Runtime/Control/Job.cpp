// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// com.ubuntu.Upstart0_6.Job (runtime §7.3).

#include "Interfaces.h"
#include "starton/Runtime/Control/Names.h"
#include "starton/Runtime/Control/Upstart.h"
#include "starton/Table/JobTable_generated.h"

namespace starton::control {

static const table::Job &jobOf(Request &request) {
  return request.engine().classJob(request.object.job);
}

static void answerInstance(Request &request, engine::InstanceId id) {
  engine::InstanceView view;
  (void)request.engine().viewInstance(id, view);
  wire::Writer writer;
  writer.startReply(request.message.serial());
  writer.objectPath(request.server.jobName(request.object.job), &view.name);
  request.answer(writer);
}

static bool exists(Request &request, engine::InstanceId id) {
  engine::InstanceView view;
  return request.engine().viewInstance(id, view);
}

static void failUnknownInstance(Request &request, Text name) {
  request.fail(engine::ErrorName::UnknownInstance,
               {textOf("Unknown instance: "), name});
}

void getInstance(Request &request) {
  wire::Reader reader(request.message);
  Vector<Text> environment;
  if (!readEnvironment(request, reader, environment))
    return;
  Text name;
  Text problem;
  if (!request.engine().instanceName(
          request.object.job, wire::viewOf(environment), true, name, problem)) {
    if (problem.empty())
      return request.failNoMemory();
    return request.fail(engine::ErrorName::InvalidArgs, {problem});
  }
  engine::InstanceId id =
      request.engine().findInstance(request.object.job, name);
  if (!exists(request, id))
    return failUnknownInstance(request, name);
  answerInstance(request, id);
}

engine::InstanceId findInstance(engine::Engine &engine, engine::ClassIndex job,
                                Text name) {
  engine::InstanceId id = engine.findInstance(job, name);
  engine::InstanceView view;
  Vector<char> raw;
  if (engine.viewInstance(id, view) || !raw.resize(name.size() + 1))
    return id;
  char *end = writeUnprintable(name, raw.data());
  return engine.findInstance(
      job, {raw.data(), static_cast<size_t>(end - raw.data())});
}

void getInstanceByName(Request &request) {
  Text name = wire::Reader(request.message).string();
  engine::InstanceId id =
      findInstance(request.engine(), request.object.job, name);
  if (!exists(request, id))
    return failUnknownInstance(request, name);
  answerInstance(request, id);
}

void getAllInstances(Request &request) {
  wire::Writer writer;
  writer.startReply(request.message.serial());
  writer.openArray("o");
  engine::InstanceView view;
  Text job = request.server.jobName(request.object.job);
  for (engine::InstanceId id =
           request.engine().firstInstance(request.object.job);
       request.engine().viewInstance(id, view);
       id = request.engine().nextInstance(id))
    writer.objectPath(job, &view.name);
  writer.close();
  request.answer(writer);
}

static void changeGoal(Request &request, engine::Input::Kind kind,
                       ReplyShape shape) {
  wire::Reader reader(request.message);
  Vector<Text> environment;
  if (!readEnvironment(request, reader, environment))
    return;
  engine::Input input;
  input.kind = kind;
  input.job = request.object.job;
  input.env = wire::viewOf(environment);
  input.wait = reader.boolean();
  request.submit(input, shape);
}

void startJob(Request &request) {
  changeGoal(request, engine::Input::Kind::Start, ReplyShape::Instance);
}

void stopJob(Request &request) {
  changeGoal(request, engine::Input::Kind::Stop, ReplyShape::Empty);
}

void restartJob(Request &request) {
  changeGoal(request, engine::Input::Kind::Restart, ReplyShape::Instance);
}

// --- Properties.

static void write(wire::Writer &writer, const flatbuffers::String *text) {
  writer.string(text ? Text(text->c_str(), text->size()) : Text());
}

void writeJobName(Request &request, wire::Writer &writer) {
  write(writer, jobOf(request).name());
}

void writeDescription(Request &request, wire::Writer &writer) {
  write(writer, jobOf(request).description());
}

void writeAuthor(Request &request, wire::Writer &writer) {
  write(writer, jobOf(request).author());
}

void writeJobVersion(Request &request, wire::Writer &writer) {
  write(writer, jobOf(request).version());
}

void writeUsage(Request &request, wire::Writer &writer) {
  write(writer, jobOf(request).usage());
}

static void write(wire::Writer &writer, const table::Condition *condition) {
  writer.openArray("as");
  if (condition) {
    for (const table::Node *node : *condition->nodes()) {
      writer.openArray("s");
      if (node->kind() == table::NodeKind::Match) {
        for (uint32_t i = 0; i < node->count(); ++i)
          write(writer, condition->words()->Get(node->first() + i));
      } else {
        bool isAnd = node->kind() == table::NodeKind::And;
        writer.string(textOf(isAnd ? AndOperator : OrOperator));
      }
      writer.close();
    }
  }
  writer.close();
}

void writeStartOn(Request &request, wire::Writer &writer) {
  write(writer, jobOf(request).start_on());
}

void writeStopOn(Request &request, wire::Writer &writer) {
  write(writer, jobOf(request).stop_on());
}

void writeEmits(Request &request, wire::Writer &writer) {
  writer.openArray("s");
  if (const auto *emits = jobOf(request).emits())
    for (const flatbuffers::String *event : *emits)
      write(writer, event);
  writer.close();
}

} // namespace starton::control
