// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Catalogue.h"
#include "starton/Basic/Nesting.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLTraits.h"
#include <fnmatch.h>

namespace starton::check {

namespace {

struct BuiltIn {
  llvm::StringLiteral name, text;
};

constexpr BuiltIn builtIns[] = {
#define CATALOGUE(Name, Text) {Name, Text},
#include "Catalogues.inc"
#undef CATALOGUE
};

constexpr llvm::StringLiteral patternCharacters = "*?[\\";
// fnmatch(3) may take very long over many stars.
constexpr size_t MaxStars = 16;
constexpr size_t MaxSize = size_t(1) << 20;
constexpr unsigned MaxNesting = 32;

/// The file as it is written.
struct EventEntry {
  std::string name, emitter, description;
  std::vector<std::string> variables;
  bool more = false, once = false;
};
struct GoneEntry {
  std::string name, instead;
};
struct CatalogueFile {
  std::string name, description;
  std::vector<std::string> includes, jobs;
  std::vector<EventEntry> events;
  std::vector<GoneEntry> gone;
};

} // namespace

} // namespace starton::check

LLVM_YAML_IS_SEQUENCE_VECTOR(starton::check::EventEntry)
LLVM_YAML_IS_SEQUENCE_VECTOR(starton::check::GoneEntry)

namespace llvm::yaml {

template <> struct MappingTraits<starton::check::EventEntry> {
  static void mapping(IO &io, starton::check::EventEntry &entry) {
    io.mapRequired("name", entry.name);
    // Asked for below: of a misspelt key its name is the better message.
    io.mapOptional("emitter", entry.emitter);
    io.mapOptional("variables", entry.variables);
    io.mapOptional("more", entry.more, false);
    io.mapOptional("once", entry.once, false);
    io.mapOptional("description", entry.description);
  }
};

template <> struct MappingTraits<starton::check::GoneEntry> {
  static void mapping(IO &io, starton::check::GoneEntry &entry) {
    io.mapRequired("name", entry.name);
    io.mapRequired("instead", entry.instead);
  }
};

template <> struct MappingTraits<starton::check::CatalogueFile> {
  static void mapping(IO &io, starton::check::CatalogueFile &file) {
    io.mapRequired("name", file.name);
    io.mapOptional("description", file.description);
    io.mapOptional("includes", file.includes);
    io.mapOptional("jobs", file.jobs);
    io.mapOptional("gone", file.gone);
    io.mapRequired("events", file.events);
  }
};

} // namespace llvm::yaml

namespace starton::check {

namespace {

/// The first message about a text, as `PATH:LINE:COLUMN: MESSAGE`.
struct FirstMessage {
  llvm::StringRef path;
  std::string text;

