// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Shell/ShellTexts.h"
#include <system_error>
#include <thread>

using namespace starton;
using namespace starton::shell;

namespace {

/// Below this a second thread costs more than it saves.
constexpr size_t ManyBytes = 16384;

bool wasWritten(const sema::JobSet &set, const sema::Process &process,
                sema::ProcessSlot slot) {
  return (process.kind == sema::ProcessKind::Command ||
          process.kind == sema::ProcessKind::Script) &&
         slot != sema::ProcessSlot::Security && process.origin.known() &&
         set.files[process.origin.file].source != nullptr;
}

TextMap mapOf(const sema::JobSet &set, const sema::Process &process) {
  const SourceBuffer &source = *set.files[process.origin.file].source;
  llvm::StringRef written = source.text(process.textRange);
  uint32_t base = process.textRange.begin;
  return process.kind == sema::ProcessKind::Script
             ? TextMap::ofScript(written, base)
             : TextMap::ofCommand(written, base, process.text);
}

} // namespace

ShellTexts::ShellTexts(const sema::JobSet &set) {
  std::vector<const sema::Process *> processes;
  size_t bytes = 0;
  for (uint32_t job = 0; job != set.jobs.size(); ++job) {
    firstText.push_back(static_cast<uint32_t>(texts.size()));
    for (unsigned index = 0; index != sema::NumProcessSlots; ++index) {
      auto slot = static_cast<sema::ProcessSlot>(index);
      const sema::Process &process = set.jobs[job].processes[index];
      if (!wasWritten(set, process, slot))
        continue;
      ShellText text;
      text.job = job;
      text.slot = slot;
      text.file = process.origin.file;
      texts.push_back(std::move(text));
      processes.push_back(&process);
      bytes += process.text.size();
    }
  }
  firstText.push_back(static_cast<uint32_t>(texts.size()));

  // Each thread takes every other text: long and short ones are mixed.
  auto parseEvery = [&](size_t begin, size_t step) {
    ShellParser parser;
    for (size_t at = begin; at < texts.size(); at += step) {
      texts[at].facts = parser.parse(*processes[at]);
      texts[at].facts.shrink();
      texts[at].map = mapOf(set, *processes[at]);
    }
  };
  std::thread other;
  bool helped = bytes >= ManyBytes && std::thread::hardware_concurrency() > 1;
  if (helped) {
    try {
      other = std::thread([&] { parseEvery(1, 2); });
    } catch (const std::system_error &) {
      helped = false; // no thread to be had: this one does it all
    }
  }
  parseEvery(0, helped ? 2 : 1);
  if (helped)
    other.join();
}

llvm::ArrayRef<ShellText> ShellTexts::ofJob(uint32_t job) const {
  return llvm::ArrayRef<ShellText>(texts).slice(
      firstText[job], firstText[job + 1] - firstText[job]);
}

const ShellText *ShellTexts::find(uint32_t job, sema::ProcessSlot slot) const {
  for (const ShellText &text : ofJob(job))
    if (text.slot == slot)
      return &text;
  return nullptr;
}
