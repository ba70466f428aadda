// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the first table comes from: a file, the file before it, or a compiler.

#include "starton/Runtime/Host/Configuration.h"
#include "starton/Runtime/Host/SessionDirectories.h"
#include "starton/Runtime/Support/StateStream.h"
#include "starton/Table/JobTable_generated.h"
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace starton::host {

// --- Sources.

bool Configuration::addList(const PathList &list) {
  for (unsigned i = 0; i < list.count; ++i)
    if (!watcher.addSource(list.paths[i]))
      return false;
  return true;
}

/// The first of them is made, as Upstart does.
bool Configuration::addSessionSources() {
  homeless = !variableOf(environment, "XDG_CONFIG_HOME") &&
             !variableOf(environment, "HOME");
  return sessionDirectories(
      environment, this, [](void *self, const char *path) {
        auto &config = *static_cast<Configuration *>(self);
        if (config.watcher.sources().empty()) {
          char parent[PATH_MAX];
          std::snprintf(parent, sizeof parent, "%s", path);
          *std::strrchr(parent, '/') = '\0';
          (void)config.sys.makeDirectory(parent, 0700);
          (void)config.sys.makeDirectory(path, 0755);
        }
        return config.watcher.addSource(path);
      });
}

/// The directories of the command line, else those that the table names, else
/// those of a user session.
bool Configuration::addSources() {
  bool given = options.prepended.count + options.directories.count +
                   options.appended.count >
               0;
  const table::JobTable *table = ready.get();
  ownSources = given || !options.table || table;
  if (!given && table) {
    for (uint32_t i = 0;
         table->directories() && i < table->directories()->size(); ++i)
      if (!watcher.addSource(table->directories()->Get(i)->c_str()))
        return false;
    return true;
  }
  return addList(options.prepended) &&
         (options.directories.count ? addList(options.directories)
                                    : addSessionSources()) &&
         addList(options.appended);
}

// --- The first table.

/// Into `ready`: the table of --table, or the one that was there before it.
bool Configuration::loadTableFile() {
  table::LoadError error;
  if (ready.beginFile(options.table, error)) {
    unchecked = options.table;
    return true;
  }
  std::memcpy(refusal, error.message, sizeof refusal);
  int length =
      std::snprintf(previous, sizeof previous, "%s.prev", options.table);
  if (static_cast<size_t>(length) >= sizeof previous ||
      !ready.beginFile(previous, error))
    return false;
  messages.format(engine::Priority::Warn, "%s: %s: using %s", options.table,
                  refusal, previous);
  unchecked = previous;
  return true;
}

/// Nothing could be had: says why, once.
bool Configuration::bootFailed() {
  if (refusal[0])
    messages.format(engine::Priority::Fatal, "%s: %s", options.table, refusal);
  phase = Phase::Failed;
  return false;
}

bool Configuration::takeFirstTable() {
  compiling.addAll();
  noteRejections(*ready.get());
  compiling.clear();
  if (!keep(ready, freeId())) {
    messages.format(engine::Priority::Fatal, "Unable to start: %s",
                    std::strerror(ENOMEM));
    phase = Phase::Failed;
    return false;
  }
  phase = Phase::Ready;
  return true;
}

/// The watches come first, so that no change after the compilation is missed.
bool Configuration::compileFirst() {
  phase = Phase::Booting;
  watcher.begin();
  schedule();
  return phase != Phase::Failed;
}

bool Configuration::boot(const sigset_t &mask) {
  compiler.setMask(mask);
  bool loaded = options.table && loadTableFile();
  if (!addSources()) {
    messages.format(engine::Priority::Fatal, "Unable to start: %s",
                    std::strerror(ENOMEM));
    return false;
  }
  if (!loaded)
    return (options.table && compiler.find() != 0) ? bootFailed()
                                                   : compileFirst();
  if (options.checkSources == CheckSources::Before && compiler.find() == 0 &&
      !watcher.sources().empty())
    return compileFirst();
  // The previous table is never the last word.
  if (options.checkSources == CheckSources::Never && unchecked != previous)
    unchecked = nullptr;
  return takeFirstTable();
}

// --- Over a re-exec.

void Configuration::save(StateWriter &out) const {
  out.part("TABL");
  out.number32(static_cast<uint32_t>(tables.size()));
  for (const Table &each : tables) {
    // What is lost of one is told by whoever reads the state.
    (void)each.table->readRest();
    Span<const uint8_t> bytes = each.table->bytes();
    out.number32(each.id);
    out.text({reinterpret_cast<const char *>(bytes.data()), bytes.size()});
  }
  rejected.save(out);
}

bool Configuration::resume(StateReader &in, const sigset_t &mask, bool dry) {
  compiler.setMask(mask);
  in.part("TABL");
  uint32_t count = in.count(8);
  in.require(count > 0, "no table");
  for (uint32_t i = 0; i < count && in.good(); ++i) {
    uint32_t id = in.number32();
    engine::Text bytes = in.text();
    table::LoadedTable loaded;
    table::LoadError error;
    bool usable = loaded.loadBytes(
        {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()}, error);
    if (in.require(usable, "a table that cannot be used"))
      in.require(keep(loaded, id), "no memory");
  }
  if (in.version() >= 2)
    rejected.load(in);
  if (in.good() && !dry) {
    // The directories are those that the first table names.
    ready.swap(*tables[0].table);
    in.require(addSources(), "no memory");
    ready.swap(*tables[0].table);
    phase = Phase::Ready;
  }
  if (in.good())
    return true;
  while (!tables.empty())
    tableUnused(tables.back().id);
  rejected.clear();
  return false;
}

void Configuration::finishBoot(Compiler::Result result,
                               table::LoadedTable &table) {
  checking = false;
  compiling.clear();
  if (result == Compiler::Result::Table)
    ready.swap(table);
  bool made = result == Compiler::Result::Table;
  // What was only guessed to be the sources must at least have jobs.
  if (!ready.get() ||
      (made && !ownSources && ready.get()->jobs()->size() == 0)) {
    (void)bootFailed();
    return;
  }
  if (made && refusal[0])
    messages.format(engine::Priority::Warn,
                    "%s: %s: using the job files, which are compiled now",
                    options.table, refusal);
  opened = covered;
  (void)takeFirstTable();
}

void Configuration::started() {
  bool watching = phase == Phase::Ready && watcher.hasBegun();
  phase = Phase::Running;
  if (homeless)
    messages.format(engine::Priority::Warn,
                    "No job files of the user: neither XDG_CONFIG_HOME nor "
                    "HOME is set");
  unverified = firstTableRest() != nullptr;
  if (int error = compiler.find()) {
    messages.format(engine::Priority::Warn,
                    "Job files are not watched, for there is no compiler: "
                    "%s: %s",
                    compiler.path(), std::strerror(error));
    unchecked = nullptr;
    return;
  }
  if (!watching)
    watcher.begin();
  // Directories that are not here were those of another system.
  if (watcher.watchCount() == 0)
    unchecked = nullptr;
  schedule();
}

} // namespace starton::host
