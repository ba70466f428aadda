// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Config/Configuration.h"
#include "starton/Basic/Nesting.h"
#include "starton/Basic/Stanzas.h"
#include "starton/Check/Catalogue.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLParser.h"
#include "llvm/Support/YAMLTraits.h"
#include <fnmatch.h>
#include <sys/stat.h>

using namespace starton;
using namespace starton::config;

namespace {

constexpr const char *KnownKeys = "profile severity dialect events exclude "
                                  "fail-on partial baseline";
constexpr unsigned MaxNesting = 32;
// fnmatch(3) may take very long over many stars.
constexpr size_t MaxStars = 8;

/// Scalars and maps with checks of their own, so that an error points at them.
struct DialectWord {
  std::optional<Dialect> value;
};
struct FailOnWord {
  std::optional<FailOn> value;
};
struct LevelOfName {
  llvm::StringRef name;
  Level level = Level::Off;
};
struct SeverityMap {
  std::vector<std::pair<std::string, Level>> entries;
};
struct ProfileWord {
  std::string name;
};
struct ExcludePattern {
  std::string text;
};
/// What another file is called, and where that is said.
struct NamedFile {
  std::string name, place;
};

struct File {
  std::vector<ProfileWord> profiles;
  SeverityMap severity;
  DialectWord dialect;
  std::vector<NamedFile> events;
  std::vector<ExcludePattern> exclude;
  FailOnWord failOn;
  std::optional<bool> partial;
  NamedFile baseline;
};

/// What the traits share: the text of the error they return.
struct Reading {
  llvm::StringRef text;
  const std::string &path;
  const llvm::yaml::Input *input = nullptr;
  std::string problem;

  /// Where the value stands that is being read.
  std::string place() const {
    const llvm::yaml::Node *node = input ? input->getCurrentNode() : nullptr;
    const char *at = node ? node->getSourceRange().Start.getPointer() : nullptr;
    if (!at || at < text.begin() || at > text.end())
      return path;
    llvm::StringRef before(text.begin(),
                           static_cast<size_t>(at - text.begin()));
    size_t lineBegin = before.rfind('\n') + 1; // npos + 1: the first line
    return path + ":" + std::to_string(before.count('\n') + 1) + ":" +
           std::to_string(before.size() - lineBegin + 1);
  }
};

llvm::StringRef complain(void *context, std::string text) {
  auto &reading = *static_cast<Reading *>(context);
  reading.problem = std::move(text);
  return reading.problem;
}

/// "'WORD' is none of A B C; did you mean 'B'?"
llvm::StringRef noneOf(void *context, llvm::StringRef word,
                       const std::string &words) {
  std::string text = "'" + word.str() + "' is none of " + words;
  std::string_view near = suggestWord(word, words);
  if (!near.empty())
    text += "; did you mean '" + std::string(near) + "'?";
  return complain(context, std::move(text));
}

} // namespace

LLVM_YAML_IS_SEQUENCE_VECTOR(ProfileWord)
LLVM_YAML_IS_SEQUENCE_VECTOR(ExcludePattern)
LLVM_YAML_IS_SEQUENCE_VECTOR(NamedFile)

