// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table as a whole. Everything is sorted by content, so neither the order
// in which files were read nor anything of the host can show in the bytes.
//
// The jobs and the files are built apart, in parts that share nothing with each
// other, and put in behind the rest: a daemon starts without reading them.

#include "starton/Table/Writer.h"
#include "Lower.h"
#include "PartHash.h"
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
constexpr llvm::StringLiteral MakesTooLarge =
    "the job is left out: it takes most of a table that would be larger than "
    "the 64 MiB that a daemon loads";

/// A new part begins with the first job after so many bytes: little enough to
/// be read for the sake of one job, and much enough that hardly anything is
/// written twice.
constexpr size_t PartSize = size_t(32) << 10;

/// A part that has been built; where its tables are in it.
template <typename T> struct Piece {
  std::string bytes;
  std::vector<uint32_t> places;

  Piece(TableBuilder &builder, const std::vector<Offset<T>> &tables)
      : bytes(builder.takeBytes()) {
    for (Offset<T> table : tables)
      places.push_back(static_cast<uint32_t>(bytes.size()) - table.o);
  }
};

class TableWriter {
public:
  /// Without the jobs of \p unfit, which are in their order.
  TableWriter(const sema::JobSet &set, const std::vector<UnfitJob> &unfit,
              std::string &error)
      : set(set), unfit(unfit), error(error) {}

  std::string write();
  /// The job that took most of a table that became too large; null: it did not.
  const sema::Job *culprit() const { return tooLarge ? largest : nullptr; }

private:
  void lowerJobs();
  void lowerFiles();
  Offset<File> lowerFile(TableBuilder &part, const sema::SourceFile &file);
  template <typename T>
  void embed(const Piece<T> &piece, std::vector<Offset<T>> &tables);
  void embedParts();
  Offset<Vector<const Head *>> lowerHeads();
  Offset<Vector<Offset<flatbuffers::String>>> lowerNames();
  Offset<Vector<Offset<flatbuffers::String>>> lowerDirectories();
  Offset<Vector<Offset<Rejected>>> lowerRejected();
  Offset<Rejected> lowerRejection(const sema::Rejected &rejected, bool inPart);
  Offset<Rejected> lowerUnfit(const UnfitJob &unfit);
  std::string finish(Offset<JobTable> root);
  void setPlaces();

  const sema::JobSet &set;
  const std::vector<UnfitJob> &unfit;
  std::string &error;
  TableBuilder builder;
  std::vector<uint32_t> fileIndex;       ///< JobSet::files to the table's
  std::vector<const sema::Job *> sorted; ///< by name
  std::vector<uint32_t> orders;          ///< of registration, of JobSet::jobs
  std::vector<Piece<Job>> jobPieces;     ///< in the order of the jobs
  std::vector<Piece<File>> filePiece;    ///< one
  std::vector<Offset<Job>> jobs;
  std::vector<Offset<File>> files;
  std::vector<Part> parts; ///< `begin` being the distance from the end
  bool full = false;       ///< one of the parts overflowed
  bool tooLarge = false;
  const sema::Job *largest = nullptr;
  size_t largestSize = 0;
};

Offset<File> TableWriter::lowerFile(TableBuilder &part,
                                    const sema::SourceFile &file) {
  llvm::StringRef text = file.source ? file.source->text() : llvm::StringRef();
  std::array<uint8_t, 32> digest = sema::hashSource(text);
  auto path = part.string(llvm::StringRef(file.relative));
  auto bytes = part.fbb().CreateVector(digest.data(), digest.size());
  return CreateFile(part.fbb(), path, text.size(), bytes, !file.source);
}

/// A file that is reached twice (a directory given twice) is one file.
void TableWriter::lowerFiles() {
  std::vector<uint32_t> order(set.files.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return set.files[a].relative < set.files[b].relative;
  });
  TableBuilder part;
  std::vector<Offset<File>> tables;
  fileIndex.resize(set.files.size());
  const sema::SourceFile *previous = nullptr;
  for (uint32_t index : order) {
    const sema::SourceFile &file = set.files[index];
    bool same =
        previous != nullptr && previous->relative == file.relative &&
        !previous->source == !file.source &&
        (!file.source || previous->source->text() == file.source->text());
    if (!same)
      tables.push_back(lowerFile(part, file));
    fileIndex[index] = static_cast<uint32_t>(tables.size() - 1);
    previous = &file;
    if (part.overflowed())
      break;
  }
  full |= part.overflowed();
  filePiece.emplace_back(part, tables);
}

