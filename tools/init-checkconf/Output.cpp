// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Output.h"
#include "starton/Table/Writer.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace starton::checkconf;

namespace {

constexpr size_t BufferSize = size_t(64) << 10;

const char *streamName(int descriptor) {
  return descriptor == STDOUT_FILENO ? "standard output" : "standard error";
}

/// A report may be larger than memory, and half a report must never take the
/// place of a whole one: it is kept in a file without a name until it is
/// complete. Where none can be made, memory has to do.
int openSpool() {
  int file = open(P_tmpdir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  return file >= 0 ? file : memfd_create("report", MFD_CLOEXEC);
}

} // namespace

void starton::checkconf::reserveStandardStreams() {
  for (int descriptor = 0; descriptor != 3; ++descriptor)
    if (fcntl(descriptor, F_GETFD) < 0)
      // Read-only, so that a write to it is an error as it was.
      (void)open("/dev/null", O_RDONLY);
}

void starton::checkconf::printError(const std::string &message) {
  std::fprintf(stderr, "init-checkconf: error: %s\n", message.c_str());
}

Output::Output(std::string path, int descriptor)
    : path(std::move(path)), descriptor(descriptor) {
  if (!this->path.empty())
    this->descriptor = openSpool();
  os = std::make_unique<llvm::raw_fd_ostream>(this->descriptor, false);
  os->SetBufferSize(BufferSize);
}

bool Output::isTerminal() const {
  return path.empty() && isatty(descriptor) == 1;
}

bool Output::copySpool() {
  struct stat status;
  if (fstat(descriptor, &status) != 0) {
    printError(std::string("cannot keep the report: ") + std::strerror(errno));
    return false;
  }
  auto size = static_cast<size_t>(status.st_size);
  void *bytes = nullptr;
  if (size != 0) {
    bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (bytes == MAP_FAILED) {
      printError(std::string("cannot keep the report: ") +
                 std::strerror(errno));
      return false;
    }
  }
  std::string error;
  bool good = table::writeFileAtomically(
      path, llvm::StringRef(static_cast<const char *>(bytes), size), false,
      error);
  if (!good)
    printError(error);
  if (size != 0)
    munmap(bytes, size);
  return good;
}

bool Output::commit() {
  os->flush();
  if (os->has_error()) {
    std::string where =
        path.empty() ? streamName(descriptor) : "temporary file";
    printError("cannot write " + where + ": " + os->error().message());
    os->clear_error();
    return false;
  }
  return path.empty() || copySpool();
}
