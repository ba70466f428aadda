"""Every job of the corpus in one daemon, shown by initctl.

    show-config-corpus.py SHARED INITD INITCTL SCRATCH

Prints the jobs whose show-config differs from what is recorded, and a count.
"""
import json
import os
import shutil
import subprocess
import sys
import time

shared, initd, initctl, scratch = sys.argv[1:]
for directory in ("conf", "run", "log"):
    os.makedirs(os.path.join(scratch, directory), mode=0o700)

# Names of jobs must be unique here, and stand in no condition.
recorded = {}
with open(os.path.join(shared, "corpus/showconfig.jsonl")) as rows:
    for number, row in enumerate(rows):
        row = json.loads(row)
        recorded["j%05d" % number] = row
        shutil.copyfile(os.path.join(shared, "corpus", row["path"]),
                        os.path.join(scratch, "conf", "j%05d.conf" % number))

environment = {"PATH": os.environ["PATH"], "HOME": scratch, "XDG_RUNTIME_DIR": scratch + "/run"}
daemon = subprocess.Popen([initd, "--user", "--no-startup-event", "--confdir", scratch + "/conf",
                           "--logdir", scratch + "/log"], env=environment)


def connect():
    path = "%s/run/upstart/sessions/%d.session" % (scratch, daemon.pid)
    for _ in range(600):
        if os.path.exists(path):
            environment["UPSTART_SESSION"] = open(path).read().strip().split("=", 1)[1]
            if subprocess.run([initctl, "version"], env=environment, capture_output=True).returncode == 0:
                return
        time.sleep(0.05)
    sys.exit("the daemon did not start")


def shown(options):
    output = subprocess.run([initctl, "show-config", *options], env=environment, check=True,
                            capture_output=True).stdout.decode()
    jobs = {}
    for line in output.splitlines(keepends=True):
        if not line.startswith(" "):
            name = line.strip()
            jobs[name] = ""
        else:
            jobs[name] += line
    return jobs


try:
    connect()
    for key, options in ("show_config", []), ("enumerate", ["-e"]):
        jobs = shown(options)
        same = 0
        for name, row in recorded.items():
            expected = row[key].split("\n", 1)[1]
            same += jobs.get(name) == expected
            if jobs.get(name) != expected:
                print(row["path"], repr(expected), repr(jobs.get(name)))
        print(key, same, "of", len(recorded), "of", len(jobs))
finally:
    daemon.terminate()
    daemon.wait()
