// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Sema/JobSet.h"
#include "Files.h"
#include "Lower.h"
#include "Override.h"
#include "Sources.h"
#include "llvm/Support/Path.h"

namespace starton::sema {

namespace {

/// An unreadable file still has a (then empty) source and tree, so that nobody
/// has to ask.
void readAndParse(SourceFile &file, const FileSystem &system,
                  const SystemOptions &wanted, Parser &parser,
                  std::vector<Diagnostic> &diagnostics) {
  file.source = readSource(system, file.path, file.readError);
  if (file.source && wanted.overlay)
    if (auto entry = wanted.overlay->find(file.path);
        entry != wanted.overlay->end())
      file.source = std::make_unique<SourceBuffer>(file.path, entry->second);
  if (!file.source) {
    diagnostics.push_back(cannotRead(file.path, file.readError));
    file.source = std::make_unique<SourceBuffer>(file.path, "");
  }
  ParseOptions options;
  options.dialect = wanted.dialect;
  options.mainConfiguration = file.role == FileRole::MainConf;
  file.parse = parser.parse(*file.source, options);
}

void forgetIfGood(SourceFile &file) {
  if (!file.parse.accepted() || !file.parse.diagnostics.empty())
    return;
  auto source = std::make_unique<SourceBuffer>(file.path, "");
  file.parse.file = std::make_unique<ast::File>();
  file.parse.file->source = source.get();
  file.source = std::move(source);
}

Job buildJob(const JobSet &set, const Choice &choice) {
  const SourceFile &conf = set.files[choice.conf];
  Job job;
  job.name = conf.jobName;
  job.confFile = choice.conf;
  job.overrideFile = choice.overrideFile;
  // Before there was `console log` (language §11).
  if (set.dialect == Dialect::Upstart065)
    job.console.value = Console::None;
  // A rejected conf gives nothing; a rejected override gives what came before
  // its error.
  if (conf.parse.accepted())
    lowerFile(job, conf.parse, choice.conf);
  if (choice.overrideFile >= 0) {
    auto index = static_cast<uint32_t>(choice.overrideFile);
    lowerFile(job, set.files[index].parse, index);
  }
  uniteCgroups(job);
  return job;
}

} // namespace

JobSet loadSystem(const SystemOptions &options) {
  JobSet set;
  set.dialect = options.dialect;
  for (const std::string &directory : options.directories)
    set.directories.push_back(relativeTo(options.root, walkedPath(directory)));
  FileSystem system(options.root);
  Parser parser;
  visitSources(system, options, set.diagnostics,
               [&](std::vector<WalkedFile> &walked, uint32_t directory) {
                 set.files.reserve(set.files.size() + walked.size());
                 for (WalkedFile &found : walked) {
                   SourceFile &file = set.files.emplace_back();
                   file.relative = relativeTo(options.root, found.path);
                   file.path = std::move(found.path);
                   file.jobName = std::move(found.jobName);
                   file.role = found.role;
                   file.directory = directory;
                   readAndParse(file, system, options, parser, set.diagnostics);
                   if (options.forgetGoodFiles && options.syntaxOnly)
                     forgetIfGood(file);
                 }
               });

  if (options.syntaxOnly)
    return set;
  Choices choices = chooseFiles(set);
  set.rejected = std::move(choices.rejected);
  set.rejectedInPart = std::move(choices.rejectedInPart);
  set.jobs.reserve(choices.jobs.size());
  for (const Choice &choice : choices.jobs)
    set.jobs.push_back(buildJob(set, choice));
  return set;
}

JobSet loadFile(std::unique_ptr<SourceBuffer> source, Dialect dialect) {
  Parser parser;
  return loadFile(std::move(source), dialect, parser);
}

JobSet loadFile(std::unique_ptr<SourceBuffer> source, Dialect dialect,
                Parser &parser) {
  JobSet set;
  set.dialect = dialect;
  SourceFile &file = set.files.emplace_back();
  file.path = source->path().str();
  file.relative = file.path;
  llvm::StringRef name = llvm::sys::path::filename(source->path());
  llvm::StringRef stem;
  file.jobName = (splitJobFileName(name, stem, file.role) ? stem : name).str();
  file.source = std::move(source);
  ParseOptions options;
  options.dialect = dialect;
  file.parse = parser.parse(*file.source, options);

  if (file.parse.accepted())
    set.jobs.push_back(buildJob(set, {}));
  else
    set.rejected.push_back({file.jobName, 0});
  return set;
}

} // namespace starton::sema
