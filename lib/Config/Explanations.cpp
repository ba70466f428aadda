// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Config/Explanations.h"
#include "starton/Check/Check.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include <algorithm>
#include <vector>

using namespace starton;
using namespace starton::config;

namespace {

struct Explanation {
  DiagId id;
  llvm::StringLiteral summary, doc;
};

constexpr Explanation explanations[] = {
    {DiagId::TrailingBackslash, "the file ends in a backslash",
     "A backslash joins the next line, and there is none."},
    {DiagId::UnterminatedQuote, "a quote is never closed",
     "Everything to the end of the file would belong to the word. The report "
     "points at the quote that opens it."},
    {DiagId::UnterminatedBlock, "a `script` block is never closed",
     "It needs a line `end script` (`end` of a block of its own)."},
    {DiagId::StrayEndScript, "`end script` without a block",
     "The block was closed before, or its first line is missing or misspelt."},
    {DiagId::UnknownStanza, "the keyword is no stanza",
     "Upstart rejects the whole file. docs/stanzas.md lists all stanzas."},
    {DiagId::WrongDialect,
     "the stanza, or this form of it, exists in other dialects only",
     "`--dialect` says which Upstart the files are for."},
    {DiagId::UnknownArgument,
     "a sub-keyword or enumerated value that does not exist",
     "docs/stanzas.md lists the forms of each stanza."},
    {DiagId::ExpectedArgument, "an argument, command or event is missing",
     "The stanza ends where something must follow."},
    {DiagId::EmptyArgument, "`\"\"` stands where an argument is needed",
     "Upstart takes an empty word for a missing one here."},
    {DiagId::UnexpectedArgument, "words follow a complete statement",
     "Text with blanks must be quoted; a comment needs a blank before its "
     "`#`."},
    {DiagId::IllegalInterval, "no number of seconds",
     "A whole number, 0 or more, in decimal."},
    {DiagId::IllegalExitStatus, "no exit status",
     "`normal exit` takes numbers and names of signals."},
    {DiagId::IllegalSignal, "no signal",
     "A name such as `TERM` or `SIGTERM`, or a number."},
    {DiagId::IllegalUmask, "no umask", "An octal number, 0 to 0777."},
    {DiagId::IllegalNice, "no nice level", "A whole number, -20 to 19."},
    {DiagId::IllegalOom, "no value of `oom`",
     "An adjustment of -17 to 15, or `never`."},
    {DiagId::IllegalOomScore, "no value of `oom score`",
     "A score of -1000 to 1000, or `never`."},
    {DiagId::IllegalLimit, "no limit", "A whole number, or `unlimited`."},
    {DiagId::ExpectedEvent, "an event is missing in a condition",
     "`and`, `or`, `not` and parentheses stand between or around events."},
    {DiagId::ExpectedOperator, "`and` or `or` is missing in a condition",
     "Between an event and a parenthesis, or two of them, there must be an "
     "operator."},
    {DiagId::PositionalAfterNamed,
     "a value without a name follows one with a name",
     "In `event KEY=VALUE word` Upstart cannot tell which variable the word is "
     "about."},
    {DiagId::MismatchedParentheses,
     "a parenthesis is not closed, or never opened",
     "The report points at the one that has no counterpart."},
    {DiagId::BlankLineInParentheses,
     "an empty line ends a condition whose parentheses are open",
     "Comments and line ends are fine there, an empty line is not."},
    {DiagId::SwallowedStanza,
     "an expression or a block holds what looks like a stanza",
     "Quotes, parentheses or blocks may end by accident, with those of a later "
     "stanza. The file is accepted, but means something else than it seems "
     "to."},
    {DiagId::InternalError, "a defect of this program",
     "Please report it, with the file."},
    {DiagId::CannotRead, "a file or directory cannot be read",
     "The message says why. Nothing is known of what is in it, so this is "
     "always an error (exit status 3)."},
    {DiagId::DirectoryLoop,
     "a directory contains itself through a symbolic link",
     "Upstart would not come to an end; it is entered once here. The same is "
     "said of directories full of links to each other, which have more paths "
     "through them than can be walked."},
    {DiagId::OverrideIsLink, "an override is a symbolic link",
     "Upstart ignores overrides that are no regular files."},
    {DiagId::BrokenOverride, "an override has an error",
     "What stands before the error counts, the rest does not."},
    {DiagId::OverrideAlone, "a job is made of its override alone",
     "The job file it belongs to has errors, so nothing of that counts."},
    {DiagId::TooLong, "a value is longer than a job table can hold",
     "Words end at 1 MiB, scripts and commands at 16 MiB, lists at two million "
     "elements. Upstart has no such limits; the job is left out of the table, "
     "and the others are in it."},
    {DiagId::ShellSyntax, "the shell rejects a script or command",
     "It would fail each time the job runs."},
    {DiagId::ShellTimeout, "the shell takes too long to read a script",
     "Nothing is known of the script. `--noscript` leaves scripts out."},
    {DiagId::ShellUnavailable, "there is no `/bin/sh`, or it was killed",
     "Scripts were not looked at. `--noscript` leaves them out."},
    {DiagId::LinterFailed, "ShellCheck gives no answer",
     "The message says what it did instead. `--off "
     "shellcheck,shellcheck-style` leaves it out."},
    {DiagId::BadSuppression, "a comment that should disable a finding does not",
     "It names no finding that exists or may be disabled, or is written "
     "otherwise than `# checkconf: disable=NAME`."},
    {DiagId::UnusedSuppression,
     "a comment disables a finding that is not there",
     "Remove the comment, or the name in it; `--fix` does so."},
    {DiagId::StaleBaseline,
     "a baseline lists a finding that is no longer there",
     "Write it anew with `--write-baseline`."},
    {DiagId::NoJobs, "there is nothing to check",
     "The directory holds no job file, or no job that `--job` names. A "
     "misspelt path would otherwise pass for a clean one."},
};

constexpr size_t countOfIds() {
  size_t count = 0;
#define DIAGNOSTIC(Id, Name, Sev) ++count;
#include "starton/Basic/Diagnostics.def"
  return count;
}
// Every finding but DiagId::Check, which stands for the checks.
static_assert(std::size(explanations) + 1 == countOfIds());

llvm::StringRef severityWord(DiagId id) {
  return diagSeverity(id) == Severity::Error ? "error" : "warning";
}

std::vector<const Explanation *> listed() {
  std::vector<const Explanation *> found;
  for (const Explanation &each : explanations)
    if (!check::findCheck(diagName(each.id)))
      found.push_back(&each);
  return found;
}

} // namespace

bool config::printFindingPage(llvm::StringRef name, llvm::raw_ostream &os) {
  for (const Explanation &each : explanations) {
    if (diagName(each.id) != name)
      continue;
    os << "# " << name << "\n\n"
       << llvm::toUpper(each.summary.front()) << each.summary.drop_front()
       << ".\n\n"
       << each.doc << "\n\n- Severity: " << severityWord(each.id) << '\n';
    return true;
  }
  return false;
}

void config::printFindingList(llvm::raw_ostream &os) {
  size_t width = 0;
  for (const Explanation *each : listed())
    width = std::max(width, diagName(each->id).size());
  for (const Explanation *each : listed())
    os << llvm::left_justify(diagName(each->id), static_cast<unsigned>(width))
       << "  " << llvm::left_justify(severityWord(each->id), 9) << each->summary
       << '\n';
}

void config::printFindingListJson(llvm::json::OStream &json) {
  json.attributeArray("findings", [&] {
    for (const Explanation *each : listed())
      json.object([&] {
        json.attribute("name", diagName(each->id));
        json.attribute("summary", each->summary);
        json.attribute("severity", severityWord(each->id));
      });
  });
}
