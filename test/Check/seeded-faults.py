# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Breaks a correct system in many ways, one at a time, and looks whether
init-checkconf finds each fault by the right name at the right line.

usage: seeded-faults.py CHECKCONF SYSTEM [--seeds N] [--first SEED]
                        [--dialect NAME] [--bar PERCENT] [--verbose]
                        [--findings-allowed]

Of every kind of fault (faultkinds.py) N places are taken, which ones
follows from SEED. Findings that the unbroken system has count nowhere. A kind
whose check the tool does not have is not checked yet, and counts nowhere.

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
from faultkinds import KINDS
from jobfiles import System


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

    def write(self, files):
        for path, text in files.items():
            name = os.path.join(self.directory, path)
            if text is None:
                os.remove(name)
                continue
            os.makedirs(os.path.dirname(name), exist_ok=True)
            with open(name, 'w', encoding='utf-8', errors='surrogateescape', newline='') as file:
                file.write(text)

    def findings(self):
        """(check, file, line, message) of every finding."""
        run = subprocess.run([self.options.checkconf, '--noscript', '--format=json',
                              '--fail-on=never', '--dialect=' + self.options.dialect,
                              self.directory], capture_output=True, check=False)
        if run.returncode != 0:
            sys.exit(f'{self.options.checkconf}: status {run.returncode}: {run.stderr.decode()}')
        return {(finding['name'], os.path.relpath(finding['file'], self.directory),
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
        self.tool.write(self.originals)
        self.before = self.tool.findings()

    def seed(self, check, fault):
        """Whether the fault is found, and the number of findings beside it."""
        self.tool.write(fault.edits)
        after = self.tool.findings()
        self.tool.write({path: self.originals[path] for path in fault.edits})
        # An old finding may have moved to another line.
        new = {finding for finding in after - self.before
               if alike(after, finding) > alike(self.before, finding)}
        hits = {finding for finding in new
                if finding[0] == check and finding[1:3] in fault.expected}
        if not hits or self.options.verbose:
            print(f'  {"found" if hits else "missed"}: {fault.what}')
            report(new)
        return bool(hits), len(new - hits)

    def kind(self, name, check, places):
        """(found, seeded) of one kind."""
        faults = choose(places(self.system), f'{name} {self.options.first}', self.options.seeds)
        if not faults:
            print(f'{name}: {check}: fits nowhere')
            return 0, 0
        results = [self.seed(check, fault) for fault in faults]
        found = sum(hit for hit, _ in results)
        print(f'{name}: {check}: found {found} of {len(faults)}, '
              f'{sum(beside for _, beside in results)} other findings')
        return found, len(faults)


def main():
    options = arguments()
    checks = known_checks(options.checkconf)
    found = seeded = 0
    with tempfile.TemporaryDirectory() as directory:
        trial = Trial(options, directory)
        print(f'unbroken: {len(trial.originals)} files, {len(trial.before)} findings')
        failed = bool(trial.before) and not options.findings_allowed
        if failed:
            report(trial.before)
        for name, check, places in KINDS:
            if check not in checks:
                print(f'{name}: {check} is not checked yet')
                continue
            hits, faults = trial.kind(name, check, places)
            found += hits
            seeded += faults
            failed = failed or not (faults or options.findings_allowed)
    share = 100 * found / seeded if seeded else 0
    print(f'found {found} of {seeded}: {share:.1f} %')
    return 1 if failed or share < options.bar else 0


if __name__ == '__main__':
    sys.exit(main())
