// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Root.h"
#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace starton::check {

Root::Root(llvm::StringRef directory)
    : prefix(directory.empty() ? std::string() : directory.rtrim('/').str()),
      files(directory) {
  if (!directory.empty() && prefix.empty())
    prefix = "/."; // the root of this system
}

PathKind Root::kindOf(llvm::StringRef path) const {
  if (!isGiven())
    return PathKind::Unknown;
  sema::Descriptor file(files.open(prefix + path.str(), O_PATH));
  struct stat status;
  if (!file.isOpen())
    return errno == ENOENT || errno == ENOTDIR ? PathKind::Missing
                                               : PathKind::Unknown;
  if (::fstat(file.get(), &status) != 0)
    return PathKind::Unknown;
  if (S_ISDIR(status.st_mode))
    return PathKind::Directory;
  if (!S_ISREG(status.st_mode))
    return PathKind::Other;
  return status.st_mode & 0111 ? PathKind::Executable : PathKind::File;
}

std::optional<std::string> Root::read(llvm::StringRef path,
                                      size_t limit) const {
  if (!isGiven())
    return std::nullopt;
  sema::Descriptor file(
      files.open(prefix + path.str(), O_RDONLY | O_NONBLOCK | O_NOCTTY));
  struct stat status;
  if (!file.isOpen() || ::fstat(file.get(), &status) != 0 ||
      !S_ISREG(status.st_mode) || static_cast<size_t>(status.st_size) > limit)
    return std::nullopt;
  seen.emplace_back(status.st_dev, status.st_ino);
  // One byte more than it should have: the end is then seen at once.
  std::string text(static_cast<size_t>(status.st_size) + 1, '\0');
  size_t length = 0;
  while (length != text.size()) {
    ssize_t count =
        ::read(file.get(), text.data() + length, text.size() - length);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return std::nullopt;
    if (count == 0)
      break;
    length += static_cast<size_t>(count);
  }
  text.resize(length);
  return text;
}

std::vector<std::string> Root::list(llvm::StringRef path) const {
  std::vector<std::string> names;
  if (!isGiven())
    return names;
  sema::Descriptor directory(
      files.open(prefix + path.str(), O_RDONLY | O_DIRECTORY));
  DIR *stream = directory.isOpen() ? ::fdopendir(directory.get()) : nullptr;
  if (!stream)
    return names;
  directory.release(); // closed with the stream
  while (const dirent *entry = ::readdir(stream)) {
    llvm::StringRef name = entry->d_name;
    if (name != "." && name != "..")
      names.push_back(name.str());
  }
  ::closedir(stream);
  std::sort(names.begin(), names.end());
  return names;
}

} // namespace starton::check
