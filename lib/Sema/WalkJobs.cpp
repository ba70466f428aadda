// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of a walk that can matter to a few jobs, found without listing any
// directory: the daemon compiles the job that was just edited in this way.

#include "Walk.h"
#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>

namespace starton::sema {

namespace {

/// The mode of what \p path names; 0: nothing. Links count as what they are.
mode_t modeOf(const FileSystem &system, const std::string &path, bool follow) {
  Descriptor file(system.open(path, O_PATH | (follow ? 0 : O_NOFOLLOW)));
  struct stat status;
  return file.isOpen() && ::fstat(file.get(), &status) == 0 ? status.st_mode
                                                            : 0;
}

bool isConfLink(llvm::StringRef entry) {
  llvm::StringRef stem;
  FileRole role = FileRole::Conf;
  return splitJobFileName(entry, stem, role) && role == FileRole::Conf;
}

/// Whether the walk would enter \p entry, found at \p path.
bool entersDirectory(const FileSystem &system, const std::string &path,
                     llvm::StringRef entry) {
  if (isIgnoredDirectory(entry))
    return false;
  mode_t mode = modeOf(system, path, false);
  return S_ISDIR(mode) || (S_ISLNK(mode) && isConfLink(entry) &&
                           S_ISDIR(modeOf(system, path, true)));
}

/// Whether the walk of \p directory comes upon the file \p relative.
bool reaches(const FileSystem &system, const std::string &directory,
             llvm::StringRef relative, FileRole role) {
  std::string path = directory;
  llvm::StringRef rest = relative;
  for (;;) {
    auto [entry, after] = rest.split('/');
    if (entry.empty() || entry == "." || entry == "..")
      return false;
    (path += '/') += entry;
    if (after.empty() && rest.size() == entry.size())
      break;
    if (!entersDirectory(system, path, entry))
      return false;
    rest = after;
  }
  mode_t mode = modeOf(system, path, false);
  // Overrides must be regular files; a conf may be a link to one, and one that
  // leads nowhere is read in vain, which is then reported.
  if (S_ISLNK(mode) && role == FileRole::Conf) {
    mode_t target = modeOf(system, path, true);
    return target == 0 || S_ISREG(target);
  }
  return S_ISREG(mode);
}

/// Names of a walk's order: entry by entry, each compared by bytes.
bool walkedBefore(llvm::StringRef left, llvm::StringRef right) {
  while (!left.empty() && !right.empty()) {
    auto [a, afterLeft] = left.split('/');
    auto [b, afterRight] = right.split('/');
    if (a != b)
      return a < b;
    left = afterLeft;
    right = afterRight;
  }
  return left.empty() && !right.empty();
}

} // namespace

void walkJobs(const FileSystem &system, const std::string &directory,
              const std::vector<std::string> &names, bool overrides,
              std::vector<WalkedFile> &files) {
  std::string top = walkedPath(directory);
  struct Candidate {
    std::string relative;
    const std::string *name;
    FileRole role;
  };
  std::vector<Candidate> candidates;
  for (const std::string &name : names) {
    candidates.push_back({name + ".conf", &name, FileRole::Conf});
    if (overrides)
      candidates.push_back({name + ".override", &name, FileRole::Override});
  }
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate &a, const Candidate &b) {
              return walkedBefore(a.relative, b.relative);
            });
  llvm::StringRef previous;
  for (const Candidate &candidate : candidates) {
    // A name may be given twice.
    if (candidate.relative != previous &&
        reaches(system, top, candidate.relative, candidate.role))
      files.push_back(
          {top + '/' + candidate.relative, *candidate.name, candidate.role});
    previous = candidate.relative;
  }
}

} // namespace starton::sema
