// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which option keeps a daemon in the foreground, by its manual.

#include "Meaning.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <algorithm>

using namespace starton;
using namespace starton::shell;

namespace {

struct Daemon {
  llvm::StringLiteral program;
  llvm::StringLiteral flags; ///< a blank around each
  /// The letters of options without a value, which may be written together
  /// (`-eD`); empty: not so.
  llvm::StringLiteral together = "";
};

constexpr Daemon Daemons[] = {
    {"acpid", " -f --foreground -d --debug "},
    {"anacron", " -d "},
    {"atd", " -f ", "dfs"},
    {"atopacctd", " -d "},
    {"auditd", " -f -n "},
    {"automount", " -f --foreground "},
    {"bird", " -d -f "},
    {"bluetoothd", " -n --nodetach "},
    {"cachefilesd", " -n -d "},
    {"cgrulesengd", " -n --nodaemon "},
    {"chronyd", " -n -d ", "46dnqR"},
    {"collectd", " -f ", "Ttf"},
    {"console-kit-daemon", " --no-daemon "},
    {"cron", " -f ", "fln"},
    {"cupsd", " -f "},
    {"dbus-daemon", " --nofork "},
    {"dhclient", " -d "},
    {"dhcpd", " -f -d "},
    {"dnsmasq", " -k --keep-in-foreground -d --no-daemon ", "bdDefhkKnNoqRy"},
    {"dovecot", " -F "},
    {"dropbear", " -F ", "BEFRVagijkmsw"},
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
    {"lighttpd", " -D ", "DVptv"},
    {"lircd", " -n --nodaemon "},
    {"lldpd", " -d "},
    {"lxcfs", " -f "},
    {"mcelog", " --foreground "},
    {"metalog", " -N --no-daemon "},
    {"mpd", " --no-daemon "},
    {"named", " -f -g ", "46fgs"},
    {"NetworkManager", " -n --no-daemon "},
    {"nmbd", " -F --foreground -i --interactive ", "DFSi"},
    {"nscd", " -F --foreground -d --debug ", "dF"},
    {"nslcd", " -n --nofork -d --debug "},
    {"ntpd", " -n --nofork ", "46aAbdgLmMnNqx"},
    {"opendkim", " -f "},
    {"privoxy", " --no-daemon "},
    {"proftpd", " -n --nodaemon "},
    {"racoon", " -F "},
    {"radiusd", " -f -X "},
    {"rngd", " -f --foreground "},
    {"rpc.gssd", " -f "},
    {"rpc.idmapd", " -f "},
    {"rpc.mountd", " -F --foreground "},
    {"rpc.statd", " -F --foreground ", "dFL"},
    {"rpc.svcgssd", " -f "},
    {"rpcbind", " -f -d ", "adfhilsw"},
    {"rsyslogd", " -n ", "46ADnqQwx"},
    {"smartd", " -n --no-fork -d --debug "},
    {"smbd", " -F --foreground -i --interactive ", "DFSi"},
    {"snmpd", " -f "},
    {"snmptrapd", " -f "},
    {"squid", " -N "},
    {"squid3", " -N "},
    {"sshd", " -D -d ", "46DdeGiqTtV"},
    {"syslog-ng", " -F --foreground "},
    {"syslogd", " -n ", "DKLSn"},
    {"tcsd", " -f "},
    {"thermald", " --no-daemon "},
    {"tinyproxy", " -d "},
    {"transmission-daemon", " -f --foreground "},
    {"udhcpc", " -f ", "BRSbfnq"},
    {"udhcpd", " -f ", "SIf"},
    {"winbindd", " -F --foreground -i --interactive ", "DFSin"},
    {"xinetd", " -dontfork "},
    {"ypbind", " -n -foreground -no-dbus-foreground "},
};

/// Whether \p word is options of one letter written together, one of which is
/// a flag of the daemon. The last may be one that takes a value.
bool holdsFlag(const Daemon &daemon, llvm::StringRef word) {
  if (!word.consume_front("-"))
    return false;
  for (char letter : word) {
    if (!daemon.together.contains(letter))
      return false;
    const char flag[] = {' ', '-', letter, ' '};
    if (daemon.flags.contains(llvm::StringRef(flag, sizeof(flag))))
      return true;
  }
  return false;
}

/// Daemons whose settings may be given as options: `nginx -g 'daemon off;'`,
/// `apache2 -D FOREGROUND`.
bool isForegroundSetting(llvm::StringRef program, const Word *option,
                         const Word &word) {
  llvm::StringRef value = word.value;
  auto setBy = [&](llvm::StringRef flag) {
    return value.consume_front(flag) ||
           (option && option->isLiteral && option->value == flag);
  };
  if (program == "nginx" && setBy("-g")) {
    llvm::SmallVector<llvm::StringRef, 4> settings;
    value.split(settings, ';');
    return llvm::any_of(settings, [](llvm::StringRef setting) {
      setting = setting.trim();
      return setting.consume_front("daemon") && setting != setting.ltrim() &&
             setting.ltrim() == "off";
    });
  }
  bool isApache = program == "apache2" || program == "httpd";
  return isApache && setBy("-D") &&
         (value == "FOREGROUND" || value == "NO_DETACH");
}

} // namespace

uint32_t shell::foregroundFlag(llvm::StringRef program,
                               llvm::ArrayRef<Word> arguments) {
  const auto *daemon =
      std::find_if(std::begin(Daemons), std::end(Daemons),
                   [&](const Daemon &d) { return d.program == program; });
  for (uint32_t index = 0; index != arguments.size(); ++index) {
    const Word &word = arguments[index];
    if (!word.isLiteral || word.value.size() < 2)
      continue;
    if (word.value == "--")
      return None;
    const Word *option = index == 0 ? nullptr : &arguments[index - 1];
    if (isForegroundSetting(program, option, word))
      return index;
    if (daemon == std::end(Daemons))
      continue;
    std::string padded(" ");
    padded.append(word.value).append(" ");
    if (daemon->flags.contains(padded) || holdsFlag(*daemon, word.value))
      return index;
  }
  return None;
}
