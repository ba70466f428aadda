// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What inotify tells, and what it means for the jobs.

#include "starton/Runtime/Host/FileNames.h"
#include "starton/Runtime/Host/Watcher.h"
#include <cstring>

namespace starton::host {

using engine::Text;

bool Watcher::look() {
  constexpr unsigned MaxReads = 16;
  alignas(inotify_event) char news[4096];
  for (unsigned i = 0; i < MaxReads; ++i) {
    ssize_t size = changes.descriptor < 0
                       ? 0
                       : sys.read(changes.descriptor, news, sizeof news);
    if (size <= 0)
      return false;
    uint32_t generation = begun;
    for (ssize_t at = 0; at < size;) {
      const auto &event = *reinterpret_cast<const inotify_event *>(news + at);
      at += static_cast<ssize_t>(sizeof event + event.len);
      notice(event);
      // Begun anew: the rest is about watches that are gone.
      if (begun != generation)
        break;
    }
  }
  return true;
}

void Watcher::notice(const inotify_event &event) {
  if (event.mask & IN_Q_OVERFLOW) {
    begin();
    return listener.changedAll(listener.context);
  }
  for (uint32_t i = 0; i < sourcePaths.size(); ++i)
    if (parentWatches[i] == event.wd)
      noticeBeside(i, event);
  const uint32_t *first = byWatch.find(static_cast<uint32_t>(event.wd));
  if (!first)
    return;
  if (event.mask & (IN_IGNORED | IN_DELETE_SELF | IN_UNMOUNT)) {
    // All that reach it lose it, one after the other.
    while ((first = byWatch.find(static_cast<uint32_t>(event.wd))))
      noticeGone(*first);
    return;
  }
  for (uint32_t i = *first; i != None;) {
    uint32_t next = directories[i].sameWatch;
    noticeIn(i, event);
    i = next;
  }
}

/// In the parent of a configuration directory that is not there.
void Watcher::noticeBeside(uint32_t source, const inotify_event &event) {
  if (event.mask & (IN_IGNORED | IN_DELETE_SELF | IN_UNMOUNT)) {
    parentWatches[source] = 0;
    return;
  }
  const char *path = sourcePaths[source];
  const char *slash = std::strrchr(path, '/');
  if (event.len > 0 && (event.mask & (IN_CREATE | IN_MOVED_TO)) &&
      std::strcmp(slash ? slash + 1 : path, event.name) == 0)
    openSource(source);
}

void Watcher::noticeGone(uint32_t directory) {
  if (directories[directory].parent == None)
    sourceLost(directory);
  else
    removeTree(directory);
}

/// A configuration directory was deleted, or has another name now.
void Watcher::sourceLost(uint32_t directory) {
  uint32_t source = directories[directory].source;
  messages.format(engine::Priority::Warn, "%s: Configuration directory deleted",
                  sourcePaths[source]);
  removeTree(directory);
  openSource(source);
  listener.changedAll(listener.context);
}

void Watcher::noticeIn(uint32_t directory, const inotify_event &event) {
  if (event.mask & IN_MOVE_SELF) {
    // A subdirectory's parent tells its new name.
    if (directories[directory].parent == None)
      sourceLost(directory);
    return;
  }
  if (event.len == 0)
    return;
  Text name = textOf(event.name);
  if (event.mask & (IN_DELETE | IN_MOVED_FROM)) {
    // A link to a directory, too, is told of as a file.
    bool maybe = (event.mask & IN_ISDIR) || isConfFile(name);
    uint32_t child = maybe ? findChild(directory, name) : None;
    if (child != None) {
      removeTree(child);
      // Whoever deletes a directory has deleted its files before.
      if (!(event.mask & IN_DELETE) || !(event.mask & IN_ISDIR))
        listener.changedAll(listener.context);
      return;
    }
  }
  if (event.mask & IN_ISDIR) {
    if ((event.mask & (IN_CREATE | IN_MOVED_TO)) && !isIgnoredDirectory(name))
      (void)enter(directory, directories[directory].source, name, false);
    return;
  }
  Text stem;
  // A file that is only just there is told of again once it is written.
  if (!(event.mask & IN_CREATE) && isJobFile(name, stem))
    tell(directory, stem);
}

void Watcher::tell(uint32_t directory, Text stem) {
  char name[PATH_MAX];
  size_t size = 0;
  if (makeJobName(directory, stem, name, size))
    listener.changed(listener.context, {name, size});
}

} // namespace starton::host
