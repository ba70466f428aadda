# explain-all.py CHECKCONF Diagnostics.def diagnostics.md: every name of the
# table must be listed, have a page and stand in the documentation.
import json
import re
import subprocess
import sys

checkconf, table, document = sys.argv[1:]


def run(*options):
    return subprocess.run([checkconf, *options], capture_output=True, text=True)


names = set(re.findall(r'^DIAGNOSTIC\(\w+, "([^"]+)"', open(table).read(), re.M)) - {"check"}
documented = open(document).read()
listing = json.loads(run("--list-checks", "--format=json").stdout)
listed = {entry["name"] for key in ("checks", "findings") for entry in listing[key]}
text = {line.split()[0] for line in run("--list-checks").stdout.splitlines() if line}
checks = {entry["name"] for entry in listing["checks"]}
for name in sorted(names):
    page = run("--explain", name)
    if page.returncode != 0 or not page.stdout.startswith(f"# {name}\n\n") or page.stderr:
        print("no page:", name)
    if name not in listed or name not in text:
        print("not listed:", name)
    if name not in checks and f"`{name}`" not in documented:
        print("not documented:", name)
print(len(names), "names explained")
