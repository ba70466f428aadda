"""Compares the long options named in --help and in a manual page."""
import re
import sys

with open(sys.argv[1], encoding="utf-8") as stream:
    shown = set(re.findall(r"(?m)^ {2,6}(?:-\w, ?)?(--[a-z-]+)", stream.read()))
with open(sys.argv[2], encoding="utf-8") as stream:
    page = stream.read().replace("\\-", "-")
page = page[page.index(".SH OPTIONS"):page.index('.SH "EXIT STATUS"')]
heads = re.findall(r"(?m)^\.TP\n(.*)$", page)
described = {option for head in heads for option in re.findall(r"--[a-z-]+", head)}
for option in sorted(shown - described):
    print(f"only in the help: {option}")
for option in sorted(described - shown):
    print(f"only in the manual page: {option}")
print(f"{len(shown & described)} options in both")