namespace llvm::yaml {

template <> struct ScalarTraits<DialectWord> {
  static void output(const DialectWord &, void *, raw_ostream &) {}
  static StringRef input(StringRef word, void *context, DialectWord &result) {
    Dialect dialect{};
    if (!dialectFromName(word.str().c_str(), dialect))
      return noneOf(context, word,
                    "upstart-1.13 upstart-1.12 upstart-0.6.5 chromeos");
    result.value = dialect;
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct ScalarTraits<FailOnWord> {
  static void output(const FailOnWord &, void *, raw_ostream &) {}
  static StringRef input(StringRef word, void *context, FailOnWord &result) {
    if (word == "error")
      result.value = FailOn::Error;
    else if (word == "warning")
      result.value = FailOn::Warning;
    else if (word == "never")
      result.value = FailOn::Never;
    else
      return noneOf(context, word, "error warning never");
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct ScalarTraits<LevelOfName> {
  static void output(const LevelOfName &, void *, raw_ostream &) {}
  static StringRef input(StringRef word, void *context, LevelOfName &result) {
    bool all = result.name == AllNames;
    if (!all && !isFindingName(result.name))
      return complain(context, unknownName(result.name));
    if (!all && !isConfigurable(result.name))
      return complain(context, fixedName(result.name));
    if (word == "off")
      result.level = Level::Off;
    else if (word == "warning")
      result.level = Level::Warning;
    else if (word == "error")
      result.level = Level::Error;
    else
      return noneOf(context, word, "off warning error");
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct ScalarTraits<ProfileWord> {
  static void output(const ProfileWord &, void *, raw_ostream &) {}
  static StringRef input(StringRef word, void *context, ProfileWord &result) {
    check::ProfileSet ignored = 0;
    std::string error;
    if (!addProfile(word, ignored, error))
      return complain(context, std::move(error));
    result.name = word.str();
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct ScalarTraits<ExcludePattern> {
  static void output(const ExcludePattern &, void *, raw_ostream &) {}
  static StringRef input(StringRef word, void *context,
                         ExcludePattern &result) {
    if (word.count('*') > MaxStars)
      return complain(context, "a pattern may hold " +
                                   std::to_string(MaxStars) + " stars at most");
    if (word.empty() || check::isBrokenPattern(word))
      return complain(context, "'" + word.str() + "' is a broken pattern");
    result.text = word.str();
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct ScalarTraits<NamedFile> {
  static void output(const NamedFile &, void *, raw_ostream &) {}
  static StringRef input(StringRef word, void *context, NamedFile &result) {
    result.name = word.str();
    result.place = static_cast<Reading *>(context)->place();
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct MappingTraits<SeverityMap> {
  static void mapping(IO &io, SeverityMap &map) {
    for (StringRef key : io.keys()) {
      std::string name = key.str();
      LevelOfName value{name};
      io.mapRequired(name.c_str(), value);
      map.entries.emplace_back(name, value.level);
    }
  }
};

template <> struct MappingTraits<File> {
  static void mapping(IO &io, File &file) {
    io.mapOptional("profile", file.profiles);
    io.mapOptional("severity", file.severity);
    io.mapOptional("dialect", file.dialect);
    io.mapOptional("events", file.events);
    io.mapOptional("exclude", file.exclude);
    io.mapOptional("fail-on", file.failOn);
    io.mapOptional("partial", file.partial);
    io.mapOptional("baseline", file.baseline);
  }
};

} // namespace llvm::yaml

namespace {

/// The first message about a text, as `PATH:LINE:COLUMN: MESSAGE`.
struct FirstMessage {
  const std::string &path;
  std::string text;

  static void take(const llvm::SMDiagnostic &diagnostic, void *context) {
    auto &first = *static_cast<FirstMessage *>(context);
    if (!first.text.empty())
      return;
    llvm::StringRef message = diagnostic.getMessage();
    first.text = first.path + ":" + std::to_string(diagnostic.getLineNo()) +
                 ":" + std::to_string(diagnostic.getColumnNo() + 1) + ": " +
                 message.str();
    if (!message.consume_front("unknown key '"))
      return;
    std::string_view near = suggestWord(message.rtrim('\''), KnownKeys);
    if (!near.empty())
      first.text += "; did you mean '" + std::string(near) + "'?";
  }
};

bool isPath(llvm::StringRef name) {
  return name.contains('/') || name.ends_with(".yaml");
}

std::string besides(const std::string &file, llvm::StringRef path) {
  if (path.starts_with("/"))
    return path.str();
  llvm::SmallString<256> result = llvm::sys::path::parent_path(file);
  llvm::sys::path::append(result, path);
  return std::string(result);
}

void takeOver(File &&file, const std::string &path, Configuration &result) {
  result.path = path;
  for (ProfileWord &profile : file.profiles)
    result.profiles.push_back(std::move(profile.name));
  result.severities = std::move(file.severity.entries);
  result.dialect = file.dialect.value;
  for (NamedFile &each : file.events) {
    result.events.push_back(isPath(each.name) ? besides(path, each.name)
                                              : each.name);
    result.eventPlaces.push_back(std::move(each.place));
  }
  for (ExcludePattern &pattern : file.exclude)
    result.exclude.push_back(std::move(pattern.text));
  result.failOn = file.failOn.value;
  result.partial = file.partial;
  if (file.baseline.name.empty())
    return;
  result.baseline = besides(path, file.baseline.name);
  result.baselinePlace = std::move(file.baseline.place);
}

/// Only blanks and comments, which YAML calls no document.
bool isEmpty(llvm::StringRef text) {
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    line = line.trim(" \t\r");
    if (!line.empty() && !line.starts_with("#"))
      return false;
    text = rest;
  }
  return true;
}

/// Whether something but a comment stands before a line `---` or behind a line
/// `...`. LLVM's reader crashes when it goes on behind some broken documents.
bool hasSeveralDocuments(llvm::StringRef text) {
  bool begun = false, ended = false;
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    text = rest;
    bool begins = line.starts_with("---"), ends = line.starts_with("...");
    if ((begins && begun) || (ended && !ends && !isEmpty(line)))
      return true;
    ended |= ends;
    begun |= begins || !isEmpty(line);
  }
  return false;
}

/// LLVM's reader takes some broken texts for empty ones.
bool isMapping(llvm::StringRef text) {
  llvm::SourceMgr manager;
  manager.setDiagHandler([](const llvm::SMDiagnostic &, void *) {});
  llvm::yaml::Stream stream(text, manager);
  llvm::yaml::document_iterator first = stream.begin();
  if (first == stream.end())
    return false;
  return llvm::isa_and_nonnull<llvm::yaml::MappingNode>(first->getRoot());
}

bool exists(const std::string &path) {
  struct stat status;
  return lstat(path.c_str(), &status) == 0;
}

bool isDirectory(const std::string &path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

} // namespace

bool config::parseConfiguration(llvm::StringRef text, const std::string &path,
                                Configuration &result, std::string &error) {
  if (text.size() > MaxFileSize || yamlNestsDeeper(text, MaxNesting)) {
    error = path + ": " +
            (text.size() > MaxFileSize ? "larger than 64 KiB"
                                       : "nested too deeply");
    return false;
  }
  if (hasSeveralDocuments(text)) {
    error = path + ": more than one document";
    return false;
  }
  File file;
  if (!isEmpty(text)) {
    Reading reading{text, path, nullptr, {}};
    FirstMessage message{path, {}};
    llvm::yaml::Input input(text, &reading, FirstMessage::take, &message);
    reading.input = &input;
    input >> file;
    if (!input.error() && message.text.empty() && !isMapping(text))
      message.text = path + ":1:1: not a configuration";
    if (input.error() || !message.text.empty()) {
      error = message.text.empty() ? path + ": not a configuration"
                                   : std::move(message.text);
      return false;
    }
  }
  takeOver(std::move(file), path, result);
  return true;
}

std::string config::absolutePath(llvm::StringRef path) {
  llvm::SmallString<256> result = path;
  // Without a working directory the path stays as it is.
  (void)llvm::sys::fs::make_absolute(result);
  llvm::sys::path::remove_dots(result, true);
  return std::string(result);
}

std::string config::pathBelow(llvm::StringRef directory, llvm::StringRef path) {
  std::string top = absolutePath(directory), full = absolutePath(path);
  llvm::StringRef rest = full;
  if (rest.consume_front(top) && (top == "/" || rest.consume_front("/")))
    return rest.str();
  return full;
}

std::string config::findConfiguration(llvm::StringRef path) {
  std::string directory = absolutePath(path);
  if (!isDirectory(directory))
    directory = llvm::sys::path::parent_path(directory).str();
  while (!directory.empty()) {
    llvm::SmallString<256> file(directory);
    llvm::sys::path::append(file, FileName);
    if (exists(std::string(file)))
      return std::string(file);
    directory = llvm::sys::path::parent_path(directory).str();
  }
  return {};
}

bool Configuration::excludes(llvm::StringRef file) const {
  if (exclude.empty())
    return false;
  // A pattern stands for a file, and for a directory with all that is in it.
  std::string place =
      pathBelow(llvm::sys::path::parent_path(absolutePath(path)), file);
  for (llvm::StringRef name = place; !name.empty() && name != "/";
       name = llvm::sys::path::parent_path(name))
    for (const std::string &pattern : exclude) {
      std::string last = llvm::sys::path::filename(name).str();
      std::string wanted = llvm::StringRef(pattern).rtrim('/').str();
      if (fnmatch(wanted.c_str(), name.str().c_str(), 0) == 0 ||
          fnmatch(wanted.c_str(), last.c_str(), 0) == 0)
        return true;
    }
  return false;
}
