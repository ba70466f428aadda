// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Walk.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>

namespace starton::sema {

namespace {

enum class EntryType : uint8_t { File, Directory, Link, Other };

struct Entry {
  std::string name;
  EntryType type;
};

/// What tells one directory from another, for finding loops.
using DirectoryId = std::pair<dev_t, ino_t>;

EntryType typeOfMode(mode_t mode) {
  if (S_ISREG(mode))
    return EntryType::File;
  if (S_ISDIR(mode))
    return EntryType::Directory;
  return S_ISLNK(mode) ? EntryType::Link : EntryType::Other;
}

EntryType typeOf(const dirent &entry, int directory) {
  switch (entry.d_type) {
  case DT_REG:
    return EntryType::File;
  case DT_DIR:
    return EntryType::Directory;
  case DT_LNK:
    return EntryType::Link;
  case DT_UNKNOWN: {
    struct stat status;
    if (::fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0)
      return typeOfMode(status.st_mode);
    return EntryType::Other;
  }
  default:
    return EntryType::Other;
  }
}

/// A link may lead into a directory that was read before, whose jobs then have
/// a second name. A dozen directories full of links to each other, however,
/// have more paths through them than anybody can walk.
constexpr size_t MaxEntriesAgain = 65536;

Diagnostic loop(const std::string &path, const char *message) {
  Diagnostic diag = cannotRead(path, "");
  diag.id = DiagId::DirectoryLoop;
  diag.message = message;
  return diag;
}

class Walker {
public:
  Walker(const FileSystem &system, const WalkOptions &options,
         std::vector<WalkedFile> &files, std::vector<Diagnostic> &diagnostics)
      : system(system), options(options), files(files),
        diagnostics(diagnostics) {}

  // Recurses once per directory level; PATH_MAX bounds the levels, and no
  // descriptor stays open while it does.
  void walk(const std::string &path, const std::string &prefix);

private:
  bool list(const std::string &path, std::vector<Entry> &entries,
            DirectoryId &id);
  bool isAffordable(const std::string &path, size_t entries);
  void visit(const std::string &path, const std::string &prefix,
             const Entry &entry);
  void visitLink(const std::string &path, const std::string &prefix,
                 const Entry &entry, FileRole role);

