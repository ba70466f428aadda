// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The engine's inside. Work is done in small steps, none of which waits for
// another or calls itself; what is to be done next is always in the state:
//
//   0. what is to be freed, and the classes that are to be announced;
//   1. `released`: waiters to be answered, one a step; then `intent`, the
//      change of goal that they were answered for;
//   2. `mover`: the instance that is on its way to its next resting state, one
//      transition a step;
//   3. `op`: what a request or an ended process still wants once the mover
//      rests;
//   4. `quiesce`, `retry`: walks over all instances, one a step;
//   5. `poll`: the event being handled or finished, one class or instance a
//      step;
//   6. the agenda's next event.
//
// Between two steps that are at 4 or below the engine may yield, and inputs may
// come in. A step puts at most MaxRecords actions into the ring, which is
// emptied before the next step; a Spawn or Signal is always the last of its
// step, since what follows depends on its outcome. Instances and events are
// freed by a later step than the one that reported their end, so a record can
// name them.
//
// Memory is taken where an input or a table is accepted (feed, switchTable),
// where an instance is made and where a condition has become true. The first
// two are refused, the others are left as they are and tried again (see
// `retryStart`, `retryStop`). What a table becomes later, when a class is idle,
// was made when it was accepted (Successor). What is said about runs that have
// ended (RunRecord) and a damaged definition's place (makeInert) do without.
// Only an instance whose spare events are all held by other jobs' conditions
// needs memory to go on; it waits for it where it is (`retryMove`).

#ifndef STARTON_LIB_RUNTIME_ENGINE_IMPL_H
#define STARTON_LIB_RUNTIME_ENGINE_IMPL_H

#include "Agenda.h"
#include "Environment.h"
#include "Expand.h"
#include "LeafIndex.h"
#include "State.h"
#include "Table.h"
#include "starton/Runtime/Support/NumberMap.h"

namespace starton::engine {

constexpr uint64_t Second = 1'000'000'000;
/// Steps between two looks at the descriptors. Each may cost a signal to every
/// client: a thousand would keep a caller waiting for 10 ms, a few times over.
constexpr unsigned MaxWork = 100;
constexpr unsigned MaxRecords = 48;
/// Two events of one instance are under way at a time: the one being finished
/// and the one its end brings about. A third is needed only when another job's
/// condition holds an earlier one.
constexpr unsigned SparesWanted = 2;
constexpr uint16_t CycleStarts = 1000;

/// A condition and which event each of its nodes holds (None: false leaf).
struct Tree {
  const table::Condition *condition = nullptr;
  uint32_t *latches = nullptr;
};

enum class SignalKind : uint8_t { Kill, KillAgain, Reload, Continue };

/// What is still to be done when the mover rests.
struct Operation {
  enum class Kind : uint8_t { None, Answer, RestartSecondHalf, ProcessEnd };
  Kind kind = Kind::None;
  uint32_t instance = None;
  uint32_t waiter = None;   ///< RestartSecondHalf: to be added
  RequestToken request = 0; ///< who is answered, 0: nobody
  int32_t pid = 0;          ///< ProcessEnd, as the three below
  int32_t status = 0;
  bool signalled = false;
  bool vanished = false;
};

/// A change of goal that waits until the waiters released before it are
/// answered.
struct Intent {
  uint32_t instance = None;
  Goal goal{};
  bool restarting = false;
};

/// Outcome the host owes.
struct Owed {
  uint64_t token = 0;
  uint32_t instance = None;
  Slot slot{};
  SignalKind signal{};
  bool isSpawn = false;
};

/// Where the event being dealt with stands.
struct Poll {
  enum class Phase : uint8_t {
    Handle,
    NextClass,
    StopConditions,
    StartCondition,
    Handled,
    Finish,
    Answer,
    Dispose
  };
  Phase phase = Phase::Handle;
  uint32_t event = None;
  ClassIndex job = NoClass; ///< the one being looked at
  uint32_t instance = None;
};

/// A walk over classes in order and their instances.
struct Walk {
  bool active = false;
  uint32_t position = 0;
  uint32_t instance = None;
};

struct Quiesce {
  bool active = false;
  bool logout = false;
  bool waiting = false; ///< for what session-end started
  bool over = false;
  uint64_t begin = 0;
  uint64_t deadline = 0;
  Walk stop;
  Walk complain;
  uint32_t event = None; ///< session-end, reserved at init
};

struct Change;
struct Plan;

struct Engine::Impl {
  Impl() : agenda(events) {}
  ~Impl();

