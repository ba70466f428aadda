// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loading from files: who may own them, and what happens to a table whose file
// is changed under it.

#include "TestTables.h"
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace starton::test {
namespace {

using namespace table;

class ReaderTest : public testing::Test {
protected:
  void SetUp() override {
    char name[] = "/tmp/starton-reader-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory = name;
    path = directory + "/jobs.table";
    bytes = tableOf(sampleSet());
    write(bytes);
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  void write(const std::string &content) const {
    std::ofstream(path, std::ios::binary) << content;
    chmod(path.c_str(), 0644);
  }
  LoadError refused(const std::string &file) {
    LoadedTable loaded;
    LoadError error;
    EXPECT_FALSE(loaded.loadFile(file.c_str(), error));
    EXPECT_EQ(loaded.get(), nullptr);
    return error;
  }

  std::string directory, path, bytes;
};

size_t openDescriptors() {
  auto list = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(list), end(list)));
}

TEST_F(ReaderTest, LoadsAndLeaksNothing) {
  size_t before = openDescriptors();
  {
    LoadedTable loaded;
    LoadError error;
    ASSERT_TRUE(loaded.loadFile(path.c_str(), error)) << error.message;
    EXPECT_EQ(error.status, LoadStatus::Ok);
    EXPECT_EQ(loaded.size(), bytes.size());
    EXPECT_EQ(loaded.get()->jobs()->size(), 3u);
    EXPECT_EQ(openDescriptors(), before);
    refused(directory + "/none");
    write("junk");
    refused(path);
    EXPECT_EQ(openDescriptors(), before);
  }
  EXPECT_EQ(openDescriptors(), before);
}

/// The rights of the mapping that holds \p address: "r--p".
std::string rightsOf(const void *address) {
  std::ifstream maps("/proc/self/maps");
  auto wanted = reinterpret_cast<uintptr_t>(address);
  std::string line;
  while (std::getline(maps, line)) {
    unsigned long begin = 0;
    unsigned long end = 0;
    char rights[8] = {};
    if (sscanf(line.c_str(), "%lx-%lx %7s", &begin, &end, rights) == 3 &&
        wanted >= begin && wanted < end)
      return rights;
  }
  return "";
}

TEST_F(ReaderTest, CopyIsReadOnlyAndOurs) {
  LoadedTable loaded;
  LoadError error;
  // 7000 jobs: large enough for huge pages, with a rest in small ones.
  for (const std::string &content : {bytes, tableOf(largeSet(7000))}) {
    write(content);
    ASSERT_TRUE(loaded.loadFile(path.c_str(), error)) << error.message;
    Span<const uint8_t> copy = loaded.bytes();
    ASSERT_EQ(copy.size(), content.size());
    EXPECT_EQ(std::memcmp(copy.data(), content.data(), content.size()), 0);
    EXPECT_EQ(rightsOf(copy.data()), "r--p");
    EXPECT_EQ(rightsOf(copy.end() - 1), "r--p");
  }
  EXPECT_GT(loaded.size(), size_t(4) << 20);
  LoadedTable other;
  const JobTable *root = loaded.get();
  other.swap(loaded);
  EXPECT_EQ(other.get(), root);
  EXPECT_EQ(loaded.get(), nullptr);
  EXPECT_EQ(loaded.size(), 0u);
}

TEST_F(ReaderTest, OutlivesItsFile) {
  LoadedTable loaded;
  LoadError error;
  ASSERT_TRUE(loaded.loadFile(path.c_str(), error));
  uint64_t walked = walkTable(*loaded.get());
  int file = open(path.c_str(), O_RDWR);
  ASSERT_GE(file, 0);
  std::string zeros(bytes.size(), '\0');
  EXPECT_EQ(pwrite(file, zeros.data(), zeros.size(), 0),
            static_cast<ssize_t>(zeros.size()));
  EXPECT_EQ(walkTable(*loaded.get()), walked);
  EXPECT_EQ(ftruncate(file, 0), 0);
  close(file);
  EXPECT_EQ(walkTable(*loaded.get()), walked);
}

TEST_F(ReaderTest, FailureKeepsWhatWasLoaded) {
  LoadedTable loaded;
  LoadError error;
  ASSERT_TRUE(loaded.loadFile(path.c_str(), error));
  const JobTable *before = loaded.get();
  write(bytes.substr(0, 1000));
  EXPECT_FALSE(loaded.loadFile(path.c_str(), error));
  EXPECT_EQ(loaded.get(), before);
  write(tableOf(largeSet(5)));
  ASSERT_TRUE(loaded.loadFile(path.c_str(), error)) << error.message;
  EXPECT_EQ(loaded.get()->jobs()->size(), 5u);
}

TEST_F(ReaderTest, FromADescriptor) {
  int file = memfd_create("compiled", MFD_CLOEXEC);
  ASSERT_EQ(::write(file, bytes.data(), bytes.size()),
            static_cast<ssize_t>(bytes.size()));
  LoadedTable loaded;
  LoadError error;
  // Where the writer left the offset does not matter, nor does the mode.
  EXPECT_EQ(fchmod(file, 0666), 0);
  ASSERT_TRUE(loaded.loadDescriptor(file, error)) << error.message;
  EXPECT_EQ(loaded.get()->jobs()->size(), 3u);
  LoadedTable again;
  ASSERT_TRUE(again.loadDescriptor(file, error)) << error.message;
  EXPECT_NE(again.get(), loaded.get());
  close(file);

  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_FALSE(again.loadDescriptor(ends[0], error));
  EXPECT_EQ(error.status, LoadStatus::NotRegular);
  EXPECT_FALSE(again.loadDescriptor(-1, error));
  EXPECT_EQ(error.status, LoadStatus::CannotRead);
  EXPECT_STREQ(error.message, "cannot read: Bad file descriptor");
  close(ends[0]);
  close(ends[1]);
}

TEST_F(ReaderTest, BeginsToVerify) {
  write(tableOf(largeSet(100)));
  LoadedTable loaded;
  LoadError error;
  ASSERT_TRUE(loaded.beginFile(path.c_str(), error)) << error.message;
  ASSERT_NE(loaded.rest(), nullptr);
  uint64_t walked = walkBegun(*loaded.get(), *loaded.rest());
  while (loaded.verifyMore(error))
    EXPECT_EQ(error.status, LoadStatus::Ok) << error.message;
  EXPECT_EQ(error.status, LoadStatus::Ok) << error.message;
  EXPECT_FALSE(loaded.verifyMore(error));
  EXPECT_EQ(walkBegun(*loaded.get(), *loaded.rest()), walked);
  const JobTable *before = loaded.get();
  write(bytes.substr(0, 1000));
  EXPECT_FALSE(loaded.beginFile(path.c_str(), error));
  EXPECT_EQ(error.status, LoadStatus::Truncated);
  EXPECT_EQ(loaded.get(), before);
  write(bytes);
  ASSERT_TRUE(loaded.loadFile(path.c_str(), error)) << error.message;
  EXPECT_EQ(loaded.rest(), nullptr);
  EXPECT_FALSE(loaded.verifyMore(error));
}

/// A table begun, with what may be done to its file meanwhile.
class ReadLater : public ReaderTest {
protected:
  void SetUp() override {
    ReaderTest::SetUp();
    content = tableOf(largeSet(Jobs));
    write(content);
    before = openDescriptors();
    ASSERT_TRUE(loaded.beginFile(path.c_str(), error)) << error.message;
    table = loaded.get();
    ASSERT_GT(table->parts()->size(), 4u);
  }
  /// Verifies the rest; what was found damaged, one a line.
  std::string finish() {
    std::string defects;
    for (bool more = true; more;) {
      more = loaded.verifyMore(error);
      if (error.status != LoadStatus::Ok)
        defects += std::string(error.message) + "\n";
    }
    EXPECT_EQ(openDescriptors(), before);
    EXPECT_EQ(rightsOf(table), "r--p");
    EXPECT_EQ(rightsOf(loaded.bytes().end() - 1), "r--p");
    return defects;
  }
  std::string lost(uint32_t part) const {
    uint32_t end = part + 1 == table->parts()->size()
                       ? static_cast<uint32_t>(content.size())
                       : table->parts()->Get(part + 1)->begin();
    return "corrupt: bytes " +
           std::to_string(table->parts()->Get(part)->begin()) + " to " +
           std::to_string(end) + " are not those that were written\n";
  }
  /// Whether the job is sound; it is what was written then.
  bool isSound(uint32_t job) {
    if (!loaded.rest()->job(job))
      return false;
    EXPECT_EQ(table->jobs()->Get(job)->name()->str(),
              table->names()->Get(job)->str());
    EXPECT_EQ("job number " + table->names()->Get(job)->str().substr(3),
              table->jobs()->Get(job)->description()->str());
    return true;
  }

  static constexpr uint32_t Jobs = 300;
  std::string content;
  size_t before = 0;
  LoadedTable loaded;
  LoadError error;
  const JobTable *table = nullptr;
};

TEST_F(ReadLater, ReadsAllInTheEnd) {
  EXPECT_EQ(openDescriptors(), before + 1);
  // Only what is in no part has been read.
  EXPECT_NE(std::memcmp(loaded.bytes().data(), content.data(), content.size()),
            0);
  EXPECT_TRUE(isSound(Jobs / 2));
  EXPECT_EQ(finish(), "");
  EXPECT_EQ(std::memcmp(loaded.bytes().data(), content.data(), content.size()),
            0);
  EXPECT_NE(walkTable(*table), 0u);
}

TEST_F(ReadLater, ReadsAllWhenAsked) {
  EXPECT_TRUE(loaded.readRest());
  EXPECT_EQ(std::memcmp(loaded.bytes().data(), content.data(), content.size()),
            0);
  write("gone");
  EXPECT_EQ(finish(), "");
}

TEST_F(ReadLater, IsReplacedByAnotherFile) {
  std::filesystem::remove(path);
  write(tableOf(largeSet(Jobs + 1)));
  EXPECT_TRUE(isSound(Jobs - 1));
  EXPECT_EQ(finish(), "");
}

TEST_F(ReadLater, IsOverwritten) {
  EXPECT_TRUE(isSound(0));
  uint32_t part = 2;
  uint32_t first = table->parts()->Get(part)->first_job();
  uint32_t end = table->parts()->Get(part + 1)->first_job();
  std::string changed = content;
  changed[table->parts()->Get(part)->begin() + 100] ^= 1;
  write(changed);
  EXPECT_TRUE(isSound(first - 1));
  EXPECT_FALSE(isSound(first));
  EXPECT_FALSE(loaded.readRest());
  write(content); // too late
  EXPECT_EQ(finish(), lost(part));
  EXPECT_TRUE(isSound(0));
  for (uint32_t job = first; job != end; ++job)
    EXPECT_FALSE(isSound(job));
  EXPECT_TRUE(isSound(end));
}

TEST_F(ReadLater, AnotherTableIsWrittenOverIt) {
  EXPECT_TRUE(isSound(0));
  write(tableOf(largeSet(Jobs + 50)));
  std::string all;
  for (uint32_t part = 1; part != table->parts()->size(); ++part)
    all += lost(part);
  EXPECT_EQ(finish(), all);
  for (uint32_t job = 0; job != Jobs; ++job)
    EXPECT_EQ(isSound(job), job < table->parts()->Get(1)->first_job());
}

TEST_F(ReadLater, IsTruncated) {
  uint32_t last = table->parts()->size() - 2; // of those with jobs
  EXPECT_TRUE(isSound(Jobs - 1));
  ASSERT_EQ(truncate(path.c_str(), table->parts()->Get(1)->begin() + 8), 0);
  std::string defects;
  for (uint32_t part = 1; part <= last + 1; ++part)
    defects += part == last ? "" : lost(part);
  EXPECT_EQ(finish(), defects);
  EXPECT_TRUE(isSound(0));
  EXPECT_TRUE(isSound(Jobs - 1));
  EXPECT_FALSE(isSound(table->parts()->Get(1)->first_job()));
}

/// The names stay to be told, and every bit is covered.
TEST_F(ReadLater, NoticesEveryChange) {
  for (uint32_t at = table->hot_size(); at < content.size(); at += 4999)
    for (unsigned bit : {0u, 7u}) {
      std::string changed = content;
      changed[at] = static_cast<char>(changed[at] ^ (1u << bit));
      write(content);
      LoadedTable other;
      ASSERT_TRUE(other.beginFile(path.c_str(), error)) << error.message;
      write(changed);
      EXPECT_FALSE(other.readRest()) << at;
    }
}

/// A file of rejected names needs its files at once.
TEST_F(ReaderTest, ReadsTheFilesOfRejectedNames) {
  sema::JobSet set = largeSet(300);
  set.files.emplace_back();
  set.files.back().relative = "/etc/init/zzz.conf";
  set.files.back().readError = "Permission denied";
  set.rejected.push_back({"zzz", static_cast<uint32_t>(set.files.size() - 1)});
  std::string content = tableOf(set);
  write(content);
  LoadedTable loaded;
  LoadError error;
  ASSERT_TRUE(loaded.beginFile(path.c_str(), error)) << error.message;
  const JobTable &table = *loaded.get();
  EXPECT_STREQ(
      table.files()->Get(table.rejected()->Get(0)->file())->path()->c_str(),
      "/etc/init/zzz.conf");
  content[content.size() - 50] ^= 1;
  size_t before = openDescriptors();
  write(content);
  LoadedTable other;
  EXPECT_FALSE(other.beginFile(path.c_str(), error));
  EXPECT_EQ(error.status, LoadStatus::Corrupt);
  EXPECT_EQ(openDescriptors(), before);
}

TEST_F(ReaderTest, MissingFile) {
  LoadError error = refused(directory + "/none");
  EXPECT_EQ(error.status, LoadStatus::CannotOpen);
  EXPECT_EQ(error.error, ENOENT);
  EXPECT_STREQ(error.message, "cannot open: No such file or directory");
}

TEST_F(ReaderTest, NotAFile) {
  EXPECT_EQ(refused(directory).status, LoadStatus::NotRegular);
  std::string fifo = directory + "/fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  LoadError error = refused(fifo); // would hang in open() without O_NONBLOCK
  EXPECT_EQ(error.status, LoadStatus::NotRegular);
  EXPECT_STREQ(error.message, "not a regular file");
  EXPECT_EQ(refused("/dev/null").status, LoadStatus::NotRegular);
}

TEST_F(ReaderTest, WritableByOthers) {
  for (mode_t mode : {0664, 0646, 0666}) {
    chmod(path.c_str(), mode);
    LoadError error = refused(path);
    EXPECT_EQ(error.status, LoadStatus::BadMode);
    char expected[64];
    snprintf(expected, sizeof expected,
             "writable by group or others (mode %04o)", mode);
    EXPECT_STREQ(error.message, expected);
  }
}

TEST_F(ReaderTest, OwnedBySomebodyElse) {
  if (geteuid() != 0)
    GTEST_SKIP() << "only root can give a file away";
  ASSERT_EQ(chown(path.c_str(), 12345, 0), 0);
  LoadError error = refused(path);
  EXPECT_EQ(error.status, LoadStatus::BadOwner);
  EXPECT_STREQ(error.message, "owned by user 12345, not by root");
  LoadedTable loaded;
  EXPECT_FALSE(loaded.loadFile(path.c_str(), 1000, error));
  EXPECT_STREQ(error.message,
               "owned by user 12345, neither by root nor by user 1000");
  EXPECT_TRUE(loaded.loadFile(path.c_str(), 12345, error));
}

TEST_F(ReaderTest, TooLarge) {
  ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(MaxTableSize) + 1), 0);
  LoadError error = refused(path);
  EXPECT_EQ(error.status, LoadStatus::TooLarge);
  EXPECT_STREQ(error.message,
               "67108865 bytes, more than the 67108864 that a table may have");
}

TEST_F(ReaderTest, OtherContents) {
  write("");
  EXPECT_EQ(refused(path).status, LoadStatus::NotATable);
  write("#!/bin/sh\nexit 0\n");
  EXPECT_EQ(refused(path).status, LoadStatus::NotATable);
  write(bytes.substr(0, bytes.size() - 1));
  EXPECT_EQ(refused(path).status, LoadStatus::Truncated);
  write(bytes.substr(0, 12));
  EXPECT_EQ(refused(path).status, LoadStatus::Truncated);
}

} // namespace
} // namespace starton::test
