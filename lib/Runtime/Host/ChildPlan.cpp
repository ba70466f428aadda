// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Child.h"
#include "starton/Table/JobTable_generated.h"
#include <cstring>
#include <new>

namespace starton::host {

namespace {

constexpr char ShellPath[] = "/bin/sh";
constexpr char ScriptPath[] = "/proc/self/fd/9";

Span<const char> textOf(const flatbuffers::String *string) {
  return string ? Span<const char>(string->c_str(), string->size())
                : Span<const char>();
}

/// exec does not write through these; its type is older than const.
char *literal(const char *text) { return const_cast<char *>(text); }

/// Hands out memory from one piece; or, without a piece, only adds up how much
/// that would be. The two take the same way, so that they cannot differ.
class Layout {
public:
  explicit Layout(void *memory) : base(static_cast<char *>(memory)) {}
  size_t size() const { return used; }

  /// Null when nothing is written.
  template <typename T> T *array(size_t count) {
    used = (used + alignof(T) - 1) & ~(alignof(T) - 1);
    T *result = base ? reinterpret_cast<T *>(base + used) : nullptr;
    used += count * sizeof(T);
    return result;
  }
  char *text(Span<const char> source) {
    char *copy = array<char>(source.size() + 1);
    if (!copy)
      return nullptr;
    if (!source.empty())
      std::memcpy(copy, source.data(), source.size());
    copy[source.size()] = '\0';
    return copy;
  }
  const char *text(const flatbuffers::String *source) {
    return source ? text(textOf(source)) : nullptr;
  }
  Span<const char> view(const flatbuffers::String *source) {
    return {text(source), source ? source->size() : 0};
  }

private:
  char *base;
  size_t used = 0;
};

/// A list for exec in a Layout.
class Words {
public:
  /// \p spare entries come before the first.
  Words(Layout &target, size_t count, size_t spare = 0) {
    list = target.array<char *>(count + 1 + spare);
    if (!list)
      return;
    list += spare;
    list[count] = nullptr;
  }
  void push(char *word) {
    if (list)
      list[filled++] = word;
  }
  char **get() const { return list; }

private:
  char **list;
  size_t filled = 0;
};

/// The text for the shell without its trailing newlines.
Span<const char> shellText(const table::Process &process) {
  Span<const char> text = textOf(process.text());
  while (!text.empty() && text[text.size() - 1] == '\n')
    text = text.slice(0, text.size() - 1);
  return text;
}

/// One line goes to `sh -c`, more go through descriptor 9.
void layArguments(Layout &layout, const table::Process &process,
                  ChildPlan &plan) {
  if (process.kind() == table::ProcessKind::Argv) {
    const auto *source = process.argv();
    Words words(layout, source->size(), 1);
    for (const auto *word : *source)
      words.push(layout.text(textOf(word)));
    plan.argv = words.get();
    return;
  }
  Span<const char> text = shellText(process);
  bool script =
      !text.empty() && std::memchr(text.data(), '\n', text.size()) != nullptr;
  Words words(layout, script ? 3 : 5, 1);
  words.push(literal(ShellPath));
  words.push(literal("-e"));
  if (script) {
    words.push(literal(ScriptPath));
    plan.script = layout.view(process.text());
  } else {
    words.push(literal("-c"));
    words.push(layout.text(text));
    words.push(literal(ShellPath));
  }
  plan.argv = words.get();
}

bool makesFiles(const ChildRequest &request) {
  const auto *files = request.job->tmpfiles();
  return request.slot == engine::Slot::PreStart && files && files->size() > 0;
}

void layTemporaryFiles(Layout &layout, const ChildRequest &request,
                       ChildPlan &plan) {
  if (!makesFiles(request))
    return;
  const auto &files = *request.job->tmpfiles();
  Words words(layout, files.size() + 2);
  words.push(literal(request.defaults->tmpfilesProgram));
  words.push(literal("--create"));
  for (const auto *file : files)
    words.push(layout.text(textOf(file)));
  plan.tmpfiles = words.get();
}

void layLimits(Layout &layout, const table::Job &job, ChildPlan &plan) {
  const auto *limits = job.limits();
  size_t count = limits ? limits->size() : 0;
  auto *copies = layout.array<ChildLimit>(count);
  plan.limits = {copies, count};
  for (uint32_t i = 0; copies && i < count; ++i) {
    const table::Limit &limit = *limits->Get(i);
    copies[i] = {static_cast<uint8_t>(limit.resource()),
                 {limit.soft(), limit.hard()}};
  }
}

void layVariables(Layout &layout, Span<const engine::Text> env,
                  ChildPlan &plan) {
  Words words(layout, env.size());
  for (const engine::Text &entry : env)
    words.push(layout.text(entry));
  plan.env = words.get();
}

bool isConfined(const ChildRequest &request) {
  const auto *profile = request.job->apparmor_switch();
  return request.slot == engine::Slot::Main && profile && profile->size() > 0;
}

bool isStopped(const ChildRequest &request) {
  return request.job->debug() && request.defaults->traceStanzas;
}

void setValues(const ChildRequest &request, ChildPlan &plan) {
  const table::Job &job = *request.job;
  plan.defaults = *request.defaults;
  plan.console = request.console;
  plan.errorPipe = request.errorPipe;
  plan.terminal = request.terminal;
  plan.logPipe = request.logPipe;
  // The security process only loads a profile: it runs as the daemon does.
  plan.asDaemon = request.slot == engine::Slot::Security;
  plan.confined = isConfined(request);
  plan.stops = isStopped(request);
  plan.traced = request.slot == engine::Slot::Main &&
                (job.expect() == table::Expect::Fork ||
                 job.expect() == table::Expect::Daemon);
  plan.hasNice = job.has_nice();
  plan.nice = job.nice();
  plan.oomScore = job.oom_score();
  plan.umask = job.has_umask() ? static_cast<mode_t>(job.umask())
                               : request.defaults->umask;
}

void layOut(Layout &layout, const ChildRequest &request, ChildPlan &plan) {
  const table::Job &job = *request.job;
  setValues(request, plan);
  layVariables(layout, request.env, plan);
  if (request.process)
    layArguments(layout, *request.process, plan);
  layTemporaryFiles(layout, request, plan);
  layLimits(layout, job, plan);
  auto *events = layout.array<int32_t>(request.events.size());
  if (events && !request.events.empty())
    std::memcpy(events, request.events.data(),
                request.events.size() * sizeof *events);
  plan.events = {events, request.events.size()};
  plan.profile =
      request.profile ? layout.text(starton::textOf(request.profile)) : nullptr;
  plan.root = layout.text(job.chroot());
  if (job.chdir())
    plan.directory = layout.text(job.chdir());
  else if (!request.defaults->userMode || job.chroot())
    plan.directory = "/";
  plan.user = layout.view(job.setuid());
  plan.group = layout.view(job.setgid());
}

} // namespace

size_t planSize(const ChildRequest &request) {
  Layout layout(nullptr);
  ChildPlan scratch;
  (void)layout.array<ChildPlan>(1);
  layOut(layout, request, scratch);
  return layout.size();
}

ChildPlan &writePlan(const ChildRequest &request, void *memory) {
  Layout layout(memory);
  auto *plan = new (layout.array<ChildPlan>(1)) ChildPlan;
  layOut(layout, request, *plan);
  return *plan;
}

// An OOM score is that of all who share the memory; a change of the user makes
// the memory's owner undumpable, and until then lets that user's processes
// trace the child.
bool needsOwnMemory(const ChildRequest &request) {
  const table::Job &job = *request.job;
  return job.setuid() || job.setgid() || job.oom_score() != 0 ||
         isConfined(request) || isStopped(request) || makesFiles(request);
}

} // namespace starton::host