  // --- Engine.cpp
  bool init(const table::JobTable &jobs, const Options &options);
  /// Instead of init(): StateLoad.cpp.
  bool restore(StateReader &in, Span<const TableOfState> given);
  bool next(Action &action);
  bool step();
  bool finishOperation();

  // --- Classes.cpp
  bool initClasses();
  void sortClasses(const Vector<uint32_t> &registered);
  bool reserveNodes(size_t count);
  bool isClass(ClassIndex job) const {
    return job < classes.size() && classes[job].job && !classes[job].gone;
  }
  /// The one place where a definition is taken into use.
  const table::Job &jobOf(ClassIndex job) {
    return classes[job].sound ? *classes[job].job : takeIntoUse(job);
  }
  /// An instance's class has been taken into use.
  const table::Job &jobOf(const Instance &instance) const {
    return *classes[instance.job].job;
  }
  const table::Job &takeIntoUse(ClassIndex job);
  Text nameOf(ClassIndex job) const;
  void clearSlot(ClassIndex job);
  bool reserveClasses(size_t count);
  ClassIndex takeSlot();
  void freeClass(ClassIndex job);
  /// None when there is none of that name.
  ClassIndex findClass(Text name) const;
  void insertName(ClassIndex job, uint32_t hash);
  void eraseName(ClassIndex job);
  void growClassTable(size_t count);
  uint32_t addTable(uint32_t id);
  void dropTable(uint32_t index);
  /// Gives a class its definition, instead of the one it had.
  void bind(ClassIndex job, const table::Job *definition, uint32_t tableIndex);
  void addNews(ClassIndex job);
  void tellNews(ClassIndex job);
  bool newsStep();
  /// Every leaf that may wait for that event, as (class, stops, node).
  template <typename Function>
  void eachLeaf(Text event, const Text *operand, Function function) const {
    if (const auto *entry =
            findIndexEntry(*baseJobs, verification, event, operand))
      for (const table::Leaf *leaf : *entry->leaves()) {
        uint32_t index = leaf->job();
        ClassIndex job = index < baseSlots.size() ? baseSlots[index] : index;
        if (isClass(job) && classes[job].table == base)
          function(job, leaf->tree() == table::Tree::Stop, leaf->node());
      }
    leafIndex.each(event, operand, [&](const LeafIndex::Leaf &leaf) {
      function(leaf.job, leaf.stops, leaf.node);
    });
  }

  // --- ClassOrder.cpp
  void reorder(Span<const ClassIndex> appended, uint32_t touched);
  uint32_t squeezeBucket(uint32_t begin, uint32_t end);
  void moveBuckets(const uint32_t *from, const uint32_t *to,
                   const uint32_t *sizes);
  void remark();
  void mark(ClassIndex job);

  // --- Switch.cpp
  SwitchResult switchTable(const table::JobTable &jobs, uint32_t id,
                           SwitchKind kind, Span<const Text> removed);
  bool makePlan(Plan &plan, Span<const Text> removed);
  void planJob(Plan &plan, uint32_t index);
  void planRemoval(Plan &plan, ClassIndex job);
  bool reserveChange(Plan &plan, Change &change);
  void dropPlan(Plan &plan);
  void applyPlan(Plan &plan);
  void applyChange(Plan &plan, Change &change);
  ClassIndex addClass(Plan &plan, const Change &change);
  void setSuccessor(Plan &plan, const Change &change);
  void dropSuccessor(ClassIndex job);
  void takeSuccessor(ClassIndex job);
  void replaceClass(ClassIndex job, const table::Job *next, uint32_t tableIndex,
                    uint32_t *newLatches, uint32_t leaves, bool carry);
  void carryLatches(ClassIndex job, bool carry, bool retries);
  void removeClass(ClassIndex job);
  void forgetMarks(ClassIndex job);