void TableWriter::lowerJobs() {
  sorted.reserve(set.jobs.size());
  orders.reserve(set.jobs.size());
  auto next = unfit.begin();
  for (const sema::Job &job : set.jobs) {
    orders.push_back(static_cast<uint32_t>(sorted.size()));
    if (next != unfit.end() && &job == &set.jobs[next->job])
      ++next;
    else
      sorted.push_back(&job);
  }
  std::stable_sort(
      sorted.begin(), sorted.end(),
      [](const sema::Job *a, const sema::Job *b) { return a->name < b->name; });
  size_t total = 0;
  for (auto job = sorted.begin(); job != sorted.end() && !full;) {
    TableBuilder part;
    std::vector<Offset<Job>> tables;
    for (; job != sorted.end() && part.fbb().GetSize() < PartSize; ++job) {
      uint32_t order = orders[static_cast<size_t>(*job - set.jobs.data())];
      size_t before = part.fbb().GetSize();
      tables.push_back(lowerJob(part, **job, order, fileIndex));
      size_t size =
          part.overflowed() ? SIZE_MAX : part.fbb().GetSize() - before;
      if (size > largestSize) {
        largestSize = size;
        largest = *job;
      }
      if (part.overflowed())
        break;
    }
    jobPieces.emplace_back(part, tables);
    total += jobPieces.back().bytes.size();
    full |= part.overflowed() || total > MaxTableSize;
  }
}

template <typename T>
void TableWriter::embed(const Piece<T> &piece, std::vector<Offset<T>> &tables) {
  uint32_t end = builder.embed(piece.bytes);
  for (size_t i = piece.places.size(); i-- != 0;)
    tables.push_back(end - piece.places[i]);
  parts.emplace_back(end, 0, 0);
}

/// FlatBuffers builds from the end: so do we, and turn all lists round.
void TableWriter::embedParts() {
  embed(filePiece.front(), files);
  for (size_t i = jobPieces.size(); i-- != 0 && !builder.overflowed();)
    embed(jobPieces[i], jobs);
  std::reverse(files.begin(), files.end());
  std::reverse(jobs.begin(), jobs.end());
  std::reverse(parts.begin(), parts.end());
  uint32_t first = 0;
  for (size_t i = 0; i != parts.size(); ++i) {
    parts[i] = Part(parts[i].begin(), first, 0);
    if (i != jobPieces.size())
      first += static_cast<uint32_t>(jobPieces[i].places.size());
  }
}

Offset<Vector<const Head *>> TableWriter::lowerHeads() {
  std::vector<Head> heads;
  heads.reserve(sorted.size());
  for (const sema::Job *job : sorted)
    heads.emplace_back(orders[static_cast<size_t>(job - set.jobs.data())],
                       static_cast<uint32_t>(job->startOn.nodes.size()),
                       static_cast<uint32_t>(job->stopOn.nodes.size()));
  return builder.fbb().CreateVectorOfStructs(heads);
}

