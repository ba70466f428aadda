// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The methods of the job environment (runtime §7.2, §8.4): of one instance, or
// the global one.

#include "Interfaces.h"

namespace starton::control {

/// Which environment the first argument, [] or [job, instance], means. False:
/// there is none, and the caller has been told.
static bool readScope(Request &request, wire::Reader &reader,
                      engine::InstanceId &instance) {
  Vector<Text> scope;
  instance = engine::NoInstance;
  if (!reader.strings(scope)) {
    request.failNoMemory();
    return false;
  }
  if (scope.empty())
    return true;
  if (scope[0].empty()) {
    request.fail(engine::ErrorName::InvalidArgs,
                 {textOf("Job may not be empty string")});
    return false;
  }
  engine::ClassIndex job = findJob(request.engine(), scope[0]);
  if (job == engine::NoClass) {
    failUnknownJob(request, scope[0]);
    return false;
  }
  Text name = scope.size() > 1 ? scope[1] : Text();
  instance = findInstance(request.engine(), job, name);
  engine::InstanceView view;
  if (request.engine().viewInstance(instance, view))
    return true;
  request.fail(
      engine::ErrorName::UnknownJobInstance,
      {textOf("Unknown instance: "), name, textOf(" of job "), scope[0]});
  return false;
}

/// Names, or KEY=VALUE: neither may have an empty name.
static bool checkNames(Request &request, Span<const Text> names) {
  for (Text name : names) {
    if (!name.empty() && name[0] != '=')
      continue;
    request.fail(engine::ErrorName::InvalidArgs,
                 {textOf("Variable may not be empty string")});
    return false;
  }
  return true;
}

static bool checkNotSystem(Request &request) {
  if (request.server.options.userMode)
    return true;
  request.fail(engine::ErrorName::PermissionDenied,
               {textOf("Not permissible to modify PID 1 job environment")});
  return false;
}

static void change(Request &request, engine::Input::Kind kind,
                   engine::InstanceId instance, Span<const Text> variables,
                   bool retain) {
  if (!checkNotSystem(request) || !checkNames(request, variables))
    return;
  engine::Input input;
  input.kind = kind;
  input.instance = instance;
  input.env = variables;
  input.retain = retain;
  bool taken = request.submit(input, ReplyShape::Empty);
  // What a bus daemon starts gets the same environment.
  if (taken && kind == engine::Input::Kind::SetEnv &&
      instance == engine::NoInstance)
    request.server.shareEnvironment(variables);
}

static void changeOne(Request &request, engine::Input::Kind kind) {
  wire::Reader reader(request.message);
  engine::InstanceId instance;
  if (!readScope(request, reader, instance))
    return;
  Text variable = reader.string();
  bool replace = kind != engine::Input::Kind::SetEnv || reader.boolean();
  change(request, kind, instance, {&variable, 1}, !replace);
}

static void changeList(Request &request, engine::Input::Kind kind) {
  wire::Reader reader(request.message);
  engine::InstanceId instance;
  if (!readScope(request, reader, instance))
    return;
  Vector<Text> variables;
  if (!reader.strings(variables))
    return request.failNoMemory();
  bool replace = kind != engine::Input::Kind::SetEnv || reader.boolean();
  change(request, kind, instance, wire::viewOf(variables), !replace);
}

void setEnv(Request &request) {
  changeOne(request, engine::Input::Kind::SetEnv);
}

void setEnvList(Request &request) {
  changeList(request, engine::Input::Kind::SetEnv);
}

void unsetEnv(Request &request) {
  changeOne(request, engine::Input::Kind::UnsetEnv);
}

void unsetEnvList(Request &request) {
  changeList(request, engine::Input::Kind::UnsetEnv);
}

void resetEnv(Request &request) {
  wire::Reader reader(request.message);
  engine::InstanceId instance;
  if (readScope(request, reader, instance))
    change(request, engine::Input::Kind::ResetEnv, instance, {}, false);
}

void getEnv(Request &request) {
  wire::Reader reader(request.message);
  engine::InstanceId instance;
  if (!readScope(request, reader, instance))
    return;
  Text name = reader.string();
  if (!checkNames(request, {&name, 1}))
    return;
  Text value;
  if (!request.engine().getEnv(instance, name, value))
    return request.fail(engine::ErrorName::InvalidArgs,
                        {textOf("No such variable: "), name});
  wire::Writer writer;
  writer.startReply(request.message.serial());
  writer.string(value);
  request.answer(writer);
}

void listEnv(Request &request) {
  wire::Reader reader(request.message);
  engine::InstanceId instance;
  if (!readScope(request, reader, instance))
    return;
  Span<const Text> entries;
  if (!request.engine().listEnv(instance, entries))
    return request.failNoMemory();
  wire::Writer writer;
  writer.startReply(request.message.serial());
  writer.openArray("s");
  for (Text entry : entries)
    writer.string(entry);
  writer.close();
  request.answer(writer);
}

} // namespace starton::control