  // --- Messages.cpp: the ring and its texts
  Record &emit(Action::Kind kind);
  Record &emitFor(Action::Kind kind, uint32_t instance);
  Record &announce(Action::Announcement what, uint32_t instance);
  /// Null when nobody wants that priority.
  Record *note(Priority priority, Note what);
  Record *noteOf(Priority priority, Note what, uint32_t instance);
  Record *noteProcess(Priority priority, Note what, uint32_t instance,
                      Slot slot, int32_t pid, int32_t value = 0);
  void replyError(RequestToken request, ErrorName error, Problem problem,
                  uint32_t instance = None);
  void render(const Record &record, Action &action);
  void renderEvent(const Record &record, Action &action);
  void renderSpawn(const Record &record, Action &action);
  Text problemText(const Record &record);
  Text noteText(const Record &record);
  Text daemonNote(const Record &record);
  void appendEventNote(const Record &record);
  void appendSpawnFailure(const Record &record);
  void appendError(int error);
  void appendInstanceNote(const Record &record);
  void appendProcessNote(const Record &record);
  void appendName(const Instance &instance);
  void appendProcess(const Record &record);
  void appendSignal(int number);
  bool reserveLine(size_t length);
  bool reserveNames(size_t length);

  // --- Instances.cpp
  Text nameOf(const Instance &instance) const {
    return {instance.block + instance.latches * sizeof(uint32_t),
            instance.nameLength};
  }
  InstanceId idOf(uint32_t instance) const {
    return {instance, instances[instance].generation};
  }
  bool isLive(InstanceId id) const;
  uint32_t findInstance(ClassIndex job, Text name) const;
  /// All the memory a new instance needs; nobody sees it yet. None: no memory.
  uint32_t prepareInstance(ClassIndex job, Text name);
  bool fillInstance(uint32_t instance, Text name);
  void publishInstance(uint32_t instance);
  void freeInstance(uint32_t instance);
  void link(uint32_t instance);
  void unlink(uint32_t instance);
  void destroy(uint32_t instance);
  void growInstanceTable();
  uint32_t &instanceHead(uint32_t hash) {
    return instanceTable[hash & (instanceTable.size() - 1)];
  }
  bool reserveEnvironment(const table::Job &job, uint32_t delta, uint32_t stop);
  Environment environmentOf(const Instance &instance) const;
  void setNextEnvironment(uint32_t instance, const Blob &env);
  /// Entries of the larger of the environments in use and to be used.
  uint32_t largestDelta(uint32_t instance) const;
  /// Bytes an event of this instance takes, in this environment.
  size_t jobEventSize(const Instance &instance, const Blob &delta) const;
  bool growSpares(uint32_t instance, const Blob &delta);
  bool ensureSpare(uint32_t instance, const Blob &delta);
  /// False: `status` says why, and the expander has the text.
  ExpandStatus expandName(ClassIndex job, const Environment &environment,
                          Text &name);
  bool prepareExpandError(ExpandStatus status, Text usage);

  // --- Events.cpp
  Text eventName(const Event &event) const {
    return {event.data, event.nameLength};
  }
  uint32_t makeEvent(Text name, Span<const Text> env);
  bool growEvent(uint32_t event, size_t capacity);
  void beginEvent(Event &event, Text name);
  void appendVariable(Event &event, Text key, Text value);
  static void dropReserved(Event &event);
  void queueEvent(uint32_t event);
  void emitJobEvent(uint32_t instance, const char *name, bool withResult);
  void appendResult(Event &event, const Instance &instance);
  void appendExports(Event &event, const Instance &instance);
  void disposeEvent(uint32_t event);
  void block(uint32_t event) { ++events[event].blockers; }
  void unblock(uint32_t event);
  bool findVariable(const Event &event, Text key, Text &value) const;
  void markClasses(const Event &event);
  void markEntry(Text name, const Text *operand);
  void nextClass();
  void pollEvent();
  void handleEvent();
  void handleStopCondition();
  void handleStartCondition();
  void eventHandled();
  void finishEvent();
  void answerEvent();
  void endEvent();

  // --- Conditions.cpp
  Tree startTree(ClassIndex job);
  Tree stopTree(const Instance &instance);
  bool matches(const Event &event, const table::Condition &condition,
               uint32_t node, const Environment &environment);
  bool operandMatches(const Event &event, Text operand, uint32_t &cursor,
                      const Environment &environment);
  /// Latches what newly matches; true if anything did.
  bool latch(const Tree &tree, uint32_t event, const Environment &environment);
  bool isTrue(const Tree &tree);
  void resetTree(const Tree &tree);
  /// Marks in `inTruth` the leaves that make the root true.
  void markTruth(const Tree &tree);
  /// Their variables, then KEY=names; null data with false: no memory.
  bool truthEnvironment(const Tree &tree, const char *namesKey,
                        bool descriptors, Blob &blob);
  uint32_t truthCount(const Tree &tree) const;
  char *appendDescriptors(const Tree &tree, char *at);
  void addTruthWaiters(const Tree &tree, uint32_t instance);
  void triggerStart(ClassIndex job);
  bool tryStart(ClassIndex job, const Tree &tree);
  bool tryStop(uint32_t instance, const Tree &tree);
  void triggerStop(uint32_t instance);
  void retryLater();
  bool retryStep();

