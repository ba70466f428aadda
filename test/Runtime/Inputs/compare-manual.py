"""compare-manual.py INITCTL PAGE: whether initctl's help and its manual page
know the same commands, and the same options."""
import re
import subprocess
import sys

initctl, page_path = sys.argv[1:]


def run(*arguments):
    return subprocess.run([initctl, *arguments], capture_output=True, text=True, check=True).stdout


def compare(what, shown, described):
    for name in sorted(shown - described):
        print(f"only in the help: {name}")
    for name in sorted(described - shown):
        print(f"only in the manual page: {name}")
    print(f"{len(shown & described)} {what} in both")


with open(page_path, encoding="utf-8") as stream:
    page = stream.read().replace("\\-", "-")
heads = re.findall(r"(?m)^\.TP\n(.*)$", page)
commands = set(re.findall(r"(?m)^  ([a-z-]+)", run("help")))
compare("commands", commands, {name for head in heads for name in re.findall(r"^\\fB([a-z-]+)\\fR", head)})
helps = run("--help") + "".join(run(command, "--help") for command in commands)
compare("options", set(re.findall(r"(?m)^ +(?:-\w, )?(--[a-z-]+)", helps)),
        {option for head in heads for option in re.findall(r"--[a-z-]+", head)})
