// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Introspection data, made from the tables of Interfaces.h. Nothing in it needs
// escaping: names of rows are plain, names of nodes are escaped path elements.

#include "Interfaces.h"
#include "starton/Runtime/Control/Names.h"
#include "starton/Runtime/Control/Upstart.h"

namespace starton::control {

static constexpr char Header[] =
    "<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection "
    "1.0//EN\"\n"
    "\"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n"
    "<node>\n";

static constexpr char StandardInterfaces[] =
    "  <interface name=\"org.freedesktop.DBus.Properties\">\n"
    "    <method name=\"Get\">\n"
    "      <arg name=\"interface_name\" type=\"s\" direction=\"in\"/>\n"
    "      <arg name=\"property_name\" type=\"s\" direction=\"in\"/>\n"
    "      <arg name=\"value\" type=\"v\" direction=\"out\"/>\n"
    "    </method>\n"
    "    <method name=\"Set\">\n"
    "      <arg name=\"interface_name\" type=\"s\" direction=\"in\"/>\n"
    "      <arg name=\"property_name\" type=\"s\" direction=\"in\"/>\n"
    "      <arg name=\"value\" type=\"v\" direction=\"in\"/>\n"
    "    </method>\n"
    "    <method name=\"GetAll\">\n"
    "      <arg name=\"interface_name\" type=\"s\" direction=\"in\"/>\n"
    "      <arg name=\"properties\" type=\"a{sv}\" direction=\"out\"/>\n"
    "    </method>\n"
    "  </interface>\n"
    "  <interface name=\"org.freedesktop.DBus.Introspectable\">\n"
    "    <method name=\"Introspect\">\n"
    "      <arg name=\"data\" type=\"s\" direction=\"out\"/>\n"
    "    </method>\n"
    "  </interface>\n";

namespace {

/// Appends to a buffer; the first failed allocation is remembered.
class XmlWriter {
public:
  explicit XmlWriter(Vector<char> &out) : out(out) {}

  XmlWriter &operator<<(Text text) {
    char *room = failed ? nullptr : wire::extend(out, text.size());
    failed = !room;
    if (room && !text.empty())
      std::memcpy(room, text.data(), text.size());
    return *this;
  }
  XmlWriter &operator<<(const char *text) { return *this << textOf(text); }

  void node(Text name) {
    *this << "  <node name=\"";
    char *room = failed ? nullptr : wire::extend(out, pathElementSize(name));
    failed = !room;
    if (room)
      writePathElement(name, room);
    *this << "\"/>\n";
  }

  bool good() const { return !failed; }

private:
  Vector<char> &out;
  bool failed = false;
};

} // namespace

/// Length of the first complete type of \p signature.
static size_t typeLength(const char *signature) {
  size_t at = 0;
  unsigned depth = 0;
  do {
    while (signature[at] == 'a')
      ++at;
    if (signature[at] == '(' || signature[at] == '{')
      ++depth;
    else if (signature[at] == ')' || signature[at] == '}')
      --depth;
    ++at;
  } while (depth > 0);
  return at;
}

static void writeArguments(XmlWriter &xml, const char *signature,
                           const char *names, const char *direction) {
  while (*signature) {
    const char *end = std::strchr(names, ' ');
    size_t length = end ? static_cast<size_t>(end - names) : std::strlen(names);
    size_t type = typeLength(signature);
    xml << "      <arg name=\"" << Text(names, length) << "\" type=\""
        << Text(signature, type) << "\"";
    if (direction)
      xml << " direction=\"" << direction << "\"";
    xml << "/>\n";
    signature += type;
    names += end ? length + 1 : length;
  }
}

static void writeInterface(XmlWriter &xml, Face face) {
  xml << "  <interface name=\"" << interfaceName(face) << "\">\n";
  for (const MethodRow &row : methods()) {
    if (row.face != face)
      continue;
    xml << "    <method name=\"" << row.name << "\">\n";
    writeArguments(xml, row.in, row.inNames, "in");
    writeArguments(xml, row.out, row.outNames, "out");
    xml << "    </method>\n";
  }
  for (const SignalRow &row : signals()) {
    if (row.face != face)
      continue;
    xml << "    <signal name=\"" << row.name << "\">\n";
    writeArguments(xml, row.signature, row.names, nullptr);
    xml << "    </signal>\n";
  }
  for (const PropertyRow &row : properties()) {
    if (faceOf(row.object) != face)
      continue;
    xml << "    <property name=\"" << row.name << "\" type=\"" << row.signature
        << "\" access=\"" << (row.writable ? "readwrite" : "read") << "\"/>\n";
  }
  xml << "  </interface>\n";
}

static void writeChildren(XmlWriter &xml, Server::Impl &server,
                          const Object &object) {
  if (object.kind == ObjectKind::Manager)
    xml << "  <node name=\"jobs\"/>\n";
  if (object.kind != ObjectKind::Job)
    return;
  engine::InstanceView view;
  for (engine::InstanceId id = server.engine.firstInstance(object.job);
       server.engine.viewInstance(id, view);
       id = server.engine.nextInstance(id))
    xml.node(view.name);
}

/// The only child of a node above the manager; null for any other path.
static const char *onlyChild(Text path) {
  static constexpr struct {
    const char *path;
    const char *child;
  } Nodes[] = {{"/", "com"}, {"/com", "ubuntu"}, {"/com/ubuntu", "Upstart"}};
  for (const auto &node : Nodes)
    if (equal(path, textOf(node.path)))
      return node.child;
  return nullptr;
}

bool introspect(Server::Impl &server, Text path, const Object *object,
                Vector<char> &out, bool &known) {
  XmlWriter xml(out);
  xml << Header;
  const char *child = onlyChild(path);
  bool isJobs = equal(path, Text(JobsPath, sizeof(JobsPath) - 2));
  known = object || child || isJobs;
  if (!known)
    return false;
  if (object) {
    xml << StandardInterfaces;
    writeInterface(xml, faceOf(object->kind));
    if (object->kind == ObjectKind::Manager)
      writeInterface(xml, Face::Init1);
    writeChildren(xml, server, *object);
  } else if (child) {
    xml << "  <node name=\"" << child << "\"/>\n";
  } else {
    for (uint32_t i = 0; i < server.engine.classCount(); ++i)
      xml.node(server.jobName(server.engine.classAt(i)));
  }
  xml << "</node>\n";
  return xml.good();
}

} // namespace starton::control
