// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Utmp.h"
#include <cstring>
#include <fcntl.h>
#include <paths.h>
#include <utmpx.h>

namespace starton::host {

namespace {

constexpr unsigned RecordsAtOnce = 8;
/// A file that is larger is no list of who is logged in.
constexpr unsigned MaxRecords = 65536;

bool livesAs(const utmpx &record, pid_t pid) {
  return record.ut_pid == pid &&
         (record.ut_type == INIT_PROCESS || record.ut_type == LOGIN_PROCESS ||
          record.ut_type == USER_PROCESS);
}

} // namespace

void noteDeath(Sys &sys, pid_t pid) {
  int file = sys.open(_PATH_UTMP, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0)
    return;
  utmpx records[RecordsAtOnce];
  for (unsigned first = 0; first < MaxRecords;) {
    ssize_t got = sys.read(file, records, sizeof records);
    auto count = static_cast<unsigned>(
        got > 0 ? static_cast<size_t>(got) / sizeof(utmpx) : 0);
    for (unsigned i = 0; i < count; ++i) {
      if (!livesAs(records[i], pid))
        continue;
      utmpx &record = records[i];
      record.ut_type = DEAD_PROCESS;
      std::memset(record.ut_user, 0, sizeof record.ut_user);
      std::memset(record.ut_host, 0, sizeof record.ut_host);
      uint64_t now = sys.wallTime();
      record.ut_tv.tv_sec = static_cast<int32_t>(now / 1'000'000'000);
      record.ut_tv.tv_usec = static_cast<int32_t>(now % 1'000'000'000 / 1'000);
      (void)sys.writeAt(file, &record, sizeof record,
                        uint64_t(first + i) * sizeof record);
      int log = sys.open(_PATH_WTMP, O_WRONLY | O_APPEND | O_NONBLOCK |
                                         O_NOFOLLOW | O_CLOEXEC);
      if (log >= 0) {
        (void)sys.write(log, &record, sizeof record);
        sys.close(log);
      }
      sys.close(file);
      return;
    }
    first += count;
    if (count < RecordsAtOnce)
      break;
  }
  sys.close(file);
}

} // namespace starton::host
