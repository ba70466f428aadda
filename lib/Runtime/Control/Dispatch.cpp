// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a message to an object and a method; the standard interfaces.

#include "Interfaces.h"
#include "ServerImpl.h"
#include "starton/Runtime/Control/Names.h"
#include "starton/Runtime/Control/Upstart.h"

namespace starton::control {

// --- Request.

engine::InstanceView Request::view() const {
  engine::InstanceView view;
  (void)engine().viewInstance(object.instance, view);
  return view;
}

void Request::answer(const wire::Writer &writer) {
  if (message.wantsReply())
    server.send(from, writer);
}

void Request::answerEmpty() {
  wire::Writer writer;
  writer.startReply(message.serial());
  answer(writer);
}

void Request::fail(engine::ErrorName name, std::initializer_list<Text> text) {
  failStandard(wireName(name), text);
}

void Request::failStandard(const char *name, std::initializer_list<Text> text) {
  Vector<char> joined;
  bool complete = true;
  for (Text part : text) {
    char *room = complete ? wire::extend(joined, part.size()) : nullptr;
    complete = room != nullptr;
    if (room && !part.empty())
      std::memcpy(room, part.data(), part.size());
  }
  wire::Writer writer;
  writer.startError(message.serial(), name,
                    complete ? wire::viewOf(joined) : textOf("Out of memory"));
  answer(writer);
}

void Request::failUnknownMethod() {
  failStandard("org.freedesktop.DBus.Error.UnknownMethod",
               {textOf("Method \""), message.member(),
                textOf("\" with signature \""), message.signature(),
                textOf("\" on interface \""), message.interface(),
                textOf("\" doesn't exist")});
}

void Request::failSystem(int error) {
  const char *text = strerrordesc_np(error);
  failStandard("org.freedesktop.DBus.Error.Failed",
               {textOf(text ? text : "Unknown error")});
}

bool Request::await(ReplyShape shape, uint32_t &index,
                    engine::RequestToken &token) {
  index = None;
  token = 0;
  if (!message.wantsReply())
    return true;
  if (from.pending >= MaxPendingPerConnection ||
      server.pending.live() >= MaxPending) {
    failStandard("org.freedesktop.DBus.Error.LimitsExceeded",
                 {textOf("Too many requests are waiting")});
    return false;
  }
  index = server.pending.take();
  if (index == None) {
    failNoMemory();
    return false;
  }
  PendingRequest &slot = server.pending[index];
  slot.connection = &from;
  slot.sender = from.relay ? senderHash(message.sender()) : 0;
  slot.serial = message.serial();
  slot.shape = shape;
  ++from.pending;
  token = engine::RequestToken(slot.generation) << 32 | (index + 1);
  return true;
}

bool Request::submit(engine::Input &input, ReplyShape shape) {
  uint32_t index = None;
  if (!await(shape, index, input.request))
    return false;
  if (server.daemon.feed(server.daemon.context, input) ==
      engine::FeedResult::Taken)
    return true;
  if (index != None) {
    server.pending.give(index);
    --from.pending;
  }
  failNoMemory();
  return false;
}

// --- Objects.

bool readElement(Text element, Vector<char> &name) {
  if (!name.resize(element.size() + 1))
    return false;
  char *end = readPathElement(element, name.data());
  if (end)
    name.shrink(static_cast<size_t>(end - name.data()));
  return end != nullptr;
}

static bool findObject(engine::Engine &engine, Text path, Object &object) {
  if (equal(path, textOf(ManagerPath))) {
    object.kind = ObjectKind::Manager;
    return true;
  }
  size_t prefix = sizeof(JobsPath) - 1;
  if (path.size() <= prefix || !equal(path.slice(0, prefix), textOf(JobsPath)))
    return false;
  Text rest = path.slice(prefix, path.size() - prefix);
  const void *slash = std::memchr(rest.data(), '/', rest.size());
  size_t length =
      slash
          ? static_cast<size_t>(static_cast<const char *>(slash) - rest.data())
          : rest.size();
  Vector<char> name;
  if (!readElement(rest.slice(0, length), name))
    return false;
  object.kind = ObjectKind::Job;
  object.job = engine.findClass(wire::viewOf(name));
  if (object.job == engine::NoClass || !slash)
    return object.job != engine::NoClass;
  if (!readElement(rest.slice(length + 1, rest.size() - length - 1), name))
    return false;
  object.kind = ObjectKind::Instance;
  object.instance = engine.findInstance(object.job, wire::viewOf(name));
  engine::InstanceView view;
  return engine.viewInstance(object.instance, view);
}

// --- org.freedesktop.DBus.Properties.

static const PropertyRow *findProperty(ObjectKind kind, Text interface,
                                       Text name) {
  if (!interface.empty() &&
      !equal(interface, textOf(interfaceName(faceOf(kind)))))
    return nullptr;
  for (const PropertyRow &row : properties())
    if (row.object == kind && equal(name, textOf(row.name)))
      return &row;
  return nullptr;
}

static void writeVariant(Request &request, const PropertyRow &row,
                         wire::Writer &writer) {
  writer.openVariant(row.signature);
  row.write(request, writer);
  writer.close();
}

static void getProperty(Request &request) {
  wire::Reader reader(request.message);
  Text interface = reader.string();
  const PropertyRow *row =
      findProperty(request.object.kind, interface, reader.string());
  if (!row)
    return request.failUnknownMethod();
  wire::Writer writer;
  writer.startReply(request.message.serial());
  writeVariant(request, *row, writer);
  request.answer(writer);
}

static void getAllProperties(Request &request) {
  Text interface = wire::Reader(request.message).string();
  ObjectKind kind = request.object.kind;
  if (!interface.empty() &&
      !equal(interface, textOf(interfaceName(faceOf(kind)))))
    return request.failUnknownMethod();
  wire::Writer writer;
  writer.startReply(request.message.serial());
  writer.openArray("{sv}");
  for (const PropertyRow &row : properties()) {
    if (row.object != kind)
      continue;
    writer.openDictEntry();
    writer.string(textOf(row.name));
    writeVariant(request, row, writer);
    writer.close();
  }
  writer.close();
  request.answer(writer);
}

static void setProperty(Request &request) {
  wire::Reader reader(request.message);
  Text interface = reader.string();
  const PropertyRow *row =
      findProperty(request.object.kind, interface, reader.string());
  if (!row)
    return request.failUnknownMethod();
  if (!row->writable)
    return request.failStandard(
        "org.freedesktop.DBus.Error.AccessDenied",
        {textOf("The "), textOf(row->name), textOf(" property is read-only")});
  setLogPriority(request, reader);
}

static void introspectObject(Request &request) {
  Vector<char> text;
  bool known = false;
  bool done = introspect(request.server, request.message.path(),
                         &request.object, text, known);
  if (!done)
    return request.failNoMemory();
  wire::Writer writer;
  writer.startReply(request.message.serial());
  writer.string(wire::viewOf(text));
  request.answer(writer);
}

static void ping(Request &request) { request.answerEmpty(); }

namespace {

struct StandardMethod {
  const char *interface;
  const char *name;
  const char *in;
  void (*run)(Request &request);
};

} // namespace

static constexpr StandardMethod StandardMethods[] = {
    {PropertiesInterface, "Get", "ss", getProperty},
    {PropertiesInterface, "GetAll", "s", getAllProperties},
    {PropertiesInterface, "Set", "ssv", setProperty},
    {IntrospectableInterface, "Introspect", "", introspectObject},
};

// --- Dispatch.

static bool matches(const wire::Incoming &message, const char *interface,
                    const char *name) {
  return equal(message.member(), textOf(name)) &&
         (message.interface().empty() ||
          equal(message.interface(), textOf(interface)));
}

static bool checkSignature(Request &request, const char *wanted) {
  if (equal(request.message.signature(), textOf(wanted)))
    return true;
  request.fail(engine::ErrorName::InvalidArgs,
               {textOf("Invalid arguments to "), request.message.member(),
                textOf(" method")});
  return false;
}

bool checkPrivilege(Request &request, const char *privilege) {
  uint32_t user = 0;
  const ServerOptions &options = request.server.options;
  if (options.userMode || (request.user(user) && user == options.daemonUser))
    return true;
  request.fail(engine::ErrorName::PermissionDenied,
               {textOf("You do not have permission to "), textOf(privilege)});
  return false;
}

static void callMethod(Request &request) {
  const wire::Incoming &message = request.message;
  ObjectKind kind = request.object.kind;
  for (const MethodRow &row : methods()) {
    if (objectOf(row.face) != kind ||
        !matches(message, interfaceName(row.face), row.name))
      continue;
    if (checkSignature(request, row.in) &&
        (!row.privilege || checkPrivilege(request, row.privilege)))
      row.run(request);
    return;
  }
  for (const StandardMethod &row : StandardMethods) {
    if (!matches(message, row.interface, row.name))
      continue;
    if (checkSignature(request, row.in))
      row.run(request);
    return;
  }
  request.failUnknownMethod();
}

/// The nodes above the objects have nothing but their introspection data.
static void introspectNode(Request &request) {
  Vector<char> text;
  bool known = false;
  bool done =
      matches(request.message, IntrospectableInterface, "Introspect") &&
      introspect(request.server, request.message.path(), nullptr, text, known);
  if (!known)
    return request.failUnknownMethod();
  if (!checkSignature(request, ""))
    return;
  if (!done)
    return request.failNoMemory();
  wire::Writer writer;
  writer.startReply(request.message.serial());
  writer.string(wire::viewOf(text));
  request.answer(writer);
}

void Server::Impl::dispatch(Connection &from, const wire::Incoming &message) {
  if (!message.isMethodCall())
    return;
  if (from.relay && takeRelayMessage(from, message))
    return;
  Request request{*this, from, message, {}};
  // Any path answers a ping.
  if (matches(message, PeerInterface, "Ping") && message.signature().empty())
    return ping(request);
  if (findObject(engine, message.path(), request.object))
    return callMethod(request);
  introspectNode(request);
}

} // namespace starton::control
