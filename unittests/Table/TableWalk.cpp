// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the engine and the host do with a table, all of it, with no check.

#include "../../lib/Table/PartHash.h"
#include "TestTables.h"
#include "llvm/ADT/SmallVector.h"

namespace starton::test {
namespace {

using namespace table;

class Walk {
public:
  void add(uint64_t value) { sum = (sum ^ value) * 1099511628211u; }
  void add(const flatbuffers::String *string) {
    // As a C string: what goes to the kernel.
    add(string == nullptr ? 0 : std::strlen(string->c_str()));
    for (size_t i = 0; string != nullptr && i != string->size(); ++i)
      add(static_cast<uint8_t>(string->c_str()[i]));
  }
  void add(const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>
               *strings) {
    for (size_t i = 0; strings != nullptr && i != strings->size(); ++i)
      add(strings->Get(static_cast<uint32_t>(i)));
  }

  void condition(const Condition *condition);
  void job(const Job &job);
  void rest(const Job &job);
  void table(const JobTable &table);
  void begun(const JobTable &table, Verification &rest);

  uint64_t sum = 14695981039346656037u;

private:
  void numbers(const Job &job);
  void rejected(const JobTable &table);
  void leaf(const JobTable &table, Verification &rest, const Leaf &leaf);
};

/// Evaluates the tree by its indices alone, with every match true, and adds the
/// words of the matches in the order of that evaluation.
void Walk::condition(const Condition *condition) {
  if (condition == nullptr)
    return;
  llvm::SmallVector<uint32_t, 16> open = {condition->nodes()->size() - 1};
  size_t visited = 0;
  while (!open.empty()) {
    uint32_t at = open.pop_back_val();
    const Node &node = *condition->nodes()->Get(at);
    ++visited;
    add(static_cast<uint64_t>(node.kind()) + node.line());
    if (node.kind() != NodeKind::Match) {
      open.push_back(node.left());
      open.push_back(at - 1);
      continue;
    }
    for (uint32_t i = 0; i != node.count(); ++i)
      add(condition->words()->Get(node.first() + i));
  }
  if (visited != condition->nodes()->size())
    __builtin_trap(); // not a tree
}

void Walk::numbers(const Job &job) {
  add(job.order());
  add(job.has_import());
  add(job.task() + job.respawn() * 2 + job.debug() * 4 + job.manual() * 8);
  add(static_cast<uint64_t>(job.respawn_limit()));
  // The engine computes with these in nanoseconds.
  add(static_cast<uint64_t>(job.respawn_interval() * 1000000000));
  add(static_cast<uint64_t>(job.kill_timeout() * 1000000000));
  add(static_cast<uint64_t>(job.expect()) +
      static_cast<uint64_t>(job.console()));
  add(static_cast<uint64_t>(job.kill_signal()) +
      static_cast<uint64_t>(job.reload_signal()));
  add(job.umask() + job.has_umask() + job.has_nice());
  add(static_cast<uint64_t>(job.nice()) +
      static_cast<uint64_t>(job.oom_score()));
}

void Walk::job(const Job &job) {
  for (const flatbuffers::String *string :
       {job.name(), job.description(), job.author(), job.version(), job.usage(),
        job.instance(), job.chroot(), job.chdir(), job.setuid(), job.setgid(),
        job.apparmor_switch()})
    add(string);
  for (const auto *strings :
       {job.emits(), job.env(), job.exports(), job.imports(), job.tmpfiles()})
    add(strings);
  condition(job.start_on());
  condition(job.stop_on());
  numbers(job);
  rest(job);
}

void Walk::rest(const Job &job) {
  if (job.processes() != nullptr)
    for (const Process *process : *job.processes()) {
      add(1u << static_cast<unsigned>(process->slot()));
      if (process->kind() == ProcessKind::Argv)
        add(static_cast<uint8_t>(process->argv()->Get(0)->c_str()[0]));
      else if (process->kind() != ProcessKind::Broken)
        add(process->text()->size());
      add(process->text());
      add(process->argv());
    }
  if (job.normal_exit() != nullptr)
    for (int32_t status : *job.normal_exit())
      add(static_cast<uint64_t>(status));
  if (job.limits() != nullptr)
    for (const Limit *limit : *job.limits())
      add(static_cast<uint64_t>(limit->resource()) + limit->soft() +
          limit->hard());
  if (job.cgroups() != nullptr)
    for (const Cgroup *cgroup : *job.cgroups()) {
      add(cgroup->controller());
      add(cgroup->name());
      add(cgroup->key());
      add(cgroup->value());
    }
  if (job.origins() != nullptr)
    for (const Origin *origin : *job.origins())
      add(static_cast<uint64_t>(origin->stanza()) + origin->part() +
          origin->from_override() + origin->line());
}

void Walk::table(const JobTable &table) {
  add(static_cast<uint64_t>(table.dialect()) + table.format_version() +
      table.total_size());
  for (const Job *entry : *table.jobs()) {
    job(*entry);
    add(table.files()->Get(entry->conf_file())->path());
    if (entry->override_file() >= 0)
      add(table.files()
              ->Get(static_cast<uint32_t>(entry->override_file()))
              ->path());
    add(table.jobs()->LookupByKey(entry->name()->c_str())->order());
  }
  for (uint32_t i = 0; i != table.jobs()->size(); ++i) {
    add(table.names()->Get(i));
    add(table.heads()->Get(i)->order());
  }
  for (const Part *part : *table.parts())
    add(part->hash() + part->begin() + part->first_job());
  for (const IndexEntry *entry : *table.index()) {
    add(entry->event());
    add(entry->operand());
    for (const Leaf *leaf : *entry->leaves()) {
      const Job &owner = *table.jobs()->Get(leaf->job());
      const Condition &tree =
          *(leaf->tree() == Tree::Start ? owner.start_on() : owner.stop_on());
      add(tree.words()->Get(tree.nodes()->Get(leaf->node())->first()));
    }
  }
  for (const File *file : *table.files()) {
    add(file->path());
    add(file->size() + file->unreadable());
    for (uint32_t i = 0; i != 32; ++i)
      add(file->sha256()->Get(i));
  }
  rejected(table);
}

void Walk::rejected(const JobTable &table) {
  for (const Rejected *entry : *table.rejected()) {
    add(entry->name());
    add(table.files()->Get(entry->file())->path());
    add(uint64_t(entry->line()) + entry->column() + entry->upstart_line() +
        entry->in_part());
    add(entry->message());
    add(entry->detail());
  }
  if (table.directories())
    for (const flatbuffers::String *directory : *table.directories())
      add(directory);
}

/// What the engine does with a leaf of an entry that nobody has vouched for.
void Walk::leaf(const JobTable &table, Verification &rest, const Leaf &leaf) {
  if (leaf.job() >= table.jobs()->size() || !rest.job(leaf.job()))
    return;
  const Job &owner = *table.jobs()->Get(leaf.job());
  const Condition *tree =
      leaf.tree() == Tree::Start ? owner.start_on() : owner.stop_on();
  if (tree == nullptr || leaf.node() >= tree->nodes()->size())
    return;
  const Node &node = *tree->nodes()->Get(leaf.node());
  for (uint32_t i = 0; i != node.count(); ++i)
    add(tree->words()->Get(node.first() + i));
}

void Walk::begun(const JobTable &table, Verification &rest) {
  rejected(table);
  for (uint32_t i = 0; i != table.jobs()->size(); ++i) {
    add(table.names()->Get(i));
    const Head &head = *table.heads()->Get(i);
    add(head.order());
    add(uint64_t(head.start_nodes()) + head.stop_nodes());
  }
  for (uint32_t i = 0; i != table.index()->size(); ++i) {
    const IndexEntry *entry = rest.entry(i);
    if (entry == nullptr)
      continue;
    add(entry->event());
    add(entry->operand());
    for (const Leaf *leaf : *entry->leaves())
      this->leaf(table, rest, *leaf);
  }
  for (uint32_t i = 0; i != table.jobs()->size(); ++i)
    if (rest.job(i))
      job(*table.jobs()->Get(i));
}

} // namespace

uint64_t walkTable(const table::JobTable &table) {
  Walk walk;
  walk.table(table);
  return walk.sum;
}

uint64_t walkBegun(const table::JobTable &table, table::Verification &rest) {
  Walk walk;
  walk.begun(table, rest);
  return walk.sum;
}

namespace {

/// Uses and verifies what has begun to be verified; the defects.
std::string verifyRest(const table::JobTable &table,
                       table::Verification &rest) {
  table::LoadError defect;
  std::string defects;
  uint64_t before = walkBegun(table, rest);
  for (bool more = true; more;) {
    more = rest.advance(defect);
    if (defect.status != table::LoadStatus::Ok)
      defects += std::string(defect.message) + "\n";
  }
  if (walkBegun(table, rest) != before)
    defects += "what was found sound is not any more\n";
  return defects;
}

/// A table and what is there of it.
struct LateBytes {
  explicit LateBytes(Span<const uint8_t> bytes)
      : all(bytes), there(static_cast<uint8_t *>(std::malloc(bytes.size()))),
        hot(flatbuffers::GetRoot<JobTable>(bytes.data())->hot_size()) {
    std::memcpy(there, all.data(), hot);
    std::memset(there + hot, 0xdb, all.size() - hot);
  }
  ~LateBytes() { std::free(there); }
  LateBytes(const LateBytes &) = delete;
  LateBytes &operator=(const LateBytes &) = delete;

