# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random systems of jobs and random inputs: the engine does what the reference
interpreter does, line by line.

usage: traces.py ENGINE-TRACE [--seed N] [--count N] [--steps N] [--differences]

--differences runs the reference without each deliberate difference in turn and
demands that some trace then disagrees: none of them is vacuous.
"""

import argparse
import random
import subprocess
import sys

import conditions
import reference

SESSION = 'unix:abstract=/test'
DAEMON = {'PATH': '/bin', 'TERM': 'linux', 'D': 'daemon'}
EVENTS = ['e', 'f', 'g/failed', 'stop-me']
KEYS = ['A', 'B', 'N']
VALUES = ['1', '2', 'ab', '', '100%']
PATTERNS = ['1', '2', '*', 'a?', '[!1]*', '$N', '${A-1}', '${A:+2}', '$NONE']
INSTANCES = ['', '', '', '', '$N', '$A$B', 'fixed', '${N:-none}', '${D}', '${${K}+x}']
DAY = 86400
# Where the daemon deliberately does not do what the specification describes;
# see docs/differences.md.
DIFFERENCES = {
    'end-after-exec': 'a process that ends has been executed before',
    'stop-spawned': 'stop signals a main process that `spawned` waits for',
    'respawn-spawned': 'when it ends there by itself, the job is respawned',
    'stale-pid': 'a signal that finds no process: the process has ended',
    'security-fails': 'a security process that cannot be spawned fails the job',
    'no-main-left': 'start, when main died while pre-stop or post-start ran',
    'respawn-is-start': 'a job with goal respawn counts as started',
    'bad-instance': 'a name that cannot be expanded skips only its class',
    'stop-post-start': 'main ends in post-start with goal stop: no failure',
    'restart-names-job': 'errors of restart name the job',
    'kill-at-once': '`kill timeout 0` kills at once'}


class Endless(Exception):
    """Jobs without processes can start each other for ever."""


class Watched(reference.System):
    """One input has to come to an end."""
    begin = 0

    def say(self, *words):
        super().say(*words)
        if len(self.trace) > self.begin + 3000:
            raise Endless

    def differs(self, name):
        return DIFFERENCES[name] and super().differs(name)


def operands(pick, first):
    words = []
    for _ in range(pick(3) if first is None else 1 + pick(2)):
        word = pick(PATTERNS[:5] if pick(3) else PATTERNS)
        if pick(3) == 0 or (words and '=' in words[-1]):
            word = pick(KEYS) + pick(['=', '!=']) + word
        words.append(word)
    if first is not None:
        words[0] = pick([first, f'JOB={first}', f'JOB!={first}', '*'])
    return words


def condition(pick, names, depth=0):
    """A tree, and its text."""
    if depth < 3 and pick(5) < 2:
        kind = pick(['and', 'or'])
        left, left_text = condition(pick, names, depth + 1)
        right, right_text = condition(pick, names, depth + 1)
        return conditions.Node(kind, left, right), f'({left_text} {kind} {right_text})'
    if pick(5) < 3:
        words = [pick(EVENTS)] + operands(pick, None)
    else:
        words = [pick(['starting', 'started', 'stopping', 'stopped'])] + operands(pick, pick(names))
        if len(words) > 1 and '=' in words[1]:
            words = words[:2] + [word for word in words[2:] if '=' in word]
    return conditions.Node('match', words=words), ' '.join([words[0]] + [f'"{word}"' for word in words[1:]])


def job(pick, name, names):
    """A job, and its file."""
    made, lines = reference.Job(name), []
    for attribute, stanza, chance in (('start_on', 'start on', 6), ('stop_on', 'stop on', 4)):
        if pick(8) < chance:
            tree, text = condition(pick, names)
            setattr(made, attribute, tree)
            lines.append(f'{stanza} {text}')
    made.instance = pick(INSTANCES)
    if made.instance:
        lines.append(f'instance {made.instance}')
    if pick(6) == 0:
        made.usage = f'{name} N=number'
        lines.append(f'usage "{made.usage}"')
    for entry in ('A=job', 'C=own', 'D', 'E', 'N=7'):
        if pick(6) == 0:
            made.env.append(entry)
            lines.append(f'env {entry}')
    for key in ('A', 'N', 'NONE', 'JOB'):
        if pick(6) == 0:
            made.export.append(key)
            lines.append(f'export {key}')
    if pick(3) == 0:
        made.task = True
        lines.append('task')
    if pick(2) == 0:
        made.respawn = True
        lines.append('respawn')
        if pick(2) == 0:
            made.limit, made.interval = pick(3), pick([0, 3, DAY])
            lines.append(f'respawn limit {made.limit} {made.interval}')
    for number in (0, 3, 15 * 256):
        if pick(6) == 0:
            made.normal_exit.add(number)
            lines.append(f'normal exit {number if number < 256 else "TERM"}')
    if pick(3) == 0:
        made.expect = pick(['stop', 'fork', 'daemon'])
        lines.append(f'expect {made.expect}')
    if pick(3) == 0:
        made.kill_timeout = pick([0, 1, 7])
        lines.append(f'kill timeout {made.kill_timeout}')
    if pick(4) == 0:
        made.kill_signal, made.reload_signal = 2, 10
        lines += ['kill signal INT', 'reload signal USR1']
    for slot in reference.SPAWNS.values():
        if pick(8) < (6 if slot == 'main' else 2):
            made.processes.add(slot)
            lines.append({'main': 'exec run', 'security': 'apparmor load profile'}.get(slot, f'{slot} exec run'))
    return made, lines


class Run:
    """One system and what was done to it, chosen by the reference's state."""

    def __init__(self, seed, steps, off=()):
        self.random = random.Random(seed)
        names = ['a', 'b', 'net/c', 'd', 'e-5', 'f'][:2 + self.pick(5)]
        jobs = [job(self.pick, name, names) for name in sorted(names)]
        self.system = Watched([each for each, _ in jobs], DAEMON, SESSION, off)
        self.input = [line for each, lines in jobs
                      for line in [f'job\t{each.name}'] + ['\t' + text for text in lines]]
        self.input.append('\t'.join(['run', SESSION] + [f'{key}={value}' for key, value in DAEMON.items()]))
        self.requests, self.confirmed, self.gone = 0, set(), set()
        for _ in range(steps):
            told, said = len(self.input), len(self.system.trace)
            try:
                self.step()
            except Endless:  # what came before can be compared
                del self.input[told:], self.system.trace[said:]
                break
        self.input.append('end')
        self.system.say('end')
        self.expected = '\n'.join(self.system.trace).split('\n')

    def pick(self, what):
        return self.random.randrange(what) if isinstance(what, int) else self.random.choice(what)

    def tell(self, *words):
        """To the engine; the reference is told by the caller."""
        line = '\t'.join(str(word) for word in words)
        self.input.append(line)
        self.system.begin = len(self.system.trace)
        self.system.say('>', line)

    def instances(self):
        return [instance for each in self.system.jobs for instance in each.instances]

    def variables(self):
        return {key: self.pick(VALUES) for key in KEYS if self.pick(2)}

    def step(self):
        kind = self.pick(20)
        if kind < 5:
            self.event()
        elif kind < 8:
            self.job_request()
        elif kind < 10:
            self.instance_request()
        elif kind < 11:
            self.time()
        else:
            self.process()

    def event(self):
        name, env, wait = self.pick(EVENTS), self.variables(), self.pick(2)
        self.requests += 1
        fd = 100 + self.requests if self.pick(8) == 0 else -1
        self.tell('emit', name, wait, self.requests, fd, *(f'{key}={value}' for key, value in env.items()))
        self.system.emit(name, env, wait, self.requests, fd if fd >= 0 else None)

    def job_request(self):
        method, each = self.pick(['start', 'start', 'stop', 'restart']), self.pick(self.system.jobs)
        env, wait = self.variables(), self.pick(2)
        self.requests += 1
        self.tell(method, each.name, wait, self.requests, *(f'{key}={value}' for key, value in env.items()))
        self.system.job_request(method, each, env, wait, self.requests)

    def instance_request(self):
        if not self.instances():
            return
        instance, wait = self.pick(self.instances()), self.pick(2)
        method = self.pick(['start', 'stop', 'restart', 'reload'])
        self.requests += 1
        word = method if method == 'reload' else method + '-instance'
        self.tell(word, instance.job.name, instance.name, wait, self.requests)
        if method == 'reload':
            self.system.reload(instance, self.requests)
        else:
            self.system.instance_request(method, instance, wait, self.requests)

    def time(self):
        self.system.now += self.pick([1, 2, 8])
        self.tell('time', self.system.now)
        for instance in self.instances():
            if instance.deadline is not None and instance.deadline <= self.system.now:
                self.tell('timer', instance.job.name, instance.name)
                self.system.kill_timer(instance)

    def process(self):
        """Something happens to a process."""
        alive = [(instance, slot, pid) for instance in self.instances() for slot, pid in instance.pids.items()]
        if not alive:
            return
        instance, slot, pid = self.pick(alive)
        traced = instance.job.expect in ('fork', 'daemon') and (slot, instance.state) == ('main', 'spawned')
        if pid not in self.confirmed and pid not in self.gone and self.pick(8):
            if self.pick(8) == 0:
                self.tell('exec-failed', pid)
                return self.system.process(reference.System.exec_failed, pid)
            self.confirmed.add(pid)
            self.tell('exec', pid)
            return self.system.process(reference.System.exec_confirmed, pid)
        if traced and self.pick(2) and pid in self.confirmed:
            if self.pick(4) == 0:
                self.tell('executed', pid)
                return self.system.process(reference.System.executed, pid)
            child = self.system.last_pid = self.system.last_pid + 1
            self.confirmed.add(child)
            self.tell('forked', pid, child)
            return self.system.process(reference.System.forked, pid, child)
        kind = self.pick(8)
        if kind == 0 and pid in self.confirmed and pid not in self.gone:
            number = self.pick([19, 20])
            self.tell('stopped', pid, number)
            return self.system.process(reference.System.stopped, pid, number)
        if kind == 1 and slot == 'main' and instance.state not in ('stopping', 'killed'):
            self.gone.add(pid)
            self.system.vanished.add(pid)
            return self.tell('vanish', pid)
        if kind < 5:
            status = self.pick([0, 0, 1, 3, 255])
            self.tell('exit', pid, status)
        else:
            number = self.pick([9, 15, 15, 40])
            self.tell('kill', pid, number)
            status = number * 256
        return self.system.process(reference.System.ended, pid, status)


