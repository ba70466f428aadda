// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// --fix and --diff. Fixes are made in memory, in rounds, since one may lead to
// another and two may want the same bytes: of those the first one of the report
// is made, and the next round looks again. Files are written once, at the end.

#include "Check.h"
#include "Findings.h"
#include "SameMeaning.h"
#include "starton/Fix/Edits.h"
#include "starton/Table/Writer.h"
#include "llvm/ADT/StringSet.h"
#include <algorithm>
#include <cstdio>
#include <deque>
#include <map>
#include <unistd.h>

using namespace starton;
using namespace starton::checkconf;

namespace {

/// Fixes that undo each other end here.
constexpr unsigned MaxRounds = 50;

using Texts = llvm::StringMap<std::string>;
using FixCounts = llvm::StringMap<size_t>; ///< by path

void printWarning(const std::string &message) {
  std::fprintf(stderr, "init-checkconf: warning: %s\n", message.c_str());
}

/// Keeps the findings that have a fix.
class Collector final : public report::Reporter {
public:
  void file(llvm::StringRef, bool) override {}
  void diagnostic(const Diagnostic &diagnostic) override {
    if (!diagnostic.fixes.empty() && diagnostic.source)
      found.push_back(diagnostic);
  }
  void finish() override {}

  std::deque<Diagnostic> found;
};

/// A fix that is to be made, and the finding it is for.
struct Proposal {
  const Diagnostic *finding;
  const Fix *fix;
  std::string key; ///< tells it from others, wherever lines have moved
};

/// One look at all files, and the fixes that it makes.
class Round {
public:
  Round(const Options &options, const Texts &texts, llvm::StringSet<> &refused)
      : options(options), inputs(options, &texts), refused(refused) {}

  /// A value: the exit status; what was wrong has been said.
  std::optional<int> look(Policy policy);
  /// Puts the mended texts into \p texts, and of files that were not there
  /// before the first ones into \p originals. Adds to \p counts the fixes of
  /// each file that had a finding. Returns the number of fixes.
  size_t mend(Texts &texts, Texts &originals, FixCounts &counts);

  Inputs &files() { return inputs; }

private:
  const Fix *choose(const Diagnostic &diagnostic, std::string &key) const;
  CheckedFile *ownerOf(const Proposal &proposal, const Edit &edit) const;
  bool add(const Proposal &proposal);
  void takeBack(const Proposal &proposal, size_t count);
  ParseResult parse(const CheckedFile &file, const SourceBuffer &source);
  bool accepts(const CheckedFile &file, std::string text);
  void refuse(const Proposal &proposal, llvm::StringRef why);
  void keepMeaning(std::vector<Proposal> &proposals);
  bool breaksFiles(const Proposal *proposal);
  void addCarefully(llvm::ArrayRef<Proposal> proposals);

