// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Configuration.h"
#include "starton/Table/JobTable_generated.h"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <new>

namespace starton::host {

using engine::Text;

static constexpr char StillCompiling[] =
    "The job files are still being compiled";

Configuration::Configuration(Sys &system, Loop &eventLoop, Messages &out,
                             const Options &daemonOptions,
                             char *const *environmentList, Hooks who)
    : sys(system), loop(eventLoop), messages(out), options(daemonOptions),
      environment(environmentList), hooks(who),
      watcher(system, eventLoop, out,
              {this,
               [](void *self, Text job) {
                 static_cast<Configuration *>(self)->changed(job);
               },
               [](void *self) {
                 static_cast<Configuration *>(self)->changedAll();
               }}),
      compiler(system, eventLoop, out, daemonOptions,
               {this, [](void *self, Compiler::Result result,
                         table::LoadedTable &table) {
                  static_cast<Configuration *>(self)->finish(result, table);
                }}) {
  for (Timer *timer : {&quietTimer, &holdTimer, &retryTimer, &reloadTimer})
    timer->context = this;
  quietTimer.handler = [](Timer &timer) {
    static_cast<Configuration *>(timer.context)->compile();
  };
  holdTimer.handler = [](Timer &timer) {
    auto *self = static_cast<Configuration *>(timer.context);
    self->waived = self->compiler.isRunning();
    self->openGate(self->noticed);
  };
  retryTimer.handler = [](Timer &timer) {
    static_cast<Configuration *>(timer.context)->switchOver();
  };
  reloadTimer.handler = [](Timer &timer) {
    auto *self = static_cast<Configuration *>(timer.context);
    self->waived = self->compiler.isRunning();
    self->endReload(self->noticed, StillCompiling);
    self->openGate(self->noticed);
  };
}

Configuration::~Configuration() {
  stop();
  for (const Table &entry : tables) {
    entry.table->~LoadedTable();
    release(entry.table);
  }
}

void Configuration::stop() {
  compiler.cancel();
  loop.cancel(quietTimer);
  loop.cancel(holdTimer);
  loop.cancel(retryTimer);
  loop.cancel(reloadTimer);
  phase = Phase::Stopped;
}

void Configuration::leave() {
  if (!compiler.isRunning())
    return;
  compiler.cancel();
  compiling.clear();
  pending.addAll();
  ++noticed;
  loop.armAfter(quietTimer, QuietTime);
}

// --- Tables.

/// \p table is empty afterwards. False: no memory, and nothing has changed.
bool Configuration::keep(table::LoadedTable &table, uint32_t id) {
  void *memory = tables.reserve(tables.size() + 1)
                     ? allocate(sizeof(table::LoadedTable))
                     : nullptr;
  if (!memory)
    return false;
  auto *kept = new (memory) table::LoadedTable;
  kept->swap(table);
  tables.pushReserved({kept, id});
  return true;
}

/// An id that no table in use has.
uint32_t Configuration::freeId() {
  for (size_t i = 0; i < tables.size();)
    if (tables[i].id != nextId) {
      ++i;
    } else {
      ++nextId;
      i = 0;
    }
  return nextId++;
}

void Configuration::tableUnused(uint32_t id) {
  for (size_t i = 0; i < tables.size(); ++i) {
    if (tables[i].id != id)
      continue;
    tables[i].table->~LoadedTable();
    release(tables[i].table);
    tables[i] = tables.back();
    tables.pop();
    return;
  }
}

// --- Noticing.

void Configuration::changed(Text job) {
  if (pending.empty())
    firstChange = loop.now();
  pending.add(job);
  ++noticed;
  schedule();
}

void Configuration::changedAll() {
  if (pending.empty())
    firstChange = loop.now();
  pending.addAll();
  ++noticed;
  schedule();
}

const char *Configuration::refuse(const char *what, const char *why) {
  std::snprintf(problem, sizeof problem,
                "Unable to reload the configuration: %.150s: %s", what, why);
  return problem;
}

const char *Configuration::reload(uint64_t &ticket) {
  // A table that names no directories is all there is: its job files could
  // not be found again, and those of other places are not meant.
  if (options.table && watcher.sources().empty())
    return reloadTable(ticket);
  if (int error = compiler.find())
    return options.table ? reloadTable(ticket)
                         : refuse(compiler.path(), std::strerror(error));
  messages.format(engine::Priority::Info, "Reloading configuration");
  for (const char *directory : watcher.sources())
    messages.format(engine::Priority::Info, "Loading configuration from %s",
                    directory);
  // Anew, because what was missing or too much may be there now.
  watcher.begin();
  changedAll();
  ticket = wanted = reloading = noticed;
  if (!reloadTimer.armed)
    loop.armAfter(reloadTimer, LongestReload);
  schedule();
  return nullptr;
}

void Configuration::catchUp() {
  bool tableCounts =
      options.table && (options.checkSources == CheckSources::Never ||
                        watcher.sources().empty() || compiler.find() != 0);
  uint64_t ticket = 0; // nobody waits for it
  if (!tableCounts)
    (void)reload(ticket);
}

/// Without a compiler or sources the table may still have been replaced.
const char *Configuration::reloadTable(uint64_t &ticket) {
  table::LoadError error;
  table::LoadedTable table;
  if (compiler.isRunning() || unverified || retryTimer.armed)
    return refuse(options.table, std::strerror(EBUSY));
  messages.format(engine::Priority::Info, "Reloading configuration");
  if (!table.loadFile(options.table, error)) {
    messages.format(engine::Priority::Error, "%s: %s", options.table,
                    error.message);
    return refuse(options.table, error.message);
  }
  compiling.addAll();
  ticket = covered = reloading = ++noticed;
  finish(Compiler::Result::Table, table);
  return nullptr;
}

void Configuration::endReload(uint64_t ticket, const char *why) {
  if (ticket >= reloading)
    loop.cancel(reloadTimer);
  hooks.reloadEnded(hooks.context, ticket, why);
}

Text Configuration::outdated() const {
  if (stale)
    return textOf(compiler.why());
  return waived ? textOf(StillCompiling) : Text();
}

/// What the start did not wait for. Only then may the table be replaced.
void Configuration::verifyMore() {
  table::LoadError defect;
  unverified = tables[0].table->verifyMore(defect);
  if (defect.status != table::LoadStatus::Ok)
    messages.format(engine::Priority::Error, "%s: %s",
                    previous[0] ? previous : options.table, defect.message);
  if (!unverified)
    schedule();
}

bool Configuration::work() {
  if (phase == Phase::Stopped)
    return false;
  if (unverified) {
    verifyMore();
    return true;
  }
  if (!watcher.isWorking())
    return false;
  bool more = watcher.work();
  if (!more)
    schedule();
  return more;
}

/// Sees to it that what is pending will be compiled.
void Configuration::schedule() {
  bool idle = pending.empty() && !unchecked;
  if (phase == Phase::Booting)
    idle = false;
  if (idle || phase == Phase::Stopped || compiler.isRunning() || unverified ||
      watcher.isWorking() || retryTimer.armed)
    return;
  if (phase != Phase::Running || unchecked || wanted > opened)
    return compile();
  uint64_t due = loop.now() + QuietTime;
  uint64_t latest = firstChange + LongestDelay;
  loop.arm(quietTimer, due < latest ? due : latest);
}

// --- Compiling.

void Configuration::compile() {
  if (compiler.isRunning() || unverified || watcher.isWorking() ||
      retryTimer.armed)
    return;
  loop.cancel(quietTimer);
  Compilation what;
  what.directories = watcher.sources();
  covered = noticed;
  checking = unchecked && pending.empty();
  if (phase != Phase::Running || unchecked || stale)
    pending.addAll();
  if (checking)
    what.unlessCurrent = unchecked;
  unchecked = nullptr;
  compiling.takeFrom(pending);
  what.jobs = compiling.list();
  if (!compiler.start(what)) {
    table::LoadedTable none;
    finish(Compiler::Result::Failed, none);
  }
}

void Configuration::finish(Compiler::Result result, table::LoadedTable &table) {
  if (phase == Phase::Booting)
    return finishBoot(result, table);
  stale = result == Compiler::Result::Failed;
  if (result != Compiler::Result::Table)
    return settle();
  ready.swap(table);
  noteRejections(*ready.get());
  if (checking)
    messages.format(engine::Priority::Message,
                    "The job files have changed since their table was made: "
                    "the table made of them now is used");
  switchOver();
}

void Configuration::noteRejections(const table::JobTable &table) {
  for (const char *name : compiling.list())
    rejected.forget(textOf(name));
  rejected.take(table, compiling.all(), phase == Phase::Running && !checking,
                messages);
}

/// Hands the compiled table to the engine.
void Configuration::switchOver() {
  const table::JobTable &table = *ready.get();
  Vector<Text> removed;
  bool room = removed.reserve(compiling.list().size());
  for (const char *name : compiling.list()) {
    const auto *jobs = table.jobs();
    if (room && !jobs->LookupByKey(name))
      removed.pushReserved(textOf(name));
  }
  uint32_t id = freeId();
  if (!room || !keep(ready, id))
    return loop.armAfter(retryTimer, RetryDelay);
  engine::SwitchKind kind =
      compiling.all() ? engine::SwitchKind::Whole : engine::SwitchKind::Overlay;
  if (hooks.switchTable(hooks.context, table, id, kind, removed.span()) ==
      engine::SwitchResult::Refused) {
    ready.swap(*tables.back().table);
    tableUnused(id);
    return loop.armAfter(retryTimer, RetryDelay);
  }
  settle();
}

/// What was being compiled is in the engine, or will not be.
void Configuration::settle() {
  compiling.clear();
  checking = waived = false;
  endReload(covered, stale ? compiler.why() : nullptr);
  openGate(covered);
  schedule();
}

// --- The gate.

uint64_t Configuration::ticketFor(Text job) {
  constexpr unsigned MaxLooks = 16;
  if (phase != Phase::Running)
    return 0;
  bool more = true;
  for (unsigned i = 0; more && i < MaxLooks; ++i)
    more = watcher.look() || watcher.work();
  // Who floods us with news waits for all of them.
  if (more && !pending.all())
    changedAll();
  bool any = job.empty();
  uint64_t ticket = 0;
  if (!pending.empty() && (any || pending.contains(job)))
    ticket = noticed;
  else if (!compiling.empty() && !checking && (any || compiling.contains(job)))
    ticket = covered;
  if (ticket <= opened || waived)
    return 0;
  if (ticket > wanted)
    wanted = ticket;
  if (!holdTimer.armed)
    loop.armAfter(holdTimer, LongestHold);
  schedule();
  return ticket > opened ? ticket : 0;
}

void Configuration::openGate(uint64_t ticket) {
  if (ticket > opened)
    opened = ticket;
  if (wanted <= opened)
    loop.cancel(holdTimer);
  hooks.gateOpened(hooks.context, opened);
}

} // namespace starton::host
