// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/ChangedJobs.h"
#include <cstring>

namespace starton::host {

void ChangedJobs::clear() {
  for (char *name : names)
    release(name);
  names.clear();
  everything = false;
}

void ChangedJobs::addAll() {
  clear();
  everything = true;
}

void ChangedJobs::add(engine::Text name) {
  if (everything || contains(name))
    return;
  char *copy = names.size() < MaxNames && names.reserve(names.size() + 1)
                   ? static_cast<char *>(allocate(name.size() + 1))
                   : nullptr;
  if (!copy)
    return addAll();
  std::memcpy(copy, name.data(), name.size());
  copy[name.size()] = '\0';
  names.pushReserved(copy);
}

void ChangedJobs::takeFrom(ChangedJobs &other) {
  clear();
  if (!other.everything && names.reserve(other.names.size())) {
    for (char *name : other.names)
      names.pushReserved(name);
    other.names.clear();
  } else {
    everything = true;
  }
  other.clear();
}

bool ChangedJobs::contains(engine::Text name) const {
  if (everything)
    return true;
  for (const char *known : names)
    if (equal(textOf(known), name))
      return true;
  return false;
}

} // namespace starton::host