  const Options &options;
  Inputs inputs;
  llvm::StringSet<> &refused;
  Parser parser;
  std::map<const SourceBuffer *, CheckedFile *> owners;
  std::map<const SourceBuffer *, fix::Edits> edits;
  std::deque<Diagnostic> findings;
  std::vector<const Proposal *> made;
};

std::optional<int> Round::look(Policy policy) {
  inputs.load();
  if (!policy.chooseFiles(options, inputs.files))
    return ExitUsage;
  if (!findAll(options, policy, inputs))
    return ExitInputOutput;
  Collector collector;
  visitFindings(options, inputs, policy, collector);
  findings = std::move(collector.found);
  for (CheckedFile &file : inputs.files)
    if (file.source && file.listed && file.inScope)
      owners[file.source] = &file;
  return std::nullopt;
}

/// The likeliest fix that may be made.
const Fix *Round::choose(const Diagnostic &diagnostic, std::string &key) const {
  for (const Fix &fix : diagnostic.fixes) {
    if (fix.edits.empty() || !(fix.safe || options.unsafeFixes))
      continue;
    key = diagnostic.source->path().str();
    for (llvm::StringRef part :
         {nameOf(diagnostic), llvm::StringRef(diagnostic.message),
          llvm::StringRef(fix.title)})
      key += '\0' + part.str();
    if (!refused.contains(key))
      return &fix;
  }
  return nullptr;
}

/// Null: a file that is not reported is not mended either.
CheckedFile *Round::ownerOf(const Proposal &proposal, const Edit &edit) const {
  auto owner =
      owners.find(edit.source ? edit.source : proposal.finding->source);
  return owner == owners.end() ? nullptr : owner->second;
}

/// All edits or none.
bool Round::add(const Proposal &proposal) {
  const std::vector<Edit> &wanted = proposal.fix->edits;
  for (size_t i = 0; i != wanted.size(); ++i) {
    CheckedFile *file = ownerOf(proposal, wanted[i]);
    if (file && edits.try_emplace(file->source, file->source->text())
                    .first->second.add(wanted[i]))
      continue;
    takeBack(proposal, i);
    return false;
  }
  made.push_back(&proposal);
  return true;
}

void Round::takeBack(const Proposal &proposal, size_t count) {
  for (const Edit &edit : llvm::ArrayRef(proposal.fix->edits).take_front(count))
    edits.at(ownerOf(proposal, edit)->source).remove(edit);
}

ParseResult Round::parse(const CheckedFile &file, const SourceBuffer &source) {
  ParseOptions how;
  how.dialect = options.dialect;
  how.mainConfiguration = file.mainConfiguration;
  return parser.parse(source, how);
}

bool Round::accepts(const CheckedFile &file, std::string text) {
  SourceBuffer source(file.path, std::move(text));
  return parse(file, source).accepted();
}

/// For good.
void Round::refuse(const Proposal &proposal, llvm::StringRef why) {
  refused.insert(proposal.key);
  LineColumn place =
      proposal.finding->source->lineColumn(proposal.finding->range.begin);
  printWarning(report::displayText(proposal.finding->source->path()) + ":" +
               std::to_string(place.line) + ": not fixed: after '" +
               report::displayText(proposal.fix->title) + "' " + why.str() +
               " [" + nameOf(*proposal.finding).str() + "]");
}

/// A comment that goes must not take anything along. All of a file are tried
/// together, which they pass unless something is wrong here.
void Round::keepMeaning(std::vector<Proposal> &proposals) {
  std::map<const SourceBuffer *, fix::Edits> comments;
  auto onlyComments = [](const Proposal &proposal) {
    return proposal.finding->id == DiagId::UnusedSuppression;
  };
  for (const Proposal &proposal : proposals)
    if (onlyComments(proposal)) {
      const SourceBuffer *source = proposal.finding->source;
      fix::Edits &all =
          comments.try_emplace(source, source->text()).first->second;
      for (const Edit &edit : proposal.fix->edits)
        (void)all.add(edit);
    }
  std::erase_if(comments, [&](const auto &entry) {
    const CheckedFile &file = *owners.at(entry.first);
    SourceBuffer mended(file.path, entry.second.apply());
    return meanTheSame(*file.parse->file, *parse(file, mended).file);
  });
  std::erase_if(proposals, [&](const Proposal &proposal) {
    if (!onlyComments(proposal) || !comments.count(proposal.finding->source))
      return false;
    refuse(proposal, "the job would mean something else");
    return true;
  });
}

/// Whether an accepted file would no longer be: of those that \p proposal
/// changes, or of all when it is null.
bool Round::breaksFiles(const Proposal *proposal) {
  auto breaks = [&](const SourceBuffer *source, const fix::Edits &all) {
    const CheckedFile &file = *owners.at(source);
    return file.accepted && !all.empty() && !accepts(file, all.apply());
  };
  if (!proposal) {
    for (const auto &[source, all] : edits)
      if (breaks(source, all))
        return true;
    return false;
  }
  for (const Edit &edit : proposal->fix->edits) {
    const SourceBuffer *source = ownerOf(*proposal, edit)->source;
    if (breaks(source, edits.at(source)))
      return true;
  }
  return false;
}

/// One at a time: what makes Upstart reject a file is refused, for good.
void Round::addCarefully(llvm::ArrayRef<Proposal> proposals) {
  edits.clear();
  made.clear();
  for (const Proposal &proposal : proposals) {
    if (!add(proposal) || !breaksFiles(&proposal))
      continue;
    takeBack(proposal, proposal.fix->edits.size());
    made.pop_back();
    refuse(proposal, "the file would be rejected");
  }
}

size_t Round::mend(Texts &texts, Texts &originals, FixCounts &counts) {
  std::vector<Proposal> proposals;
  for (const Diagnostic &finding : findings) {
    Proposal proposal{&finding, nullptr, {}};
    proposal.fix = choose(finding, proposal.key);
    if (proposal.fix)
      proposals.push_back(std::move(proposal));
  }
  keepMeaning(proposals);
  for (const Proposal &proposal : proposals)
    (void)add(proposal);
  if (breaksFiles(nullptr))
    addCarefully(proposals);
  for (const auto &[source, all] : edits) {
    if (all.empty())
      continue;
    llvm::StringRef path = owners.at(source)->path;
    originals.try_emplace(path, source->text());
    texts[path] = all.apply();
  }
  for (const Proposal *proposal : made)
    ++counts[proposal->finding->source->path()];
  return made.size();
}

/// The root that links in \p file are meant below, or nothing.
std::string rootOf(const Options &options, const CheckedFile &file) {
  bool below = !file.alone && !options.root.empty() &&
               llvm::StringRef(file.path).starts_with(options.root);
  return below ? options.root : std::string();
}

/// What cannot be written is not counted.
bool writeTexts(const Options &options, const std::vector<CheckedFile> &files,
                const Texts &texts, const Texts &originals, FixCounts &counts) {
  bool good = true;
  llvm::StringSet<> seen;
  for (const CheckedFile &file : files) {
    auto text = texts.find(file.path);
    if (text == texts.end() || !seen.insert(file.path).second)
      continue;
    std::string error;
    if (table::rewriteFile(file.path, originals.find(file.path)->second,
                           text->second, rootOf(options, file), error))
      continue;
    printError(report::displayText(error));
    counts.erase(file.path);
    good = false;
  }
  return good;
}

bool printDiffs(const std::vector<CheckedFile> &files, const Texts &texts,
                const Texts &originals) {
  Output output({}, STDOUT_FILENO);
  llvm::StringSet<> seen;
  for (const CheckedFile &file : files) {
    auto text = texts.find(file.path);
    if (text != texts.end() && seen.insert(file.path).second)
      fix::printUnifiedDiff(file.path, originals.find(file.path)->second,
                            text->second, output.stream());
  }
  return output.commit();
}

void printCount(const Options &options, const FixCounts &counts) {
  size_t made = 0;
  for (const auto &entry : counts)
    made += entry.second;
  if (made != 0 && options.format == report::Format::Text)
    std::fprintf(stderr, "%zu %s made.\n", made, made == 1 ? "fix" : "fixes");
}

} // namespace

