"""Runs a whole session once for every request for memory in it, with that
request (and MORE after it) refused, and says how the sessions ended. STEP 7
tries every seventh.

failing_malloc.py SHIM INITD INITCTL TABLE DIR MORE STEP

A session either is not begun, with exit status 1 and a message, or runs to its
end with status 0: its last job sends SIGTERM to the daemon. It must not die of
a signal, hang, or end in any other way. Sessions take a second to end, so many
run at a time.
"""
import collections
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

shim, initd, initctl, table, directory, more, step = sys.argv[1:]


def environment(work):
    return {"PATH": "/usr/bin:/bin", "TERM": "linux", "HOME": work, "XDG_RUNTIME_DIR": work}


def ask(daemon, work):
    """One client, so that the D-Bus side asks for memory too. Whether it is
    answered is not looked at: it may be its own memory that was refused."""
    address = f"unix:abstract=/com/ubuntu/upstart-session/{os.geteuid()}/{daemon.pid}"
    variables = dict(environment(work), UPSTART_SESSION=address)
    # The session file is there before the socket.
    for words in [["version"]] * 3 + [["list"], ["start", "other"], ["emit", "--no-wait", "asked"]]:
        try:
            result = subprocess.run([initctl, *words], env=variables, timeout=1, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL, check=False)
        except subprocess.TimeoutExpired:
            continue  # the refused request was for the answer
        if words == ["version"] and result.returncode != 0:
            time.sleep(0.02)


def session(fail_at):
    with tempfile.TemporaryDirectory(dir=directory) as work:
        count = os.path.join(work, "count")
        variables = dict(environment(work), LD_PRELOAD=shim, FAIL_AT=str(fail_at), FAIL_MORE=more, COUNT_FILE=count)
        daemon = subprocess.Popen([initd, "--user", "--table", table, "--logdir", work], env=variables,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        session_file = os.path.join(work, "upstart", "sessions", f"{daemon.pid}.session")
        while daemon.poll() is None and not os.path.exists(session_file):
            time.sleep(0.01)
        ask(daemon, work)
        hung = False
        if daemon.poll() is None:
            daemon.send_signal(signal.SIGTERM)
        try:
            messages = daemon.communicate(timeout=20)[1]
        except subprocess.TimeoutExpired:
            hung = True
            daemon.kill()
            messages = daemon.communicate()[1]
        asked = 0
        if os.path.exists(count):
            with open(count, encoding="ascii") as stream:
                asked = int(stream.read())
        if hung:
            return "hung", asked, fail_at
        if daemon.returncode == 1 and b"init:" in messages:
            return "not begun", asked, fail_at
        if daemon.returncode == 0:
            return "ended", asked, fail_at
        return f"status {daemon.returncode}", asked, fail_at


def main():
    kind, asked, _ = session(0)
    print(f"undisturbed: {kind}")
    if asked < 50:
        sys.exit(f"only {asked} requests: the shim does not work")
    totals, examples = collections.Counter(), {}
    print(f"requests: {asked}")
    with ThreadPoolExecutor(32) as pool:
        for kind, _, fail_at in pool.map(session, range(1, asked + 1, int(step))):
            totals[kind] += 1
            examples.setdefault(kind, fail_at)
    for kind, number in sorted(totals.items()):
        print(f"{kind}: {number} (request {examples[kind]})")


main()
