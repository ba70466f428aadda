// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which option keeps a daemon in the foreground, by its manual.

#include "Meaning.h"
#include <algorithm>

using namespace starton;
using namespace starton::shell;

namespace {

struct Daemon {
  llvm::StringLiteral program;
  llvm::StringLiteral flags; ///< a blank around each
};

constexpr Daemon Daemons[] = {
    {"acpid", " -f --foreground -d --debug "},
    {"anacron", " -d "},
    {"atd", " -f "},
    {"atopacctd", " -d "},
    {"auditd", " -f -n "},
    {"automount", " -f --foreground "},
    {"bird", " -d -f "},
    {"bluetoothd", " -n --nodetach "},
    {"cachefilesd", " -n -d "},
    {"cgrulesengd", " -n --nodaemon "},
    {"chronyd", " -n -d "},
    {"collectd", " -f "},
    {"console-kit-daemon", " --no-daemon "},
    {"cron", " -f "},
    {"cupsd", " -f "},
    {"dbus-daemon", " --nofork "},
    {"dhclient", " -d "},
    {"dhcpd", " -f -d "},
    {"dnsmasq", " -k --keep-in-foreground -d --no-daemon "},
    {"dovecot", " -F "},
    {"dropbear", " -F "},
    {"fail2ban-server", " -f "},
    {"fcron", " -f --foreground "},
    {"freeradius", " -f -X "},
    {"gdm", " -nodaemon --nodaemon "},
    {"gpsd", " -N "},
    {"haproxy", " -db -d "},
    {"in.tftpd", " -L --foreground "},
    {"incrond", " -n --foreground "},
    {"irqbalance", " -f --foreground -d --debug "},
    {"keepalived", " -n --dont-fork "},
    {"klogd", " -n "},
    {"lighttpd", " -D "},
    {"lircd", " -n --nodaemon "},
    {"lldpd", " -d "},
    {"lxcfs", " -f "},
    {"mcelog", " --foreground "},
    {"metalog", " -N --no-daemon "},
    {"mpd", " --no-daemon "},
    {"named", " -f -g "},
    {"NetworkManager", " -n --no-daemon "},
    {"nmbd", " -F --foreground -i --interactive "},
    {"nscd", " -F --foreground -d --debug "},
    {"nslcd", " -n --nofork -d --debug "},
    {"ntpd", " -n --nofork "},
    {"opendkim", " -f "},
    {"privoxy", " --no-daemon "},
    {"proftpd", " -n --nodaemon "},
    {"racoon", " -F "},
    {"radiusd", " -f -X "},
    {"rngd", " -f --foreground "},
    {"rpc.gssd", " -f "},
    {"rpc.idmapd", " -f "},
    {"rpc.mountd", " -F --foreground "},
    {"rpc.statd", " -F --foreground "},
    {"rpc.svcgssd", " -f "},
    {"rpcbind", " -f -d "},
    {"rsyslogd", " -n "},
    {"smartd", " -n --no-fork -d --debug "},
    {"smbd", " -F --foreground -i --interactive "},
    {"snmpd", " -f "},
    {"snmptrapd", " -f "},
    {"squid", " -N "},
    {"squid3", " -N "},
    {"sshd", " -D -d "},
    {"syslog-ng", " -F --foreground "},
    {"syslogd", " -n "},
    {"tcsd", " -f "},
    {"thermald", " --no-daemon "},
    {"tinyproxy", " -d "},
    {"transmission-daemon", " -f --foreground "},
    {"udhcpc", " -f "},
    {"udhcpd", " -f "},
    {"winbindd", " -F --foreground -i --interactive "},
    {"xinetd", " -dontfork "},
    {"ypbind", " -n -foreground -no-dbus-foreground "},
};

} // namespace

uint32_t shell::foregroundFlag(llvm::StringRef program,
                               llvm::ArrayRef<Word> arguments) {
  const auto *daemon =
      std::find_if(std::begin(Daemons), std::end(Daemons),
                   [&](const Daemon &d) { return d.program == program; });
  if (daemon == std::end(Daemons))
    return None;
  for (uint32_t index = 0; index != arguments.size(); ++index) {
    const Word &word = arguments[index];
    if (!word.isLiteral || word.value.size() < 2)
      continue;
    if (word.value == "--")
      return None;
    std::string padded(" ");
    padded.append(word.value).append(" ");
    if (daemon->flags.contains(padded))
      return index;
  }
  return None;
}