  // --- Machine.cpp
  State nextState(const Instance &instance) const;
  void changeGoal(uint32_t instance, Goal goal, bool restarting = false);
  void move();
  void enter(uint32_t instance, State state);
  bool rests(const Instance &instance) const;
  void enterStarting(uint32_t instance);
  void enterRunning(uint32_t instance, State from);
  void enterKilled(uint32_t instance);
  void enterWaiting(uint32_t instance);
  void stallForMemory(uint32_t instance);
  void countStart(ClassIndex job);
  void armTimer(uint32_t instance, uint64_t nanoseconds);
  void cancelTimer(uint32_t instance);
  void markFailed(uint32_t instance, Slot slot, int32_t status, bool respawn);
  void releaseWaiters(uint32_t instance, bool failed);
  void addWaiter(uint32_t instance, uint32_t waiter);
  uint32_t makeWaiter(WaitKind kind, RequestToken request);
  void releaseOne();

  // --- Processes.cpp
  void spawn(uint32_t instance, Slot slot);
  void spawned(const Outcome &outcome);
  void spawnFailed(uint32_t instance, Slot slot, Text step, int32_t error,
                   int32_t pid);
  void afterProcess(uint32_t instance, Slot slot);
  void sendSignal(uint32_t instance, SignalKind kind, int number, bool group);
  void killMain(uint32_t instance);
  void signalled(const Outcome &outcome);
  void mainGone(uint32_t instance);
  bool processOf(int32_t pid, uint32_t &instance, Slot &slot) const;
  void forgetProcess(uint32_t instance, Slot slot);
  void execConfirmed(const Input &input);
  void execFailed(const Input &input);
  void childEnded(int32_t pid, int32_t status, bool bySignal, bool vanished);
  void processEnded(const Operation &end);
  void noteEnd(uint32_t instance, Slot slot, const Operation &end);
  void mainEnded(uint32_t instance, int32_t status);
  bool respawnAllowed(Instance &instance);
  void childStopped(const Input &input);
  void childContinued(const Input &input);
  void childForked(const Input &input);
  void childReplaced(const Input &input);
  void childExecuted(const Input &input);
  void timerDue(const Input &input);

  // --- Runs.cpp
  void recordRun(uint32_t instance, Slot slot, LastRun::Why why, int32_t status,
                 bool signalled, Text step = {});
  void recordEnd(uint32_t instance, Slot slot, const Operation &end);
  uint32_t findRun(ClassIndex job, uint32_t hash, size_t length) const;
  uint32_t takeRun(JobClass &jobClass, uint32_t hash, uint32_t length);
  /// The same text in memory of ours; empty: there is none, or too many.
  Text keepStep(Text step);

  // --- Requests.cpp
  FeedResult feed(const Input &input);
  FeedResult request(const Input &input);
  FeedResult startClass(const Input &input);
  /// What a Start, Stop or Restart needs besides its instance; freed unless
  /// it was used.
  struct Needs {
    Blob env{};
    uint32_t waiter = None;
  };
  bool gather(const Input &input, WaitKind kind, bool withEnvironment,
              Needs &needs);
  bool gatherStart(const Input &input, WaitKind kind, uint32_t instance,
                   bool newEnvironment, Needs &needs);
  void drop(Needs &needs);
  FeedResult start(const Input &input, uint32_t instance, bool newEnvironment,
                   bool fresh);
  uint32_t namedInstance(const Input &input, FeedResult &result);
  bool isStopped(const Input &input, uint32_t instance);
  FeedResult stopClass(const Input &input);
  FeedResult stop(const Input &input, uint32_t instance, bool newEnvironment);
  FeedResult restartClass(const Input &input);
  FeedResult restart(const Input &input, uint32_t instance,
                     bool newEnvironment);
  FeedResult reload(const Input &input, uint32_t instance);
  FeedResult emitEvent(const Input &input);
  bool refuseArguments(const Input &input);
  FeedResult unknownInstance(const Input &input, Text name);
  FeedResult expandRequest(const Input &input, bool withUsage, Text &name,
                           bool &answered);
  void forgetClient(RequestToken request);
  void forgetCallers();

