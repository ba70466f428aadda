// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Daemon.h"
#include "starton/Runtime/Host/AppArmor.h"
#include "starton/Runtime/Host/SessionDirectories.h"
#include "starton/Runtime/Support/Memory.h"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace starton::host {

namespace {

constexpr uint64_t Second = 1'000'000'000;
constexpr uint64_t RetryDelay = Second / 10;
/// Long against what it costs to get them back (a twentieth of a millisecond).
constexpr uint64_t RestDelay = Second / 50;
/// Before its exec a job may hang; everything else must not wait for that.
constexpr uint64_t LongestSpare = Second / 200;
/// Given up when memory runs out, so that stopping and asking still work.
constexpr size_t MemoryReserve = size_t(32) << 10;
constexpr int HandledSignals[] = {SIGCHLD, SIGTERM, SIGHUP};

} // namespace

Daemon::Daemon(Sys &system, const Options &daemonOptions,
               char *const *environmentList)
    : sys(system), options(daemonOptions), environment(environmentList),
      messages(system), loop(system),
      configuration(
          system, loop, messages, daemonOptions, environmentList,
          {this,
           [](void *self, const table::JobTable &table, uint32_t id,
              engine::SwitchKind kind, Span<const engine::Text> removed) {
             return static_cast<Daemon *>(self)->switchTable(table, id, kind,
                                                             removed);
           },
           [](void *self, uint64_t ticket) {
             static_cast<Daemon *>(self)->server.gateOpened(ticket);
           },
           [](void *self, uint64_t ticket, const char *why) {
             static_cast<Daemon *>(self)->server.reloadEnded(ticket, why);
           }}),
      logs(system, loop, messages),
      processes(system, loop, messages, logs, engine,
                {this,
                 [](void *self, engine::Input &input) {
                   (void)static_cast<Daemon *>(self)->feed(input);
                 }}),
      timers(
          loop, engine,
          [](void *self, engine::InstanceId instance) {
            engine::Input input;
            input.kind = engine::Input::Kind::Timer;
            input.instance = instance;
            (void)static_cast<Daemon *>(self)->feed(input);
          },
          this),
      controlLoop(loop, server), session(system),
      busRelay(
          system, loop, messages, address, originalMask,
          [](void *self, const char *why) {
            static_cast<Daemon *>(self)->server.busSettled(why);
          },
          this),
      reexec(system, loop, messages, reexecHooks()) {
  messages.setPriority(options.priority);
  tickTimer.context = retryTimer.context = this;
  tickTimer.handler = [](Timer &timer) {
    static_cast<Daemon *>(timer.context)->tick();
  };
  spareTimer.handler = [](Timer &) {}; // the round that it brings is enough
  restTimer.context = this;
  restTimer.handler = [](Timer &timer) {
    auto *self = static_cast<Daemon *>(timer.context);
    if (self->rounds != self->restRound)
      return;
    self->sys.dropFilePages();
    self->sys.trimHeap();
    ++self->restRound; // the next one was brought about by this
  };
  retryTimer.handler = [](Timer &timer) {
    auto *self = static_cast<Daemon *>(timer.context);
    self->emit(self->options.startupEvent);
  };
}

bool Daemon::fatal(const char *what, int error) {
  if (error)
    messages.format(engine::Priority::Fatal, "%s: %s", what,
                    std::strerror(error));
  else
    messages.format(engine::Priority::Fatal, "%s", what);
  return false;
}

const char *Daemon::variable(const char *name) const {
  return variableOf(environment, name);
}

// --- Start-up.

bool Daemon::checkRole() {
  if (options.user)
    return true;
  // Upstart hands its arguments to telinit here; there is none of ours.
  return sys.pid() == 1
             ? fatal("Only user sessions are supported: start with --user", 0)
             : fatal("Not being executed as init", 0);
}

/// Standard descriptors exist, and nothing that we inherited reaches jobs.
void Daemon::secureDescriptors() {
  struct stat status = {};
  for (int standard = 0; standard <= 2; ++standard)
    if (sys.statDescriptor(standard, status) == -EBADF)
      (void)sys.open("/dev/null", O_RDWR); // takes the lowest number
  (void)sys.closeRange(3, ~0U, CLOSE_RANGE_CLOEXEC);
}

