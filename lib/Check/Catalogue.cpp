// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Catalogue.h"
#include "starton/Basic/Nesting.h"
#include "starton/Basic/Stanzas.h"
#include "starton/Sema/JobSet.h"
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

/// Scalars with checks of their own, so that an error points at them.
struct EventName {
  std::string text;
};
struct VariableName {
  std::string text;
};

/// The file as it is written.
struct EventEntry {
  EventName name;
  std::string emitter, description;
  std::vector<VariableName> variables;
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

constexpr std::string_view EventKeys =
    "name emitter variables more once description";
constexpr std::string_view GoneKeys = "name instead";
constexpr std::string_view FileKeys =
    "name description includes jobs gone events";

/// What the traits share: the text of the error they return, and the keys of
/// the mapping that holds an unknown one.
struct Reading {
  std::string problem;
  std::string_view keys;
};

/// A key that must be there, unless there is an unknown one: that is then the
/// better message.
template <typename T>
void mapNeeded(llvm::yaml::IO &io, const char *key, std::string_view known,
               T &value) {
  // An empty text has no node to ask for keys.
  if (!static_cast<llvm::yaml::Input &>(io).getCurrentNode())
    return io.mapRequired(key, value);
  for (llvm::StringRef each : io.keys())
    if (!listContains(known, each)) {
      static_cast<Reading *>(io.getContext())->keys = known;
      return io.mapOptional(key, value);
    }
  io.mapRequired(key, value);
}

llvm::StringRef complain(void *context, std::string text) {
  auto &reading = *static_cast<Reading *>(context);
  reading.problem = std::move(text);
  return reading.problem;
}

} // namespace

} // namespace starton::check

LLVM_YAML_IS_SEQUENCE_VECTOR(starton::check::VariableName)
LLVM_YAML_IS_SEQUENCE_VECTOR(starton::check::EventEntry)
LLVM_YAML_IS_SEQUENCE_VECTOR(starton::check::GoneEntry)

namespace llvm::yaml {

template <> struct ScalarTraits<starton::check::EventName> {
  static void output(const starton::check::EventName &, void *, raw_ostream &) {
  }
  static StringRef input(StringRef word, void *context,
                         starton::check::EventName &result) {
    if (word.empty())
      return starton::check::complain(context, "the name of an event is empty");
    if (starton::check::isBrokenPattern(word))
      return starton::check::complain(context, "'" + word.str() +
                                                   "' is a broken pattern");
    result.text = word.str();
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct ScalarTraits<starton::check::VariableName> {
  static void output(const starton::check::VariableName &, void *,
                     raw_ostream &) {}
  static StringRef input(StringRef word, void *context,
                         starton::check::VariableName &result) {
    if (word.empty() || word.find_first_of("= \t") != StringRef::npos)
      return starton::check::complain(
          context, "'" + word.str() + "' is no name of a variable");
    result.text = word.str();
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct MappingTraits<starton::check::EventEntry> {
  static void mapping(IO &io, starton::check::EventEntry &entry) {
    starton::check::mapNeeded(io, "name", starton::check::EventKeys,
                              entry.name);
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
    using namespace starton::check;
    mapNeeded(io, "name", GoneKeys, entry.name);
    mapNeeded(io, "instead", GoneKeys, entry.instead);
  }
};

template <> struct MappingTraits<starton::check::CatalogueFile> {
  static void mapping(IO &io, starton::check::CatalogueFile &file) {
    using namespace starton::check;
    mapNeeded(io, "name", FileKeys, file.name);
    io.mapOptional("description", file.description);
    io.mapOptional("includes", file.includes);
    io.mapOptional("jobs", file.jobs);
    io.mapOptional("gone", file.gone);
    mapNeeded(io, "events", FileKeys, file.events);
  }
};

} // namespace llvm::yaml

namespace starton::check {

namespace {

/// The first message about a text, as `PATH:LINE:COLUMN: MESSAGE`.
struct FirstMessage {
  llvm::StringRef path;
  const Reading &reading;
  std::string text;

  static void take(const llvm::SMDiagnostic &diagnostic, void *context) {
    auto &first = *static_cast<FirstMessage *>(context);
    if (!first.text.empty())
      return;
    llvm::StringRef message = diagnostic.getMessage();
    first.text =
        first.path.str() + ":" + std::to_string(diagnostic.getLineNo()) + ":" +
        std::to_string(diagnostic.getColumnNo() + 1) + ": " + message.str();
    if (!message.consume_front("unknown key '"))
      return;
    std::string_view near =
        suggestWord(message.rtrim('\''), first.reading.keys);
    if (!near.empty())
      first.text += "; did you mean '" + std::string(near) + "'?";
  }
};

bool readText(llvm::StringRef text, llvm::StringRef path, CatalogueFile &file,
              std::string &error) {
  if (text.size() > MaxSize || yamlNestsDeeper(text, MaxNesting)) {
    error = path.str() + ": " +
            (text.size() > MaxSize ? "larger than 1 MiB" : "nested too deeply");
    return false;
  }
  Reading reading;
  FirstMessage message{path, reading, {}};
  llvm::yaml::Input input(text, &reading, FirstMessage::take, &message);
  input >> file;
  // An empty text is no error to YAML, and not every error has a message.
  if (input.error() || file.name.empty()) {
    error = message.text.empty() ? path.str() + ":1:1: not an event catalogue"
                                 : std::move(message.text);
    return false;
  }
  for (const EventEntry &entry : file.events)
    if (entry.emitter.empty() || entry.description.empty()) {
      error = path.str() + ": event '" + entry.name.text +
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

bool isBrokenPattern(llvm::StringRef text) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      if (++at == text.size())
        return true;
      continue;
    }
    if (text[at] != '[')
      continue;
    // A bracket right behind the opening one stands for itself.
    size_t first = at + 1;
    if (text.substr(first).starts_with("!") ||
        text.substr(first).starts_with("^"))
      ++first;
    size_t end = text.find(']', first + 1);
    if (end == llvm::StringRef::npos)
      return true;
    at = end;
  }
  return false;
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
    std::vector<std::string> variables;
    variables.reserve(entry.variables.size());
    for (VariableName &variable : entry.variables)
      variables.push_back(std::move(variable.text));
    KnownEvent event{std::move(entry.name.text),
                     std::move(variables),
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
    std::string why;
    std::unique_ptr<SourceBuffer> source = sema::readSource(path, why);
    if (source) {
      paths.push_back(path);
      return addText(source->text(), path, directory, error);
    }
    if (isPath(nameOrPath)) {
      error = path + ": " + why;
      return false;
    }
  }
  if (builtIn)
    return addText(builtIn->text, nameOrPath, directory, error);
  std::string names;
  for (llvm::StringRef name : builtInCatalogues())
    names += (names.empty() ? "" : " ") + name.str();
  error = "no event catalogue '" + nameOrPath.str() + "'; there are: " + names;
  std::string_view near = suggestWord(nameOrPath, names);
  if (!near.empty())
    error += "; did you mean '" + std::string(near) + "'?";
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
