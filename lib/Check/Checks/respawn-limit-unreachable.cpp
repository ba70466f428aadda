// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"

namespace starton::check {

namespace {

/// How often at most a process is started, fails and is started again in a
/// second; generous.
constexpr int64_t MaxRespawnsPerSecond = 1000;

/// The seconds of a process that only sleeps; 0: unknown.
int64_t sleepOf(const sema::Process &process) {
  llvm::StringRef text = llvm::StringRef(process.text).trim();
  if (!text.consume_front("/bin/sleep") && !text.consume_front("sleep"))
    return 0;
  llvm::StringRef number = text.ltrim(" \t");
  uint32_t seconds = 0;
  if (number.size() == text.size() || number.getAsInteger(10, seconds))
    return 0;
  return seconds;
}

/// Between two respawns all of these have run to their end.
constexpr sema::ProcessSlot waitedFor[] = {sema::ProcessSlot::PreStart,
                                           sema::ProcessSlot::PostStart,
                                           sema::ProcessSlot::PostStop};

void run(Context &context) {
  for (const sema::Job &job : context.jobs()) {
    int64_t count = job.respawnLimit.value;
    int64_t interval = job.respawnInterval.value;
    if (!job.respawnLimit.isSet() || !job.respawnInterval.isSet())
      continue;
    Place place = placeOf(job.respawnLimit.origin);
    const sema::Origin &end = job.respawnInterval.origin;
    // `unlimited` stands for both.
    if (end.file == place.file && end.range == place.range)
      continue;
    if (end.file == place.file && end.range.end > place.range.end)
      place.range.end = end.range.end;
    if (count == 0 || interval == 0) {
      context.report(place, "a limit with a 0 is no limit at all: the job is "
                            "respawned for ever; write 'respawn limit "
                            "unlimited' where that is meant");
      continue;
    }
    // Within `interval` seconds of a respawn there may be `count` of them in
    // all (runtime §2.7).
    if (count / MaxRespawnsPerSecond >= interval) {
      context.report(place, "no job is respawned " + llvm::Twine(count) +
                                " times in " + llvm::Twine(interval) +
                                " s: the limit has no effect");
      continue;
    }
    int64_t pause = 0;
    const sema::Process *longest = nullptr;
    for (sema::ProcessSlot slot : waitedFor) {
      const sema::Process &process = job.processes[static_cast<unsigned>(slot)];
      int64_t seconds = sleepOf(process);
      if (seconds > pause)
        longest = &process;
      pause = std::max(pause, seconds);
    }
    if (longest && count > (interval - 1) / pause)
      context
          .report(place,
                  "the job is respawned only every " + llvm::Twine(pause) +
                      " s, so never " + llvm::Twine(count) + " times in " +
                      llvm::Twine(interval) + " s: it is respawned for ever")
          .note(context.system(), placeOf(longest->origin),
                "each respawn waits for this");
  }
}

} // namespace

STARTON_CHECK(respawnLimitUnreachable) = {
    .name = "respawn-limit-unreachable",
    .summary = "a respawn limit that is never reached",
    .doc = R"(
`respawn limit COUNT INTERVAL` gives a job up that is respawned more than COUNT times in INTERVAL seconds.
It never does so

- when COUNT or INTERVAL is 0: Upstart then has no limit. `respawn limit 0 5` does not mean "never respawn", it means "for ever";
- when each respawn takes so long that there is no time for COUNT of them, as with `post-stop exec sleep 5` and `respawn limit 10 5`: a pause of five seconds allows one in five;
- when COUNT is more than a machine can do.

A job that cannot run is then started again and again, for as long as the system is up, each time with all that waits for its events.

Make INTERVAL longer than COUNT times the pause, or say `respawn limit unlimited` where that is meant.
The default, 10 times in 5 seconds, is not examined: a pause beside it is a usual way to have a job tried again for ever.
)",
    .bad = R"(
start on runlevel [2345]
stop on runlevel [016]
respawn
respawn limit «10 5»
exec /usr/sbin/food
post-stop exec sleep 5
)",
    .good = R"(
start on runlevel [2345]
stop on runlevel [016]
respawn
respawn limit 10 120
exec /usr/sbin/food
post-stop exec sleep 5
)",
    .run = run};

} // namespace starton::check
