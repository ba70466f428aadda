# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a system of jobs does, written down from the specification alone.

It knows nothing of tables, memory or speed. Numbers are sections of the
specification of the daemon's behaviour. Everything the daemon does is a line of
System.trace.
"""
import signal

from conditions import Failure, events_of, expand, latch, reset

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
    'kill-at-once': '`kill timeout 0` kills at once'}
# 2.2: what follows for the goals start, stop and respawn. System.advance()
# adds what depends on the main process.
GOALS = ('start', 'stop', 'respawn')
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
    'post-stop': ('starting', 'waiting', None)}
# 2.1: the states that spawn a process, and those that wait for it.
SPAWNS = {'security-spawning': 'security', 'pre-starting': 'pre-start', 'spawning': 'main',
          'post-starting': 'post-start', 'pre-stopping': 'pre-stop', 'post-stopping': 'post-stop'}
WAITS = {TABLE[state][0]: slot for state, slot in SPAWNS.items()}
SLOTS = tuple(SPAWNS.values())


class Job:
    """A class (1), with the defaults of its stanzas."""
    def __init__(self, name):
        self.name, self.instance, self.usage, self.start_on, self.stop_on = name, '', None, None, None
        self.env, self.export, self.processes, self.normal_exit = [], [], set(), set()
        self.task, self.respawn, self.limit, self.interval = False, False, 10, 5
        self.expect, self.kill_timeout, self.instances = None, 5, []
        self.kill_signal, self.reload_signal = signal.SIGTERM, signal.SIGHUP


class Instance:
    def __init__(self, job, name):
        self.job, self.name, self.stop_on = job, name, job.stop_on and job.stop_on.copy()
        self.goal, self.state, self.env, self.start_env, self.stop_env = 'stop', 'waiting', {}, None, {}
        self.waiters, self.pids = [], {}
        self.failure = None  # (process, status): exit code, signal * 256, -1
        self.respawns = self.first_respawn = self.forks = 0
        self.deadline, self.signalled = None, False  # the kill timer's; in `spawned`

    def __str__(self):
        return f'{self.job.name} ({self.name})' if self.name else self.job.name


class Event:
    def __init__(self, name, env, request=None, fd=None):
        self.name, self.env, self.request, self.fd = name, env, request, fd
        self.failed = self.handled = self.finished = False
        self.blockers, self.instance = 0, None


class Endless(Exception):
    """Jobs without processes can start each other for ever."""


def bucket(name):
    """1.4"""
    value = 2166136261
    for byte in name.encode():
        value = value * 16777619 % 2**32 ^ byte
    return value % 17


def place(things, thing):
    later = (i for i, other in enumerate(things) if bucket(other.name) > bucket(thing.name))
    things.insert(next(later, len(things)), thing)


def variables(events, key):
    env = {}
    for event in events:
        env.update(event.env)
    return {**env, key: ' '.join(event.name for event in events)}


def words_of(env):
    return [f'{key}={value}' for key, value in env.items()]


class System:
    def __init__(self, jobs, daemon, session, off=()):
        """Jobs in order of registration; daemon is its environment."""
        self.jobs, self.events, self.trace, self.off = [], [], [], off
        self.daemon, self.session, self.now, self.last_pid, self.vanished = daemon, session, 1000, 1000, set()
        for job in jobs:
            place(self.jobs, job)

    def differs(self, name):
        return DIFFERENCES[name] and name not in self.off

    def say(self, *words):
        self.trace.append(' '.join(str(word) for word in words))

    # --- Events (3.1), and starting and stopping by them (3.3)

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
        return None

    def finish(self, event):
        if event.instance:
            self.advance(event.instance)
        if event.request:
            self.answer(event.request, event.failed and 'Event failed')
        if event.fd is not None:
            self.say('close', event.fd)
        if event.failed and not event.name.endswith('/failed'):
            self.queue(event.name + '/failed', event.env)
        self.say('event', event.name, *words_of(event.env))

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
        env = dict(self.daemon)
        for entry in job.env:
            key, sign, value = entry.partition('=')
            env[key] = value if sign else self.daemon.get(key)
        return {key: value for key, value in env.items() if value is not None}

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
        instance.waiters += events

    def answer(self, request, failure=None):
        self.say(*(['error', request, failure] if failure else ['reply', request]))

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
        if instance.goal == goal:
            return
        instance.goal = goal
        self.say('goal', instance, goal)
        if (goal, instance.state) in (('start', 'waiting'), ('stop', 'running')):
            self.advance(instance)
        elif (goal, instance.state) == ('stop', 'spawned') and not restarting:
            self.stop_spawned(instance)

    def stop_spawned(self, instance):
        if instance.job.expect and 'main' in instance.pids and self.differs('stop-spawned'):
            instance.signalled = True
            self.kill(instance)

    def advance(self, instance):
        goal, state = instance.goal, instance.state
        follows = TABLE[state][GOALS.index(goal)]
        main = 'main' in instance.pids
        if goal == 'respawn':
            self.set_goal(instance, 'start')
        elif (goal, state) == ('stop', 'running') and not main:
            follows = 'stopping'
        elif goal == 'start' and state in ('post-start', 'pre-stop') and 'main' in instance.job.processes and not main:
            follows = 'stopping' if self.differs('no-main-left') else follows
        self.enter(instance, follows)

    def enter(self, instance, state):
        before, instance.state = instance.state, state
        self.say('state', instance, state)
        if state == 'starting':
            if instance.start_env is not None:
                instance.env, instance.start_env = instance.start_env, None
            instance.stop_env, instance.failure, instance.signalled = {}, None, False
        if state in ('starting', 'stopping'):
            self.announce(instance, state).instance = instance
        elif state == 'running':
            if before == 'post-start':
                self.announce(instance, 'started')
            else:
                instance.stop_env = {}
            if not instance.job.task or before == 'pre-stop':
                self.release(instance)
        elif state == 'killed' and 'main' in instance.pids:
            self.kill(instance)
        elif state == 'waiting':
            self.announce(instance, 'stopped')
            self.release(instance)
            self.say('removed', instance)
            if instance.stop_on:
                reset(instance.stop_on)
            instance.job.instances.remove(instance)
        else:
            if SPAWNS.get(state) in instance.job.processes:
                self.spawn(instance, SPAWNS[state])
            if WAITS.get(state) not in instance.pids:
                self.advance(instance)

    def announce(self, instance, event):
        """3.6"""
        env = {'JOB': instance.job.name, 'INSTANCE': instance.name}
        if event in ('stopping', 'stopped'):
            env['RESULT'] = 'failed' if instance.failure else 'ok'
            if instance.failure:
                env['PROCESS'], status = instance.failure
                if status >= 256:
                    known = status // 256 in list(signal.Signals) and status // 256 < 32
                    env['EXIT_SIGNAL'] = signal.Signals(status // 256).name[3:] if known else status // 256
                elif status >= 0:
                    env['EXIT_STATUS'] = status
        exported = {key: instance.env[key] for key in instance.job.export if key in instance.env}
        return self.queue(event, {**env, **{key: exported[key] for key in exported if key not in env}})

    # --- Processes (2.6 - 2.8, 3.5, 4.8)

    def spawn(self, instance, slot):
        env = {**instance.env, **(instance.stop_env if slot in ('pre-stop', 'post-stop') else {}),
               'UPSTART_JOB': instance.job.name, 'UPSTART_INSTANCE': instance.name, 'UPSTART_SESSION': self.session}
        self.last_pid += 1
        instance.pids[slot] = self.last_pid
        instance.forks = 0 if slot == 'main' else instance.forks
        self.say('spawn', instance, slot, self.last_pid, *sorted(words_of(env)))

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
        return next(((instance, slot) for job in self.jobs for instance in job.instances
                     for slot, other in instance.pids.items() if other == pid), (None, None))

    def disarm(self, instance):
        if instance.deadline is not None:
            instance.deadline = None
            self.say('cancel', instance)

    def end(self, instance, slot):
        del instance.pids[slot]
        self.disarm(instance)

    def exec_confirmed(self, pid):
        instance, slot = self.find(pid)
        if slot == 'main' and instance.state == 'spawned' and not instance.job.expect:
            self.advance(instance)
        self.poll()

    def exec_failed(self, pid):
        instance, slot = self.find(pid)
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
        job, state, stop = instance.job, instance.state, instance.goal == 'stop'
        if state == 'killed' or (state == 'spawned' and stop and instance.signalled):
            return self.advance(instance)
        if state == 'stopping' or (stop and (
                state == 'pre-stop' or (state == 'post-start' and self.differs('stop-post-start')))):
            return None
        bad = (status != 0 or (job.respawn and not job.task)) and status not in job.normal_exit
        if instance.signalled or (bad and job.respawn and self.may_respawn(instance)):
            if state in ('post-start', 'pre-stop'):
                return self.set_goal(instance, 'respawn')
            if state == 'spawned' and (instance.signalled or self.differs('respawn-spawned')):
                return self.enter(instance, 'stopping')
            return self.advance(instance)
        if bad:
            self.fail(instance, 'main', status)  # not after "too fast"
        self.set_goal(instance, 'stop')
        return self.advance(instance) if state == 'spawned' else None

    def may_respawn(self, instance):
        job = instance.job
        if instance.goal == 'start' and job.limit and job.interval:
            if self.now - instance.first_respawn < job.interval:
                instance.respawns += 1
            else:
                instance.first_respawn, instance.respawns = self.now, 1
            if instance.respawns > job.limit:
                self.fail(instance, 'respawn', -1)
                return False
        return instance.goal == 'start'

    def stopped(self, pid, number):
        instance, slot = self.find(pid)
        if (slot, number, instance.state, instance.job.expect) == ('main', signal.SIGSTOP, 'spawned', 'stop'):
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
        elif instance.goal == 'stop':
            self.stop_spawned(instance)
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
        instance = next((each for each in job.instances if each.name == name), None)
        if not instance and method != 'start':
            return self.answer(request, f'Unknown instance: {name}')
        return self.instance_request(method, instance or self.find_or_create(job, name), wait, request, env, given)

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
        if wait:
            instance.waiters.append((request, {'start': 'Job failed to start', 'stop': 'Job failed while stopping',
                                               'restart': 'Job failed to restart'}[method]))
        if method != 'start':
            self.set_goal(instance, 'stop', restarting=method == 'restart')
        if method != 'stop':
            self.set_goal(instance, 'start')
        if not wait:
            self.answer(request)
        return self.poll()

    def reload(self, instance, request):
        if 'main' not in instance.pids:
            return self.answer(request, f'Job is not running: {instance}')
        self.signal(instance, instance.job.reload_signal, group=False)
        return self.answer(request)

    def emit(self, name, env, wait, request, fd=None):
        self.queue(name, env, request if wait else None, fd)
        if not wait:
            self.answer(request)
        self.poll()