def engine_traces(engine, runs):
    text = ''.join(line + '\n' for run in runs for line in run.input)
    done = subprocess.run([engine], input=text, stdout=subprocess.PIPE, text=True, check=False, timeout=100)
    traces = done.stdout.split('end\n')
    return [(trace + 'end').split('\n') for trace in traces[:-1]] + [traces[-1].split('\n')] * (len(runs) - len(traces) + 1)


def report(seed, run, trace):
    """The first difference, with its system and what came before."""
    expected = run.expected
    at = next(i for i, line in enumerate(expected) if i >= len(trace) or line != trace[i])
    print(f'seed {seed}: the engine and the reference disagree')
    print('\n'.join(run.input[:next(i for i, line in enumerate(run.input) if line.startswith('run'))]))
    for line in expected[:at]:
        print('   ', line)
    print('reference:', *expected[at:at + 4], sep='\n    ')
    print('engine:', *trace[at:at + 4], sep='\n    ')


def batches(engine, seeds, steps, off=()):
    """Seed, run and the engine's trace of each."""
    for first in range(0, len(seeds), 100):
        chosen = seeds[first:first + 100]
        runs = [Run(seed, steps, off) for seed in chosen]
        yield from zip(chosen, runs, engine_traces(engine, runs))


def disagrees(engine, seeds, steps, off):
    return any(trace != run.expected for _, run, trace in batches(engine, seeds, steps, (off,)))


def compare(engine, seeds, steps):
    """How many agree; the first that does not is reported."""
    good = 0
    for seed, run, trace in batches(engine, seeds, steps):
        if trace == run.expected:
            good += 1
        elif good == seed - seeds[0]:
            report(seed, run, trace)
    return good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('engine')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--count', type=int, default=2000)
    parser.add_argument('--steps', type=int, default=40)
    parser.add_argument('--differences', action='store_true')
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.count)
    if options.differences:
        names = list(DIFFERENCES)
        seen = [name for name in names if disagrees(options.engine, seeds, options.steps, name)]
        print(f'{len(seen)} of {len(names)} differences seen', *set(names) - set(seen))
        return seen != names
    good = compare(options.engine, seeds, options.steps)
    print(f'{good} of {options.count} traces agree')
    return good != options.count


if __name__ == '__main__':
    sys.exit(main())
