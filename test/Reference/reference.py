# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a system of jobs does, written down from the specification alone.

It knows nothing of tables, memory or speed. Numbers are sections of the
specification of the daemon's behaviour. Everything the daemon does is a line of
System.trace.
"""
import copy
import signal

from conditions import Failure, expand, reset, see

# 2.1
STATES = ('waiting', 'starting', 'security-spawning', 'security', 'pre-starting', 'pre-start', 'spawning', 'spawned',
          'post-starting', 'post-start', 'running', 'pre-stopping', 'pre-stop', 'stopping', 'killed', 'post-stopping',
          'post-stop')
NEXT = dict(zip(STATES, STATES[1:] + STATES[:1]))
# 2.2: what follows for each goal. System.advance() adds what depends on the main
# process.
UPWARD = {**NEXT, 'running': 'stopping', 'pre-stop': 'running', 'post-stop': 'starting'}
DOWNWARD = {**NEXT, **dict.fromkeys(STATES[:STATES.index('running')], 'stopping')}
FOLLOWS = {'start': UPWARD, 'stop': DOWNWARD, 'respawn': DOWNWARD}
# 2.1: the states that spawn a process, and those after them that wait for it.
SPAWNS = {'security-spawning': 'security', 'pre-starting': 'pre-start', 'spawning': 'main',
          'post-starting': 'post-start', 'pre-stopping': 'pre-stop', 'post-stopping': 'post-stop'}
WAITS = {NEXT[state]: slot for state, slot in SPAWNS.items()}
FAILURES = {'start': 'Job failed to start', 'stop': 'Job failed while stopping', 'restart': 'Job failed to restart'}
SIGNALS = {number.value: number.name[3:] for number in signal.Signals if number < 32}


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
        self.job, self.name, self.stop_on = job, name, copy.deepcopy(job.stop_on)
        self.goal, self.state, self.env, self.start_env, self.stop_env = 'stop', 'waiting', {}, {}, {}
        self.events, self.caller = [], None  # that wait for the goal
        self.pids, self.signalled, self.deadline = {}, False, None  # in `spawned`; the kill timer's
        self.respawns = self.first_respawn = self.forks = 0
        self.failure = None  # (process, status): exit code, signal * 256, -1

    def __str__(self):
        return f'{self.job.name} ({self.name})' if self.name else self.job.name


class Event:
    def __init__(self, name, env, instance=None, request=None, fd=None):
        self.name, self.env, self.instance, self.request, self.fd = name, env, instance, request, fd
        self.failed = self.handled = self.finished = False
        self.blockers = 0


def bucket(thing):
    """1.4: lists are sorted by it, stably."""
    value = 2166136261
    for byte in thing.name.encode():
        value = value * 16777619 % 2**32 ^ byte
    return value % 17


def variables(events, names):
    env = {key: value for event in events for key, value in event.env.items()}
    return {**env, names: ' '.join(event.name for event in events)}


def words_of(env):
    return [f'{key}={value}' for key, value in env.items()]


class System:
    def __init__(self, jobs, daemon, session, off=()):
        """Jobs in order of registration; daemon is its environment."""
        self.jobs, self.events, self.trace, self.off = sorted(jobs, key=bucket), [], [], off
        self.daemon, self.session, self.now, self.last_pid, self.vanished = daemon, session, 1000, 1000, set()

    def differs(self, name):
        """Whether the daemon deliberately does otherwise: DIFFERENCES of traces.py."""
        return name not in self.off

    def say(self, *words):
        self.trace.append(' '.join(str(word) for word in words))

    # --- Events (3.1), and starting and stopping by them (3.3)

    def queue(self, *args):
        self.events.append(Event(*args))

    def poll(self):
        while any(not (event.handled and event.blockers) for event in self.events):
            for event in self.events:  # also those that come meanwhile
                if not event.handled:
                    event.handled = True
                    self.handle(event)
                if not event.blockers:
                    self.finish(event)
                    event.finished = True
            self.events = [event for event in self.events if not event.finished]

    def handle(self, event):
        for job in self.jobs:
            for instance in job.instances:
                if events := see(instance.stop_on, event, instance.env):
                    self.stop_by(instance, events)
                    reset(instance.stop_on)
            if events := see(job.start_on, event, {}):
                try:
                    self.start_by(job, events)
                except Failure:
                    if not self.differs('bad-instance'):
                        return
                finally:
                    reset(job.start_on)

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
            self.pursue(instance, ['stop'], events)

    def start_by(self, job, events):
        env = {**self.class_env(job), **variables(events, 'UPSTART_EVENTS')}
        instance = self.find_instance(job, expand(job.instance, env))
        if not self.is_started(instance):
            fds = dict.fromkeys(str(event.fd) for event in events if event.fd is not None)
            instance.start_env = {**env, 'UPSTART_FDS': ' '.join(fds)} if fds else env
            self.pursue(instance, ['start'], events)

    def class_env(self, job):
        """3.5, 1 and 2"""
        entries = [entry.partition('=') for entry in job.env]
        own = {key: value if sign else self.daemon.get(key) for key, sign, value in entries}
        return {key: value for key, value in {**self.daemon, **own}.items() if value is not None}

    def find_instance(self, job, name, create=True):
        instance = next((each for each in job.instances if each.name == name), None)
        if not instance and create:
            instance = Instance(job, name)
            job.instances.append(instance)
            job.instances.sort(key=bucket)
            self.say('added', instance)
        return instance

    def is_started(self, instance):
        return instance.goal == 'start' or (instance.goal == 'respawn' and self.differs('respawn-is-start'))

    # --- Who waits (2.5, 2.6)

    def pursue(self, instance, goals, events=(), caller=None):
        """Who waited for another goal does not any more."""
        self.release(instance)
        instance.events, instance.caller = events, caller
        for event in events:
            event.blockers += 1
        for goal in goals:
            self.set_goal(instance, goal, restarting=len(goals) > 1)

    def answer(self, request, failure=None):
        self.say(*(['error', request, failure] if failure else ['reply', request]))

    def release(self, instance, failed=False):
        for event in instance.events:
            event.failed |= failed
            event.blockers -= 1
        if instance.caller:
            self.answer(instance.caller[0], failed and instance.caller[1])
        instance.events, instance.caller = [], None

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
        follows = FOLLOWS[goal][state]
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
            instance.env, instance.stop_env, instance.failure = instance.start_env, {}, None
            instance.signalled = False
        if state in ('starting', 'stopping'):
            self.announce(instance, state, instance)
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
            reset(instance.stop_on)
            instance.job.instances.remove(instance)
        else:
            if SPAWNS.get(state) in instance.job.processes:
                self.spawn(instance, SPAWNS[state])
            if WAITS.get(state) not in instance.pids:
                self.advance(instance)

    def announce(self, instance, event, holds=None):
        """3.6"""
        env = {'JOB': instance.job.name, 'INSTANCE': instance.name}
        if event in ('stopping', 'stopped'):
            env['RESULT'] = 'failed' if instance.failure else 'ok'
            if instance.failure:
                env['PROCESS'], status = instance.failure
                if status >= 256:
                    env['EXIT_SIGNAL'] = SIGNALS.get(status // 256, status // 256)
                elif status >= 0:
                    env['EXIT_STATUS'] = status
        exported = [key for key in instance.job.export if key in instance.env and key not in env]
        self.queue(event, {**env, **{key: instance.env[key] for key in exported}}, holds)

    # --- Processes (2.6 - 2.8, 3.5, 4.8)

    def spawn(self, instance, slot):
        env = {**instance.env, **(instance.stop_env if slot in ('pre-stop', 'post-stop') else {}),
               'UPSTART_JOB': instance.job.name, 'UPSTART_INSTANCE': instance.name, 'UPSTART_SESSION': self.session}
        self.last_pid += 1
        instance.pids[slot], instance.forks = self.last_pid, 0
        self.say('spawn', instance, slot, self.last_pid, *sorted(words_of(env)))

    def signal(self, instance, number, group=True):
        """False: there is no such process."""
        self.say('signal', int(number), instance.pids['main'], 'group' if group else 'process')
        return instance.pids['main'] not in self.vanished

    def kill(self, instance, at_once=False):
        at_once |= instance.job.kill_timeout == 0 and self.differs('kill-at-once')
        found = self.signal(instance, signal.SIGKILL if at_once else instance.job.kill_signal)
        if found and not at_once:
            instance.deadline = self.now + instance.job.kill_timeout
            self.say('arm', instance, instance.deadline)
        elif not found and self.differs('stale-pid'):
            self.main_ended(instance, 0)

    def kill_timer(self, instance):
        instance.deadline = None
        self.kill(instance, at_once=True)
        self.poll()

    def disarm(self, instance):
        if instance.deadline is not None:
            instance.deadline = None
            self.say('cancel', instance)

    def end(self, instance, slot, status=0):
        """A status that is not 0 is a failure."""
        del instance.pids[slot]
        self.disarm(instance)
        if status:
            self.fail(instance, slot, status)
            self.set_goal(instance, 'stop')

    def process(self, happening, pid, *args):
        """One of the following happens to a process."""
        for instance in [instance for job in self.jobs for instance in job.instances]:
            for slot in [slot for slot in instance.pids if instance.pids[slot] == pid]:
                happening(self, instance, slot, *args)
        self.poll()

    def exec_confirmed(self, instance, slot):
        if slot == 'main' and instance.state == 'spawned' and not instance.job.expect:
            self.advance(instance)

    def exec_failed(self, instance, slot):
        self.end(instance, slot, 0 if slot in ('post-start', 'pre-stop') else -1)
        if slot != 'security' or self.differs('security-fails'):
            self.advance(instance)

    def ended(self, instance, slot, status):
        """status: an exit code, or signal * 256"""
        if slot == 'main':
            if self.differs('end-after-exec'):
                self.exec_confirmed(instance, slot)
            return self.main_ended(instance, status)
        self.end(instance, slot, status if slot in ('pre-start', 'post-stop') else 0)
        return self.advance(instance)

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
        if instance.signalled or (bad and job.respawn and instance.goal == 'start' and self.may_respawn(instance)):
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
        limit = instance.job.limit
        if self.now - instance.first_respawn >= instance.job.interval:
            instance.first_respawn, instance.respawns = self.now, 0
        instance.respawns += 1
        exceeded = limit and instance.respawns > limit
        if exceeded:
            self.fail(instance, 'respawn', -1)
        return not exceeded

    def stopped(self, instance, slot, number):
        if (slot, number, instance.state, instance.job.expect) == ('main', signal.SIGSTOP, 'spawned', 'stop'):
            self.signal(instance, signal.SIGCONT, group=False)
            self.advance(instance)

    def forked(self, instance, slot, child):
        instance.pids[slot], instance.signalled = child, False
        instance.forks += 1
        self.disarm(instance)
        if instance.forks == {'fork': 1, 'daemon': 2}[instance.job.expect]:
            self.say('release', child)
            self.advance(instance)
        elif instance.goal == 'stop':
            self.stop_spawned(instance)

    def executed(self, instance, slot):
        if instance.forks:
            self.say('release', instance.pids[slot])
            self.advance(instance)

    # --- Requests (7.2 - 7.4)

    def job_request(self, method, job, given, wait, request):
        env = {**self.class_env(job), **given}
        try:
            name = expand(job.instance, env)
        except Failure as failure:
            usage = f'\nUsage: {job.usage}' if method == 'start' and job.usage else ''
            return self.answer(request, str(failure) + usage)
        instance = self.find_instance(job, name, create=method == 'start')
        if not instance:
            return self.answer(request, f'Unknown instance: {name}')
        return self.instance_request(method, instance, wait, request, env, given)

    def instance_request(self, method, instance, wait, request, env=None, given=None):
        if method == 'start' and self.is_started(instance):
            return self.answer(request, f'Job is already running: {instance}')
        if method != 'start' and instance.goal == 'stop':
            bare = method == 'restart' and not self.differs('restart-names-job')
            return self.answer(request, f'Job has already been stopped: {instance.name if bare else instance}')
        goals = ['stop', 'start'] if method == 'restart' else [method]
        if 'start' in goals and env is not None:
            instance.start_env = env
        if 'stop' in goals:
            instance.stop_env = given if method == 'stop' and given else {}
        self.pursue(instance, goals, caller=(request, FAILURES[method]) if wait else None)
        if not wait:
            self.answer(request)
        return self.poll()

    def reload(self, instance, request):
        if 'main' not in instance.pids:
            return self.answer(request, f'Job is not running: {instance}')
        self.signal(instance, instance.job.reload_signal, group=False)
        return self.answer(request)

    def emit(self, name, env, wait, request, fd=None):
        self.queue(name, env, None, request if wait else None, fd)
        if not wait:
            self.answer(request)
        self.poll()
