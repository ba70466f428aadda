// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// All that the daemon uses of libdbus: WireMessage.cpp and WireLink.cpp are the
// only files of the server that see it, and they use the functions listed in
// test/Runtime/control-libdbus.test, none of which blocks, forks or exits.
//
// Messages are taken from the queue, not dispatched: libdbus's own handlers
// (one of them reads a file) never run.

#ifndef STARTON_LIB_RUNTIME_CONTROL_WIRE_H
#define STARTON_LIB_RUNTIME_CONTROL_WIRE_H

#include "starton/Runtime/Control/Server.h"
#include "starton/Runtime/Support/Vector.h"
#include <cstdint>
#include <initializer_list>

struct DBusConnection;
struct DBusMessage;
struct DBusServer;
struct DBusWatch;

namespace starton::control::wire {

using Text = Span<const char>;

/// A received message; owns it.
class Incoming {
public:
  explicit Incoming(DBusMessage *message) : message(message) {}
  ~Incoming();
  Incoming(const Incoming &) = delete;
  Incoming &operator=(const Incoming &) = delete;

  bool isMethodCall() const;
  Text path() const;
  Text interface() const; ///< may be empty
  Text member() const;
  Text signature() const;
  Text sender() const; ///< empty but for what a bus has relayed
  uint32_t serial() const;
  bool wantsReply() const;

  DBusMessage *get() const { return message; }
  /// Takes another reference, for an Incoming made later, or for drop().
  void keep() const;

private:
  DBusMessage *message;
};

void drop(DBusMessage *message);
/// One that a Reader has given.
void closeDescriptor(int descriptor);
Text senderOf(DBusMessage *message);

/// Reads the arguments of a message whose signature has been checked. Views
/// live as long as the message.
class Reader {
public:
  explicit Reader(const Incoming &message);

  Text string();
  bool boolean();
  /// A copy of the descriptor, close-on-exec and the caller's; -1: none to be
  /// had.
  int descriptor();
  /// An array of strings; false: no memory.
  [[nodiscard]] bool strings(Vector<Text> &list);
  /// The string inside a variant; false: it holds something else.
  bool variantString(Text &value);

private:
  /// As large and aligned as a DBusMessageIter (checked where it is used).
  struct alignas(void *) Storage {
    unsigned char bytes[80];
  };
  Storage at;
};

/// Builds one message. The first failed allocation makes it bad for good, and
/// what is appended later is ignored.
class Writer {
public:
  Writer() = default;
  ~Writer();
  Writer(const Writer &) = delete;
  Writer &operator=(const Writer &) = delete;

  void startReply(uint32_t serial);
  /// \p name is the whole name of the error.
  void startError(uint32_t serial, const char *name, Text text);
  /// \p path: NUL-terminated.
  void startSignal(const char *path, const char *interface, const char *member);

  /// Any bytes: made printable first (Names.h).
  void string(Text bytes);
  /// The parts in a row.
  void string(std::initializer_list<Text> parts);
  /// A job's path, or with \p instance an instance's.
  void objectPath(Text job, const Text *instance = nullptr);
  void boolean(bool value);
  void int32(int32_t value);
  void uint64(uint64_t value);
  /// \p contents: signature of an element.
  void openArray(const char *contents);
  void openVariant(const char *contents);
  void openStruct();
  void openDictEntry();
  void close();

  bool good() const { return message && !bad; }
  DBusMessage *get() const { return message; }

private:
  static constexpr unsigned MaxDepth = 6;
  struct alignas(void *) Storage {
    unsigned char bytes[80];
  };

  void start(DBusMessage *fresh);
  void basic(int type, const void *value);
  void open(int type, const char *contents);

  DBusMessage *message = nullptr;
  bool bad = false;
  unsigned depth = 0;
  Storage at[MaxDepth + 1];
  Vector<char> scratch;
};

template <typename T> Span<const T> viewOf(const Vector<T> &items) {
  return items.span();
}

/// Appends \p size bytes for the caller to fill; null: no memory.
[[nodiscard]] char *extend(Vector<char> &bytes, size_t size);

/// Appends the object path of \p job (and \p instance) and a NUL; false: no
/// memory.
[[nodiscard]] bool appendObjectPath(Vector<char> &out, Text job,
                                    const Text *instance);

/// The watches of one descriptor, merged into one entry of the loop.
class WatchSet {
public:
  /// Must outlive the set's use; set before any watch is added.
  const LoopHooks *loop = nullptr;

  bool add(DBusWatch *watch);
  void remove(DBusWatch *watch);
  void update();
  /// While muted the loop is asked for nothing. False: the loop refused the
  /// descriptor, which may be tried again.
  bool mute(bool on);
  /// Hands the events to the watches that asked; false: no memory.
  bool handle(unsigned events);

  int descriptor() const { return fd; }
  /// The loop refused the descriptor.
  bool refused() const { return failed; }

private:
  static constexpr unsigned MaxWatches = 4;

  DBusWatch *watches[MaxWatches] = {};
  int fd = -1;
  unsigned asked = 0;
  bool watched = false;
  bool muted = false;
  bool failed = false;
};

/// One client. Reading stops by itself while MaxReceivedBytes wait unprocessed.
class Link {
public:
  Link() = default;
  ~Link();
  Link(const Link &) = delete;
  Link &operator=(const Link &) = delete;

  /// Keeps \p fresh and sets its limits; false: no memory.
  [[nodiscard]] bool open(DBusConnection *fresh, const LoopHooks &loop,
                          uint32_t daemonUser);
  void close();

  int descriptor() const { return watches.descriptor(); }
  /// False: no memory, or the loop refused; close it.
  bool handle(unsigned events) {
    return watches.handle(events) && !watches.refused();
  }

  bool isConnected() const;
  bool isAuthenticated() const;
  /// The user the client authenticated as; false: not known.
  bool user(uint32_t &uid) const;
  /// Bytes that the client has not read yet.
  long unreadBytes() const;
  bool hasMessages() const;
  /// The next message, which the caller owns, or null.
  DBusMessage *take();
  /// False: no memory.
  bool send(const Writer &writer);

private:
  DBusConnection *connection = nullptr;
  WatchSet watches;
  uint32_t daemonUser = 0;
};

/// The listening socket.
class Listener {
public:
  /// Called for each accepted client; whoever does not open() a Link with it
  /// refuses it.
  using Accept = void (*)(void *context, DBusConnection *connection);

  Listener() = default;
  ~Listener();
  Listener(const Listener &) = delete;
  Listener &operator=(const Listener &) = delete;

  /// \p listening: a socket that listens there already, or -1.
  [[nodiscard]] bool open(const char *address, int listening,
                          const LoopHooks &loop, Accept accept, void *context,
                          char (&error)[160]);
  void close();
  int descriptor() const { return watches.descriptor(); }
  void handle(unsigned events) { (void)watches.handle(events); }
  bool mute(bool on) { return watches.mute(on); }

private:
  DBusServer *server = nullptr;
  WatchSet watches;
};

/// Who is at the other end of a socket.
struct Peer {
  uint32_t user;
  int32_t pid;
};
/// Of a fresh connection; false: not known.
bool peerOf(DBusConnection *connection, Peer &peer);

} // namespace starton::control::wire

#endif // STARTON_LIB_RUNTIME_CONTROL_WIRE_H
