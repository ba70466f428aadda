// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tree of watched directories, and how it is built. What happens in them:
// WatcherNews.cpp.

#include "starton/Runtime/Host/Watcher.h"
#include "starton/Runtime/Host/FileNames.h"
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>

namespace starton::host {

using engine::Text;

namespace {

/// The same for every watch: a second one of the same directory replaces it.
constexpr uint32_t Mask = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE |
                          IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |
                          IN_MOVE_SELF | IN_ONLYDIR;

/// NUL-terminated. Null: no memory.
char *copyOf(Text text) {
  auto *copy = static_cast<char *>(allocate(text.size() + 1));
  if (!copy)
    return nullptr;
  if (!text.empty())
    std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

} // namespace

Watcher::Watcher(Sys &system, Loop &eventLoop, Messages &out, Listener who)
    : sys(system), loop(eventLoop), messages(out), listener(who) {
  changes.context = this;
  changes.events = EPOLLIN;
  changes.handler = [](Watch &watch, uint32_t) {
    (void)static_cast<Watcher *>(watch.context)->look();
  };
}

Watcher::~Watcher() {
  forgetAll();
  for (char *path : sourcePaths)
    release(path);
}

bool Watcher::addSource(const char *path) {
  size_t length = std::strlen(path);
  while (length > 1 && path[length - 1] == '/')
    --length;
  if (length == 0)
    return true; // no directory has this name
  if (!sourcePaths.reserve(sourcePaths.size() + 1) || !parentWatches.push(0))
    return false;
  char *copy = copyOf({path, length});
  if (!copy) {
    parentWatches.pop();
    return false;
  }
  sourcePaths.pushReserved(copy);
  return true;
}

// --- Beginning.

void Watcher::forgetAll() {
  if (listing >= 0)
    sys.close(listing);
  listing = -1;
  firstToList = lastToList = None;
  for (uint32_t i = 0; i < directories.limit(); ++i) {
    if (!directories[i].name)
      continue;
    byWatch.remove(static_cast<uint32_t>(directories[i].watch));
    release(directories[i].name);
    directories.give(i);
  }
  for (int32_t &watch : parentWatches)
    watch = 0;
  // Closing ends all watches, and what nobody has read.
  loop.remove(changes);
  if (changes.descriptor >= 0)
    sys.close(changes.descriptor);
  changes.descriptor = -1;
}

void Watcher::begin() {
  forgetAll();
  ++begun;
  limitTold = false;
  int descriptor = sys.changesCreate();
  if (descriptor < 0)
    return limitReached(-descriptor);
  changes.descriptor = descriptor;
  if (int error = loop.add(changes)) {
    forgetAll();
    return limitReached(error);
  }
  quiet = true;
  for (uint32_t i = 0; i < sourcePaths.size(); ++i)
    openSource(i);
  quiet = isWorking();
}

void Watcher::limitReached(int error) {
  if (limitTold)
    return;
  limitTold = true;
  messages.format(engine::Priority::Warn,
                  "Unable to watch all configuration directories (%s): some "
                  "changes take effect when the configuration is reloaded",
                  std::strerror(error));
}

/// Watches a configuration directory, or while it is not there its parent.
void Watcher::openSource(uint32_t source) {
  const char *path = sourcePaths[source];
  if (enter(None, source, {}, true) == 0) {
    int32_t parent = parentWatches[source];
    parentWatches[source] = 0;
    dropWatch(parent);
    return;
  }
  if (parentWatches[source] != 0)
    return;
  char parent[PATH_MAX];
  const char *slash = std::strrchr(path, '/');
  size_t length = slash ? static_cast<size_t>(slash - path) : 0;
  if (length >= sizeof parent)
    return;
  std::memcpy(parent, path, length);
  std::strcpy(parent + length, length ? "" : slash ? "/" : ".");
  int watch = sys.changesAdd(changes.descriptor, parent, Mask);
  if (watch <= 0)
    return;
  parentWatches[source] = watch;
  // It may have come in between.
  if (enter(None, source, {}, true) == 0) {
    parentWatches[source] = 0;
    dropWatch(watch);
  }
}

// --- Names.

/// The path of \p directory, and below it of \p entry unless that is empty.
bool Watcher::makePath(uint32_t directory, Text entry,
                       char (&path)[PATH_MAX]) const {
  char name[PATH_MAX];
  size_t size = 0;
  const char *source = sourcePaths[directories[directory].source];
  size_t length = std::strlen(source);
  if (!makeJobName(directory, entry, name, size) ||
      length + 1 + size >= sizeof path)
    return false;
  std::memcpy(path, source, length);
  if (size > 0)
    path[length++] = '/';
  std::memcpy(path + length, name, size);
  path[length + size] = '\0';
  return true;
}

/// The name of what is \p stem in \p directory, below the source.
bool Watcher::makeJobName(uint32_t directory, Text stem, char (&name)[PATH_MAX],
                          size_t &size) const {
  size_t at = sizeof name; // filled from its end
  if (stem.size() >= at)
    return false;
  at -= stem.size();
  if (!stem.empty())
    std::memcpy(name + at, stem.data(), stem.size());
  for (uint32_t i = directory; directories[i].parent != None;
       i = directories[i].parent) {
    size_t length = std::strlen(directories[i].name);
    if (length + 1 >= at)
      return false;
    if (at < sizeof name)
      name[--at] = '/';
    at -= length;
    std::memcpy(name + at, directories[i].name, length);
  }
  size = sizeof name - at;
  std::memmove(name, name + at, size);
  return true;
}

// --- The tree.

bool Watcher::isThere(uint32_t parent, Text name, int32_t watch) const {
  const uint32_t *first = byWatch.find(static_cast<uint32_t>(watch));
  for (uint32_t i = first ? *first : None; i != None;
       i = directories[i].sameWatch)
    if (directories[i].parent == parent &&
        equal(textOf(directories[i].name), name))
      return true;
  return false;
}

/// Whether a directory above is the same one: a link leads back to it.
bool Watcher::loops(uint32_t parent, int32_t watch) const {
  for (uint32_t i = parent; i != None; i = directories[i].parent)
    if (directories[i].watch == watch)
      return true;
  return false;
}

/// Watches a directory and has it listed. 0, or an errno: EEXIST when it is
/// watched already, ENOTDIR when it is none, and so on.
int Watcher::enter(uint32_t parent, uint32_t source, Text name, bool follow) {
  char path[PATH_MAX];
  if (parent == None ? std::strlen(sourcePaths[source]) >= sizeof path
                     : !makePath(parent, name, path))
    return ENAMETOOLONG;
  if (directories.live() >= MaxDirectories ||
      !byWatch.reserve(byWatch.size() + 1) || !directories.reserve(1)) {
    limitReached(ENOSPC);
    return ENOSPC;
  }
  int watch = sys.changesAdd(changes.descriptor,
                             parent == None ? sourcePaths[source] : path,
                             Mask | (follow ? 0U : IN_DONT_FOLLOW));
  if (watch <= 0) {
    if (watch == -ENOSPC || watch == -ENOMEM)
      limitReached(-watch);
    return -watch;
  }
  if (isThere(parent, name, watch) && (parent != None))
    return EEXIST;
  if (loops(parent, watch))
    return ELOOP;
  char *copy = copyOf(name);
  if (!copy) {
    dropWatch(watch);
    return ENOMEM;
  }
  uint32_t index = directories.take(); // reserved
  Directory &directory = directories[index];
  const uint32_t *first = byWatch.find(static_cast<uint32_t>(watch));
  directory.name = copy;
  directory.parent = parent;
  directory.source = source;
  directory.watch = watch;
  directory.sameWatch = first ? *first : None;
  directory.nextToList = None;
  if (parent != None)
    ++directories[parent].children;
  byWatch.insert(static_cast<uint32_t>(watch), index);
  queue(index);
  return 0;
}

uint32_t Watcher::findChild(uint32_t parent, Text name) const {
  if (directories[parent].children == 0)
    return None;
  for (uint32_t i = 0; i < directories.limit(); ++i)
    if (directories[i].name && directories[i].parent == parent &&
        equal(textOf(directories[i].name), name))
      return i;
  return None;
}

bool Watcher::isBelow(uint32_t directory, uint32_t ancestor) const {
  for (uint32_t i = directory; i != None; i = directories[i].parent)
    if (i == ancestor)
      return true;
  return false;
}

/// Forgets a directory and all below it.
void Watcher::removeTree(uint32_t directory) {
  if (directories[directory].children == 0)
    return remove(directory);
  for (uint32_t i = 0; i < directories.limit(); ++i)
    if (directories[i].name)
      directories[i].doomed = isBelow(i, directory);
  for (uint32_t i = 0; i < directories.limit(); ++i)
    if (directories[i].name && directories[i].doomed)
      remove(i);
}

void Watcher::remove(uint32_t index) {
  Directory &directory = directories[index];
  auto watch = static_cast<uint32_t>(directory.watch);
  if (directory.toList) {
    if (index == firstToList)
      finishList();
    else
      for (uint32_t i = firstToList; i != None; i = directories[i].nextToList)
        if (directories[i].nextToList == index) {
          directories[i].nextToList = directory.nextToList;
          lastToList = index == lastToList ? i : lastToList;
        }
  }
  uint32_t first = *byWatch.find(watch);
  if (first != index) {
    while (directories[first].sameWatch != index)
      first = directories[first].sameWatch;
    directories[first].sameWatch = directory.sameWatch;
  } else if (directory.sameWatch != None) {
    byWatch.insert(watch, directory.sameWatch);
  } else {
    byWatch.remove(watch);
  }
  dropWatch(directory.watch);
  // A parent that goes with it may be gone already: its slot is free then.
  if (directory.parent != None && directories[directory.parent].children > 0)
    --directories[directory.parent].children;
  release(directory.name);
  directories.give(index);
}

/// Ends a watch that nobody uses any more. One that the system has ended is
/// not there, which is no matter.
void Watcher::dropWatch(int32_t watch) {
  if (watch <= 0 || byWatch.find(static_cast<uint32_t>(watch)))
    return;
  for (int32_t parent : parentWatches)
    if (parent == watch)
      return;
  (void)sys.changesRemove(changes.descriptor, watch);
}

// --- Listing.

void Watcher::queue(uint32_t directory) {
  if (firstToList == None)
    firstToList = directory;
  else
    directories[lastToList].nextToList = directory;
  lastToList = directory;
  directories[directory].toList = true;
}

/// The first of the queue has been listed, or is going.
void Watcher::finishList() {
  if (listing >= 0)
    sys.close(listing);
  listing = -1;
  Directory &directory = directories[firstToList];
  directory.toList = false;
  firstToList = directory.nextToList;
  directory.nextToList = None;
  if (firstToList == None) {
    lastToList = None;
    quiet = false;
  }
}

bool Watcher::work() {
  if (firstToList == None)
    return false;
  char path[PATH_MAX];
  if (listing < 0 && makePath(firstToList, {}, path))
    listing = sys.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // The kernel's records, which are aligned to 8.
  alignas(8) char records[8192];
  ssize_t size =
      listing < 0 ? 0 : sys.listDirectory(listing, records, sizeof records);
  uint32_t directory = firstToList;
  for (ssize_t at = 0; at < size;) {
    const auto *record = reinterpret_cast<const dirent64 *>(records + at);
    at += record->d_reclen;
    found(directory, textOf(record->d_name), record->d_type);
  }
  if (size <= 0)
    finishList();
  return isWorking();
}

void Watcher::found(uint32_t directory, Text name, unsigned char type) {
  if (name[0] == '.' && (name.size() == 1 || equal(name, textOf(".."))))
    return;
  bool link = type == DT_LNK && isConfFile(name);
  // Not every file system tells the type.
  bool maybe = type == DT_DIR || type == DT_UNKNOWN || link;
  if (maybe && !isIgnoredDirectory(name)) {
    int error = enter(directory, directories[directory].source, name, link);
    if (error == 0 || error == EEXIST || error == ELOOP || type == DT_DIR)
      return;
  }
  Text stem;
  if (!quiet && type != DT_DIR && (type != DT_LNK || link) &&
      isJobFile(name, stem))
    tell(directory, stem);
}

} // namespace starton::host
