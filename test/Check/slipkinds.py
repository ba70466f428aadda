# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kinds of faults, as in faultkinds.py, that are slips in one file: in what it
says, in what it runs, and against rules that a profile checks.
"""

import re

from faultkinds import Fault, change, conf, kind, kind_alone, misspellings

# Not looked at by missing-executable.
PASSING = ('/dev/', '/home/', '/media/', '/mnt/', '/proc/', '/run/', '/sys/', '/tmp/', '/var/run/',
           '/var/tmp/')


def replaced(job, file, statement, text, what, lines=(1,)):
    """The fault of a statement that reads otherwise; the finding is in the first
    of its lines, or in those given."""
    return Fault(f'{conf(job)}: {what}', {conf(job): file.replace(statement, text)},
                 [(conf(job), statement.line + line) for line in lines])


def added(job, file, statement, text, what, line=2):
    """The fault of text behind a statement, with the finding in its first line."""
    return Fault(f'{conf(job)}: {what}', {conf(job): file.insert(statement.line + 1, text)},
                 [(conf(job), statement.line + line)])


def commands(system):
    """(job, file, statement) of each plain `exec` that is all of the main process."""
    for job, file in system.plain.items():
        statement = file.only('exec')
        if statement and not file.all_of('script') and not re.search(r'["\'\\#`]', statement.text):
            yield job, file, statement


@kind('missing-executable')
def removed_program(system):
    for job, program, statement in system.programs():
        if (job in system.plain and not program.startswith(PASSING)
                and not system.jobs[job].all_of('chroot')):
            yield Fault(f'{program} goes', {program: None}, [(conf(job), statement.line + 1)])


def misspelt_account(system, keyword):
    for job, file in system.plain.items():
        statement = file.only(keyword)
        if statement and len(statement.words[1]) > 3:
            for wrong in misspellings(statement.words[1]):
                yield replaced(job, file, statement, f'{keyword} {wrong}', f'{keyword} {wrong}')


@kind('unknown-user')
def misspelt_user(system):
    yield from misspelt_account(system, 'setuid')


@kind('unknown-group')
def misspelt_group(system):
    yield from misspelt_account(system, 'setgid')


@kind('task-on-started')
def task_only_begun(system):
    for job, condition in system.conditions('start'):
        leaf = condition.single
        if not leaf or leaf.event != 'stopped' or leaf.job not in system.plain or leaf.job == job:
            continue
        task = system.plain[leaf.job]
        if (task.all_of('task') and (task.all_of('exec') or task.all_of('script'))
                and not task.all_of('pre-start') and not task.all_of('post-start')):
            yield change(system, job, condition, f'start on started {leaf.job}', 'stopped becomes started')


@kind('kill-timeout-zero')
def no_time_to_die(system):
    for job, file in system.plain.items():
        statement = file.only('kill', 'timeout')
        if statement:
            yield replaced(job, file, statement, 'kill timeout 0', 'kill timeout 0')


@kind('truncated-integer')
def huge_number(system):
    for job, file in system.plain.items():
        for statement in file.all_of('nice') + file.all_of('respawn', 'limit'):
            text = re.sub(r'\b(\d+)', lambda number: str(2**32 + int(number[1])), statement.text,
                          count=1)
            if statement.whole and text != statement.text:
                yield replaced(job, file, statement, text, text)


@kind('respawn-limit-unreachable')
def no_limit(system):
    for job, file in system.plain.items():
        statement = file.only('respawn', 'limit')
        if statement and len(statement.words) == 4:
            yield replaced(job, file, statement, f'respawn limit 0 {statement.words[3]}', 'limit 0')


@kind('mixed-and-or')
def forgotten_parentheses(system):
    for job, condition in system.conditions('start'):
        if condition.single:
            yield change(system, job, condition, condition.statement.text + ' or startup and startup',
                         'or ... and')


@kind('negation-needs-variable')
def not_that_end(system):
    for job, condition in system.conditions('start'):
        leaf = condition.single
        if leaf and leaf.event == 'stopped' and leaf.operands[1:] in ([], ['RESULT=failed']):
            yield change(system, job, condition, f'start on stopped {leaf.job} PROCESS!=respawn',
                         'PROCESS!=respawn')


@kind('exec-and-script')
def second_main_process(system):
    for job, file, statement in commands(system):
        yield Fault(f'{conf(job)}: script added',
                    {conf(job): file.insert(statement.line + 1, 'script\n  :\nend script')},
                    [(conf(job), statement.line + 1)])


@kind('apostrophe-swallows-lines')
def apostrophe(system):
    for job, file, statement in commands(system):
        if not file.all_of('post-stop') and not any("'" in line for line in file.lines):
            text = f"{statement.text} isn't\nnormal exit 0\npost-stop exec logger wasn't"
            yield replaced(job, file, statement, text, "isn't ... wasn't")


@kind('blank-backslash')
def blank_behind_backslash(system):
    for job, file, statement in commands(system):
        if len(statement.words) > 2:
            text = ' '.join(statement.words[:2]) + ' \\ \n  ' + ' '.join(statement.words[2:])
            yield replaced(job, file, statement, text, 'a blank behind a backslash')


@kind('blank-line-keeps-indentation')
def blank_line_in_here_document(system):
    for job, file, statement in commands(system):
        text = f'script\n  cat > /run/banner <<END\n\n  text\n  END\n  {statement.text}\nend script'
        yield replaced(job, file, statement, text, 'a blank line in a here-document', (3, 5))


@kind('comment-cuts-command')
def hash_in_command(system):
    for job, file, statement in commands(system):
        yield replaced(job, file, statement, statement.text + ' --colour=#ff8000', '#ff8000')


@kind('ineffective-override')
def override_of_nothing(system):
    for job, file in system.plain.items():
        for statement in file.all_of('description') + file.all_of('kill', 'timeout'):
            if statement.whole and len(file.all_of(statement.words[0])) == 1:
                yield Fault(f'{job}.override says the same',
                            {job + '.override': statement.text + '\n'}, [(job + '.override', 1)])


@kind('setuid-pre-start-needs-root')
def hook_of_root(system):
    for job, file, statement in commands(system):
        if not file.all_of('pre-start') and not file.all_of('setuid'):
            text = f'setuid nobody\npre-start exec mkdir -p /run/{job}'
            yield added(job, file, statement, text, 'mkdir as nobody', 3)


@kind('wrapper-hides-process')
def followed_wrapper(system):
    for job, file, statement in commands(system):
        if file.all_of('expect', 'fork') or file.all_of('expect', 'daemon'):
            command = ' '.join(statement.words[1:])
            yield replaced(job, file, statement, f'exec su -s /bin/sh -c "{command}" nobody', 'su')


@kind('script-syntax', '--off=all', '--error=script-syntax')
def broken_script(system):
    for job, file, statement in commands(system):
        text = f'script\n  if true; do\n    {statement.text}\n  fi\nend script'
        yield replaced(job, file, statement, text, 'do in place of then', (2,))


# What profiles check.

def removed(system, *keyword):
    for job, file in system.plain.items():
        statement = file.only(*keyword)
        if statement:
            yield job, file, statement


@kind_alone('missing-description')
def removed_description(system):
    for job, file, statement in removed(system, 'description'):
        yield Fault(f'{conf(job)}: description removed', {conf(job): file.replace(statement, None)},
                    [(conf(job), 1)])


@kind_alone('missing-author')
def removed_author(system):
    for job, file, statement in removed(system, 'author'):
        yield Fault(f'{conf(job)}: author removed', {conf(job): file.replace(statement, None)},
                    [(conf(job), 1)])


@kind_alone('missing-oom-score')
def removed_oom_score(system):
    for job, file, statement in removed(system, 'oom', 'score'):
        command = file.only('exec')
        if command and not file.all_of('pre-start'):
            line = command.line + 1 - (command.line > statement.line)
            yield Fault(f'{conf(job)}: oom score removed',
                        {conf(job): file.replace(statement, None)}, [(conf(job), line)])


@kind_alone('oom-score-minus-1000')
def oom_score_as_number(system):
    for job, file, statement in removed(system, 'oom', 'score'):
        yield replaced(job, file, statement, 'oom score -1000', 'oom score -1000')


@kind_alone('stanza-order')
def description_at_the_end(system):
    for job, file, statement in removed(system, 'description'):
        if file.all_of('start') and statement.line < file.all_of('start')[0].line:
            lines = file.replace(statement, None).rstrip('\n').split('\n')
            yield Fault(f'{conf(job)}: description at the end',
                        {conf(job): '\n'.join(lines + [statement.text, ''])},
                        [(conf(job), len(lines) + 1)])


@kind_alone('line-length')
def long_line(system):
    for job, file, statement in removed(system, 'description'):
        text = statement.text.rstrip('"') + ' and more' * 10 + '"'
        yield replaced(job, file, statement, text, 'a long description')


@kind_alone('unsafe-command')
def removes_as_root(system):
    for job, file, statement in commands(system):
        if not file.all_of('post-stop') and not file.all_of('setuid'):
            yield added(job, file, statement, f'post-stop exec rm -f /run/{job}/stamp', 'rm')


@kind_alone('absolute-command-path')
def command_with_directory(system):
    for job, file, statement in commands(system):
        if not file.all_of('post-stop'):
            yield added(job, file, statement, 'post-stop exec /usr/bin/logger ended', '/usr/bin/logger')


@kind_alone('backticks')
def old_substitution(system):
    for job, file, statement in commands(system):
        if not file.all_of('post-stop'):
            yield added(job, file, statement, 'post-stop script\n  logger `date`\nend script', '`date`', 3)


@kind_alone('task-with-stop-on')
def task_that_is_stopped(system):
    for job, file, statement in commands(system):
        if file.all_of('task') and not file.all_of('stop'):
            yield added(job, file, statement, 'stop on stopped nothing', 'stop on added')
