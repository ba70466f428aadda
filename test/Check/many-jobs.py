# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks a large system of every shape of shapes.py.

usage: many-jobs.py CHECKCONF WORK COUNT [sanitized]

Bounds are far above what is needed on a busy machine, and far below what a
square of COUNT takes: processor time, not the clock, and address space.
"""

import os
import resource
import shutil
import subprocess
import sys

tool, work, count, sanitized = sys.argv[1], sys.argv[2], int(sys.argv[3]), len(sys.argv) > 4
sys.dont_write_bytecode = True
import shapes  # noqa: E402

SECONDS = 4
BYTES = 2 << 30


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    # The sanitizers' shadow is address space, too.
    if not sanitized:
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


failed = []
for shape in shapes.SHAPES:
    directory = os.path.join(work, shape)
    shapes.write(shape, count, directory)
    status = subprocess.run([tool, "--no-config", "--noscript", "--fail-on=never", "--format=gcc", directory],
                            preexec_fn=limit, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            check=False).returncode
    if status != 0:
        failed.append(f"{shape}: exit status {status}")
    shutil.rmtree(directory)
if failed:
    sys.exit("\n".join(failed))