int checkconf::runFixes(const Options &options, const Policy &policy) {
  Texts texts, originals;
  FixCounts counts;
  llvm::StringSet<> refused;
  std::unique_ptr<Round> first, last;
  for (unsigned count = 0;; ++count) {
    last = std::make_unique<Round>(options, texts, refused);
    if (std::optional<int> status = last->look(policy))
      return *status;
    if (count == 0 && outputIsInput(options, last->files(), &policy))
      return ExitUsage;
    if (count == MaxRounds) {
      printWarning("some fixes undo each other: stopped after " +
                   std::to_string(MaxRounds) + " rounds");
      break;
    }
    if (last->mend(texts, originals, counts) == 0)
      break;
    if (count == 0 && options.diff)
      first = std::move(last);
  }
  // With --diff nothing changes: the report is about the files as they are.
  Round &reported = first ? *first : *last;
  bool good = true;
  if (options.diff) {
    good = printDiffs(reported.files().files, texts, originals);
  } else {
    good =
        writeTexts(options, reported.files().files, texts, originals, counts);
    printCount(options, counts);
  }
  // So it is about what is there when not all could be written.
  const Texts none;
  Round written(options, none, refused);
  if (!options.diff && !good)
    if (std::optional<int> status = written.look(policy))
      return *status;
  Inputs &inputs = (options.diff || good ? reported : written).files();
  Output output(options.output, reportDescriptor(options));
  Policy fresh = policy;
  (void)fresh.chooseFiles(options, inputs.files);
  int status = reportFindings(options, inputs, fresh, output);
  good = output.commit() && good;
  return good ? status : std::max<int>(status, ExitInputOutput);
}