bool Daemon::blockSignals() {
  sigemptyset(&handled);
  for (int number : HandledSignals)
    sigaddset(&handled, number);
  int result = sys.signalMask(SIG_BLOCK, &handled, &originalMask);
  if (result < 0)
    return fatal("Unable to block signals", -result);
  // Ignored, a signal never becomes pending, and an ignored SIGCHLD makes the
  // kernel reap for us.
  (void)sys.signalDefault(SIGCHLD);
  for (int number : IgnoredSignals)
    (void)sys.signalIgnore(number);
  return true;
}

/// Until there is a first table; signals and children are dealt with meanwhile.
/// False: there is none, which has been said, or the session ends already.
bool Daemon::awaitTable() {
  if (!configuration.boot(originalMask))
    return false;
  busy = true; // it has not been asked yet
  while (configuration.isBooting() && !ended)
    turn();
  return !ended && !configuration.hasFailed();
}

bool Daemon::startEngine() {
  size_t count = 0;
  while (environment[count])
    ++count;
  auto *entries =
      static_cast<engine::Text *>(allocate(count * sizeof(engine::Text)));
  if (!entries)
    return fatal("Unable to start", ENOMEM);
  for (size_t i = 0; i < count; ++i)
    entries[i] = textOf(environment[i]);
  engine::Options engineOptions;
  engineOptions.userMode = true;
  engineOptions.sessionAddress = textOf(address);
  engineOptions.daemonEnvironment = {entries, count};
  engineOptions.inheritEnvironment = options.inheritEnvironment;
  engineOptions.logPriority = options.priority;
  engineOptions.appArmor = appArmorUsable(sys);
  engineOptions.verification = configuration.firstTableRest();
  bool good = engine.init(configuration.firstTable(), engineOptions);
  release(entries); // the engine has its own copy
  running = good;
  return good || fatal("Unable to start", ENOMEM);
}

void Daemon::chooseLogDirectory() {
  const char *cache = variable("XDG_CACHE_HOME");
  const char *home = variable("HOME");
  int length = 0;
  if (options.logDirectory)
    length = std::snprintf(logDirectory, sizeof logDirectory, "%s",
                           options.logDirectory);
  else if (cache && cache[0] == '/')
    length =
        std::snprintf(logDirectory, sizeof logDirectory, "%s/upstart", cache);
  else if (home && home[0] == '/')
    length = std::snprintf(logDirectory, sizeof logDirectory,
                           "%s/.cache/upstart", home);
  bool usable = length > 0 && static_cast<size_t>(length) < sizeof logDirectory;
  if (usable)
    logs.setDirectory(logDirectory);
  else
    messages.format(engine::Priority::Warn,
                    "No directory for the output of jobs: HOME is not set");
}

/// Without one the session runs, and is found by those who know its address.
void Daemon::makeSessionFile() {
  if (session.isMade())
    return;
  const char *runtime = variable("XDG_RUNTIME_DIR");
  int error = session.create(runtime, address);
  // Of a path no more than leaves room for the reason.
  if (error != 0)
    messages.format(engine::Priority::Warn,
                    "Unable to create session file: %.1024s: %s",
                    session.triedPath(), std::strerror(error));
  else if (!session.isMade())
    messages.format(engine::Priority::Warn,
                    "No session file, by which clients find this daemon: "
                    "XDG_RUNTIME_DIR is %s",
                    runtime ? "not an absolute path" : "not set");
}

bool Daemon::listen() {
  makeSessionFile();
  control::ServerOptions serverOptions;
  serverOptions.address = address;
  serverOptions.userMode = true;
  serverOptions.daemonUser = sys.user();
  serverOptions.listening = listening;
  char reason[160] = {};
  if (!server.listen(serverOptions, controlLoop.hooks(), daemonHooks(), engine,
                     reason))
    return fatal(reason, 0);
  reexec.setProgram(argumentList, environment, originalMask);
  return true;
}

