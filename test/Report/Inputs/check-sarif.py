"""check-sarif.py SCHEMA REPORT: validates a report, and what no schema says:
URIs are percent-encoded, rules and results refer to each other, and the bytes
and the columns of each region name the same place of the file."""
import json
import re
import sys
import urllib.parse

import jsonschema

schema = json.load(open(sys.argv[1], encoding="utf-8"))
report = json.load(open(sys.argv[2], encoding="utf-8"))
jsonschema.Draft4Validator(schema).validate(report)
run = report["runs"][0]
assert run["columnKind"] == "unicodeCodePoints"
base = run["originalUriBaseIds"]["%SRCROOT%"]["uri"]
assert base.startswith("file:///") and base.endswith("/")


def path_of(location):
    """The path that an artifactLocation stands for, as bytes."""
    uri = location["uri"]
    assert re.fullmatch(r"(file://)?([A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri), uri
    if uri.startswith("file://"):
        assert "uriBaseId" not in location
        return urllib.parse.unquote_to_bytes(uri[len("file://"):])
    assert location["uriBaseId"] == "%SRCROOT%" and not uri.startswith("/")
    return urllib.parse.unquote_to_bytes(base[len("file://"):] + uri)


def characters(line):
    """Code points; a byte that is no UTF-8 counts as one."""
    return len(line.decode("utf-8", "surrogateescape"))


def check_region(path, region):
    text = open(path, "rb").read()
    for offset, line, column in (
            (region["byteOffset"], region["startLine"], region["startColumn"]),
            (region["byteOffset"] + region["byteLength"], region["endLine"], region["endColumn"])):
        assert offset <= len(text)
        start = text.rfind(b"\n", 0, offset) + 1
        assert line == text.count(b"\n", 0, offset) + 1, region
        assert column == characters(text[start:offset]) + 1, region


def check_location(location):
    if "physicalLocation" in location:
        place = location["physicalLocation"]
        path = path_of(place["artifactLocation"])
        if "region" in place:
            check_region(path, place["region"])


rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
assert len(rules) == len(set(rules))
for result in run["results"]:
    assert rules[result["ruleIndex"]] == result["ruleId"]
    for location in result["locations"] + result.get("relatedLocations", []):
        check_location(location)
    for fix in result.get("fixes", []):
        for change in fix["artifactChanges"]:
            path = path_of(change["artifactLocation"])
            for replacement in change["replacements"]:
                check_region(path, replacement["deletedRegion"])
print("results", len(run["results"]), "fixes", sum(len(r.get("fixes", [])) for r in run["results"]),
      "suppressed", sum("suppressions" in r for r in run["results"]), "rules", len(rules))