  static int read(void *context, uint32_t begin, uint32_t end) noexcept {
    auto &self = *static_cast<LateBytes *>(context);
    std::memcpy(self.there + begin, self.all.data() + begin, end - begin);
    return 0;
  }

  Span<const uint8_t> all;
  uint8_t *there; ///< a block of its own
  uint32_t hot;
};

} // namespace

static void writeHashes(std::vector<uint8_t> &all) {
  // A hash may be written over anything, even over the parts themselves.
  const auto *parts = flatbuffers::GetRoot<JobTable>(all.data())->parts();
  std::vector<size_t> offsets;
  std::vector<Part> rows;
  for (const Part *part : *parts) {
    offsets.push_back(static_cast<size_t>(
        reinterpret_cast<const uint8_t *>(part) - all.data()));
    rows.push_back(*part);
  }
  for (size_t i = 0; i != rows.size(); ++i) {
    size_t end = i + 1 == rows.size() ? all.size() : rows[i + 1].begin();
    Part row(rows[i].begin(), rows[i].first_job(),
             hashOfPart({all.data() + rows[i].begin(), end - rows[i].begin()}));
    std::memcpy(all.data() + offsets[i], &row, sizeof row);
  }
}

/// \p bytes with the hashes that their parts have; empty where they are no
/// table as far as the start can tell, or where a hash lies in what is hashed.
static std::vector<uint8_t> rehashed(Span<const uint8_t> bytes) {
  std::vector<uint8_t> all(bytes.begin(), bytes.end());
  std::vector<uint8_t> before;
  for (int round = 0; round != 2; ++round) {
    table::Verification begun;
    table::LoadError defect;
    if (begun.begin({all.data(), all.size()}, defect) == nullptr)
      return {};
    before = all;
    writeHashes(all);
  }
  return all == before ? all : std::vector<uint8_t>();
}

std::string verifiedInPieces(Span<const uint8_t> bytes) {
  table::Verification rest;
  table::LoadError defect;
  const table::JobTable *table = rest.begin(bytes, defect);
  return table == nullptr ? std::string(defect.message) + "\n"
                          : verifyRest(*table, rest);
}

std::string verifiedLate(Span<const uint8_t> bytes) {
  table::Verification rest;
  table::LoadError defect;
  if (rest.begin(bytes, defect) == nullptr)
    return std::string(defect.message) + "\n";
  LateBytes late(bytes);
  const table::JobTable *table = rest.begin(
      {late.there, bytes.size()}, late.hot, {&late, LateBytes::read}, defect);
  return table == nullptr ? std::string(defect.message) + "\n"
                          : verifyRest(*table, rest);
}

bool lateAgrees(Span<const uint8_t> bytes) {
  std::vector<uint8_t> whole = rehashed(bytes);
  Span<const uint8_t> span{whole.data(), whole.size()};
  return whole.empty() || verifiedLate(span) == verifiedInPieces(span);
}

} // namespace starton::test
