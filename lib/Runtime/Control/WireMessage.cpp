// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Wire.h"
#include "starton/Runtime/Control/Names.h"
#include "starton/Runtime/Control/Upstart.h"
#include <dbus/dbus.h>
#include <unistd.h>

namespace starton::control::wire {

/// The iterator kept in a Storage of Wire.h, which does not see libdbus.
template <typename Storage> static DBusMessageIter *iterator(Storage &storage) {
  static_assert(sizeof(DBusMessageIter) <= sizeof(Storage) &&
                alignof(DBusMessageIter) <= alignof(Storage));
  return reinterpret_cast<DBusMessageIter *>(storage.bytes);
}

// --- Incoming.

Incoming::~Incoming() { dbus_message_unref(message); }

bool Incoming::isMethodCall() const {
  return dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_METHOD_CALL;
}

Text Incoming::path() const { return textOf(dbus_message_get_path(message)); }

Text Incoming::interface() const {
  return textOf(dbus_message_get_interface(message));
}

Text Incoming::member() const {
  return textOf(dbus_message_get_member(message));
}

Text Incoming::signature() const {
  return textOf(dbus_message_get_signature(message));
}

uint32_t Incoming::serial() const { return dbus_message_get_serial(message); }

Text Incoming::sender() const { return senderOf(message); }

void Incoming::keep() const { dbus_message_ref(message); }

void drop(DBusMessage *message) { dbus_message_unref(message); }

void closeDescriptor(int descriptor) { close(descriptor); }

Text senderOf(DBusMessage *message) {
  return textOf(dbus_message_get_sender(message));
}

bool Incoming::wantsReply() const {
  return !dbus_message_get_no_reply(message);
}

// --- Reader.

Reader::Reader(const Incoming &message) {
  dbus_message_iter_init(message.get(), iterator(at));
}

Text Reader::string() {
  const char *value = nullptr;
  dbus_message_iter_get_basic(iterator(at), static_cast<void *>(&value));
  dbus_message_iter_next(iterator(at));
  return textOf(value);
}

bool Reader::boolean() {
  dbus_bool_t value = 0;
  dbus_message_iter_get_basic(iterator(at), &value);
  dbus_message_iter_next(iterator(at));
  return value != 0;
}

int Reader::descriptor() {
  int value = -1;
  dbus_message_iter_get_basic(iterator(at), &value);
  dbus_message_iter_next(iterator(at));
  return value;
}

bool Reader::strings(Vector<Text> &list) {
  DBusMessageIter element;
  dbus_message_iter_recurse(iterator(at), &element);
  dbus_message_iter_next(iterator(at));
  list.clear();
  for (; dbus_message_iter_get_arg_type(&element) == DBUS_TYPE_STRING;
       dbus_message_iter_next(&element)) {
    const char *value = nullptr;
    dbus_message_iter_get_basic(&element, static_cast<void *>(&value));
    if (!list.push(textOf(value)))
      return false;
  }
  return true;
}

bool Reader::variantString(Text &value) {
  DBusMessageIter inner;
  dbus_message_iter_recurse(iterator(at), &inner);
  dbus_message_iter_next(iterator(at));
  if (dbus_message_iter_get_arg_type(&inner) != DBUS_TYPE_STRING)
    return false;
  const char *raw = nullptr;
  dbus_message_iter_get_basic(&inner, static_cast<void *>(&raw));
  value = textOf(raw);
  return true;
}

// --- Writer.

Writer::~Writer() {
  // libdbus keeps the signature of an open container until it is told.
  for (; depth > 0; --depth)
    dbus_message_iter_abandon_container_if_open(iterator(at[depth - 1]),
                                                iterator(at[depth]));
  if (message)
    dbus_message_unref(message);
}

void Writer::start(DBusMessage *fresh) {
  message = fresh;
  bad = !fresh;
  if (fresh)
    dbus_message_iter_init_append(fresh, iterator(at[0]));
}

void Writer::startReply(uint32_t serial) {
  start(dbus_message_new(DBUS_MESSAGE_TYPE_METHOD_RETURN));
  if (bad)
    return;
  dbus_message_set_no_reply(message, true);
  bad = !dbus_message_set_reply_serial(message, serial);
}

void Writer::startError(uint32_t serial, const char *name, Text text) {
  start(dbus_message_new(DBUS_MESSAGE_TYPE_ERROR));
  if (bad)
    return;
  dbus_message_set_no_reply(message, true);
  bad = !dbus_message_set_reply_serial(message, serial) ||
        !dbus_message_set_error_name(message, name);
  string(text);
}

void Writer::startSignal(const char *path, const char *interface,
                         const char *member) {
  start(dbus_message_new_signal(path, interface, member));
}

void Writer::basic(int type, const void *value) {
  if (good())
    bad = !dbus_message_iter_append_basic(iterator(at[depth]), type, value);
}

void Writer::string(Text bytes) { string({bytes}); }

void Writer::string(std::initializer_list<Text> parts) {
  size_t size = 1;
  for (Text part : parts)
    size += printableSize(part);
  scratch.clear();
  char *room = extend(scratch, size);
  if (!room) {
    bad = true;
    return;
  }
  char *at = room;
  for (Text part : parts)
    at = writePrintable(part, at);
  *at = '\0';
  basic(DBUS_TYPE_STRING, static_cast<const void *>(&room));
}

void Writer::objectPath(Text job, const Text *instance) {
  scratch.clear();
  if (!appendObjectPath(scratch, job, instance)) {
    bad = true;
    return;
  }
  const char *path = scratch.data();
  basic(DBUS_TYPE_OBJECT_PATH, static_cast<const void *>(&path));
}

void Writer::boolean(bool value) {
  dbus_bool_t raw = value;
  basic(DBUS_TYPE_BOOLEAN, &raw);
}

void Writer::int32(int32_t value) { basic(DBUS_TYPE_INT32, &value); }

void Writer::uint64(uint64_t value) { basic(DBUS_TYPE_UINT64, &value); }

void Writer::open(int type, const char *contents) {
  if (!good())
    return;
  if (depth == MaxDepth ||
      !dbus_message_iter_open_container(iterator(at[depth]), type, contents,
                                        iterator(at[depth + 1]))) {
    bad = true;
    return;
  }
  ++depth;
}

void Writer::openArray(const char *contents) {
  open(DBUS_TYPE_ARRAY, contents);
}

void Writer::openVariant(const char *contents) {
  open(DBUS_TYPE_VARIANT, contents);
}

void Writer::openStruct() { open(DBUS_TYPE_STRUCT, nullptr); }

void Writer::openDictEntry() { open(DBUS_TYPE_DICT_ENTRY, nullptr); }

void Writer::close() {
  if (!good())
    return; // The destructor abandons what is open.
  --depth;
  bad = !dbus_message_iter_close_container(iterator(at[depth]),
                                           iterator(at[depth + 1]));
}

char *extend(Vector<char> &bytes, size_t size) {
  size_t at = bytes.size();
  if (!bytes.reserve(at + size) || !bytes.resize(at + size))
    return nullptr;
  return bytes.data() + at;
}

bool appendObjectPath(Vector<char> &out, Text job, const Text *instance) {
  size_t prefix = sizeof(JobsPath) - 1;
  size_t size = prefix + pathElementSize(job) + 1;
  if (instance)
    size += 1 + pathElementSize(*instance);
  char *to = extend(out, size);
  if (!to)
    return false;
  std::memcpy(to, JobsPath, prefix);
  to = writePathElement(job, to + prefix);
  if (instance) {
    *to++ = '/';
    to = writePathElement(*instance, to);
  }
  *to = '\0';
  return true;
}

} // namespace starton::control::wire