  // --- JobEnvironment.cpp
  struct EnvironmentEdits;
  FeedResult changeEnvironment(const Input &input);
  static bool readEdits(const Input &input, EnvironmentEdits &edits);
  bool changeInstance(uint32_t instance, const EnvironmentEdits &edits);
  bool finishDelta(const Instance &instance, Blob &delta);
  bool roomForDelta(uint32_t instance, const Blob &delta);
  bool makeBase(EnvironmentEdits &edits);
  bool changeGlobal(EnvironmentEdits &edits);
  bool hideReset(EnvironmentEdits &edits);
  bool makeDelta(uint32_t instance, const EnvironmentEdits &edits, Blob &delta,
                 bool &changed);
  bool overrule(const Instance &instance, const EnvironmentEdits &edits,
                Text key);

  // --- Shutdown.cpp
  bool initShutdown();
  void shutdown(const Input &input);
  void shutdownTick();
  void stopEverything(uint64_t time);
  bool advanceWalk(Walk &walk);
  bool quiesceStep();
  bool someProcess() const;
  uint64_t longestKill() const;
  bool leafMatches(const Event &event, ClassIndex job, uint32_t node);
  bool wantsSessionEnd();
  void endSession();

  // --- What was given
  const table::JobTable *baseJobs = nullptr; ///< the last whole table
  /// Of the first table, while that is the base and not yet whole.
  table::Verification *verification = nullptr;
  SharedEnvironment shared;
  Priority logPriority = Priority::Message;

  // --- State
  Vector<JobClass> classes;
  ClassIndex freeSlot = None, goneClass = None;
  size_t freeSlots = 0;
  ClassIndex firstNews = None, lastNews = None;
  Vector<ClassIndex> order;
  uint32_t bucketEnds[NumBuckets] = {}; ///< in `order`
  Vector<uint32_t> classTable;          ///< by name, chained
  Vector<uint32_t> latches; ///< of the start conditions of the first table
  Pool<TableUse> tables;
  uint32_t base = None;         ///< of `tables`
  Vector<ClassIndex> baseSlots; ///< by index of the job; empty: the same
  uint32_t unusedTables = None;
  LeafIndex leafIndex; ///< of definitions outside the base
  Pool<Successor> successors;
  Pool<Instance> instances;
  Vector<uint32_t> instanceTable; ///< by class and name, chained
  Pool<Event> events;
  Pool<Waiter> waiters;
  Pool<RunRecord> runs;
  Vector<Text> steps;  ///< LastRun::step, each once
  NumberMap processes; ///< pid to instance * 8 + slot
  Agenda agenda;
  uint64_t now = 0;
  uint64_t tokens = 0;
  uint32_t released = None, lastReleased = None;
  Intent intent;
  uint32_t mover = None;
  uint32_t zombie = None; ///< instance to be freed
  Operation op;
  Owed owed;
  Poll poll;
  Quiesce quiesce;
  Walk retry;
  bool engineTimer = false;
  unsigned work = 0;
  uint16_t round = 0; ///< counts the times of rest
  uint32_t stamps = 0;
  bool appArmor = false;
  bool limitsImports = false; ///< dialect chromeos

  // --- Classes an event may concern: a bit for each position
  Vector<uint64_t> marked;
  uint32_t firstMarked = None, lastMarked = 0; ///< words

  // --- Scratch
  Record ring[MaxRecords] = {};
  unsigned ringSize = 0, ringTaken = 0;
  Expander expander;
  EnvironmentBuilder builder;
  TextBuffer line;      ///< the text of the action being taken
  TextBuffer prepared;  ///< a text that cannot be made later
  TextBuffer variables; ///< UPSTART_JOB and UPSTART_INSTANCE
  Vector<Text> texts;
  Vector<uint8_t> values;   ///< of a condition's nodes
  Vector<uint8_t> inTruth;  ///< likewise
  Vector<uint32_t> carried; ///< events from one start condition to the next
  size_t longestClassName = 0;
  size_t longestName = 0; ///< of instances and of requested events
};

} // namespace starton::engine

#endif // STARTON_LIB_RUNTIME_ENGINE_IMPL_H