Offset<Vector<Offset<flatbuffers::String>>> TableWriter::lowerNames() {
  std::vector<Offset<flatbuffers::String>> names;
  names.reserve(sorted.size());
  for (const sema::Job *job : sorted)
    names.push_back(builder.string(llvm::StringRef(job->name)));
  return builder.overflowed() ? 0 : builder.fbb().CreateVector(names);
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

Offset<Rejected> TableWriter::lowerUnfit(const UnfitJob &unfit) {
  const sema::SourceFile &file = set.files[unfit.origin.file];
  uint32_t column =
      file.source ? file.source->lineColumn(unfit.origin.range.begin).column
                  : 0;
  auto name = builder.string(llvm::StringRef(set.jobs[unfit.job].name));
  auto text = builder.string(llvm::StringRef(unfit.message));
  return CreateRejected(builder.fbb(), name, fileIndex[unfit.origin.file],
                        unfit.origin.line, text, column);
}

Offset<Vector<Offset<Rejected>>> TableWriter::lowerRejected() {
  struct Entry {
    const sema::Rejected *rejected;
    bool inPart;
    const UnfitJob *unfit = nullptr;
  };
  std::vector<Entry> entries;
  entries.reserve(set.rejected.size() + set.rejectedInPart.size());
  // Of a name that is here twice the first one is told.
  for (const UnfitJob &each : unfit)
    entries.push_back({nullptr, false, &each});
  for (const sema::Rejected &rejected : set.rejected)
    entries.push_back({&rejected, false});
  for (const sema::Rejected &rejected : set.rejectedInPart)
    entries.push_back({&rejected, true});
  auto nameOf = [&](const Entry &entry) -> const std::string & {
    return entry.unfit ? set.jobs[entry.unfit->job].name
                       : entry.rejected->jobName;
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
    offsets.push_back(entry.unfit
                          ? lowerUnfit(*entry.unfit)
                          : lowerRejection(*entry.rejected, entry.inPart));
  }
  return builder.fbb().CreateVector(offsets);
}

/// What only the finished table shows: its size, and where its parts are.
void TableWriter::setPlaces() {
  flatbuffers::FlatBufferBuilder &fbb = builder.fbb();
  auto *table = flatbuffers::GetMutableRoot<JobTable>(fbb.GetBufferPointer());
  auto *fields = reinterpret_cast<flatbuffers::Table *>(table);
  uint32_t size = fbb.GetSize();
  fields->SetField<uint32_t>(JobTable::VT_TOTAL_SIZE, size, 0);
  uint32_t end = size;
  for (uint32_t i = table->parts()->size(); i-- != 0;) {
    Part &part = const_cast<Part &>(*table->parts()->Get(i));
    uint32_t begin = size - part.begin();
    uint64_t hash = hashOfPart({fbb.GetBufferPointer() + begin, end - begin});
    part = Part(begin, part.first_job(), hash);
    end = begin;
  }
  fields->SetField<uint32_t>(JobTable::VT_HOT_SIZE, end, 0);
}

/// Lets the daemon's own verifier have the last word: what it refuses is never
/// written.
std::string TableWriter::finish(Offset<JobTable> root) {
  flatbuffers::FlatBufferBuilder &fbb = builder.fbb();
  FinishJobTableBuffer(fbb, root);
  setPlaces();
  LoadError refused;
  if (verify({fbb.GetBufferPointer(), fbb.GetSize()}, refused) == nullptr) {
    error = std::string("the daemon would refuse it: ") + refused.message;
    return {};
  }
  return {reinterpret_cast<const char *>(fbb.GetBufferPointer()),
          fbb.GetSize()};
}

std::string TableWriter::write() {
  lowerFiles();
  lowerJobs();
  if (!full)
    embedParts();
  auto names = full || builder.overflowed() ? 0 : lowerNames();
  auto index = full || builder.overflowed() ? 0 : lowerIndex(builder, sorted);
  auto rejected = full || builder.overflowed() ? 0 : lowerRejected();
  if (full || builder.overflowed()) {
    error = TooLargeText.str();
    tooLarge = true;
    return {};
  }
  auto directories = lowerDirectories();
  auto heads = lowerHeads();
  auto jobList = builder.fbb().CreateVector(jobs);
  auto fileList = builder.fbb().CreateVector(files);
  auto partList = builder.fbb().CreateVectorOfStructs(parts);
  JobTableBuilder out(builder.fbb());
  out.add_format_version(FormatVersion);
  out.add_dialect(static_cast<Dialect>(set.dialect));
  out.add_jobs(jobList);
  out.add_index(index);
  out.add_files(fileList);
  out.add_rejected(rejected);
  if (!directories.IsNull())
    out.add_directories(directories);
  out.add_names(names);
  out.add_heads(heads);
  out.add_parts(partList);
  // Any value but the default, to be set at the end.
  out.add_total_size(UINT32_MAX);
  out.add_hot_size(UINT32_MAX);
  return finish(out.Finish());
}

} // namespace

std::string writeTable(const sema::JobSet &set, std::string &error,
                       std::vector<UnfitJob> *unfitJobs) {
  std::vector<UnfitJob> own;
  std::vector<UnfitJob> &unfit = unfitJobs ? *unfitJobs : own;
  unfit = findUnfitJobs(set);
  for (;;) {
    error.clear();
    TableWriter writer(set, unfit, error);
    std::string bytes = writer.write();
    const sema::Job *culprit = writer.culprit();
    if (!culprit)
      return bytes;
    UnfitJob job;
    job.job = static_cast<uint32_t>(culprit - set.jobs.data());
    job.origin.file = culprit->confFile;
    job.origin.line = 1;
    job.message = MakesTooLarge.str();
    unfit.insert(std::upper_bound(unfit.begin(), unfit.end(), job,
                                  [](const UnfitJob &a, const UnfitJob &b) {
                                    return a.job < b.job;
                                  }),
                 std::move(job));
  }
}

} // namespace starton::table
