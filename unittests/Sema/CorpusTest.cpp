// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Real files and whole systems, where they are at hand: conditions read as
// Upstart reads them, and nothing that a real system holds breaks anything.

#include "SharedData.h"
#include "starton/Sema/JobSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"

using namespace starton;
using namespace starton::sema;

namespace {

const std::string data = test::sharedData();

std::string showConfig(const Job &job, bool enumerate) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printShowConfig(job, enumerate, os);
  return text;
}

JobSet loadEtcInit(const std::string &system, Dialect dialect) {
  SystemOptions options;
  options.dialect = dialect;
  options.root = data + "/systems/" + system;
  options.directories = {options.root + "/etc/init"};
  options.mustExist = true;
  return loadSystem(options);
}

} // namespace

TEST(Corpus, readsConditionsAsUpstart) {
  auto lines = llvm::MemoryBuffer::getFile(data + "/corpus/showconfig.jsonl");
  if (data.empty() || !lines)
    GTEST_SKIP() << "no corpus at hand";
  llvm::SmallVector<llvm::StringRef, 0> records;
  (*lines)->getBuffer().split(records, '\n', -1, /*KeepEmpty=*/false);
  EXPECT_EQ(records.size(), 1897U);
  for (llvm::StringRef record : records) {
    auto parsed = llvm::json::parse(record);
    ASSERT_TRUE(bool(parsed));
    const llvm::json::Object &object = *parsed->getAsObject();
    std::string path =
        data + "/corpus/" + object.getString("path").value_or("").str();
    std::string error;
    auto source = readSource(path, error);
    ASSERT_TRUE(source) << path << ": " << error;
    JobSet set = loadFile(std::move(source), Dialect::Upstart113);
    ASSERT_EQ(set.jobs.size(), 1U) << path;
    // The corpus flattens paths into file names; the job was named otherwise.
    Job &job = set.jobs.front();
    llvm::StringRef expected = object.getString("show_config").value_or("");
    job.name = expected.split('\n').first.str();
    // JSON holds what is no UTF-8 in printable form.
    EXPECT_EQ(printable(showConfig(job, false)), expected) << path;
    EXPECT_EQ(printable(showConfig(job, true)),
              object.getString("enumerate").value_or(""))
        << path;
  }
}

TEST(Corpus, loadsWholeSystems) {
  if (data.empty() || !llvm::sys::fs::exists(data + "/systems"))
    GTEST_SKIP() << "no systems at hand";
  JobSet chromeos = loadEtcInit("chromeos", Dialect::ChromeOS);
  EXPECT_GE(chromeos.files.size(), 272U);
  for (const SourceFile &file : chromeos.files)
    EXPECT_TRUE(llvm::StringRef(file.relative).starts_with("/etc/init/"))
        << file.relative;
  for (const Rejected &rejected : chromeos.rejected)
    ADD_FAILURE() << chromeos.files[rejected.file].path;
  JobSet raspbmc = loadEtcInit("raspbmc", Dialect::Upstart113);
  EXPECT_GE(raspbmc.jobs.size() + raspbmc.rejected.size(), 63U);
  for (const JobSet *set : {&chromeos, &raspbmc}) {
    std::string text;
    llvm::raw_string_ostream os(text);
    printModel(*set, os);
    printShowConfig(*set, true, os);
    EXPECT_GT(text.size(), 10000U);
  }
}