bool Daemon::watchSignals() {
  int descriptor = sys.signalDescriptor(handled);
  if (descriptor < 0)
    return fatal("Unable to watch signals", -descriptor);
  signalWatch.descriptor = descriptor;
  signalWatch.events = EPOLLIN;
  signalWatch.context = this;
  signalWatch.handler = [](Watch &watch, uint32_t) {
    static_cast<Daemon *>(watch.context)->readSignals();
  };
  int error = loop.add(signalWatch);
  return error == 0 || fatal("Unable to watch signals", error);
}

bool Daemon::start() {
  if (!checkRole())
    return false;
  secureDescriptors();
  control::sessionAddress(address, sys.user(), sys.pid());
  if (!blockSignals())
    return false;
  processes.setForeign(&configuration, [](void *self, const siginfo_t &end) {
    return static_cast<Configuration *>(self)->childEnded(end);
  });
  if (resume())
    return watchSignals() && launch();
  // The tables of a state whose rest cannot be read are as good as any.
  bool hasTable = configuration.tableCount() > 0;
  if (!openLoop() || !watchSignals() || (!hasTable && !awaitTable()) ||
      !startEngine())
    return false;
  prepare();
  return launch();
}

bool Daemon::openLoop() {
  int error = 0;
  return loop.open(error) || fatal("Unable to open the event loop", error);
}

/// What jobs will need.
void Daemon::prepare() {
  if (!options.noLog)
    chooseLogDirectory();
  processes.setLogging(!options.noLog);
  processes.setConsole(options.console);
  subreaperError = processes.initialize(true, options.inheritEnvironment,
                                        options.debug, originalMask);
}

bool Daemon::launch() {
  if (!listen())
    return false;
  if (!setReserve(MemoryReserve))
    messages.format(engine::Priority::Warn, "No memory for a reserve");
  if (subreaperError != 0 && !resumed)
    emit("child-subreaper-failed");
  if (options.startupEvent && !options.restart)
    emit(options.startupEvent);
  busy = true;
  if (!resumed) {
    loop.armAfter(spareTimer, LongestSpare);
    return true;
  }
  configuration.started();
  server.restarted();
  configuration.catchUp();
  return true;
}

/// Events that nobody waits for. One that the engine has no memory for is
/// tried again: the session hangs on the first.
void Daemon::emit(const char *event) {
  engine::Input input;
  input.kind = engine::Input::Kind::EmitEvent;
  input.name = textOf(event);
  if (feed(input) == engine::FeedResult::Refused &&
      event == options.startupEvent)
    loop.armAfter(retryTimer, RetryDelay);
}

/// Code pages go back when there is nothing to do for the first time, and
/// again, with what clients left unused of the heap, when there was nothing to
/// do for a while after something was done: in the round that waits for the
/// timer nothing else has happened. Waiting for the first jobs' exec is no
/// rest: they run in these pages, and on our processor.
void Daemon::comeToRest() {
  if (isSparing())
    return;
  if (!settled) {
    settled = true;
    sys.dropFilePages();
  } else if (!restTimer.armed && rounds != restRound) {
    restRound = rounds;
    loop.armAfter(restTimer, RestDelay);
  }
}

/// One round of the loop, and a slice of everything that is not finished.
void Daemon::turn() {
  bool wait = !busy && !pending && !moreChildren && !reexec.isDue();
  ++rounds;
  if (wait) {
    processes.rest();
    comeToRest();
  }
  loop.runOnce(wait);
  if (moreChildren)
    moreChildren = processes.reap();
  busy = workWhenIdle();
  if (pending)
    pump();
}

/// The first jobs are spared what can wait until their exec: what we do to
/// memory that they share, and a compiler, cost them time.
bool Daemon::isSparing() const {
  return spareTimer.armed && processes.areLaunching();
}

/// What nobody waits for.
bool Daemon::workWhenIdle() {
  if (isSparing())
    return false;
  endSparing();
  return configuration.work();
}

void Daemon::endSparing() {
  loop.cancel(spareTimer);
  // While the first table is compiled there is no engine yet.
  if (running && configuration.isReady())
    configuration.started();
}

const char *Daemon::reloadConfiguration(uint64_t &ticket) {
  endSparing();
  return configuration.reload(ticket);
}

int Daemon::run() {
  if (!start()) {
    configuration.stop();
    session.remove();
    return ended ? exitStatus : 1;
  }
  while (!ended) {
    turn();
    (void)refillReserve();
    if (!ended && reexec.isDue())
      reexec.work();
  }
  configuration.stop();
  server.close();
  session.remove();
  return exitStatus;
}

