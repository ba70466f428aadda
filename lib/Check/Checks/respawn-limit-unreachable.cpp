// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Shell/ShellTexts.h"

namespace starton::check {

namespace {

/// How often at most a process is started, fails and is started again in a
/// second; generous.
constexpr int64_t MaxRespawnsPerSecond = 1000;

/// The seconds that `sleep WORD` takes; 0: not known.
double sleepOf(llvm::StringRef word) {
  struct Unit {
    char letter;
    double seconds;
  };
  constexpr Unit units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
  double unit = 1, number = 0;
  for (const Unit &each : units)
    if (word.ends_with(llvm::StringRef(&each.letter, 1))) {
      unit = each.seconds;
      word = word.drop_back();
      break;
    }
  bool isNumber = !word.empty() &&
                  word.find_first_not_of("0123456789.") == word.npos &&
                  !word.getAsDouble(number);
  return isNumber ? number * unit : 0;
}

/// The whole seconds that a process sleeps in any case.
int64_t pauseOf(const shell::ShellFacts &facts) {
  if (!facts.complete)
    return 0;
  constexpr double MaxPause = INT32_MAX;
  double pause = 0;
  for (const shell::Command &command : facts.commands) {
    constexpr auto Sometimes = shell::Context(
        shell::InBranch | shell::InLoop | shell::InFunction |
        shell::InBackground | shell::InPipeline | shell::InSubstitution |
        shell::InSubshell | shell::IsUnreachable);
    llvm::StringRef program = facts.programOf(command);
    // What follows may not be reached.
    if (command.is(shell::InBranch) &&
        (program == "exit" || facts.replacesShell(command)))
      break;
    if (program != "sleep" || command.is(Sometimes))
      continue;
    const shell::Layer &call = facts.layersOf(command).back();
    for (uint32_t at = call.firstArgument; at != call.endWord; ++at)
      if (facts.words[at].isLiteral)
        pause += sleepOf(facts.words[at].value);
  }
  return static_cast<int64_t>(std::min(pause, MaxPause));
}

/// Between two respawns all of these have run to their end.
constexpr sema::ProcessSlot waitedFor[] = {sema::ProcessSlot::PreStart,
                                           sema::ProcessSlot::PostStart,
                                           sema::ProcessSlot::PostStop};

void run(Context &context) {
  for (uint32_t index = 0; index != context.jobs().size(); ++index) {
    const sema::Job &job = context.jobs()[index];
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
      const shell::ShellText *text = context.system().shell().find(index, slot);
      int64_t seconds = text ? pauseOf(text->facts) : 0;
      if (seconds > pause)
        longest = &job.processes[static_cast<unsigned>(slot)];
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
