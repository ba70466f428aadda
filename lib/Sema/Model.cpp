// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Sema/Model.h"
#include <algorithm>

namespace starton::sema {

const char *processSlotName(ProcessSlot slot) {
  static constexpr const char *names[NumProcessSlots] = {
      "main", "pre-start", "post-start", "pre-stop", "post-stop", "security"};
  return names[static_cast<unsigned>(slot)];
}

const char *resourceName(Resource resource) {
  static constexpr const char *names[NumResources] = {
      "as",   "core",   "cpu",   "data", "fsize",  "memlock",    "msgqueue",
      "nice", "nofile", "nproc", "rss",  "rtprio", "sigpending", "stack"};
  return names[static_cast<unsigned>(resource)];
}

const char *expectName(Expect expect) {
  static constexpr const char *names[] = {"none", "stop", "daemon", "fork"};
  return names[static_cast<unsigned>(expect)];
}

const char *consoleName(Console console) {
  switch (console) {
  case Console::None:
    return "none";
  case Console::Output:
    return "output";
  case Console::Owner:
    return "owner";
  case Console::Log:
    return "log";
  case Console::Unset:
    return "unset";
  case Console::Invalid:
    return "invalid";
  }
  return "invalid";
}

// 32-bit FNV-1 (multiply, then xor) into 17 buckets: what decides the order of
// lists, and who starts first on an event (runtime §1.4).
uint32_t listBucket(llvm::StringRef name) {
  uint32_t hash = 2166136261U;
  for (unsigned char byte : name.bytes()) {
    hash *= 16777619U;
    hash ^= byte;
  }
  return hash % 17;
}

std::vector<uint32_t> JobSet::listOrder() const {
  std::vector<uint32_t> buckets(jobs.size());
  std::vector<uint32_t> order(jobs.size());
  for (uint32_t i = 0; i != jobs.size(); ++i) {
    buckets[i] = listBucket(jobs[i].name);
    order[i] = i;
  }
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return buckets[a] < buckets[b];
  });
  return order;
}

bool commandNeedsShell(llvm::StringRef command) {
  return command.find_first_of("~`!$^&*()=|\\{}[];\"'<>?") !=
         llvm::StringRef::npos;
}

std::vector<llvm::StringRef> splitCommand(llvm::StringRef command) {
  constexpr llvm::StringLiteral Blanks = " \t\r\n";
  std::vector<llvm::StringRef> words;
  for (size_t begin = command.find_first_not_of(Blanks);
       begin != llvm::StringRef::npos;) {
    size_t end = std::min(command.find_first_of(Blanks, begin), command.size());
    words.push_back(command.slice(begin, end));
    begin = command.find_first_not_of(Blanks, end);
  }
  return words;
}

} // namespace starton::sema
