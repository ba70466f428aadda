# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Breaks a correct system in many ways, one at a time, and looks whether
init-checkconf finds each fault by the right name at the right line.

usage: seeded-faults.py CHECKCONF SYSTEM [--seeds N] [--first SEED]
                        [--dialect NAME] [--bar PERCENT] [--verbose]
                        [--findings-allowed]

SYSTEM is a directory of job files. They are checked below a root of their own,
which has the programs, users and groups that they name.

Of every kind of fault (faultkinds.py, slipkinds.py) N places are taken, which
ones follows from SEED. Findings that the unbroken system has count nowhere. A
kind whose check the tool does not have is not checked yet, and counts nowhere.

Exit status 1: the unbroken system has findings, a kind that is checked fits
nowhere, or less than PERCENT of the faults are found. With --findings-allowed
(systems that lack some of their files) only the last of these.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import slipkinds  # noqa: F401, it adds kinds
from faultkinds import KINDS
from jobfiles import System

JOBS = 'etc/init'


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument('checkconf')
    parser.add_argument('system')
    parser.add_argument('--seeds', type=int, default=3)
    parser.add_argument('--first', type=int, default=1)
    parser.add_argument('--dialect', default='upstart-1.13')
    parser.add_argument('--bar', type=float, default=95)
    parser.add_argument('--findings-allowed', action='store_true')
    parser.add_argument('--verbose', action='store_true')
    return parser.parse_args()


def known_checks(checkconf):
    listing = subprocess.run([checkconf, '--list-checks', '--format=json'], capture_output=True,
                             check=True, encoding='utf-8')
    return {check['name'] for check in json.loads(listing.stdout)['checks']}


class Tool:
    def __init__(self, options, directory):
        self.options = options
        self.directory = directory

    def path(self, name):
        return os.path.join(self.directory, name[1:] if name.startswith('/') else f'{JOBS}/{name}')

    def write(self, files):
        for name, text in files.items():
            path = self.path(name)
            if text is None:
                if os.path.exists(path):
                    os.remove(path)
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='utf-8', errors='surrogateescape', newline='') as file:
                file.write(text)
            os.chmod(path, 0o755)

    def findings(self, options):
        """(check, file, line, message) of every finding."""
        run = subprocess.run([self.options.checkconf, '--no-config', '--format=json',
                              '--fail-on=never', '--dialect=' + self.options.dialect,
                              *options, '--root', self.directory], capture_output=True, check=False)
        if run.returncode != 0:
            sys.exit(f'{self.options.checkconf}: status {run.returncode}: {run.stderr.decode()}')
        return {(finding['name'], os.path.relpath(finding['file'], self.path('')),
                 finding['line'], finding['message'])
                for finding in json.loads(run.stdout)['diagnostics']}


def alike(findings, one):
    """How many findings differ from it by no more than the line."""
    return sum(other[:2] == one[:2] and other[3] == one[3] for other in findings)


def report(findings):
    for check, file, line, message in sorted(findings):
        print(f'    {file}:{line}: {message} [{check}]')


def choose(faults, seed, count):
    """Different places, as far as there are so many."""
    faults = list(faults)
    random.Random(seed).shuffle(faults)
    return faults[:count]


class Trial:
    def __init__(self, options, directory):
        self.options = options
        self.tool = Tool(options, directory)
        self.system = System(options.system)
        self.originals = {path: '\n'.join(file.lines) for path, file in self.system.files.items()}
        self.tool.write(self.originals | self.root_files())
        self.unbroken = {}

    def root_files(self):
        accounts = ''.join(f'{name}:x:1:1::/:\n' for name in self.system.accounts())
        programs = {program: '' for _, program, _ in self.system.programs()}
        return programs | {'/etc/passwd': accounts, '/etc/group': accounts, '/bin/true': ''}

    def before(self, options):
        if options not in self.unbroken:
            self.unbroken[options] = self.tool.findings(options)
        return self.unbroken[options]

    def seed(self, kind, fault):
        """Whether the fault is found, and the number of findings beside it."""
        before = self.before(kind.options)
        self.tool.write(fault.edits)
        after = self.tool.findings(kind.options)
        self.tool.write({path: '' if path.startswith('/') else self.originals.get(path)
                         for path in fault.edits})
        # An old finding may have moved to another line.
        new = {finding for finding in after - before
               if alike(after, finding) > alike(before, finding)}
        hits = {finding for finding in new
                if finding[0] == kind.check and finding[1:3] in fault.expected}
        if not hits or self.options.verbose:
            print(f'  {"found" if hits else "missed"}: {fault.what}')
            report(new)
        return bool(hits), len(new - hits)

    def kind(self, kind):
        """(found, seeded) of one kind."""
        faults = choose(kind.places(self.system), f'{kind.name} {self.options.first}',
                        self.options.seeds)
        if not faults:
            print(f'{kind.name}: {kind.check}: fits nowhere')
            return 0, 0
        results = [self.seed(kind, fault) for fault in faults]
        found = sum(hit for hit, _ in results)
        print(f'{kind.name}: {kind.check}: found {found} of {len(faults)}, '
              f'{sum(beside for _, beside in results)} other findings')
        return found, len(faults)


def main():
    options = arguments()
    checks = known_checks(options.checkconf)
    found = seeded = 0
    with tempfile.TemporaryDirectory() as directory:
        trial = Trial(options, directory)
        before = trial.before(('--noscript',))
        print(f'unbroken: {len(trial.originals)} files, {len(before)} findings')
        failed = bool(before) and not options.findings_allowed
        if failed:
            report(before)
        for kind in KINDS:
            if kind.check not in checks:
                print(f'{kind.name}: {kind.check} is not checked yet')
                continue
            hits, faults = trial.kind(kind)
            found += hits
            seeded += faults
            failed = failed or not (faults or options.findings_allowed)
    share = 100 * found / seeded if seeded else 0
    print(f'found {found} of {seeded}: {share:.1f} %')
    return 1 if failed or share < options.bar else 0


if __name__ == '__main__':
    sys.exit(main())
