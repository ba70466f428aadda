"""The numbers of a JUnit report are those of its elements."""
import sys
import xml.etree.ElementTree as tree

suites = tree.parse(sys.argv[1]).getroot().findall("testsuite")
cases = 0
for index, suite in enumerate(suites):
    assert suite.get("id") == str(index)
    found = suite.findall("testcase")
    assert int(suite.get("tests")) == len(found) != 0
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
    cases += len(found)
print("suites", len(suites), "cases", cases, "consistent")