  static void take(const llvm::SMDiagnostic &message, void *context) {
    auto &first = *static_cast<FirstMessage *>(context);
    if (!first.text.empty())
      return;
    first.text = first.path.str() + ":" + std::to_string(message.getLineNo()) +
                 ":" + std::to_string(message.getColumnNo() + 1) + ": " +
                 message.getMessage().str();
  }
};

bool readText(llvm::StringRef text, llvm::StringRef path, CatalogueFile &file,
              std::string &error) {
  if (text.size() > MaxSize || yamlNestsDeeper(text, MaxNesting)) {
    error = path.str() + ": " +
            (text.size() > MaxSize ? "larger than 1 MiB" : "nested too deeply");
    return false;
  }
  FirstMessage message{path, {}};
  llvm::yaml::Input input(text, nullptr, FirstMessage::take, &message);
  input >> file;
  // An empty text is no error to YAML, and not every error has a message.
  if (input.error() || file.name.empty()) {
    error = message.text.empty() ? path.str() + ":1:1: not an event catalogue"
                                 : std::move(message.text);
    return false;
  }
  for (const EventEntry &entry : file.events)
    if (entry.emitter.empty() || entry.description.empty()) {
      error = path.str() + ": event '" + entry.name +
              "' needs an emitter and a description";
      return false;
    }
  return true;
}

const BuiltIn *findBuiltIn(llvm::StringRef name) {
  for (const BuiltIn &builtIn : builtIns)
    if (builtIn.name == name)
      return &builtIn;
  return nullptr;
}

bool isPath(llvm::StringRef name) {
  return name.contains('/') || name.ends_with(".yaml");
}

} // namespace

bool isPattern(llvm::StringRef text) {
  return text.find_first_of(patternCharacters) != llvm::StringRef::npos;
}

bool matchesPattern(llvm::StringRef pattern, llvm::StringRef text) {
  if (!isPattern(pattern))
    return pattern == text;
  if (pattern.count('*') > MaxStars)
    return true;
  return fnmatch(pattern.str().c_str(), text.str().c_str(), 0) == 0;
}

bool KnownEvent::isGlob() const { return isPattern(name); }

bool Catalogue::addText(llvm::StringRef text, llvm::StringRef path,
                        std::string &error) {
  return addText(text, path, {}, error);
}

bool Catalogue::addText(llvm::StringRef text, llvm::StringRef path,
                        llvm::StringRef directory, std::string &error) {
  CatalogueFile file;
  if (!readText(text, path, file, error))
    return false;
  for (const std::string &name : file.includes)
    if (!add(name, directory, error))
      return false;
  for (const std::string &job : file.jobs)
    jobs.insert(job);
  for (GoneEntry &entry : file.gone)
    gone[entry.name] = std::move(entry.instead);
  for (EventEntry &entry : file.events) {
    KnownEvent event{std::move(entry.name),
                     std::move(entry.variables),
                     entry.more,
                     entry.once,
                     std::move(entry.emitter),
                     std::move(entry.description),
                     file.name};
    auto [known, isNew] =
        exact.try_emplace(event.name, static_cast<uint32_t>(entries.size()));
    if (!isNew) {
      entries[known->second] = std::move(event);
      continue;
    }
    if (event.isGlob())
      globs.push_back(known->second);
    entries.push_back(std::move(event));
  }
  return true;
}

bool Catalogue::add(llvm::StringRef nameOrPath, llvm::StringRef directory,
                    std::string &error) {
  if (!loaded.insert(nameOrPath).second)
    return true;
  const BuiltIn *builtIn =
      isPath(nameOrPath) ? nullptr : findBuiltIn(nameOrPath);
  std::string path = nameOrPath.str();
  if (!isPath(nameOrPath))
    path = directory.str() + "/" + path + ".yaml";
  if (isPath(nameOrPath) || !directory.empty()) {
    auto buffer = llvm::MemoryBuffer::getFile(path, true);
    if (buffer)
      return addText((*buffer)->getBuffer(), path, directory, error);
    if (isPath(nameOrPath)) {
      error = path + ": " + buffer.getError().message();
      return false;
    }
  }
  if (builtIn)
    return addText(builtIn->text, nameOrPath, directory, error);
  std::string names;
  for (llvm::StringRef name : builtInCatalogues())
    names += (names.empty() ? "" : " ") + name.str();
  error = "no event catalogue '" + nameOrPath.str() + "'; there are: " + names;
  return false;
}

const KnownEvent *Catalogue::find(llvm::StringRef event) const {
  auto found = exact.find(event);
  if (found != exact.end())
    return &entries[found->second];
  for (uint32_t index : globs)
    if (matchesPattern(entries[index].name, event))
      return &entries[index];
  return nullptr;
}

llvm::StringRef Catalogue::insteadOf(llvm::StringRef event) const {
  auto found = gone.find(event);
  return found == gone.end() ? llvm::StringRef() : found->second;
}

llvm::ArrayRef<llvm::StringRef> defaultCatalogues(Dialect dialect) {
  static constexpr llvm::StringRef ubuntu[] = {"ubuntu-12.04", "ubuntu-14.04"};
  static constexpr llvm::StringRef redHat[] = {"rhel6"};
  static constexpr llvm::StringRef chromeos[] = {"chromeos"};
  switch (dialect) {
  case Dialect::Upstart065:
    return redHat;
  case Dialect::ChromeOS:
    return chromeos;
  case Dialect::Upstart112:
  case Dialect::Upstart113:
    break;
  }
  return ubuntu;
}

std::vector<llvm::StringRef> builtInCatalogues() {
  std::vector<llvm::StringRef> names;
  for (const BuiltIn &builtIn : builtIns)
    names.push_back(builtIn.name);
  return names;
}

} // namespace starton::check