// --- The engine's side.

engine::FeedResult Daemon::feed(engine::Input &input) {
  if (!running) // a stranger's end while the jobs are being compiled
    return engine::FeedResult::Refused;
  int32_t given = input.descriptor;
  if (given >= 0 && !processes.adoptDescriptor(input.descriptor))
    return engine::FeedResult::Refused;
  // The engine takes an input only between actions, never under one.
  input.now = loop.now();
  input.sequence = ++sequence;
  engine::FeedResult result = engine.feed(input);
  if (given >= 0 && result == engine::FeedResult::Taken) {
    sys.close(given);
  } else if (given >= 0) {
    processes.closeDescriptor(input.descriptor);
    input.descriptor = given;
  }
  if (result == engine::FeedResult::Taken) {
    if (input.kind == engine::Input::Kind::Shutdown && !tickTimer.armed)
      loop.armAfter(tickTimer, Second);
    pump();
  }
  return result;
}

engine::SwitchResult Daemon::switchTable(const table::JobTable &table,
                                         uint32_t id, engine::SwitchKind kind,
                                         Span<const engine::Text> removed) {
  engine::SwitchResult result = engine.switchTable(table, id, kind, removed);
  if (result == engine::SwitchResult::Done)
    pump();
  return result;
}

void Daemon::pump() {
  engine::Action action;
  pending = false;
  while (engine.next(action)) {
    if (action.kind == engine::Action::Kind::Yield) {
      pending = true;
      return;
    }
    perform(action);
  }
}

void Daemon::perform(const engine::Action &action) {
  using Kind = engine::Action::Kind;
  switch (action.kind) {
  case Kind::Spawn:
    engine.complete(action.token, processes.spawn(action));
    break;
  case Kind::Signal:
    engine.complete(action.token, {0, processes.signal(action)});
    break;
  case Kind::ArmTimer:
    timers.arm(action.instance, action.deadline);
    break;
  case Kind::CancelTimer:
    timers.cancel(action.instance);
    break;
  case Kind::Reply:
  case Kind::ReplyError:
  case Kind::Announce:
    server.perform(action);
    break;
  case Kind::Log:
    messages.log(action.priority, action.text);
    break;
  case Kind::Release:
    processes.release(action.pid);
    break;
  case Kind::Close:
    processes.closeDescriptor(action.descriptor);
    break;
  case Kind::TableUnused:
    configuration.tableUnused(static_cast<uint32_t>(action.status));
    break;
  case Kind::Exit:
    ended = true;
    exitStatus = action.status;
    break;
  case Kind::Yield:
    break; // pump() takes it
  }
}

void Daemon::beginShutdown(const char *type) {
  engine::Input input;
  input.kind = engine::Input::Kind::Shutdown;
  input.name = textOf(type);
  (void)feed(input);
}

void Daemon::tick() {
  loop.arm(tickTimer, tickTimer.deadline + Second);
  engine::Input input;
  input.kind = engine::Input::Kind::ShutdownTick;
  (void)feed(input);
}

void Daemon::setPriority(engine::Priority priority) {
  messages.setPriority(priority);
  engine.setLogPriority(priority);
}

// --- The loop's side.

void Daemon::readSignals() {
  signalfd_siginfo info = {};
  while (sys.read(signalWatch.descriptor, &info, sizeof info) ==
         static_cast<ssize_t>(sizeof info))
    takeSignal(info.ssi_signo);
}

void Daemon::reload() {
  if (!running)
    return;            // the job files are being read just now
  uint64_t ticket = 0; // nobody waits for it
  if (const char *why = reloadConfiguration(ticket))
    messages.log(engine::Priority::Error, textOf(why));
}

void Daemon::takeSignal(uint32_t number) {
  switch (number) {
  case SIGCHLD:
    moreChildren = true; // one signal may stand for many children
    break;
  case SIGTERM:
    if (running)
      beginShutdown("shutdown");
    else
      ended = true;
    break;
  case SIGHUP:
    reload();
    break;
  default:
    break;
  }
}

} // namespace starton::host
