# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Holds the output shown in docs/diagnostics.md against the tool's own.

real-files.py CHECKCONF DOCUMENT CORPUS

For each "### REPOSITORY, `PATH`" one rejected file of that origin has to be
rejected with the line and text told, and reported as shown: whole, but for the
last line with the count.
"""
import os
import re
import subprocess
import sys
import tempfile

checkconf, document, corpus = (os.path.abspath(word) for word in sys.argv[1:])
with open(os.path.join(corpus, "manifest.tsv"), encoding="utf-8") as stream:
    head, *rows = [line.rstrip("\n").split("\t") for line in stream]
rows = [dict(zip(head, row)) for row in rows]
with open(document, encoding="utf-8") as stream:
    sections = stream.read().split("\n### ")[1:]

SECTION = re.compile(r"(\S+), `([^`]+)`\n\nUpstart: line (\d+), `(.+?)`.*?\n```\n(.*?)```\n", re.DOTALL)
shown = 0
for section in sections:
    repository, original, line, message, block = SECTION.match(section).groups()
    wanted = {"repo": repository, "original": original, "verdict": "error",
              "line": line, "message": message}
    name = block.split(":", 1)[0]
    outputs = []
    for row in rows:
        if not all(row[key] == value for key, value in wanted.items()):
            continue
        with tempfile.TemporaryDirectory() as work:
            # The name in the report is the document's.
            os.symlink(os.path.join(corpus, row["path"]), os.path.join(work, "job.conf"))
            report = subprocess.run([checkconf, "--syntax-only", "--fail-on=never", "--color=never", "job.conf"],
                                    cwd=work, capture_output=True, check=True).stderr.decode()
        report = re.sub(r"^job\.conf:", lambda _: name + ":", report, flags=re.MULTILINE)
        outputs.append(re.sub(r"\d+ (?:errors?|warnings?).* generated\.\n$", "", report))
    if block in outputs:
        shown += 1
    else:
        print(f"{repository} {original}: {len(outputs)} files, none with\n{block}but\n" + "\nor\n".join(outputs))
print(f"{shown} of {len(sections)} as shown")
