# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The ways in which seeded-faults.py breaks a system. A kind is a function that
yields every place where its fault fits; @kind names the check that must find it.
"""

import re
from dataclasses import dataclass

from jobfiles import JOB_EVENTS


@dataclass
class Fault:
    """What becomes of the system, and where the finding must be."""
    what: str
    edits: dict  # file -> its text; None: the file goes; from `/`: below the root
    expected: list  # (file, line): a finding at one of them


@dataclass
class Kind:
    name: str
    check: str
    places: object  # a function of the system
    options: tuple  # that the tool is run with


KINDS = []


def kind(check, *options):
    def register(function):
        KINDS.append(Kind(function.__name__.replace('_', '-'), check, function,
                          options or ('--noscript',)))
        return function
    return register


def kind_alone(check):
    """Of a check that is not one of the default ones."""
    return kind(check, '--noscript', '--off=all', '--warn=' + check)


def conf(job):
    return job + '.conf'


def change(system, job, condition, text, what, line=None):
    """The fault of a condition that reads otherwise."""
    edited = system.jobs[job].replace(condition.statement, text)
    return Fault(f'{conf(job)}: {what}', {conf(job): edited},
                 [(conf(job), line or condition.line)])


def misspellings(word):
    """With two letters swapped, one lost, one doubled."""
    at = len(word) // 2
    swapped = word[:at - 1] + word[at] + word[at - 1] + word[at + 1:]
    return [w for w in (swapped, word[:at] + word[at + 1:], word[:at] + word[at:at + 1] + word[at:])
            if w != word]


@kind('undefined-event')
def misspelt_event(system):
    for job, condition in system.conditions():
        for leaf in condition.leaves:
            if leaf.event in JOB_EVENTS or len(leaf.event) < 5 or '/' in leaf.event:
                continue
            for wrong in misspellings(leaf.event):
                if not system.mentions(wrong):
                    yield change(system, job, condition, condition.with_word(leaf.event, wrong),
                                 f'{leaf.event} becomes {wrong}')


@kind('undefined-job')
def misspelt_job(system):
    for job, condition in system.conditions():
        for leaf in condition.leaves:
            if not leaf.job or leaf.job not in system.jobs or len(leaf.job) < 4:
                continue
            for wrong in misspellings(leaf.job):
                if wrong not in system.jobs:
                    yield change(system, job, condition, condition.with_word(leaf.job, wrong),
                                 f'{leaf.job} becomes {wrong}')


@kind('undefined-event')
def removed_emitter(system):
    """The job that emits an event goes, and whoever waits for it stays."""
    for job, file in system.jobs.items():
        for statement in file.all_of('emits'):
            for event in statement.words[1:]:
                waiting = [(conf(other), condition.line) for other, condition in system.conditions()
                           if other != job and any(leaf.event == event for leaf in condition.leaves)]
                # Nobody else may be its emitter.
                others = set(system.mentions(event)) - {conf(job)} - {path for path, _ in waiting}
                if waiting and not others and job in system.plain:
                    yield Fault(f'{conf(job)} goes, which emits {event}', {conf(job): None}, waiting)


@kind('unexported-variable')
def removed_export(system):
    for job, condition in system.conditions():
        for leaf in condition.leaves:
            emitter = system.jobs.get(leaf.job)
            for operand in leaf.operands[1:] if emitter else []:
                name = operand.split('=')[0].rstrip('!')
                for statement in emitter.all_of('export'):
                    names = statement.words[1:]
                    if not statement.whole or names.count(name) != 1:
                        continue
                    names.remove(name)
                    text = ' '.join(['export', *names]) if names else None
                    yield Fault(f'{conf(leaf.job)} no longer exports {name}',
                                {conf(leaf.job): emitter.replace(statement, text)},
                                [(conf(job), condition.line)])


@kind('blocking-cycle')
def blocking_cycle(system):
    """`starting A and started B`, where B waits for `started A`."""
    for first in system.jobs:
        chain = [(job, condition) for job, condition in system.started_by(first)
                 if system.is_only_started_by_condition(job)]
        for second, _ in chain:
            for job, condition in system.conditions('start'):
                leaf = condition.single
                if job not in (first, second) and leaf and leaf.job in (first, second):
                    yield change(system, job, condition,
                                 f'start on starting {first} and started {second}',
                                 f'waits for starting {first} and started {second}')


@kind('self-trigger')
def self_trigger(system):
    for job, condition in system.conditions():
        which = condition.statement.words[0]
        event = 'stopped' if which == 'start' else 'started'
        if re.fullmatch(r'[\w.-]+', job):
            yield change(system, job, condition, f'{condition.statement.text} or {event} {job}',
                         f'{which}s on its own {event}')


@kind('start-stop-same-event')
def start_stop_same_event(system):
    for job, start in system.conditions('start'):
        stop = system.condition(job, 'stop')
        if stop and start.single:
            yield change(system, job, stop, 'stop on ' + start.statement.text.split(None, 2)[2],
                         'stops on what starts it')


@kind('duplicate-stanza')
def duplicate_stanza(system):
    for job, file in system.plain.items():
        for keyword in (('start', 'on'), ('stop', 'on'), ('kill', 'timeout'), ('respawn', 'limit'),
                        ('nice',), ('description',)):
            statement = file.only(*keyword)
            if statement and statement.whole:
                yield Fault(f'{conf(job)}: {" ".join(keyword)} twice',
                            {conf(job): file.insert(len(file.lines) - 1, statement.text)},
                            [(conf(job), statement.line + 1)])


@kind('orphan-override')
def removed_job_of_override(system):
    for path in system.files:
        if path.endswith('.override') and path[:-9] in system.jobs:
            yield Fault(f'{conf(path[:-9])} goes, {path} stays', {conf(path[:-9]): None}, [(path, 1)])


@kind('unreachable-stop')
def unreachable_stop(system):
    """Stops on `startup`, or with a job that is started by its own end."""
    for job, stop in system.conditions('stop'):
        yield change(system, job, stop, 'stop on startup', 'stops on startup')
    for other, start in system.conditions('start'):
        leaf = start.single
        stop = system.condition(leaf.job, 'stop') if leaf and leaf.event == 'stopped' and leaf.job else None
        if stop and other != leaf.job and system.is_only_started_by_condition(other):
            yield change(system, leaf.job, stop, f'stop on starting {other}',
                         f'stops with {other}, which its end starts')


@kind('positional-argument-mismatch')
def positional_argument(system):
    """The result of a job in the place of its instance."""
    for job, condition in system.conditions('start'):
        for leaf in condition.leaves:
            if leaf.event in ('stopped', 'stopping') and leaf.job and 'RESULT=failed' in leaf.operands[1:2]:
                yield change(system, job, condition, condition.with_word('RESULT=failed', 'failed'),
                             'RESULT=failed becomes failed')
    for job, condition in system.conditions('start'):
        leaf = condition.single
        if leaf and leaf.event == 'stopped' and leaf.job and len(leaf.operands) == 1:
            yield change(system, job, condition, condition.statement.text + ' failed', 'failed added')


@kind('never-started')
def circle_of_starts(system):
    for first in system.plain:
        condition = system.condition(first, 'start')
        if not condition or not condition.single or not system.is_only_started_by_condition(first):
            continue
        for second, other in system.started_by(first):
            if system.is_only_started_by_condition(second):
                fault = change(system, first, condition, f'start on started {second}',
                               f'starts on {second}, which it starts')
                fault.expected.append((conf(second), other.line))
                yield fault


@kind('wide-instance-stop')
def lost_instance_key(system):
    for job, file in system.plain.items():
        stop = file.only('stop', 'on')
        if stop and file.all_of('instance') and len(re.findall(r'\s\w+=\$\w+$', stop.text)) == 1:
            text = re.sub(r'\s\w+=\$\w+$', '', stop.text)
            yield Fault(f'{conf(job)}: stops all instances', {conf(job): file.replace(stop, text)},
                        [(conf(job), stop.line + 1)])


@kind('condition-never-refires')
def start_that_comes_once(system):
    for job, start in system.conditions('start'):
        leaf, stop = start.single, system.condition(job, 'stop')
        if (leaf and leaf.event == 'started' and stop and stop.single and stop.single.job == leaf.job
                and leaf.job in system.jobs and not system.jobs[leaf.job].all_of('task')
                and not system.jobs[job].all_of('task') and not system.mentions('startup')):
            yield change(system, job, start, f'{start.statement.text} and filesystem',
                         'starts on filesystem, too')


@kind('respawn-limit-without-respawn')
def removed_respawn(system):
    for job, file in system.plain.items():
        respawn, limit = file.all_of('respawn'), file.only('respawn', 'limit')
        plain = [statement for statement in respawn if statement.words == ['respawn']]
        if limit and len(plain) == 1 and plain[0].whole:
            line = limit.line + 1 - (limit.line > plain[0].line)
            yield Fault(f'{conf(job)}: respawn removed', {conf(job): file.replace(plain[0], None)},
                        [(conf(job), line)])


@kind('task-with-respawn')
def respawned_task(system):
    for job, file in system.plain.items():
        respawn = [s for s in file.all_of('respawn') if s.words == ['respawn'] and s.whole]
        if len(respawn) == 1 and not file.all_of('task'):
            line = respawn[0].line
            yield Fault(f'{conf(job)}: task added', {conf(job): file.insert(line + 1, 'task')},
                        [(conf(job), line + 1), (conf(job), line + 2)])


@kind('variable-in-start-on')
def variable_in_start(system):
    for job, condition in system.conditions('start'):
        leaf = condition.single
        if leaf and leaf.event == 'started' and len(leaf.operands) == 1:
            yield change(system, job, condition, 'start on started $DEPENDENCY',
                         'starts on started $DEPENDENCY')


@kind('expect-after-fork')
def fork_before_daemon(system):
    for job, file in system.plain.items():
        command = file.only('exec')
        if command and (file.all_of('expect', 'fork') or file.all_of('expect', 'daemon')):
            # Not every shell forks for a plain program, but for this.
            text = f'script\n  HOST=$(cat /etc/hostname)\n  {command.text}\nend script'
            yield Fault(f'{conf(job)}: $(...) in front of the daemon',
                        {conf(job): file.replace(command, text)}, [(conf(job), command.line + 2)])


# Programs that are known to stay in the foreground with such an option.
FOREGROUND = re.compile(r'/(sshd -D|cron -f|rsyslogd -n|dbus-daemon .*--nofork)\b')


@kind('expect-with-foreground-flag')
def expect_in_foreground(system):
    for job, file in system.plain.items():
        command = file.only('exec')
        if command and FOREGROUND.search(command.text) and not file.all_of('expect'):
            text = file.insert(command.line, 'expect fork')
            yield Fault(f'{conf(job)}: expect fork added', {conf(job): text},
                        [(conf(job), command.line + 1), (conf(job), command.line + 2)])


@kind('undefined-variable')
def removed_variable(system):
    """Only where the variables of the events that start the job are known."""
    for job, start in system.conditions('start'):
        file = system.jobs[job]
        command = file.only('exec')
        if not command or any(leaf.event not in JOB_EVENTS and leaf.event != 'filesystem'
                              for leaf in start.leaves):
            continue
        for statement in file.all_of('env'):
            name = statement.words[1].split('=')[0]
            if statement.whole and re.search(r'\$' + name + r'\b', command.text):
                line = command.line + 1 - (command.line > statement.line)
                yield Fault(f'{conf(job)}: env {name} removed',
                            {conf(job): file.replace(statement, None)}, [(conf(job), line)])
