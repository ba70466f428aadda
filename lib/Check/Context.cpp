// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Shell/ShellTexts.h"

namespace starton::check {

Finding &Finding::note(const System &system, Place place,
                       const llvm::Twine &message) {
  const SourceBuffer *source = &system.source(place.file);
  diagnostic.notes.push_back({place.range, true, message.str(),
                              source == diagnostic.source ? nullptr : source});
  return *this;
}

Finding &Finding::note(const llvm::Twine &message) {
  diagnostic.notes.push_back({{}, false, message.str()});
  return *this;
}

Finding &Finding::fix(const llvm::Twine &title, bool safe,
                      std::vector<Edit> edits) {
  diagnostic.fixes.push_back({title.str(), safe, std::move(edits)});
  return *this;
}

Finding Context::report(Place place, const llvm::Twine &message) {
  Diagnostic &diagnostic = found.emplace_back();
  diagnostic.id = DiagId::Check;
  diagnostic.check = checked.name;
  diagnostic.severity = checked.severity;
  diagnostic.source = &examined.source(place.file);
  diagnostic.file = diagnostic.source->path().str();
  diagnostic.range = place.range;
  diagnostic.message = message.str();
  return Finding(diagnostic);
}

void Context::forEachFile(llvm::function_ref<void(uint32_t file)> visit) const {
  for (uint32_t file = 0; file != set().files.size(); ++file)
    if (set().files[file].parse.accepted())
      visit(file);
}

void Context::forEachMain(
    llvm::function_ref<void(const sema::Job &, const shell::ShellText &)> visit)
    const {
  const shell::ShellTexts &texts = system().shell();
  for (uint32_t job = 0; job != jobs().size(); ++job)
    if (const shell::ShellText *text = texts.find(job, sema::ProcessSlot::Main))
      visit(jobs()[job], *text);
}

bool countsForks(const sema::Job &job) {
  return job.expect.value == sema::Expect::Fork ||
         job.expect.value == sema::Expect::Daemon;
}

std::string quoted(llvm::StringRef text) { return "'" + printable(text) + "'"; }

std::string didYouMean(llvm::StringRef name) {
  return name.empty() ? std::string() : "; did you mean " + quoted(name) + "?";
}

} // namespace starton::check
