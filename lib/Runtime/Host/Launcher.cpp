// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Launcher.h"
#include "starton/Runtime/Support/Memory.h"
#include <cerrno>

namespace starton::host {

namespace {

/// A page that cannot be touched, the accounts' buffers and some calls.
constexpr size_t StackSize = size_t(192) << 10;
/// Room for most plans, so that it need not be mapped anew.
constexpr size_t LeastPlan = size_t(8) << 10;

int sharingMain(void *plan) {
  runChild(*rawSystem(), *static_cast<ChildPlan *>(plan));
}

} // namespace

/// What the child wrote before it left is not looked at, and what is written
/// after this is not overtaken by it.
bool Launcher::isFree(unsigned index) const {
  return __atomic_load_n(&running[index], __ATOMIC_ACQUIRE) == 0;
}

unsigned Launcher::sharing() const {
  unsigned count = 0;
  for (unsigned i = 0; i < used; ++i)
    count += !isFree(i);
  return count;
}

/// Of a free room. False: no memory.
bool Launcher::prepareRoom(Room &room, size_t planSize) {
  size_t size = StackSize + (planSize > LeastPlan ? planSize : LeastPlan);
  if (room.base && room.size >= size)
    return true;
  if (room.base)
    sys.unmapPages(room.base, room.size);
  room.base = static_cast<char *>(sys.mapStack(size));
  room.size = size;
  return room.base != nullptr;
}

/// -ENOSYS: not this one.
pid_t Launcher::startSharing(const ChildRequest &request) {
  unsigned at = 0;
  while (at < MaxSharing && !isFree(at))
    ++at;
  if (at == MaxSharing)
    return -ENOSYS;
  Room &room = rooms[at];
  if (!prepareRoom(room, planSize(request)))
    return -ENOMEM;
  if (at >= used)
    used = at + 1;
  char *plan = room.base + StackSize;
  SharingChild child;
  child.stackTop = plan; // the stack grows down from it
  child.main = sharingMain;
  child.argument = &writePlan(request, plan);
  child.running = &running[at];
  pid_t pid = sys.startSharing(child);
  if (pid > 0 || pid == -EAGAIN || pid == -ENOMEM)
    return pid;
  shares = false; // this kernel, or what stands in for one, does not do it
  return -ENOSYS;
}

pid_t Launcher::startFork(const ChildRequest &request) {
  void *memory = allocate(planSize(request));
  if (!memory)
    return -ENOMEM;
  ChildPlan &plan = writePlan(request, memory);
  pid_t pid = sys.fork();
  if (pid == 0)
    runChild(sys, plan);
  release(memory);
  return pid;
}

pid_t Launcher::start(const ChildRequest &request) {
  // A handler that somebody else installed must not run in a child.
  sigset_t all, before;
  sigfillset(&all);
  (void)sys.signalMask(SIG_SETMASK, &all, &before);
  pid_t pid = -ENOSYS;
  if (shares && !needsOwnMemory(request))
    pid = startSharing(request);
  if (pid == -ENOSYS)
    pid = startFork(request);
  (void)sys.signalMask(SIG_SETMASK, &before, nullptr);
  return pid;
}

void Launcher::giveBack() {
  for (unsigned i = 0; i < used; ++i) {
    Room &room = rooms[i];
    if (!room.base || !isFree(i))
      continue;
    sys.unmapPages(room.base, room.size);
    room = {};
  }
  while (used > 0 && !rooms[used - 1].base)
    --used;
}

} // namespace starton::host
