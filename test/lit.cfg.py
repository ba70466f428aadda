"""How the lit tests run. Read by way of lit.site.cfg.py in the build directory.

Substitutions:
  %init-checkconf  the tool itself
  %checkconf ARGS  the tool with new-style options, its report held against the
                   CHECK lines of the test; a finding that no CHECK line
                   expects fails the test
  %initd %initctl  the daemon and its control tool
  %engine-trace    the engine as a filter, see test/Reference
  %shell-dump      what is told of shell texts (feature `shell`)
  %shared          the data directory (feature `shared-data`)
  %python          the interpreter lit runs under
"""
import os
import shutil
import subprocess

import lit.formats
import lit.util

config.name = "Starton"
config.test_format = lit.formats.ShTest(execute_external=False)
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.starton_build_dir, "test")
config.suffixes = [".conf", ".test"]
# Data of tests, not tests.
config.excludes = ["Inputs", "cases", "scenarios", "golden"]

config.environment["PATH"] = os.pathsep.join([config.starton_test_tools, os.environ["PATH"]])
config.environment["LC_ALL"] = "C.UTF-8"


def tool(name):
    return os.path.join(config.starton_bin_dir, name)


# Built with the unit tests.
engine_trace = os.path.join(config.starton_build_dir, "unittests", "bin", "engine-trace")

config.substitutions += [
    (r"%init-checkconf", tool("init-checkconf")),
    (r"%checkconf\b([^|;&]*)",
     tool("init-checkconf") + r" --fail-on=never --color=never\1 2>&1 | "
     r"FileCheck --allow-empty --implicit-check-not=error: --implicit-check-not=warning: %s"),
    (r"%engine-trace", engine_trace),
    (r"%shell-dump", os.path.join(os.path.dirname(engine_trace), "shell-dump")),
    (r"%initd", tool("initd")),
    (r"%initctl", tool("initctl")),
    (r"%shared", config.starton_shared_data),
    (r"%python", config.starton_python),
]

if config.starton_shell:
    config.available_features.add("shell")
if config.starton_shared_data:
    config.available_features.add("shared-data")
if os.geteuid() == 0:
    config.available_features.add("root")
for program in ("setpriv", "dbus-daemon", "xmllint", "shellcheck"):
    if shutil.which(program):
        config.available_features.add(program)
if subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
                  stderr=subprocess.DEVNULL, check=False).returncode == 0:
    config.available_features.add("mount-namespace")
if subprocess.run([config.starton_python, "-c", "import jsonschema"],
                  stderr=subprocess.DEVNULL, check=False).returncode == 0:
    config.available_features.add("jsonschema")
if "address" in config.starton_sanitize:
    config.available_features.add("asan")
if config.starton_static_runtime in ("ON", "1", "TRUE"):
    config.available_features.add("static-runtime")
for name in ("initd", "initctl"):
    if os.path.exists(tool(name)):
        config.available_features.add(name)

if os.path.exists(engine_trace):
    config.available_features.add("engine-trace")

# A daemon that hangs must fail its test, not the run. lit needs psutil for it.
if lit.util.killProcessAndChildrenIsSupported()[0]:
    lit_config.maxIndividualTestTime = 120
