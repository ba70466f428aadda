// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Stanzas.h"
#include "starton/Check/Context.h"

namespace starton::check {

namespace {

/// What the graph offers instead of \p event, or nothing.
class Suggestions {
public:
  explicit Suggestions(const Context &context) : context(context) {}

  llvm::StringRef nearest(llvm::StringRef event) {
    if (words.empty())
      collect();
    // Scripts and rules name events freely, and a system without a catalogue
    // may have thousands of unknown ones.
    if (asked++ == MaxAsked)
      words = " ";
    std::string_view near = suggestWord(event, words);
    return {near.data(), near.size()};
  }

private:
  static constexpr size_t MaxAsked = 50;

  void collect() {
    for (const KnownEvent &event : context.system().catalogue().events())
      if (!event.isGlob())
        words += event.name + " ";
    if (context.system().isPartial())
      return;
    for (const Emission &emission : context.graph().emissions())
      if (!emission.isGlob)
        words += emission.name + " ";
  }

  const Context &context;
  std::string words;
  size_t asked = 0;
};

/// The event meant in `runlevel[2345]`, where the blank is missing.
llvm::StringRef eventBeforePattern(const Graph &graph, llvm::StringRef event) {
  llvm::StringRef front = event.take_front(event.find('['));
  return front.size() < event.size() && graph.isEmitted(front)
             ? front
             : llvm::StringRef();
}

/// `start on apache2` where `started apache2` was meant.
void suggestJob(Finding finding, bool stops, llvm::StringRef job) {
  finding.note("there is a job of this name: its events are 'starting', "
               "'started', 'stopping' and 'stopped', so '" +
               llvm::Twine(stops ? "stopping " : "started ") + printable(job) +
               "' may be meant");
}

/// What is to be said of an event that nothing emits; nothing where another
/// package may.
std::string problemOf(const Context &context, const EventNode &event,
                      Suggestions &suggestions) {
  const System &system = context.system();
  llvm::StringRef instead = system.catalogue().insteadOf(event.name);
  if (!instead.empty())
    return "the event " + quoted(event.name) + " is no more; write " +
           quoted(instead);
  llvm::StringRef glued = eventBeforePattern(context.graph(), event.name);
  if (!glued.empty())
    return "event " + quoted(event.name) +
           " does not exist; a blank is missing behind " + quoted(glued);
  llvm::StringRef near = suggestions.nearest(event.name);
  if (system.isPartial() && near.empty())
    return {};
  bool isJob = system.jobNamed(event.name) != System::NoJob;
  return "nothing emits the event " + quoted(event.name) +
         (isJob ? std::string() : didYouMean(near));
}

void run(Context &context) {
  const Graph &graph = context.graph();
  Suggestions suggestions(context);
  for (const EventNode &event : graph.events()) {
    if (event.leaves.empty() || graph.isEmitted(event.name))
      continue;
    std::string problem = problemOf(context, event, suggestions);
    // Another package may emit it; only what looks like a slip is certain.
    if (problem.empty())
      continue;
    for (uint32_t index : event.leaves) {
      const Leaf &leaf = graph.leaves()[index];
      Place place = context.system().eventPlace(graph.nodeOf(leaf));
      Finding finding = context.report(place, problem);
      if (context.system().jobNamed(event.name) != System::NoJob)
        suggestJob(finding, leaf.stops, event.name);
    }
  }
}

} // namespace

STARTON_CHECK(undefinedEvent) = {
    .name = "undefined-event",
    .summary = "a condition waits for an event that nothing emits",
    .needs = NeedGraph | NeedCatalogue,
    .doc = R"(
A condition names an event that no job of the system emits (by an `emits` stanza or from a script), and that no event catalogue has.
The job then never starts, or never stops, without any message.
Most often the name is misspelt.

An event counts as emitted, too, where `initctl emit NAME` stands in a string or here-document of a script, and where its name is a word of a script that emits an event of an unknown name (`initctl emit "$1"`).

Where the event comes from outside, say so: in a catalogue of your own (`--events FILE`), or by `emits NAME` in the job whose program emits it.

`shutdown` and `runlevel-2` were events of Upstart 0.3 and are none since.

With `--partial`, or for a file alone, only names are reported that are nearly those of known events, or were ones once.
)",
    .bad = R"(
start on «local-filesystem»
stop on runlevel [016]
exec /usr/sbin/food
)",
    .good = R"(
start on local-filesystems
stop on runlevel [016]
exec /usr/sbin/food
)",
    .run = run};

} // namespace starton::check
