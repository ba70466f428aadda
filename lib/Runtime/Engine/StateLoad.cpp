// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Of a saved state: everything that is not a class or an instance.

#include "StateLoader.h"
#include <new>

namespace starton::engine {

namespace {

/// Bytes of the smallest saved one.
constexpr size_t LeastEvent = 42;

} // namespace

bool loadBlob(StateReader &in, Blob &blob) {
  blob = {};
  uint32_t strings = 0;
  Text bytes = in.strings(strings);
  if (bytes.empty())
    return in.good();
  char *data = static_cast<char *>(allocate(bytes.size()));
  if (!in.require(data != nullptr, "no memory"))
    return false;
  std::memcpy(data, bytes.data(), bytes.size());
  blob = {data, uint32_t(bytes.size()), strings};
  return true;
}

bool StateLoader::run() {
  in.part("ENGI");
  loadGlobals();
  loadEvents();
  loadPool();
  loadTables();
  uint32_t count = loadSlots();
  if (!in.good())
    return false;
  for (uint32_t i = 0; i < count && in.good(); ++i)
    loadClass();
  if (!in.good())
    return false;
  giveTables();
  loadProgress();
  if (!in.good())
    return false;
  for (Awaited instance : awaited)
    if (!in.require(instance != ToCome, "an instance is missing"))
      return false;
  checkOwners();
  checkRequests();
  checkPoll();
  fillAgenda();
  return in.good();
}

void StateLoader::loadGlobals() {
  engine.now = in.number64();
  engine.tokens = in.number64();
  engine.round = in.number16();
  engine.logPriority = in.choice(Priority::Fatal);
  engine.appArmor = in.flag();
  engine.engineTimer = in.flag();
  if (engine.shared.load(in))
    in.require(engine.builder.reserve(size_t(engine.shared.base().count) + 3),
               "no memory");
}

// --- Events.

void StateLoader::loadEvents() {
  uint32_t count = in.count(LeastEvent);
  if (!in.require(events.reserveExactly(count), "no memory"))
    return;
  for (uint32_t i = 0; i < count && in.good(); ++i)
    loadEvent();
  Agenda::Place place;
  place.sequences = in.number64();
  place.cursor = in.number64();
  place.pass = in.number32();
  in.require(place.pass < UINT32_MAX / 2, "a value out of range");
  engine.agenda.setPlace(place);
  for (uint32_t index : events)
    in.require(engine.events[index].sequence <= place.sequences,
               "an event of the future");
}

void StateLoader::loadEvent() {
  auto progress = in.choice(Progress::Finishing);
  Text name = in.name();
  uint32_t count = 0;
  Text variables = in.strings(count);
  if (!in.require(progress > Progress::Spare && !name.empty(),
                  "an event without a name"))
    return;
  uint32_t index = engine.makeEvent(name, {});
  if (!in.require(index != None, "no memory"))
    return;
  events.pushReserved(index);
  Event &event = engine.events[index];
  event.progress = progress;
  if (!in.require(engine.growEvent(index, event.length + variables.size()) &&
                      engine.texts.reserve(count),
                  "no memory"))
    return;
  if (!variables.empty())
    std::memcpy(event.data + event.length, variables.data(), variables.size());
  event.length += uint32_t(variables.size());
  event.count = count;
  event.owner = in.number32();
  event.ownerGeneration = in.number32();
  event.sequence = in.number64();
  event.pass = in.number32();
  loadRequest(event.request);
  event.descriptor = in.signed32();
  in.require(event.descriptor >= -1, "a descriptor out of range");
  event.failed = in.flag();
}

uint32_t StateLoader::reference() {
  uint32_t number = in.number32();
  if (number == None || !in.require(number < events.size(), "no such event"))
    return None;
  return events[number];
}

void StateLoader::loadRequest(RequestToken &request) {
  request = in.number64();
  if (request)
    in.require(requests.push(request), "no memory");
}

// --- What is under way.

void StateLoader::loadProgress() {
  Poll &poll = engine.poll;
  poll.event = reference();
  poll.phase = in.choice(Poll::Phase::Dispose);
  uint32_t position = in.number32();
  if (position != NoClass &&
      in.require(position < engine.order.size(), "no such class"))
    poll.job = engine.order[position];
  poll.instance = loadLive();
  Quiesce &quiesce = engine.quiesce;
  quiesce.active = in.flag();
  quiesce.logout = in.flag();
  quiesce.waiting = in.flag();
  quiesce.over = in.flag();
  quiesce.begin = in.number64();
  quiesce.deadline = in.number64();
  loadWalk(quiesce.stop);
  loadWalk(quiesce.complain);
  loadWalk(engine.retry);
  // The end of a session is prepared from the start, and comes once.
  if (quiesce.active)
    quiesce.event = None;
  else
    in.require(engine.initShutdown(), "no memory");
}

uint32_t StateLoader::loadLive() {
  uint32_t index = in.number32();
  if (index == None)
    return None;
  bool live = index < awaited.size() && awaited[index] == Loaded;
  return in.require(live, "no such instance") ? index : None;
}

void StateLoader::loadWalk(Walk &walk) {
  walk.active = in.flag();
  walk.position = in.number32();
  walk.instance = loadLive();
  in.require(walk.position <= engine.order.size(), "no such class");
}

bool SharedEnvironment::load(StateReader &in) {
  if (!loadBlob(in, own) || !loadBlob(in, jobs) || !loadBlob(in, sessionBlob))
    return false;
  if (!in.require(sessionBlob.count <= 1, "a count out of range"))
    return false;
  inherits = in.flag();
  if (sessionBlob.length)
    sessionEntry = {sessionBlob.data, sessionBlob.length - 1};
  return true;
}

bool Engine::Impl::restore(StateReader &in, Span<const TableOfState> given) {
  constexpr size_t FirstInstances = 64;
  constexpr size_t FirstNames = 64;
  constexpr size_t PreparedRoom = 512;
  return in.require(classTable.resize(FirstNames, 0xff) && reserveClasses(0) &&
                        reserveNodes(0) && expander.init() &&
                        instanceTable.resize(FirstInstances, 0xff) &&
                        prepared.reserve(PreparedRoom) && reserveNames(0),
                    "no memory") &&
         StateLoader(*this, in, given).run();
}

bool Engine::restore(StateReader &in, Span<const TableOfState> tables) {
  if (!in.good())
    return false; // not even its header
  void *memory = allocate(sizeof(Impl));
  if (!in.require(memory != nullptr, "no memory"))
    return false;
  impl = new (memory) Impl;
  if (impl->restore(in, tables))
    return true;
  impl->~Impl();
  release(impl);
  impl = nullptr;
  return false;
}

} // namespace starton::engine
