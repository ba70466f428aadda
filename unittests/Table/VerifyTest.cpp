// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every rule of the semantic pass: a table that breaks exactly this one rule is
// refused with this message. FlatBuffers' own verifier accepts all of them.

#include "TestTables.h"
#include "flatbuffers/reflection_generated.h"
#include "starton/Table/JobTable_bfbs_generated.h"
#include <algorithm>
#include <functional>
#include <gtest/gtest.h>

namespace starton::test {
namespace {

using namespace table;

/// Writable access to a table; FlatBuffers' accessors are read-only.
template <typename T>
void poke(const T *place, size_t offset, uint64_t value, size_t size) {
  auto *bytes =
      const_cast<uint8_t *>(reinterpret_cast<const uint8_t *>(place)) + offset;
  for (size_t i = 0; i != size; ++i)
    bytes[i] = static_cast<uint8_t>(value >> (8 * i));
}

template <typename Table>
void set(const Table *table, uint16_t field, uint64_t value, size_t size) {
  const auto *raw = reinterpret_cast<const flatbuffers::Table *>(table);
  ASSERT_TRUE(raw->CheckField(field))
      << "the sample leaves this field at its default";
  poke(raw->GetAddressOf(field), 0, value, size);
}

/// Makes a field absent.
template <typename Table> void drop(const Table *table, uint16_t field) {
  const auto *raw = reinterpret_cast<const flatbuffers::Table *>(table);
  ASSERT_TRUE(raw->CheckField(field));
  poke(raw->GetVTable(), field, 0, 2);
}

struct Damage {
  const char *name;
  const char *message;
  std::function<void(const JobTable &)> make;
  const char *inPieces = nullptr; ///< what is said then, if it differs
};

const Job &everything(const JobTable &table) {
  return *table.jobs()->LookupByKey("net/everything");
}
const Node *node(const JobTable &table, uint32_t index) {
  return everything(table).start_on()->nodes()->Get(index);
}
const Process *process(const JobTable &table, uint32_t index) {
  return everything(table).processes()->Get(index);
}
void swapOffsets(const void *vectorData, uint32_t a, uint32_t b) {
  auto *offsets =
      const_cast<uint32_t *>(static_cast<const uint32_t *>(vectorData));
  uint32_t toA = offsets[a] + a * 4;
  uint32_t toB = offsets[b] + b * 4;
  offsets[a] = toB - a * 4;
  offsets[b] = toA - b * 4;
}

// Offsets inside the structs of the schema.
constexpr size_t NodeKindAt = 0, NodeLeftAt = 4, NodeFirstAt = 8,
                 NodeCountAt = 12;
constexpr size_t LeafJobAt = 0, LeafTreeAt = 4, LeafNodeAt = 8;
constexpr size_t HeadOrderAt = 0, HeadStartAt = 4, HeadStopAt = 8;
constexpr size_t PartBeginAt = 0, PartFirstJobAt = 4;

const Damage Damages[] = {
    {"dialect", "corrupt: dialect is out of range",
     [](const JobTable &t) { set(&t, JobTable::VT_DIALECT, 4, 1); }},
    {"unsortedJobs", "corrupt: jobs[1].name is out of order",
     [](const JobTable &t) { swapOffsets(t.names()->data(), 0, 1); }},
    {"emptyName", "corrupt: jobs[0].name is empty",
     [](const JobTable &t) { poke(t.names()->Get(0), 0, 0, 5); }},
    {"nulInName", "corrupt: jobs[0].name holds a NUL byte",
     [](const JobTable &t) { poke(t.names()->Get(0), 4 + 2, 0, 1); }},
    {"otherName", "corrupt: jobs[1].name is not what the job's head says",
     [](const JobTable &t) { poke(t.jobs()->Get(1)->name(), 4, 'x', 1); }},
    {"otherNameLength", "corrupt: jobs[1].name is not what the job's head says",
     [](const JobTable &t) { poke(t.jobs()->Get(1)->name(), 0, 0, 5); }},
    {"otherJob", "corrupt: jobs[1].name is not what the job's head says",
     [](const JobTable &t) {
       auto *offsets = const_cast<uint32_t *>(
           reinterpret_cast<const uint32_t *>(t.jobs()->data()));
       offsets[1] = offsets[0] - 4;
     }},
    {"otherOrder", "corrupt: jobs[1].order is not what the job's head says",
     [](const JobTable &t) { set(t.jobs()->Get(1), Job::VT_ORDER, 0, 4); }},
    {"otherStart", "corrupt: jobs[0].start_on is not what the job's head says",
     [](const JobTable &t) { poke(t.heads()->Get(0), HeadStartAt, 4, 4); }},
    {"otherStop", "corrupt: jobs[2].stop_on is not what the job's head says",
     [](const JobTable &t) { poke(t.heads()->Get(2), HeadStopAt, 0, 4); }},
    {"hotSize", "corrupt: parts[0].begin or first_job is out of order",
     [](const JobTable &t) {
       set(&t, JobTable::VT_HOT_SIZE, t.hot_size() + 8, 4);
     }},
    {"hotSizeTiny", "corrupt: the table's root is damaged",
     [](const JobTable &t) { set(&t, JobTable::VT_HOT_SIZE, 16, 4); }},
    {"hotSizeHuge", "corrupt: the table's root is damaged",
     [](const JobTable &t) {
       set(&t, JobTable::VT_HOT_SIZE, uint32_t(-8), 4);
     }},
    {"totalSizeInAPart", "corrupt: the table's root is damaged",
     [](const JobTable &t) {
       const auto *raw = reinterpret_cast<const flatbuffers::Table *>(&t);
       const auto *elsewhere = t.files()->Get(0)->sha256()->data();
       poke(elsewhere, 0, t.total_size(), 4);
       auto place = elsewhere - reinterpret_cast<const uint8_t *>(&t);
       poke(raw->GetVTable(), JobTable::VT_TOTAL_SIZE, place, 2);
     }},
    {"noParts", "corrupt: the parts are none or misaligned",
     [](const JobTable &t) { poke(t.parts(), 0, 0, 4); }},
    {"partFirstJob", "corrupt: parts[0].begin or first_job is out of order",
     [](const JobTable &t) { poke(t.parts()->Get(0), PartFirstJobAt, 1, 4); }},
    {"partTwice", "corrupt: parts[1].begin or first_job is out of order",
     [](const JobTable &t) { poke(t.parts()->Get(1), PartFirstJobAt, 0, 4); }},
    {"partBackward", "corrupt: parts[1].begin or first_job is out of order",
     [](const JobTable &t) {
       poke(t.parts()->Get(1), PartBeginAt, t.hot_size() - 8, 4);
     }},
    {"partBeyond", "corrupt: parts[1].begin or first_job is out of order",
     [](const JobTable &t) {
       poke(t.parts()->Get(1), PartBeginAt, uint32_t(-8), 4);
     }},
    {"partUneven", "corrupt: parts[1].begin or first_job is out of order",
     [](const JobTable &t) {
       poke(t.parts()->Get(1), PartBeginAt, t.parts()->Get(1)->begin() - 4, 4);
     }},
    {"partsWithoutAJob", "corrupt: the parts have 2 of 3 jobs",
     [](const JobTable &t) { poke(t.parts()->Get(1), PartFirstJobAt, 2, 4); }},
    {"filesInNoPart", "corrupt: the parts have 0 of 3 jobs",
     [](const JobTable &t) { poke(t.parts(), 0, 1, 4); }},
    {"nameMissing", "corrupt: 2 names and 3 heads of 3 jobs",
     [](const JobTable &t) { poke(t.names(), 0, 2, 4); }},
    {"headMissing", "corrupt: 3 names and 2 heads of 3 jobs",
     [](const JobTable &t) { poke(t.heads(), 0, 2, 4); }},
    {"fileBeforeItsPart", "corrupt: files[0] is damaged",
     [](const JobTable &t) {
       poke(t.parts()->Get(1), PartBeginAt, t.total_size(), 4);
     },
     "corrupt: rejected[0] is damaged"},
    {"nulInText", "corrupt: jobs[0].description holds a NUL byte",
     [](const JobTable &t) { poke(everything(t).description(), 4, 0, 1); }},
    {"nulInList", "corrupt: jobs[0].env holds a NUL byte",
     [](const JobTable &t) { poke(everything(t).env()->Get(1), 4, 0, 1); }},
    {"nulInScript", "corrupt: jobs[0].processes holds a NUL byte",
     [](const JobTable &t) { poke(process(t, 1)->text(), 4, 0, 1); }},
    {"nulInOperand", "corrupt: jobs[0].start_on holds a NUL byte",
     [](const JobTable &t) {
       poke(everything(t).start_on()->words()->Get(2), 4, 0, 1);
     }},
    {"nulInController", "corrupt: jobs[0].cgroups holds a NUL byte",
     [](const JobTable &t) {
       poke(everything(t).cgroups()->Get(0)->controller(), 4, 0, 1);
     }},
    {"order", "corrupt: jobs[1].order is not unique",
     [](const JobTable &t) { poke(t.heads()->Get(1), HeadOrderAt, 0, 4); }},
    {"orderRange", "corrupt: jobs[1].order is not unique",
     [](const JobTable &t) { poke(t.heads()->Get(1), HeadOrderAt, 3, 4); }},
    {"confFile", "corrupt: jobs[1].conf_file or override_file is out of range",
     [](const JobTable &t) { set(t.jobs()->Get(1), Job::VT_CONF_FILE, 5, 4); }},
    {"overrideFile",
     "corrupt: jobs[2].conf_file or override_file is out of range",
     [](const JobTable &t) {
       set(t.jobs()->Get(2), Job::VT_OVERRIDE_FILE, 5, 4);
     }},
    {"overrideFileNegative",
     "corrupt: jobs[2].conf_file or override_file is out of range",
     [](const JobTable &t) {
       set(t.jobs()->Get(2), Job::VT_OVERRIDE_FILE, uint32_t(-2), 4);
     }},
    {"originOfNoOverride",
     "corrupt: jobs[2].origins names an override that is not there",
     [](const JobTable &t) { drop(t.jobs()->Get(2), Job::VT_OVERRIDE_FILE); }},
    {"originStanza", "corrupt: jobs[0].origins has an unknown stanza",
     [](const JobTable &t) {
       poke(everything(t).origins()->Get(0), 0, 38, 1);
     }},
    {"originNone", "corrupt: jobs[0].origins has an unknown stanza",
     [](const JobTable &t) { poke(everything(t).origins()->Get(0), 0, 0, 1); }},
    {"originOrder", "corrupt: jobs[0].origins is out of order",
     [](const JobTable &t) {
       poke(everything(t).origins()->Get(0), 1, 9, 1),
           poke(everything(t).origins()->Get(1), 0, 1, 1);
     }},
    {"console", "corrupt: jobs[0].console is out of range",
     [](const JobTable &t) { set(&everything(t), Job::VT_CONSOLE, 4, 1); }},
    {"expect", "corrupt: jobs[0].expect is out of range",
     [](const JobTable &t) { set(&everything(t), Job::VT_EXPECT, 4, 1); }},
    {"respawnLimit", "corrupt: jobs[0].respawn_limit is out of range",
     [](const JobTable &t) {
       set(&everything(t), Job::VT_RESPAWN_LIMIT, uint32_t(-1), 4);
     }},
    {"respawnInterval", "corrupt: jobs[0].respawn_interval is out of range",
     [](const JobTable &t) {
       set(&everything(t), Job::VT_RESPAWN_INTERVAL, uint64_t(1) << 31, 8);
     }},
    {"killTimeout", "corrupt: jobs[0].kill_timeout is out of range",
     [](const JobTable &t) {
       set(&everything(t), Job::VT_KILL_TIMEOUT, uint64_t(-1), 8);
     }},
    {"killSignal", "corrupt: jobs[0].kill_signal is out of range",
     [](const JobTable &t) {
       set(&everything(t), Job::VT_KILL_SIGNAL, uint32_t(-1), 4);
     }},
    {"reloadSignal", "corrupt: jobs[0].reload_signal is out of range",
     [](const JobTable &t) {
       set(&everything(t), Job::VT_RELOAD_SIGNAL, uint32_t(-1), 4);
     }},
    {"umask", "corrupt: jobs[0].umask is out of range",
     [](const JobTable &t) { set(&everything(t), Job::VT_UMASK, 01000, 4); }},
    {"nice", "corrupt: jobs[0].nice is out of range",
     [](const JobTable &t) { set(&everything(t), Job::VT_NICE, 20, 4); }},
    {"normalExit", "corrupt: jobs[0].normal_exit is out of range",
     [](const JobTable &t) {
       poke(everything(t).normal_exit()->Data(), 4, uint32_t(-1), 4);
     }},
    {"limitResource",
     "corrupt: jobs[0].limits has a resource twice, out of order or unknown",
     [](const JobTable &t) { poke(everything(t).limits()->Get(1), 0, 14, 1); }},
    {"limitTwice",
     "corrupt: jobs[0].limits has a resource twice, out of order or unknown",
     [](const JobTable &t) { poke(everything(t).limits()->Get(1), 0, 1, 1); }},
    {"limitsMisaligned", "corrupt: jobs[0].limits is misaligned",
     [](const JobTable &t) {
       // Four bytes earlier lies padding, which reads as an empty vector.
       const auto *raw =
           reinterpret_cast<const flatbuffers::Table *>(&everything(t));
       const auto *field = reinterpret_cast<const uint32_t *>(
           raw->GetAddressOf(Job::VT_LIMITS));
       set(&everything(t), Job::VT_LIMITS, *field - 4, 4);
       poke(everything(t).limits(), 0, 0, 4);
     }},
    {"slotTwice",
     "corrupt: jobs[0].processes has a slot twice, out of order or unknown",
     [](const JobTable &t) { set(process(t, 2), Process::VT_SLOT, 1, 1); }},
    {"slotUnknown",
     "corrupt: jobs[0].processes has a slot twice, out of order or unknown",
     [](const JobTable &t) { set(process(t, 5), Process::VT_SLOT, 6, 1); }},
    {"kindNone", "corrupt: jobs[0].processes has a process of unknown kind",
     [](const JobTable &t) { set(process(t, 3), Process::VT_KIND, 0, 1); }},
    {"kindUnknown", "corrupt: jobs[0].processes has a process of unknown kind",
     [](const JobTable &t) { set(process(t, 3), Process::VT_KIND, 5, 1); }},
    {"argvGone", "corrupt: jobs[0].processes has a command without a program",
     [](const JobTable &t) { drop(process(t, 0), Process::VT_ARGV); }},
    {"argvEmpty", "corrupt: jobs[0].processes has a command without a program",
     [](const JobTable &t) { poke(process(t, 0)->argv(), 0, 0, 4); }},
    {"programEmpty",
     "corrupt: jobs[0].processes has a command without a program",
     [](const JobTable &t) { poke(process(t, 0)->argv()->Get(0), 0, 0, 5); }},
    {"scriptIsArgv", "corrupt: jobs[0].processes has a script without text",
     [](const JobTable &t) { set(process(t, 0), Process::VT_KIND, 3, 1); }},
    {"brokenWithText",
     "corrupt: jobs[0].processes has a broken process with a command",
     [](const JobTable &t) { set(process(t, 1), Process::VT_KIND, 4, 1); }},
    {"noNodes", "corrupt: jobs[0].start_on has no nodes or too many",
     [](const JobTable &t) {
       poke(everything(t).start_on()->nodes(), 0, 0, 4);
       poke(t.heads()->Get(0), HeadStartAt, 0, 4);
     }},
    {"nodeKind", "corrupt: jobs[0].start_on has a node of unknown kind",
     [](const JobTable &t) { poke(node(t, 2), NodeKindAt, 3, 1); }},
    {"operatorFirst",
     "corrupt: jobs[0].start_on has an operator without operands",
     [](const JobTable &t) {
       poke(node(t, 0), NodeKindAt, 1, 1), poke(node(t, 0), NodeCountAt, 0, 4);
     }},
    {"twoTrees", "corrupt: jobs[0].start_on is more than one tree",
     [](const JobTable &t) {
       poke(everything(t).start_on()->nodes(), 0, 4, 4);
       poke(t.heads()->Get(0), HeadStartAt, 4, 4);
     }},
    {"leftForward",
     "corrupt: jobs[0].start_on has an operator with a wrong left operand",
     [](const JobTable &t) { poke(node(t, 4), NodeLeftAt, 4, 4); }},
    {"leftElsewhere",
     "corrupt: jobs[0].start_on has an operator with a wrong left operand",
     [](const JobTable &t) { poke(node(t, 4), NodeLeftAt, 1, 4); }},
    {"leftOfMatch",
     "corrupt: jobs[0].start_on has a match with words out of range",
     [](const JobTable &t) { poke(node(t, 3), NodeLeftAt, 1, 4); }},
    {"matchWithoutName",
     "corrupt: jobs[0].start_on has a match with words out of range",
     [](const JobTable &t) { poke(node(t, 3), NodeCountAt, 0, 4); }},
    {"wordsBeyond",
     "corrupt: jobs[0].start_on has a match with words out of range",
     [](const JobTable &t) { poke(node(t, 3), NodeCountAt, 3, 4); }},
    {"wordsWrap",
     "corrupt: jobs[0].start_on has a match with words out of range",
     [](const JobTable &t) { poke(node(t, 3), NodeCountAt, uint32_t(-4), 4); }},
    {"wordsShared",
     "corrupt: jobs[0].start_on has a match with words out of range",
     [](const JobTable &t) { poke(node(t, 3), NodeFirstAt, 0, 4); }},
    {"wordsLeftOver", "corrupt: jobs[0].start_on has words of no node",
     [](const JobTable &t) { poke(node(t, 3), NodeCountAt, 1, 4); }},
    {"wordsOfOperator", "corrupt: jobs[0].start_on has a node of unknown kind",
     [](const JobTable &t) { poke(node(t, 4), NodeCountAt, 1, 4); }},
    {"indexOrder", "corrupt: index[1].event is out of order",
     [](const JobTable &t) { swapOffsets(t.index()->data(), 0, 1); }},
    {"indexTwice", "corrupt: index[1].event is out of order",
     [](const JobTable &t) {
       auto *offsets = const_cast<uint32_t *>(
           reinterpret_cast<const uint32_t *>(t.index()->data()));
       offsets[1] = offsets[0] - 4;
     }},
    {"indexMisses", "corrupt: the index misses a condition",
     [](const JobTable &t) { poke(t.index(), 0, t.index()->size() - 1, 4); }},
    {"indexWrongEvent", "corrupt: index[0].leaves has a leaf of another key",
     [](const JobTable &t) {
       poke(t.index()->Get(0)->leaves()->Get(0), LeafNodeAt, 0, 4);
     }},
    {"indexWrongOperand", "corrupt: index[2].leaves has a leaf of another key",
     [](const JobTable &t) {
       drop(t.index()->Get(2), IndexEntry::VT_OPERAND);
     }},
    {"noLeaves", "corrupt: index[0].leaves is empty",
     [](const JobTable &t) { poke(t.index()->Get(0)->leaves(), 0, 0, 4); }},
    {"leafJob", "corrupt: index[0].leaves has a leaf out of range",
     [](const JobTable &t) {
       poke(t.index()->Get(0)->leaves()->Get(0), LeafJobAt, 3, 4);
     }},
    {"leafTree", "corrupt: index[0].leaves has a leaf out of range",
     [](const JobTable &t) {
       poke(t.index()->Get(0)->leaves()->Get(0), LeafTreeAt, 2, 1);
     }},
    {"leafOfNoCondition", "corrupt: index[0].leaves has a leaf out of range",
     [](const JobTable &t) {
       poke(t.index()->Get(0)->leaves()->Get(0), LeafJobAt, 1, 4);
     }},
    {"leafNode", "corrupt: index[0].leaves has a leaf out of range",
     [](const JobTable &t) {
       poke(t.index()->Get(0)->leaves()->Get(0), LeafNodeAt, 9, 4);
     }},
    {"leafIsOperator",
     "corrupt: index[0].leaves has a leaf that is no match or found twice",
     [](const JobTable &t) {
       poke(t.index()->Get(0)->leaves()->Get(0), LeafNodeAt, 4, 4);
     }},
    {"leavesOrder", "corrupt: index[0].leaves is out of order",
     [](const JobTable &t) {
       auto *leaves =
           const_cast<uint8_t *>(t.index()->Get(0)->leaves()->Data());
       std::swap_ranges(leaves, leaves + sizeof(Leaf), leaves + sizeof(Leaf));
     }},
    {"leafTwice",
     "corrupt: index[0].leaves has a leaf that is no match or found twice",
     [](const JobTable &t) {
       auto *leaves =
           const_cast<uint8_t *>(t.index()->Get(0)->leaves()->Data());
       std::copy(leaves, leaves + sizeof(Leaf), leaves + sizeof(Leaf));
     },
     "corrupt: index[0].leaves is out of order"},
    {"filesOrder", "corrupt: files[1].path is out of order",
     [](const JobTable &t) { swapOffsets(t.files()->data(), 0, 1); }},
    {"hashLength", "corrupt: files[0].sha256 is not 32 bytes long",
     [](const JobTable &t) { poke(t.files()->Get(0)->sha256(), 0, 31, 4); }},
    {"rejectedFile", "corrupt: rejected[0].file is out of range",
     [](const JobTable &t) {
       set(t.rejected()->Get(0), Rejected::VT_FILE, 5, 4);
     }},
    {"rejectedText", "corrupt: rejected[0].message holds a NUL byte",
     [](const JobTable &t) { poke(t.rejected()->Get(0)->message(), 4, 0, 1); }},
    {"relativeDirectory", "corrupt: directories[0].path is no absolute path",
     [](const JobTable &t) { poke(t.directories()->Get(1), 4, 'x', 1); }},
    {"directoryText", "corrupt: directories[0].path holds a NUL byte",
     [](const JobTable &t) { poke(t.directories()->Get(0), 5, 0, 1); }},
};

class VerifyDamage : public testing::TestWithParam<Damage> {};

TEST_P(VerifyDamage, IsRefused) {
  std::string bytes = tableOf(sampleSet());
  LoadError error;
  const JobTable *table = verified(bytes, error);
  ASSERT_NE(table, nullptr) << error.message;
  GetParam().make(*table);
  if (HasFatalFailure())
    return;
  flatbuffers::Verifier structure(
      reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
  EXPECT_TRUE(VerifyJobTableBuffer(structure))
      << "FlatBuffers alone would have refused this";
  EXPECT_EQ(verified(bytes, error), nullptr);
  EXPECT_EQ(error.status, LoadStatus::Corrupt);
  EXPECT_STREQ(error.message, GetParam().message);
}

/// Piece by piece the same is found, and a damaged job is never given out.
TEST_P(VerifyDamage, IsFoundInPieces) {
  std::string bytes = tableOf(sampleSet());
  GetParam().make(*GetJobTable(bytes.data()));
  if (HasFatalFailure())
    return;
  Span<const uint8_t> span{reinterpret_cast<const uint8_t *>(bytes.data()),
                           bytes.size()};
  std::string message =
      GetParam().inPieces ? GetParam().inPieces : GetParam().message;
  EXPECT_EQ(verifiedInPieces(span), message + "\n");
  Verification rest;
  LoadError error;
  unsigned index = 0;
  if (rest.begin(span, error) != nullptr &&
      sscanf(message.c_str(), "corrupt: jobs[%u]", &index) == 1) {
    EXPECT_FALSE(rest.job(index));
    EXPECT_TRUE(rest.job(index == 0 ? 1 : 0));
  }
}

INSTANTIATE_TEST_SUITE_P(All, VerifyDamage, testing::ValuesIn(Damages),
                         [](const auto &info) { return info.param.name; });

TEST(Verify, AcceptsWhatWasWritten) {
  for (const sema::JobSet &set : {sampleSet(), largeSet(50), sema::JobSet()}) {
    std::string bytes = tableOf(set);
    LoadError error{LoadStatus::Corrupt, 1, "old"};
    const JobTable *table = verified(bytes, error);
    ASSERT_NE(table, nullptr) << error.message;
    EXPECT_EQ(error.status, LoadStatus::Ok);
    EXPECT_STREQ(error.message, "");
    EXPECT_NE(walkTable(*table), 0u);
  }
}

/// What FlatBuffers alone would accept: a job that reaches into another part.
TEST(Verify, KeepsJobsInTheirParts) {
  std::string bytes = tableOf(sampleSet());
  const JobTable *table = GetJobTable(bytes.data());
  poke(table->parts()->Get(1), PartBeginAt, table->hot_size() + 64, 4);
  LoadError error;
  EXPECT_EQ(verified(bytes, error), nullptr);
  EXPECT_STREQ(error.message, "corrupt: jobs[0] is damaged");
  EXPECT_EQ(verifiedInPieces({reinterpret_cast<const uint8_t *>(bytes.data()),
                              bytes.size()}),
            "corrupt: jobs[0] is damaged\ncorrupt: jobs[1] is damaged\n"
            "corrupt: jobs[2] is damaged\n");
}

TEST(Verify, NamesTheDefectOfForeignBytes) {
  LoadError error;
  EXPECT_EQ(verified(std::string(100, 'x'), error), nullptr);
  EXPECT_EQ(error.status, LoadStatus::NotATable);
  EXPECT_STREQ(error.message, "not a job table");

  std::string bytes = tableOf(sampleSet());
  std::string whole = bytes;
  bytes.resize(bytes.size() / 2);
  EXPECT_EQ(verified(bytes, error), nullptr);
  EXPECT_EQ(error.status, LoadStatus::Truncated);
  EXPECT_EQ(error.message, "truncated: " + std::to_string(bytes.size()) +
                               " of " + std::to_string(whole.size()) +
                               " bytes");

  EXPECT_EQ(verified(whole + std::string(8, 0), error), nullptr);
  EXPECT_EQ(error.status, LoadStatus::Corrupt);
  EXPECT_EQ(error.message, "corrupt: " + std::to_string(whole.size() + 8) +
                               " bytes where " + std::to_string(whole.size()) +
                               " were written");

  set(GetJobTable(whole.data()), JobTable::VT_FORMAT_VERSION, 3, 2);
  EXPECT_EQ(verified(whole, error), nullptr);
  EXPECT_EQ(error.status, LoadStatus::WrongVersion);
  EXPECT_STREQ(error.message, "format version 3, this program reads version 2");
}

/// checkRoot() in Verify.cpp verifies the fields of the root one by one.
TEST(Verify, KnowsEveryFieldOfTheRoot) {
  const reflection::Schema &schema =
      *reflection::GetSchema(JobTableBinarySchema::data());
  EXPECT_EQ(schema.root_table()->fields()->size(), 12u);
}

/// A deep chain and a wide one: neither recursion nor a quadratic search.
TEST(Verify, TakesLongConditions) {
  constexpr uint32_t Count = 200000;
  for (bool rightNested : {false, true}) {
    sema::JobSet set;
    sema::Condition &condition = addJob(set, "long").startOn;
    for (uint32_t i = 0; i != Count; ++i) {
      addMatch(condition, "event");
      if (!rightNested && i != 0)
        addOperator(condition, ast::NodeKind::Or, i == 1 ? 0 : 2 * i - 2);
    }
    for (uint32_t i = 0; rightNested && i + 1 != Count; ++i)
      addOperator(condition, ast::NodeKind::And, Count - 2 - i);
    std::string bytes = tableOf(set);
    LoadError error;
    const JobTable *table = verified(bytes, error);
    ASSERT_NE(table, nullptr) << error.message;
    EXPECT_EQ(table->index()->Get(0)->leaves()->size(), Count);
    EXPECT_NE(walkTable(*table), 0u);
    EXPECT_EQ(verifiedInPieces({reinterpret_cast<const uint8_t *>(bytes.data()),
                                bytes.size()}),
              "");
  }
}

/// Small files that would mean endless work, because many parts are one.
class SharedParts {
public:
  enum class What { Environments, Arguments };

  explicit SharedParts(What what) {
    auto path = fbb.CreateString("/etc/init/x.conf");
    auto hash = fbb.CreateVector(std::vector<uint8_t>(32));
    files = {CreateFile(fbb, path, 0, hash)};
    fbb.Align(8);
    uint32_t filesAt = fbb.GetSize();
    std::vector<flatbuffers::Offset<flatbuffers::String>> words(
        200000, fbb.CreateString("A=1"));
    auto list = fbb.CreateVector(words);
    std::vector<flatbuffers::Offset<Process>> processes(
        100000, CreateProcess(fbb, Slot::Main, ProcessKind::Argv, 0, list));
    auto processVector = fbb.CreateVector(processes);
    std::vector<flatbuffers::Offset<Job>> jobs;
    for (uint32_t i = 0; i != 10000; ++i) {
      names.push_back(fbb.CreateString(std::to_string(10000 + i)));
      heads.emplace_back(i, 0, 0);
      JobBuilder job(fbb);
      job.add_name(names.back());
      job.add_order(i);
      if (what == What::Environments)
        job.add_env(list);
      else
        job.add_processes(processVector);
      jobs.push_back(job.Finish());
    }
    fbb.Align(8);
    parts = {Part(fbb.GetSize(), 0, 0), Part(filesAt, 10000, 0)};
    for (uint32_t i = 0; i != names.size(); ++i)
      names[i] = fbb.CreateString(std::to_string(10000 + i));
    finish(fbb.CreateVector(jobs));
  }

  const JobTable *verified(LoadError &error) {
    return verify({fbb.GetBufferPointer(), fbb.GetSize()}, error);
  }

  /// Each job is told to be damaged, at the latest when there was enough of it.
  void findInPieces() {
    Verification rest;
    LoadError defect;
    ASSERT_NE(rest.begin({fbb.GetBufferPointer(), fbb.GetSize()}, defect),
              nullptr);
    unsigned damaged = 0;
    while (rest.advance(defect))
      damaged += defect.status != LoadStatus::Ok;
    EXPECT_GT(damaged, 9000u);
  }

private:
  void finish(
      flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<Job>>> jobs) {
    auto index =
        fbb.CreateVector(std::vector<flatbuffers::Offset<IndexEntry>>());
    auto rejected =
        fbb.CreateVector(std::vector<flatbuffers::Offset<Rejected>>());
    auto fileList = fbb.CreateVector(files);
    auto nameList = fbb.CreateVector(names);
    auto headList = fbb.CreateVectorOfStructs(heads);
    auto partList = fbb.CreateVectorOfStructs(parts);
    FinishJobTableBuffer(fbb, CreateJobTable(fbb, FormatVersion,
                                             table::Dialect::Upstart113, jobs,
                                             index, fileList, rejected, 1, 0,
                                             nameList, headList, partList, 1));
    const JobTable *table = GetJobTable(fbb.GetBufferPointer());
    set(table, JobTable::VT_TOTAL_SIZE, fbb.GetSize(), 4);
    // They were counted from the end.
    for (uint32_t i = 0; i != 2; ++i)
      poke(table->parts()->Get(i), PartBeginAt,
           fbb.GetSize() - table->parts()->Get(i)->begin(), 4);
    set(table, JobTable::VT_HOT_SIZE, table->parts()->Get(0)->begin(), 4);
  }

  flatbuffers::FlatBufferBuilder fbb;
  std::vector<flatbuffers::Offset<File>> files;
  std::vector<flatbuffers::Offset<flatbuffers::String>> names;
  std::vector<Head> heads;
  std::vector<Part> parts;
};

TEST(Verify, RefusesToCountForEver) {
  for (auto what :
       {SharedParts::What::Environments, SharedParts::What::Arguments}) {
    SharedParts parts(what);
    LoadError error;
    EXPECT_EQ(parts.verified(error), nullptr);
    EXPECT_STREQ(error.message, "corrupt: shares its parts too often");
    parts.findInPieces();
  }
}

} // namespace
} // namespace starton::test
