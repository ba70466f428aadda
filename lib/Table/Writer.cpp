// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table as a whole. Everything is sorted by content, so neither the order
// in which files were read nor anything of the host can show in the bytes.

#include "starton/Table/Writer.h"
#include "Lower.h"
#include "starton/Sema/JobSet.h"
#include "starton/Table/Reader.h"
#include <algorithm>
#include <numeric>

namespace starton::table {
namespace {

using flatbuffers::Offset;
using flatbuffers::Vector;

constexpr llvm::StringLiteral TooLargeText =
    "it would be larger than the 64 MiB that a daemon loads";

class TableWriter {
public:
  TableWriter(const sema::JobSet &set, std::string &error)
      : set(set), error(error) {}

  std::string write();

private:
  Offset<Vector<Offset<Job>>> lowerJobs();
  Offset<Vector<Offset<File>>> lowerFiles();
  Offset<File> lowerFile(const sema::SourceFile &file);
  Offset<Vector<Offset<flatbuffers::String>>> lowerDirectories();
  Offset<Vector<Offset<Rejected>>> lowerRejected();
  Offset<Rejected> lowerRejection(const sema::Rejected &rejected, bool inPart);
  std::string finish(Offset<JobTable> root);

  const sema::JobSet &set;
  std::string &error;
  TableBuilder builder;
  std::vector<uint32_t> fileIndex;       ///< JobSet::files to the table's
  std::vector<const sema::Job *> sorted; ///< by name
};

Offset<File> TableWriter::lowerFile(const sema::SourceFile &file) {
  llvm::StringRef text = file.source ? file.source->text() : llvm::StringRef();
  std::array<uint8_t, 32> digest = sema::hashSource(text);
  auto path = builder.string(llvm::StringRef(file.relative));
  auto bytes = builder.fbb().CreateVector(digest.data(), digest.size());
  return CreateFile(builder.fbb(), path, text.size(), bytes, !file.source);
}

/// A file that is reached twice (a directory given twice) is one file.
Offset<Vector<Offset<File>>> TableWriter::lowerFiles() {
  std::vector<uint32_t> order(set.files.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return set.files[a].relative < set.files[b].relative;
  });
  std::vector<Offset<File>> files;
  fileIndex.resize(set.files.size());
  const sema::SourceFile *previous = nullptr;
  for (uint32_t index : order) {
    const sema::SourceFile &file = set.files[index];
    bool same =
        previous != nullptr && previous->relative == file.relative &&
        !previous->source == !file.source &&
        (!file.source || previous->source->text() == file.source->text());
    if (!same)
      files.push_back(lowerFile(file));
    fileIndex[index] = static_cast<uint32_t>(files.size() - 1);
    previous = &file;
    if (builder.overflowed())
      return {};
  }
  return builder.fbb().CreateVector(files);
}

Offset<Vector<Offset<Job>>> TableWriter::lowerJobs() {
  sorted.reserve(set.jobs.size());
  for (const sema::Job &job : set.jobs)
    sorted.push_back(&job);
  std::stable_sort(
      sorted.begin(), sorted.end(),
      [](const sema::Job *a, const sema::Job *b) { return a->name < b->name; });
  std::vector<Offset<Job>> jobs;
  for (const sema::Job *job : sorted) {
    auto order = static_cast<uint32_t>(job - set.jobs.data());
    jobs.push_back(lowerJob(builder, *job, order, fileIndex));
    if (builder.overflowed())
      return {};
  }
  return builder.fbb().CreateVector(jobs);
}

/// Absolute ones only: nobody could find the others again.
Offset<Vector<Offset<flatbuffers::String>>> TableWriter::lowerDirectories() {
  std::vector<Offset<flatbuffers::String>> directories;
  for (const std::string &directory : set.directories)
    if (directory.starts_with('/'))
      directories.push_back(builder.string(llvm::StringRef(directory)));
  if (directories.empty() || directories.size() != set.directories.size())
    return {};
  return builder.fbb().CreateVector(directories);
}

Offset<Rejected> TableWriter::lowerRejection(const sema::Rejected &rejected,
                                             bool inPart) {
  const sema::SourceFile &file = set.files[rejected.file];
  std::string message = file.readError;
  std::string detail;
  LineColumn place{0, 0};
  uint32_t upstartLine = 0;
  if (file.source && !file.parse.accepted()) {
    const SyntaxDiag &first =
        file.parse.diagnostics[static_cast<size_t>(file.parse.firstError)];
    message = upstartText(first.upstartError).str();
    detail = render(first, file.parse).message;
    std::replace(detail.begin(), detail.end(), '\0', ' ');
    place = file.source->lineColumn(first.range.begin);
    upstartLine = first.upstartLine;
  }
  auto name = builder.string(llvm::StringRef(rejected.jobName));
  auto text = builder.string(llvm::StringRef(message));
  auto words = detail.empty() ? TableBuilder::StringOffset()
                              : builder.string(llvm::StringRef(detail));
  return CreateRejected(builder.fbb(), name, fileIndex[rejected.file],
                        place.line, text, place.column, words, upstartLine,
                        inPart);
}

Offset<Vector<Offset<Rejected>>> TableWriter::lowerRejected() {
  struct Entry {
    const sema::Rejected *rejected;
    bool inPart;
  };
  std::vector<Entry> entries;
  entries.reserve(set.rejected.size() + set.rejectedInPart.size());
  for (const sema::Rejected &rejected : set.rejected)
    entries.push_back({&rejected, false});
  for (const sema::Rejected &rejected : set.rejectedInPart)
    entries.push_back({&rejected, true});
  auto nameOf = [](const Entry &entry) -> const std::string & {
    return entry.rejected->jobName;
  };
  std::stable_sort(
      entries.begin(), entries.end(),
      [&](const Entry &a, const Entry &b) { return nameOf(a) < nameOf(b); });
  auto twice = std::unique(
      entries.begin(), entries.end(),
      [&](const Entry &a, const Entry &b) { return nameOf(a) == nameOf(b); });
  entries.erase(twice, entries.end());
  std::vector<Offset<Rejected>> offsets;
  for (const Entry &entry : entries) {
    if (builder.overflowed())
      return {};
    offsets.push_back(lowerRejection(*entry.rejected, entry.inPart));
  }
  return builder.fbb().CreateVector(offsets);
}

/// Puts the size into the finished table and lets the daemon's own verifier
/// have the last word: what it refuses is never written.
std::string TableWriter::finish(Offset<JobTable> root) {
  flatbuffers::FlatBufferBuilder &fbb = builder.fbb();
  FinishJobTableBuffer(fbb, root);
  auto *table = reinterpret_cast<flatbuffers::Table *>(
      flatbuffers::GetMutableRoot<JobTable>(fbb.GetBufferPointer()));
  table->SetField<uint32_t>(JobTable::VT_TOTAL_SIZE, fbb.GetSize(), 0);
  LoadError refused;
  if (verify({fbb.GetBufferPointer(), fbb.GetSize()}, refused) == nullptr) {
    error = std::string("the daemon would refuse it: ") + refused.message;
    return {};
  }
  return {reinterpret_cast<const char *>(fbb.GetBufferPointer()),
          fbb.GetSize()};
}

std::string TableWriter::write() {
  auto files = lowerFiles();
  auto jobs = lowerJobs();
  auto index = builder.overflowed() ? 0 : lowerIndex(builder, sorted);
  auto rejected = builder.overflowed() ? 0 : lowerRejected();
  if (builder.overflowed()) {
    error = TooLargeText.str();
    return {};
  }
  auto directories = lowerDirectories();
  JobTableBuilder out(builder.fbb());
  out.add_format_version(FormatVersion);
  out.add_dialect(static_cast<Dialect>(set.dialect));
  out.add_jobs(jobs);
  out.add_index(index);
  out.add_files(files);
  out.add_rejected(rejected);
  if (!directories.IsNull())
    out.add_directories(directories);
  out.add_total_size(
      UINT32_MAX); // any value but the default, to be set at the end
  return finish(out.Finish());
}

} // namespace

std::string writeTable(const sema::JobSet &set, std::string &error) {
  return TableWriter(set, error).write();
}

} // namespace starton::table
