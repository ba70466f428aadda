#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A new job file, started at once; and table switches under running jobs.

    live_edit.py INITD INITCTL [STARTS [SWITCHES]]

Starts (default 1,000): write NAME.conf, then `initctl start NAME` at once;
prints how many failed, and the time of both together. Switches (default
10,000): rewrites one of eight jobs, asks for it (the answer waits for the
switch), while others run; prints memory, descriptors and watches before and
after. Exit status 1 where something failed or grew."""
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


class Session:
    def __init__(self, initd, initctl):
        self.top = tempfile.mkdtemp(prefix="live-edit.", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        for name in ("conf", "run", "log"):
            os.mkdir(os.path.join(self.top, name), 0o700)
        self.env = {"PATH": "/usr/bin:/bin", "HOME": self.top, "XDG_RUNTIME_DIR": self.path("run")}
        self.initctl = initctl
        for i in range(8):
            self.write(f"running{i}", "exec sleep 100000\n")
        self.daemon = subprocess.Popen(
            [initd, "--user", "--no-dbus", "--no-startup-event", "--confdir", self.path("conf"), "--logdir",
             self.path("log")], env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.env["UPSTART_SESSION"] = f"unix:abstract=/com/ubuntu/upstart-session/{os.geteuid()}/{self.daemon.pid}"
        while self.run("version").returncode:
            time.sleep(0.01)
        for i in range(8):
            self.run("start", f"running{i}")

    def path(self, *parts):
        return os.path.join(self.top, *parts)

    def write(self, name, text):
        with open(self.path("conf", name + ".conf"), "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, *words):
        return subprocess.run([self.initctl, *words], env=self.env, capture_output=True, text=True, check=False)

    def figures(self):
        proc = f"/proc/{self.daemon.pid}/"
        with open(proc + "smaps_rollup", encoding="ascii") as file:
            pss = int(re.search(r"^Pss_Anon: *(\d+)", file.read(), re.M).group(1))
        watches = 0
        fds = os.listdir(proc + "fd")
        for fd in fds:
            with open(proc + "fdinfo/" + fd, encoding="ascii") as file:
                watches += file.read().count("inotify wd:")
        return {"anonymous kB": pss, "descriptors": len(fds), "watches": watches}

    def end(self):
        self.daemon.terminate()
        self.daemon.wait()
        shutil.rmtree(self.top)


def starts(session, count):
    times, failed = [], 0
    for i in range(count):
        begun = time.perf_counter()
        session.write(f"new{i}", "exec sleep 100000\n")
        answer = session.run("start", f"new{i}")
        times.append(time.perf_counter() - begun)
        if answer.returncode:
            failed += 1
            print(answer.stderr, end="")
        session.run("stop", f"new{i}")
    times.sort()
    print(f"write and start: {count} times, {failed} failed, median {statistics.median(times) * 1000:.2f} ms, "
          f"99 % {times[int(len(times) * 0.99)] * 1000:.2f} ms, most {times[-1] * 1000:.2f} ms")
    return failed


def switches(session, count):
    def some(first, number):
        bad = 0
        for i in range(first, first + number):
            # An idle job's new definition is used at once, a running one's later.
            session.write(f"idle{i % 8}", f'description "{i}"\nexec sleep 100000\n')
            if i % 8 == 0:
                session.write("running0", f'description "{i}"\nexec sleep 100000\n')
            answer = session.run("status", f"idle{i % 8}")
            bad += answer.returncode != 0
        return bad

    warm = max(count // 10, 100)
    failed = some(0, warm)
    before = session.figures()
    failed += some(warm, count)
    after = session.figures()
    print(f"switches: {count}, {failed} failed, before {before}, after {after}")
    grown = after["anonymous kB"] > before["anonymous kB"] + 64 or any(
        after[key] > before[key] for key in ("descriptors", "watches"))
    return failed or grown


def main():
    counts = [int(word) for word in sys.argv[3:]] + [1000, 10000][len(sys.argv) - 3:]
    session = Session(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]))
    try:
        failed = starts(session, counts[0]) if counts[0] else 0
        failed = (switches(session, counts[1]) if counts[1] else 0) or failed
    finally:
        session.end()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
