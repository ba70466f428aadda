// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What changes in the configuration directories, noticed through inotify
// (spec/runtime §1.1, §6.5). Files are never read here, only their names.
//
// Every directory that can hold job files has a watch. A directory that
// appears is watched first and listed then, so that no file is missed; a
// configuration directory that disappears leaves a watch on its parent until
// it is back. Work comes in slices: look() takes a bounded number of news,
// work() lists a part of one directory.

#ifndef STARTON_RUNTIME_HOST_WATCHER_H
#define STARTON_RUNTIME_HOST_WATCHER_H

#include "starton/Runtime/Engine/Engine.h"
#include "starton/Runtime/Host/Loop.h"
#include "starton/Runtime/Host/Messages.h"
#include "starton/Runtime/Support/NumberMap.h"
#include "starton/Runtime/Support/Pool.h"
#include <climits>
#include <sys/inotify.h>

namespace starton::host {

class Watcher {
public:
  /// More directories than this are not watched, which is said.
  static constexpr uint32_t MaxDirectories = 4096;

  /// Who is told; never under begin().
  struct Listener {
    void *context = nullptr;
    /// A file of this job was written, came or went.
    void (*changed)(void *context, engine::Text job) = nullptr;
    /// Something changed that has no name: all is to be read again.
    void (*changedAll)(void *context) = nullptr;
  };

  Watcher(Sys &system, Loop &eventLoop, Messages &out, Listener who);
  ~Watcher();
  Watcher(const Watcher &) = delete;
  Watcher &operator=(const Watcher &) = delete;

  /// A configuration directory, highest priority first; \p path is copied.
  /// False: no memory.
  [[nodiscard]] bool addSource(const char *path);
  Span<char *const> sources() const { return sourcePaths.span(); }

  /// Forgets all watches and sets them anew, in work(); what is found then
  /// counts as known, until the last directory has been listed. What the system
  /// does not grant is said as a warning.
  void begin();

  /// Takes news, at most some thousand. True: there may be more. The loop does
  /// it too.
  bool look();
  /// Lists a part of a directory. True: there is more to list.
  bool work();
  bool isWorking() const { return firstToList != None; }
  bool hasBegun() const { return begun != 0; }

  uint32_t watchCount() const { return directories.live(); }

private:
  /// A watched directory.
  struct Directory {
    char *name;      ///< in `parent`; empty for a source. Null: a free slot
    uint32_t parent; ///< None: a source
    uint32_t source;
    uint32_t children; ///< how many have this parent
    int32_t watch;
    uint32_t sameWatch;  ///< the next one of this watch: reached twice
    uint32_t nextToList; ///< in the queue of work()
    bool toList;
    bool doomed;
    uint32_t link; ///< the pool's
  };

  // --- The tree (Watcher.cpp).
  bool makePath(uint32_t directory, engine::Text entry,
                char (&path)[PATH_MAX]) const;
  bool makeJobName(uint32_t directory, engine::Text stem,
                   char (&name)[PATH_MAX], size_t &size) const;
  int enter(uint32_t parent, uint32_t source, engine::Text name, bool follow);
  bool isThere(uint32_t parent, engine::Text name, int32_t watch) const;
  bool loops(uint32_t parent, int32_t watch) const;
  uint32_t findChild(uint32_t parent, engine::Text name) const;
  bool isBelow(uint32_t directory, uint32_t ancestor) const;
  void removeTree(uint32_t directory);
  void remove(uint32_t directory);
  void dropWatch(int32_t watch);
  void forgetAll();
  void openSource(uint32_t source);
  void limitReached(int error);

  // --- Listing (Watcher.cpp).
  void queue(uint32_t directory);
  void finishList();
  void found(uint32_t directory, engine::Text name, unsigned char type);

  // --- News (WatcherNews.cpp).
  void notice(const inotify_event &event);
  void noticeIn(uint32_t directory, const inotify_event &event);
  void noticeBeside(uint32_t source, const inotify_event &event);
  void noticeGone(uint32_t directory);
  void sourceLost(uint32_t directory);
  void tell(uint32_t directory, engine::Text stem);

  Sys &sys;
  Loop &loop;
  Messages &messages;
  Listener listener;
  Watch changes;
  Vector<char *> sourcePaths;
  Vector<int32_t> parentWatches; ///< of sources that are not there; or 0
  Pool<Directory> directories;
  NumberMap byWatch; ///< watch to its first directory
  uint32_t firstToList = None;
  uint32_t lastToList = None;
  uint32_t begun = 0;     ///< how often
  int listing = -1;       ///< firstToList, while it is being listed
  bool quiet = false;     ///< what is found is known
  bool limitTold = false; ///< since begin()
};

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_WATCHER_H