  const FileSystem &system;
  const WalkOptions &options;
  std::vector<WalkedFile> &files;
  std::vector<Diagnostic> &diagnostics;
  std::vector<DirectoryId> ancestors;
  std::set<DirectoryId> entered;
  size_t entriesAgain = 0; ///< of directories that were entered before
};

bool Walker::list(const std::string &path, std::vector<Entry> &entries,
                  DirectoryId &id) {
  Descriptor file(system.open(path, O_RDONLY | O_DIRECTORY));
  DIR *directory = file.isOpen() ? ::fdopendir(file.get()) : nullptr;
  if (directory)
    file.release();
  struct stat status;
  if (!directory || ::fstat(::dirfd(directory), &status) != 0) {
    bool silent = errno == ENOENT && ancestors.empty() && !options.mustExist;
    if (!silent)
      diagnostics.push_back(cannotRead(path, std::strerror(errno)));
    if (directory)
      ::closedir(directory);
    return false;
  }
  id = {status.st_dev, status.st_ino};
  errno = 0;
  while (const dirent *entry = ::readdir(directory)) {
    llvm::StringRef name = entry->d_name;
    if (name != "." && name != "..")
      entries.push_back({name.str(), typeOf(*entry, ::dirfd(directory))});
    errno = 0;
  }
  // What was listed so far is still good.
  if (errno != 0)
    diagnostics.push_back(cannotRead(path, std::strerror(errno)));
  ::closedir(directory);
  std::sort(entries.begin(), entries.end(),
            [](const Entry &a, const Entry &b) { return a.name < b.name; });
  return true;
}

/// Of a directory that was entered before. Said once.
bool Walker::isAffordable(const std::string &path, size_t entries) {
  bool wasSaid = entriesAgain > MaxEntriesAgain;
  entriesAgain += entries + 1;
  if (entriesAgain <= MaxEntriesAgain)
    return true;
  if (!wasSaid)
    diagnostics.push_back(
        loop(path, "directory is not read again: too many links lead into "
                   "directories that were read before"));
  return false;
}

void Walker::walk(const std::string &path, const std::string &prefix) {
  std::vector<Entry> entries;
  DirectoryId id;
  if (!list(path, entries, id))
    return;
  if (llvm::is_contained(ancestors, id)) {
    diagnostics.push_back(
        loop(path, "directory contains itself through a symbolic link"));
    return;
  }
  if (!entered.insert(id).second && !isAffordable(path, entries.size()))
    return;
  ancestors.push_back(id);
  for (const Entry &entry : entries)
    visit(path, prefix, entry);
  ancestors.pop_back();
}

void Walker::visit(const std::string &path, const std::string &prefix,
                   const Entry &entry) {
  llvm::StringRef stem;
  FileRole role = FileRole::Conf;
  switch (entry.type) {
  case EntryType::Directory:
    if (!isIgnoredDirectory(entry.name))
      walk(path + '/' + entry.name, prefix + entry.name + '/');
    return;
  case EntryType::File:
    if (splitJobFileName(entry.name, stem, role) &&
        (role == FileRole::Conf || options.overrides))
      files.push_back({path + '/' + entry.name, prefix + stem.str(), role});
    return;
  case EntryType::Link:
    if (splitJobFileName(entry.name, stem, role))
      visitLink(path, prefix, entry, role);
    return;
  case EntryType::Other:
    return;
  }
}

// Links named *.conf are followed, to files and to directories; overrides must
// be regular files. Where a link leads nowhere Upstart says so and goes on.
void Walker::visitLink(const std::string &path, const std::string &prefix,
                       const Entry &entry, FileRole role) {
  std::string linkPath = path + '/' + entry.name;
  if (role == FileRole::Override) {
    if (options.overrides) {
      Diagnostic diag = cannotRead(linkPath, "");
      diag.id = DiagId::OverrideIsLink;
      diag.severity = diagSeverity(diag.id);
      diag.message = "override is ignored because it is a symbolic link";
      diagnostics.push_back(std::move(diag));
    }
    return;
  }
  Descriptor target(system.open(linkPath, O_PATH));
  struct stat status;
  if (!target.isOpen() || ::fstat(target.get(), &status) != 0) {
    diagnostics.push_back(cannotRead(linkPath, std::strerror(errno)));
    return;
  }
  EntryType type = typeOfMode(status.st_mode);
  if (type == EntryType::File || type == EntryType::Directory)
    visit(path, prefix, {entry.name, type});
}

} // namespace

bool isIgnoredDirectory(llvm::StringRef name) {
  if (name.starts_with("."))
    return true;
  for (llvm::StringRef suffix : {"~", ".bak", ".BAK", ".swp", ".swo", ".swn",
                                 ",v", ".rpmsave", ".rpmorig", ".rpmnew"})
    if (name.ends_with(suffix))
      return true;
  for (llvm::StringRef whole :
       {"RCS", "CVS", "CVS.adm", "SCCS", "BitKeeper", "{arch}", "_darcs"})
    if (name == whole)
      return true;
  if (name.size() >= 2 && name.front() == '#' && name.back() == '#')
    return true;
  if (name.contains(".dpkg-"))
    return true;
  // Unpacked by RPM and not yet renamed: NAME;hhhhhhhh.
  return name.size() >= 9 && name[name.size() - 9] == ';' &&
         llvm::all_of(name.take_back(8),
                      [](char c) { return llvm::isHexDigit(c); });
}

bool splitJobFileName(llvm::StringRef name, llvm::StringRef &stem,
                      FileRole &role) {
  stem = name;
  if (stem.consume_back(".conf"))
    role = FileRole::Conf;
  else if (stem.consume_back(".override"))
    role = FileRole::Override;
  else
    return false;
  return !stem.empty();
}

Diagnostic cannotRead(llvm::StringRef path, llvm::StringRef why) {
  Diagnostic diag;
  diag.id = DiagId::CannotRead;
  diag.severity = diagSeverity(diag.id);
  diag.file = path.str();
  diag.message = ("cannot read: " + why).str();
  return diag;
}

std::string walkedPath(const std::string &directory) {
  llvm::StringRef trimmed = llvm::StringRef(directory).rtrim('/');
  return trimmed.empty() && !directory.empty() ? "/" : trimmed.str();
}

void walkDirectory(const FileSystem &system, const std::string &directory,
                   const WalkOptions &options, std::vector<WalkedFile> &files,
                   std::vector<Diagnostic> &diagnostics) {
  Walker(system, options, files, diagnostics).walk(walkedPath(directory), "");
}

} // namespace starton::sema
