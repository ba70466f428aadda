"""Holds the JSON report on many files against what Upstart said of them.

conformance.py CHECKCONF DIRECTORY TABLE [OPTION...]

TABLE has the columns file or path, verdict, line, message; '-' is nothing.
"""
import csv
import json
import os
import subprocess
import sys

checkconf, directory, table, *options = sys.argv[1:]
with open(table, newline="", encoding="utf-8") as stream:
    rows = list(csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
names = [row[0] for row in rows]
report = json.loads(subprocess.run([checkconf, "--format=json", *options, "--", *names],
                                   cwd=directory, capture_output=True, check=False).stdout)

first = {}
for finding in report["diagnostics"]:
    if finding["upstart_message"] is not None:
        first.setdefault(finding["file"], finding)
wrong = 0
for row, file in zip(rows, report["files"], strict=True):
    name, verdict, line, message = row[:4]
    finding = first.get(name, {})
    got = (file["path"], file["verdict"], str(finding.get("upstart_line") or "-"), finding.get("upstart_message") or "-")
    if got != (name, verdict, line, message):
        wrong += 1
        print(f"expected {name, verdict, line, message}\ngot      {got}")
print(f"{len(rows) - wrong} of {len(rows)} agree")
