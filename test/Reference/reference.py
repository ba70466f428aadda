# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a system of jobs does, written down from the specification alone.

It knows nothing of tables, memory or speed. Numbers are sections of the
specification of the daemon's behaviour, with L. of the language's. Everything
the daemon does is a line of System.trace.
"""

import fnmatch
import re
import signal

# Where the daemon deliberately does not do what the specification describes;
# see docs/differences.md. System.off switches single ones off.
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
    'kill-at-once': '`kill timeout 0` kills at once',
}

# 2.2: what follows for the goals start, stop and respawn. System.next() adds
# what depends on the main process.
TABLE = {
    'waiting': ('starting', None, None),
    'starting': ('security-spawning', 'stopping', None),
    'security-spawning': ('security', 'stopping', None),
    'security': ('pre-starting', 'stopping', None),
    'pre-starting': ('pre-start', 'stopping', None),
    'pre-start': ('spawning', 'stopping', None),
    'spawning': ('spawned', 'stopping', None),
    'spawned': ('post-starting', 'stopping', None),
    'post-starting': ('post-start', 'stopping', None),
    'post-start': ('running', 'stopping', 'stopping'),
    'running': ('stopping', 'pre-stopping', None),
    'pre-stopping': ('pre-stop', 'pre-stop', None),
    'pre-stop': ('running', 'stopping', 'stopping'),
    'stopping': ('killed', 'killed', None),
    'killed': ('post-stopping', 'post-stopping', None),
    'post-stopping': ('post-stop', 'post-stop', None),
    'post-stop': ('starting', 'waiting', None),
}
# 2.1: the states that spawn a process, and those that wait for one.
SPAWNS = {'security-spawning': 'security', 'pre-starting': 'pre-start',
          'spawning': 'main', 'post-starting': 'post-start',
          'pre-stopping': 'pre-stop', 'post-stopping': 'post-stop'}
WAITS = {'security': 'security', 'pre-start': 'pre-start', 'spawned': 'main',
         'post-start': 'post-start', 'pre-stop': 'pre-stop', 'post-stop': 'post-stop'}
SLOTS = ('main', 'pre-start', 'post-start', 'pre-stop', 'post-stop', 'security')


class Node:
    """Of a condition (3.2): a match has words, an operator two nodes."""

    def __init__(self, kind, left=None, right=None, words=()):
        self.kind, self.left, self.right, self.words = kind, left, right, words
        self.value, self.event = False, None

    def copy(self):
        return Node(self.kind, self.left and self.left.copy(), self.right and self.right.copy(), self.words)


class Job:
    """A class (1), with the defaults of its stanzas."""

    def __init__(self, name):
        self.name, self.instance, self.usage = name, '', None
        self.start_on = self.stop_on = None
        self.env, self.export, self.processes, self.normal_exit = [], [], set(), set()
        self.task = self.respawn = False
        self.limit, self.interval = 10, 5
        self.expect, self.kill_timeout = None, 5
        self.kill_signal, self.reload_signal = signal.SIGTERM, signal.SIGHUP
        self.instances = []


class Instance:
    def __init__(self, job, name):
        self.job, self.name = job, name
        self.stop_on = job.stop_on and job.stop_on.copy()
        self.goal, self.state = 'stop', 'waiting'
        self.env, self.start_env, self.stop_env = {}, None, {}
        self.waiters, self.pids = [], {}
        self.failure = None      # (process, status): exit code, signal * 256, -1
        self.respawns = self.first_respawn = self.forks = 0
        self.deadline = None     # of the kill timer
        self.signalled = False   # in `spawned`

    def __str__(self):
        return f'{self.job.name} ({self.name})' if self.name else self.job.name


class Event:
    def __init__(self, name, env, request=None, fd=None):
        self.name, self.env, self.request, self.fd = name, env, request, fd
        self.failed = self.handled = self.finished = False
        self.blockers, self.instance = 0, None


class Failure(Exception):
    pass


class Endless(Exception):
    """Jobs without processes can start each other for ever."""


def bucket(name):
    """1.4"""
    value = 2166136261
    for byte in name.encode():
        value = value * 16777619 % 2**32 ^ byte
    return value % 17


def place(things, thing):
    """Puts it where 1.4 says."""
    later = (i for i, other in enumerate(things) if bucket(other.name) > bucket(thing.name))
    things.insert(next(later, len(things)), thing)


def signal_name(number):
    try:
        return signal.Signals(number).name.removeprefix('SIG')
    except ValueError:
        return number


def expand(text, env):
    """L.5.3; raises Failure."""
    def lookup(name, form='', word=''):
        value = env.get(name)
        if not form and value is None:
            raise Failure(f'Unknown parameter: {name}')
        good = value is not None and not (form[:1] == ':' and value == '')
        if form[-1:] == '+':
            return word if good else ''
        return value if good else word

    def until(at, ends):
        out = ''
        while at < len(text) and text[at] not in ends:
            name = re.compile('[A-Za-z_][A-Za-z0-9_]*').match(text, at + 1)
            if text.startswith('${}', at):
                out, at = out + '$', at + 3
            elif text.startswith('${', at):
                value, at = braces(at + 2)
                out += value
            elif text[at] == '$' and name:
                out, at = out + lookup(name[0]), name.end()
            else:
                out, at = out + text[at], at + 1
        return out, at

    def braces(at):
        name, at = until(at, '}:-+')
        form = re.compile(':?[-+]?').match(text, at)[0]
        if form == ':':
            raise Failure('Expected operator')
        word, at = until(at + len(form), '}') if form else ('', at)
        if at >= len(text):
            raise Failure('Mismatched braces')
        return lookup(name, form, word), at + 1

    return until(0, '')[0]


def matches(words, event, env):
    """3.2"""
    keys, cursor = list(event.env), 0
    for word in words[1:]:
        key, sign, pattern = word.partition('!=')
        if not sign:
            key, sign, pattern = word.partition('=')
        if not sign:
            pattern = word
        elif key in keys:
            cursor = keys.index(key)
        else:
            return False
        if cursor >= len(keys):
            return False
        try:
            pattern = expand(pattern, env)
        except Failure:
            return False
        if fnmatch.fnmatchcase(event.env[keys[cursor]], pattern) == (sign == '!='):
            return False
        cursor += 1
    return words[0] == event.name


def latch(node, event, env):
    """3.2: whether a leaf newly matched."""
    if node.kind == 'match':
        if node.value or not matches(node.words, event, env):
            return False
        node.value, node.event = True, event
        event.blockers += 1
        return True
    new = [latch(side, event, env) for side in (node.left, node.right)]
    values = (node.left.value, node.right.value)
    node.value = all(values) if node.kind == 'and' else any(values)
    return any(new)


def events_of(node):
    """3.3: the events in the true part."""
    if not node.value:
        return []
    return [node.event] if node.kind == 'match' else events_of(node.left) + events_of(node.right)


def reset(node):
    if node.kind == 'match' and node.value:
        node.event.blockers -= 1
    elif node.kind != 'match':
        reset(node.left), reset(node.right)
    node.value, node.event = False, None


def variables(events, key):
    env = {}
    for event in events:
        env.update(event.env)
    return {**env, key: ' '.join(event.name for event in events)}


class System:
    def __init__(self, jobs, daemon, session, off=()):
        """Jobs in order of registration; daemon is its environment."""
        self.jobs, self.events, self.trace, self.off = [], [], [], off
        self.daemon, self.session = daemon, session
        self.common = {key: daemon[key] for key in ('PATH', 'TERM') if key in daemon} | daemon
        self.now, self.last_pid, self.vanished = 1000, 1000, set()
        for job in jobs:
            place(self.jobs, job)

    def differs(self, name):
        assert name in DIFFERENCES
        return name not in self.off

    def say(self, *words):
        self.trace.append(' '.join(str(word) for word in words))

    # --- Events (3.1)

    def queue(self, *args):
        self.events.append(Event(*args))
        return self.events[-1]

    def poll(self):
        begin = len(self.trace)
        while any(not (event.handled and event.blockers) for event in self.events):
            for event in self.events:  # also those that come meanwhile
                if not event.handled:
                    event.handled = True
                    self.handle(event)
                if len(self.trace) > begin + 3000:
                    raise Endless
                if not event.blockers:
                    self.finish(event)
                    event.finished = True
            self.events = [event for event in self.events if not event.finished]

    def handle(self, event):
        for job in self.jobs:
            for instance in job.instances:
                tree = instance.stop_on
                if tree and latch(tree, event, instance.env) and tree.value:
                    self.stop_by(instance, events_of(tree))
                    reset(tree)
            tree = job.start_on
            if tree and latch(tree, event, {}) and tree.value:
                try:
                    self.start_by(job, events_of(tree))
                except Failure:
                    if not self.differs('bad-instance'):
                        return reset(tree)
                reset(tree)

    def finish(self, event):
        if event.instance:
            self.advance(event.instance)
        if event.request:
            self.answer(event.request, event.failed and 'Event failed')
        if event.fd is not None:
            self.say('close', event.fd)
        if event.failed and not event.name.endswith('/failed'):
            self.queue(event.name + '/failed', event.env)
        self.say('event', event.name, *(f'{key}={value}' for key, value in event.env.items()))

    # --- Starting and stopping by events (3.3)

    def stop_by(self, instance, events):
        if instance.goal != 'stop':
            instance.stop_env = variables(events, 'UPSTART_STOP_EVENTS')
            self.release(instance)
            self.wait(instance, events)
            self.set_goal(instance, 'stop')

    def start_by(self, job, events):
        env = {**self.class_env(job), **variables(events, 'UPSTART_EVENTS')}
        instance = self.find_or_create(job, expand(job.instance, env))
        if not self.is_started(instance):
            fds = dict.fromkeys(str(event.fd) for event in events if event.fd is not None)
            instance.start_env = {**env, 'UPSTART_FDS': ' '.join(fds)} if fds else env
            self.release(instance)
            self.wait(instance, events)
            self.set_goal(instance, 'start')

    def class_env(self, job):
        """3.5, 1 and 2"""
        env = dict(self.common)
        for entry in job.env:
            key, sign, value = entry.partition('=')
            if sign or key in self.daemon:
                env[key] = value if sign else self.daemon[key]
            else:
                env.pop(key, None)
        return env

    def find_or_create(self, job, name):
        for instance in job.instances:
            if instance.name == name:
                return instance
        instance = Instance(job, name)
        place(job.instances, instance)
        self.say('added', instance)
        return instance

    def is_started(self, instance):
        return instance.goal == 'start' or (instance.goal == 'respawn' and self.differs('respawn-is-start'))

    # --- Who waits (2.5, 2.6)

    def wait(self, instance, events):
        for event in events:
            event.blockers += 1
            instance.waiters.append(event)

    def answer(self, request, failure):
        self.say('error' if failure else 'reply', request, *[failure] * bool(failure))

    def release(self, instance, failed=False):
        for waiter in instance.waiters:
            if isinstance(waiter, Event):
                waiter.failed |= failed
                waiter.blockers -= 1
            else:
                self.answer(waiter[0], failed and waiter[1])
        instance.waiters = []

    def fail(self, instance, process, status):
        if not instance.failure:
            instance.failure = (process, status)
            self.say('failed', instance, 0 if process == 'respawn' else status)
            self.release(instance, failed=True)

    # --- Goals and states (2)

    def set_goal(self, instance, goal, restarting=False):
        if instance.goal != goal:
            instance.goal = goal
            self.say('goal', instance, goal)
            if (goal, instance.state) in (('start', 'waiting'), ('stop', 'running')):
                self.advance(instance)
            elif (goal, instance.state) == ('stop', 'spawned') and instance.job.expect and 'main' in instance.pids:
                if self.differs('stop-spawned') and not restarting:
                    instance.signalled = True
                    self.kill(instance)

    def main_is_gone(self, instance):
        return 'main' in instance.job.processes and 'main' not in instance.pids

    def advance(self, instance):
        state = TABLE[instance.state][('start', 'stop', 'respawn').index(instance.goal)]
        if instance.goal == 'respawn':
            self.set_goal(instance, 'start')
        elif state == 'pre-stopping' and instance.state == 'running' and 'main' not in instance.pids:
            state = 'stopping'
        elif (instance.state in ('post-start', 'pre-stop') and instance.goal == 'start'
              and self.main_is_gone(instance) and self.differs('no-main-left')):
            state = 'stopping'
        self.enter(instance, state)

    def enter(self, instance, state):
        before, instance.state = instance.state, state
        self.say('state', instance, state)
        if state == 'starting':
            if instance.start_env is not None:
                instance.env, instance.start_env = instance.start_env, None
            instance.stop_env, instance.failure, instance.signalled = {}, None, False
            self.announce(instance, state).instance = instance
        elif state == 'running':
            if before == 'post-start':
                self.announce(instance, 'started')
            else:
                instance.stop_env = {}
            if not instance.job.task or before == 'pre-stop':
                self.release(instance)
        elif state == 'stopping':
            self.announce(instance, state).instance = instance
        elif state == 'killed':
            if 'main' in instance.pids:
                self.kill(instance)
            else:
                self.advance(instance)
        elif state == 'waiting':
            self.announce(instance, 'stopped')
            self.release(instance)
            self.destroy(instance)
        elif state in SPAWNS:
            if SPAWNS[state] in instance.job.processes:
                self.spawn(instance, SPAWNS[state])
            self.advance(instance)
        elif WAITS[state] not in instance.pids:
            self.advance(instance)

    def announce(self, instance, event):
        """3.6"""
        env = {'JOB': instance.job.name, 'INSTANCE': instance.name}
        if event in ('stopping', 'stopped'):
            env['RESULT'] = 'failed' if instance.failure else 'ok'
            if instance.failure:
                env['PROCESS'], status = instance.failure
                if env['PROCESS'] != 'respawn' and status >= 256:
                    env['EXIT_SIGNAL'] = signal_name(status // 256)
                elif env['PROCESS'] != 'respawn' and status >= 0:
                    env['EXIT_STATUS'] = status
        for key in instance.job.export:
            if key in instance.env:
                env.setdefault(key, instance.env[key])
        return self.queue(event, env)

    def destroy(self, instance):
        self.say('removed', instance)
        if instance.stop_on:
            reset(instance.stop_on)
        instance.job.instances.remove(instance)

    # --- Processes (2.7, 2.8, 3.5, 4.8)

    def spawn(self, instance, slot):
        env = {**instance.env, **(instance.stop_env if slot in ('pre-stop', 'post-stop') else {}),
               'UPSTART_JOB': instance.job.name, 'UPSTART_INSTANCE': instance.name,
               'UPSTART_SESSION': self.session}
        self.last_pid += 1
        instance.pids[slot] = self.last_pid
        instance.forks = 0 if slot == 'main' else instance.forks
        self.say('spawn', instance, slot, self.last_pid, *sorted(f'{key}={value}' for key, value in env.items()))

    def signal(self, instance, number, group=True):
        """False: there is no such process."""
        self.say('signal', int(number), instance.pids['main'], 'group' if group else 'process')
        return instance.pids['main'] not in self.vanished

    def kill(self, instance):
        at_once = instance.job.kill_timeout == 0 and self.differs('kill-at-once')
        if self.signal(instance, signal.SIGKILL if at_once else instance.job.kill_signal):
            if not at_once:
                instance.deadline = self.now + instance.job.kill_timeout
                self.say('arm', instance, instance.deadline)
        elif self.differs('stale-pid'):
            self.main_ended(instance, 0)

    def kill_timer(self, instance):
        instance.deadline = None
        if not self.signal(instance, signal.SIGKILL) and self.differs('stale-pid'):
            self.main_ended(instance, 0)
        self.poll()

    def find(self, pid):
        for job in self.jobs:
            for instance in job.instances:
                for slot, other in instance.pids.items():
                    if other == pid:
                        return instance, slot
        return None, None

    def end(self, instance, slot):
        del instance.pids[slot]
        self.disarm(instance)

    def disarm(self, instance):
        if instance.deadline is not None:
            instance.deadline = None
            self.say('cancel', instance)

    def exec_confirmed(self, pid):
        instance, slot = self.find(pid)
        if slot == 'main' and instance.state == 'spawned' and not instance.job.expect:
            self.advance(instance)
        self.poll()

    def exec_failed(self, pid):
        instance, slot = self.find(pid)
        if not slot:
            return
        self.end(instance, slot)
        if slot in ('main', 'pre-start', 'post-stop', 'security'):
            self.fail(instance, slot, -1)
            self.set_goal(instance, 'stop')
        if slot != 'security' or self.differs('security-fails'):
            self.advance(instance)
        self.poll()

    def ended(self, pid, status):
        """status: an exit code, or signal * 256"""
        instance, slot = self.find(pid)
        if slot == 'main':
            if instance.state == 'spawned' and not instance.job.expect and self.differs('end-after-exec'):
                self.advance(instance)
            self.main_ended(instance, status)
        elif slot:
            self.end(instance, slot)
            if slot in ('pre-start', 'post-stop') and status:
                self.fail(instance, slot, status)
                self.set_goal(instance, 'stop')
            self.advance(instance)
        self.poll()

    def main_ended(self, instance, status):
        """2.6, 2.7"""
        self.end(instance, 'main')
        job, state = instance.job, instance.state
        if state == 'killed':
            return self.advance(instance)
        if state == 'stopping' or (instance.goal == 'stop' and (
                state == 'pre-stop' or (state == 'post-start' and self.differs('stop-post-start')))):
            return None
        bad = (status != 0 or (job.respawn and not job.task)) and status not in job.normal_exit
        again = instance.signalled or (bad and job.respawn and self.may_respawn(instance))
        if again:
            if state in ('post-start', 'pre-stop'):
                self.set_goal(instance, 'respawn')
            elif state == 'spawned' and (instance.signalled or self.differs('respawn-spawned')):
                self.enter(instance, 'stopping')
            else:
                self.advance(instance)
            return None
        if bad:
            self.fail(instance, 'main', status)  # not after "too fast"
        self.set_goal(instance, 'stop')
        if state == 'spawned':
            self.advance(instance)
        return None

    def may_respawn(self, instance):
        if instance.goal != 'start':
            return False
        limit, interval = instance.job.limit, instance.job.interval
        if limit and interval:
            if self.now - instance.first_respawn < interval:
                instance.respawns += 1
            else:
                instance.first_respawn, instance.respawns = self.now, 1
            if instance.respawns > limit:
                self.fail(instance, 'respawn', -1)
                return False
        return True

    def stopped(self, pid, number):
        instance, slot = self.find(pid)
        if (slot, number) == ('main', signal.SIGSTOP) and instance.state == 'spawned' and instance.job.expect == 'stop':
            self.signal(instance, signal.SIGCONT, group=False)
            self.advance(instance)
        self.poll()

    def forked(self, pid, child):
        instance, slot = self.find(pid)
        instance.pids[slot] = child
        instance.forks += 1
        instance.signalled = False
        self.disarm(instance)
        if instance.forks == {'fork': 1, 'daemon': 2}[instance.job.expect]:
            self.say('release', child)
            self.advance(instance)
        elif instance.goal == 'stop' and self.differs('stop-spawned'):
            instance.signalled = True
            self.kill(instance)
        self.poll()

    def executed(self, pid):
        instance, _ = self.find(pid)
        if instance.forks:
            self.say('release', pid)
            self.advance(instance)
        self.poll()

    # --- Requests (7.2 - 7.4)

    def job_request(self, method, job, given, wait, request):
        env = {**self.class_env(job), **given}
        try:
            name = expand(job.instance, env)
        except Failure as failure:
            usage = f'\nUsage: {job.usage}' if method == 'start' and job.usage else ''
            return self.answer(request, str(failure) + usage)
        if method == 'start':
            instance = self.find_or_create(job, name)
        else:
            instance = next((each for each in job.instances if each.name == name), None)
        if not instance:
            return self.answer(request, f'Unknown instance: {name}')
        return self.instance_request(method, instance, wait, request, env, given)

    def instance_request(self, method, instance, wait, request, env=None, given=None):
        if method == 'start' and self.is_started(instance):
            return self.answer(request, f'Job is already running: {instance}')
        if method != 'start' and instance.goal == 'stop':
            bare = method == 'restart' and not self.differs('restart-names-job')
            return self.answer(request, f'Job has already been stopped: {instance.name if bare else instance}')
        if method != 'stop' and env is not None:
            instance.start_env = env
        if method != 'start':
            instance.stop_env = given if method == 'stop' and given else {}
        self.release(instance)
        failure = {'start': 'Job failed to start', 'stop': 'Job failed while stopping',
                   'restart': 'Job failed to restart'}[method]
        if wait:
            instance.waiters.append((request, failure))
        if method != 'start':
            self.set_goal(instance, 'stop', restarting=method == 'restart')
        if method != 'stop':
            self.set_goal(instance, 'start')
        if not wait:
            self.answer(request, None)
        return self.poll()

    def reload(self, instance, request):
        if 'main' not in instance.pids:
            return self.answer(request, f'Job is not running: {instance}')
        self.signal(instance, instance.job.reload_signal, group=False)
        return self.answer(request, None)

    def emit(self, name, env, wait, request, fd=None):
        self.queue(name, env, request if wait else None, fd)
        if request and not wait:
            self.answer(request, None)
        self.poll()
