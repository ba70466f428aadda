# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs scenarios once for every request for memory and every system call of the
daemon in them, with that one failing, and judges what became of it:

 - it is not begun (exit status 1 and a message), or it lives until it is told
   to end, and ends by itself with status 0;
 - every client is answered or, at the latest when the daemon ends, let go;
 - a job that is new to it starts, and ends well;
 - once the jobs are stopped it has no more descriptors than undisturbed, and no
   zombie.

What the steps of a scenario print is not looked at: the failed call may well
have been theirs.

usage: faults.py SHIM INITD INITCTL SCENARIOS [--first N] [--step N]
                 [--jobs N] [--only NAME,...] [--kinds memory,call]
                 [--at N,...]

Every n up to FIRST is tried, then steps of a prime number.
"""

import argparse
import collections
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

# Quick ones, from all parts of the daemon.
SCENARIOS = """001-service-start-stop 002-task-blocks-start 004-process-order
005-pre-start-fails 007-main-not-found 009-task-fails 010-normal-exit-task
014-post-start-failure-ignored 016-post-stop-fails 020-reload-signal
022-and-blocks-emit 029-event-matching 032-event-failed 035-stopping-hook-blocks-kill
036-dependent-service 039-stop-environment 042-instances 045-respawn
051-respawn-stops-dependents 055-expect-stop 056-expect-fork 057-expect-daemon
062-restart-events 079-setup-failure""".split()
PRIME = 37
DATA = {'steps.sh', 'expected.txt', 'daemon.args', 'needs', 'quirk'}
PATIENCE = 8


class Session:
    """One daemon with one failure."""

    def __init__(self, options, scenario, kind, fail_at):
        self.options, self.scenario, self.kind, self.fail_at = options, scenario, kind, fail_at
        self.source = os.path.join(options.scenarios, scenario)

    def run(self):
        with tempfile.TemporaryDirectory(prefix='faults.') as self.work:
            self.prepare()
            self.out = open(self.path('out'), 'wb+')
            self.daemon = subprocess.Popen(
                [self.options.initd, '--user', '--no-dbus', '--no-startup-event', '--confdir', self.path('conf'),
                 '--logdir', self.path('log')],
                env=dict(self.environment, LD_PRELOAD=self.options.shim, FAIL_KIND=self.kind,
                         FAIL_AT=str(self.fail_at), COUNT_FILE=self.path('count'), HIT_FILE=self.path('hit')),
                cwd=self.path('tmp'), stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.out)
            try:
                return self.judge()
            finally:
                self.kill_all()
                self.out.close()

    def path(self, name):
        return os.path.join(self.work, name)

    def prepare(self):
        for name in ('run', 'log', 'conf', 'tmp'):
            os.mkdir(self.path(name), 0o700)
        for name in set(os.listdir(self.source)) - DATA:
            path = os.path.join(self.source, name)
            (shutil.copytree if os.path.isdir(path) else shutil.copy)(path, os.path.join(self.path('conf'), name))
        with open(os.path.join(self.path('conf'), 'probe.conf'), 'w', encoding='ascii') as conf:
            conf.write('task\nexec true\n')
        self.environment = {
            'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'TERM': 'linux', 'LC_ALL': 'C', 'HOME': self.path('tmp'),
            'TMP': self.path('tmp'), 'XDG_RUNTIME_DIR': self.path('run'), 'CTL': self.options.initctl}

    def ctl(self, *words, **variables):
        """None: no answer."""
        try:
            return subprocess.run([self.options.initctl, *words], env=dict(self.environment, **variables),
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=PATIENCE, check=False, text=True, errors='replace')
        except subprocess.TimeoutExpired:
            return None

    def until(self, condition, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def is_up(self):
        answer = self.daemon.poll() is None and self.ctl('version')
        return bool(answer) and answer.returncode == 0

    def judge(self):
        address = f'unix:abstract=/com/ubuntu/upstart-session/{os.geteuid()}/{self.daemon.pid}'
        self.environment['UPSTART_SESSION'] = address
        if not self.until(lambda: self.daemon.poll() is not None or self.is_up()):
            return 'does not answer'
        if self.daemon.poll() is None:
            self.steps()
        wrong = self.daemon.poll() is None and self.disturbed()
        ended = self.daemon.poll() is not None
        if not ended:
            self.daemon.send_signal(signal.SIGTERM)
        try:
            status = self.daemon.wait(20)
        except subprocess.TimeoutExpired:
            return 'does not end'
        if status == 1 and ended and self.messages():
            return 'not begun'
        if status != 0 or ended:
            return f'died with status {status}: {self.messages()[-200:]}'
        if not self.until(lambda: not self.waiting_clients(), 3):
            return 'a client was left waiting'
        return wrong or 'lived'

    clients = ()

    def steps(self):
        script = f'. {self.options.scenarios}/lib.sh; . {self.source}/steps.sh'
        client = subprocess.Popen(
            ['sh', '-c', script], cwd=self.path('tmp'), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
            env=dict(self.environment, INITCTL=self.options.initctl, CONFDIR=self.path('conf'),
                     LOGDIR=self.path('log'), DAEMON_PID=str(self.daemon.pid), DAEMON_OUT=self.path('out')))
        self.until(lambda: client.poll() is not None)
        self.clients = (client,)

    def disturbed(self):
        """What is wrong with the daemon afterwards."""
        if not self.until(self.probe):
            return f'a job cannot be started: {self.messages()[-300:]}'
        if not self.until(self.all_stopped):
            return 'jobs cannot be stopped'
        self.until(lambda: len(self.descriptors()) <= self.options.descriptors.get(self.scenario, 0), 2)
        self.open = len(self.descriptors())
        allowed = self.options.descriptors.setdefault(self.scenario, self.open)
        if self.open > allowed + self.waiting_clients():
            return f'{self.open} descriptors, not {allowed}: {sorted(self.descriptors())}'
        if not self.until(lambda: not self.zombies(), 3):
            return 'a zombie is left'
        return None

    def probe(self):
        """Whether a new job starts; what failed may have been its reading."""
        answer = self.ctl('start', 'probe')
        if answer is not None and 'Unknown job' in answer.stdout:
            self.ctl('reload-configuration')
        return answer is not None and answer.returncode == 0

    def all_stopped(self):
        answer = self.ctl('list')
        if answer is None or answer.returncode != 0:
            return False
        running = re.findall(r'^(\S+)(?: \((.*)\))? (?!stop/waiting)\w+/', answer.stdout, re.M)
        for job, instance in running:
            self.ctl('stop', UPSTART_JOB=job, UPSTART_INSTANCE=instance)
        return not running

    def waiting_clients(self):
        """Programs of the steps that still talk to the daemon."""
        found = []
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                if os.getsid(int(pid)) in [each.pid for each in self.clients]:
                    found.append(os.readlink(f'/proc/{pid}/exe'))
            except OSError:
                pass
        return found.count(os.path.realpath(self.options.initctl))

    def descriptors(self):
        found = []
        directory = f'/proc/{self.daemon.pid}/fd'
        for number in os.listdir(directory):
            try:
                found.append(os.readlink(os.path.join(directory, number)))
            except FileNotFoundError:
                pass
        return found

    def children(self):
        try:
            with open(f'/proc/{self.daemon.pid}/task/{self.daemon.pid}/children', encoding='ascii') as stream:
                return [int(pid) for pid in stream.read().split()]
        except FileNotFoundError:
            return []

    def zombies(self):
        return [pid for pid in self.children() if state_of(pid) == 'Z']

    def messages(self):
        self.out.seek(0)
        return self.out.read().decode(errors='replace')

    def read(self, name):
        try:
            with open(self.path(name), encoding='ascii') as stream:
                return stream.read()
        except FileNotFoundError:
            return ''

    def kill_all(self):
        self.asked, self.hits = int(self.read('count') or 0), self.read('hit').split()
        if self.daemon.poll() is None:
            for pid in self.children():
                os.kill(pid, signal.SIGKILL)
            self.daemon.kill()
            self.daemon.wait()
        for client in self.clients:
            try:
                os.killpg(client.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            client.wait()


def state_of(pid):
    try:
        with open(f'/proc/{pid}/stat', encoding='ascii', errors='replace') as stream:
            return stream.read().rpartition(')')[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ''


def numbers(asked, options):
    if options.at:
        yield from options.at
        return
    yield from range(1, min(asked, options.first) + 1)
    yield from range(options.first + options.step, asked + 1, options.step)


def main():
    parser = argparse.ArgumentParser()
    for name in ('shim', 'initd', 'initctl', 'scenarios'):
        parser.add_argument(name)
    parser.add_argument('--first', type=int, default=200)
    parser.add_argument('--step', type=int, default=PRIME)
    parser.add_argument('--jobs', type=int, default=16)
    parser.add_argument('--only', type=lambda text: text.split(','), default=SCENARIOS)
    parser.add_argument('--kinds', type=lambda text: text.split(','), default=['memory', 'call'])
    parser.add_argument('--at', type=lambda text: [int(word) for word in text.split(',')], help='these only')
    options = parser.parse_args()
    options.descriptors = {}
    sessions, bad = [], []
    with ThreadPoolExecutor(options.jobs) as pool:
        def play(session):
            session.result = session.run()
            return session

        for session in pool.map(play, [Session(options, name, kind, 0)
                                       for name in options.only for kind in options.kinds]):
            if session.result != 'lived' or not session.asked:
                bad.append(session)
            sessions += [Session(options, session.scenario, session.kind, n)
                         for n in numbers(session.asked, options)]
        totals, injected = collections.Counter(), 0
        for session in pool.map(play, sessions):
            totals[session.result if session.result in ('lived', 'not begun') else 'failed'] += 1
            injected += len(session.hits)
            if session.result not in ('lived', 'not begun'):
                bad.append(session)
    for session in bad:
        print(f'{session.scenario}, {session.kind} {session.fail_at} ({session.hits}): {session.result}')
    print(f'{len(options.only)} scenarios, {injected} faults injected:',
          ', '.join(f'{count} {result}' for result, count in sorted(totals.items())))
    return bool(bad) or not injected


if __name__ == '__main__':
    sys.exit(main())
