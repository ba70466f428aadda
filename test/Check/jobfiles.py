# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A system of job files as text, for seeded-faults.py: just enough of the
language to find places where a fault can be put. What is not plain (a condition
over several lines, quotes in it, a job that an override changes) is no place.
"""

import os
import re
from dataclasses import dataclass

SCRIPTS = {'script', 'pre-start', 'post-start', 'pre-stop', 'post-stop'}
JOB_EVENTS = {'starting', 'started', 'stopping', 'stopped'}
OPERATORS = {'and', 'or', '(', ')'}


@dataclass
class Statement:
    line: int  # an index
    text: str  # without comment and blanks around it
    whole: bool  # nothing of it is in other lines

    @property
    def words(self):
        return self.text.split()


class JobFile:
    def __init__(self, text):
        self.lines = text.split('\n')
        self.statements = list(self._read())

    def _read(self):
        at = 0
        while at < len(self.lines):
            begin = at
            text = re.sub(r'(^|\s)#.*', '', self.lines[at]).strip()
            while text.endswith('\\') or (text.startswith(('start on', 'stop on'))
                                          and text.count('(') > text.count(')')):
                at += 1
                if at == len(self.lines):
                    break
                following = re.sub(r'(^|\s)#.*', '', self.lines[at]).strip()
                text = text.rstrip('\\').rstrip() + ' ' + following
            if text:
                yield Statement(begin, text, begin == at)
            if text.split() and text.split()[-1] == 'script' and text.split()[0] in SCRIPTS:
                while at < len(self.lines) and self.lines[at].split() != ['end', 'script']:
                    at += 1
            at += 1

    def all_of(self, *keyword):
        return [s for s in self.statements if tuple(s.words[:len(keyword)]) == keyword]

    def only(self, *keyword):
        """The statement, when there is one alone and in one line."""
        found = self.all_of(*keyword)
        return found[0] if len(found) == 1 and found[0].whole else None

    def replace(self, statement, text):
        """The file's text with \\p text in place of the statement; None: without
        its line."""
        lines = list(self.lines)
        if text is None:
            del lines[statement.line]
        else:
            lines[statement.line] = text
        return '\n'.join(lines)

    def insert(self, line, text):
        return '\n'.join(self.lines[:line] + [text] + self.lines[line:])


@dataclass
class Leaf:
    event: str
    operands: list

    @property
    def job(self):
        """The job that a job event is about, where that is plain."""
        if self.event in JOB_EVENTS and self.operands and re.fullmatch(r'[\w.-]+', self.operands[0]):
            return self.operands[0]
        return None


class Condition:
    def __init__(self, statement):
        self.statement = statement
        self.tokens = re.findall(r'[()]|[^\s()]+', statement.text)[2:]
        self.leaves = []
        for at, token in enumerate(self.tokens):
            if token in OPERATORS:
                continue
            if at == 0 or self.tokens[at - 1] in OPERATORS:
                self.leaves.append(Leaf(token, []))
            else:
                self.leaves[-1].operands.append(token)

    @property
    def line(self):
        return self.statement.line + 1

    @property
    def single(self):
        """The leaf of a condition that has one alone."""
        return self.leaves[0] if len(self.leaves) == 1 else None

    def is_plain(self):
        return not re.search(r'["\'\\$]', self.statement.text)

    def with_word(self, old, new):
        """The statement with the first word \\p old made another one."""
        return re.sub(r'(?<=[\s(])' + re.escape(old) + r'(?=[\s)]|$)', lambda _: new,
                      self.statement.text, count=1)


class System:
    def __init__(self, directory):
        self.files = {}
        for base, _, names in sorted(os.walk(directory)):
            for name in sorted(names):
                path = os.path.relpath(os.path.join(base, name), directory)
                if name.endswith(('.conf', '.override')):
                    with open(os.path.join(directory, path), encoding='utf-8',
                              errors='surrogateescape', newline='') as file:
                        self.files[path] = JobFile(file.read())
        self.jobs = {path[:-5]: file for path, file in self.files.items()
                     if path.endswith('.conf')}
        self.plain = {name: file for name, file in self.jobs.items()
                      if name + '.override' not in self.files}

    def condition(self, job, which):
        """`start on` or `stop on` of a job, where it is plain; else None."""
        statement = self.plain[job].only(which, 'on') if job in self.plain else None
        if statement is None or self.plain[job].all_of('manual'):
            return None
        condition = Condition(statement)
        return condition if condition.is_plain() and condition.leaves else None

    def conditions(self, *which):
        """(job, condition) of all that are plain."""
        for job in self.plain:
            for kind in which or ('start', 'stop'):
                condition = self.condition(job, kind)
                if condition:
                    yield job, condition

    def mentions(self, word):
        """The files that have the word anywhere."""
        pattern = re.compile(r'(?<![\w-])' + re.escape(word) + r'(?![\w-])')
        return [path for path, file in self.files.items()
                if any(pattern.search(line) for line in file.lines)]

    def started_by(self, job):
        """The jobs whose start is `started JOB` and nothing else."""
        for other, condition in self.conditions('start'):
            leaf = condition.single
            if leaf and leaf.event == 'started' and leaf.operands == [job]:
                yield other, condition

    def is_only_started_by_condition(self, job):
        """No script asks for the job by name."""
        pattern = re.compile(r'\b(re)?start\s+(--\S+\s+)*' + re.escape(job) + r'(?![\w-])')
        return not any(pattern.search(line) for file in self.files.values()
                       for line in file.lines)

    def programs(self):
        """(job, program, statement) of each command with a path."""
        for job, file in self.jobs.items():
            for keyword in (('exec',), *((hook, 'exec') for hook in sorted(SCRIPTS))):
                for statement in file.all_of(*keyword):
                    words = statement.words[len(keyword):]
                    if words and re.fullmatch(r'/[\w./+-]+', words[0]) and statement.whole:
                        yield job, words[0], statement

    def accounts(self):
        """The users and groups that jobs run as."""
        return sorted({statement.words[1] for file in self.files.values()
                       for keyword in ('setuid', 'setgid') for statement in file.all_of(keyword)
                       if len(statement.words) > 1} | {'nobody'})
