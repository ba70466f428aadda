// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "llvm/ADT/StringExtras.h"

namespace starton::check {

namespace {

/// Where programs come to lie only while the system runs, or on another medium.
constexpr llvm::StringLiteral passing[] = {
    "/dev/", "/home/", "/media/", "/mnt/",     "/proc/",
    "/run/", "/sys/",  "/tmp/",   "/var/run/", "/var/tmp/"};

constexpr llvm::StringLiteral programDirectories[] = {"/bin", "/sbin",
                                                      "/usr/bin", "/usr/sbin"};

/// The first word of a command where it is a path that means itself to init as
/// well as to a shell; else empty.
llvm::StringRef programOf(llvm::StringRef command) {
  llvm::StringRef word =
      command.take_until([](char c) { return llvm::isSpace(c); });
  bool isPlain = llvm::all_of(word, [](char c) {
    return llvm::isAlnum(c) || llvm::StringRef("/._-+@%:,").contains(c);
  });
  return isPlain && word.starts_with("/") ? word : llvm::StringRef();
}

/// An image where `/bin` and `/usr/bin` are one may hold one of the names only.
std::string otherName(const Root &root, llvm::StringRef path) {
  std::string other = path.starts_with("/usr/") ? path.drop_front(4).str()
                                                : "/usr" + path.str();
  llvm::StringRef directory =
      path.take_front(path.find('/', path.starts_with("/usr/") ? 5 : 1));
  return root.kindOf(directory) == PathKind::Missing ? other : std::string();
}

/// What keeps \p path from being run; empty when nothing does, or nobody knows.
llvm::StringRef obstacle(const Root &root, llvm::StringRef path) {
  switch (root.kindOf(path)) {
  case PathKind::Missing: {
    std::string other = otherName(root, path);
    return other.empty() || root.kindOf(other) == PathKind::Missing
               ? "does not exist below the root"
               : "";
  }
  case PathKind::File:
    return "is not executable";
  case PathKind::Directory:
    return "is a directory";
  case PathKind::Unknown:
  case PathKind::Executable:
  case PathKind::Other:
    break;
  }
  return "";
}

Place placeOfProgram(const System &system, const sema::Process &process,
                     llvm::StringRef program) {
  uint32_t begin = process.textRange.begin;
  Place place{process.origin.file,
              {begin, begin + static_cast<uint32_t>(program.size())}};
  // A continued line may stand between them.
  return place.range.end <= process.textRange.end &&
                 system.text(place) == program
             ? place
             : placeOf(process.origin);
}

void run(Context &context) {
  const System &system = context.system();
  const Root &root = system.root();
  // Another package may have it; so may the system that a root without any
  // programs is laid over.
  if (system.isPartial() || !root.isGiven() ||
      llvm::none_of(programDirectories, [&](llvm::StringRef directory) {
        return root.kindOf(directory) == PathKind::Directory;
      }))
    return;
  for (const sema::Job &job : context.jobs()) {
    if (job.chroot.isSet())
      continue;
    for (const sema::Process &process : job.processes) {
      if (process.kind != sema::ProcessKind::Command || !process.origin.known())
        continue;
      llvm::StringRef program = programOf(process.text);
      if (program.empty() ||
          llvm::any_of(passing, [&](llvm::StringRef directory) {
            return program.starts_with(directory);
          }))
        continue;
      llvm::StringRef why = obstacle(root, program);
      if (!why.empty())
        context.report(placeOfProgram(system, process, program),
                       quoted(program) + " " + why + ", so this cannot be run");
    }
  }
}

} // namespace

STARTON_CHECK(missingExecutable) = {
    .name = "missing-executable",
    .summary = "a command that the system does not have",
    .needs = NeedRoot,
    .doc = R"(
The program of an `exec` (also of `pre-start exec` and the like) is not below `--root`, or is no file that may be executed.
The start of the job then fails; a `post-start`, `pre-stop` or `post-stop` is passed over without anything being done.
A failure to run a program is never respawned.

Looked at is the first word of a command where it is an absolute path without anything that a shell would expand.
Links are followed inside the root; where `/bin` or `/usr/bin` is missing altogether the other one is looked into.
Nothing is said with `--partial`, for a job with `chroot`, about places that are filled while the system runs (`/run`, `/mnt`, `/home` ...), and when the root holds no directory of programs at all.

Correct the path, or put the package with the program into the image.
)",
    .bad = R"(
#--- food.conf
start on startup
pre-start exec «/usr/bin/food-prepare» --all
exec «/usr/lib/food/start»
#--- /usr/sbin/food
#--- /usr/lib/food/start
)",
    .good = R"(
#--- food.conf
start on startup
pre-start exec /usr/sbin/food --prepare
exec /usr/sbin/food
#--- /usr/sbin/food
#--- /usr/lib/food/start
)",
    .run = run};

} // namespace starton::check
