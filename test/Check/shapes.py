# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Systems of many jobs in shapes that would be slow if anything were quadratic
in jobs or edges: for many-jobs.test and bench/check.

usage: shapes.py SHAPE COUNT DIRECTORY    writes a system
       shapes.py --list
"""

import os
import sys

PLAIN = """description "Job {i}"
author "somebody"
start on (filesystem and runlevel [2345])
stop on runlevel [!2345]
respawn
respawn limit 5 60
env OPTIONS=--quiet
pre-start script
  mkdir -p /run/job{i}
  [ -r /etc/default/job{i} ] && . /etc/default/job{i}
end script
script
  if [ -n "$OPTIONS" ]; then
    exec /usr/sbin/job{i} $OPTIONS
  fi
  exec /usr/sbin/job{i}
end script
"""
END = "exec sleep 1\n"


def each(text):
    """A shape of jobs that know the next one and the one before."""

    def make(count):
        for i in range(count):
            yield f"job{i}.conf", text.format(i=i, next=(i + 1) % count, before=(i - 1) % count, parent=i // 2,
                                              start="start on startup") + END

    return make


def hub(text, own="start on startup\n"):
    """A shape of jobs around one."""

    def make(count):
        yield "hub.conf", own + END
        yield from each(text)(count)

    return make


def joined(word, count, name="started job{}"):
    return f" {word} ".join(name.format(i) for i in range(count))


def nested(count):
    """((e and started job0) or started job1) and ..."""
    text = "(" * count + "startup"
    for i in range(count):
        text += f" {'or' if i % 2 else 'and'} started job{i})"
    return text


def wide(word, others):
    def make(count):
        yield "hub.conf", f"start on {joined(word, count)}\nstop on {joined(word, count, 'stopping job{}')}\n" + END
        yield from each(others)(count)

    return make


def deep(count):
    yield "hub.conf", f"start on {nested(count)}\nstop on {nested(count)}\n" + END
    yield from each("start on started hub\nstop on stopping hub\n")(count)


def exporter(count):
    names = "".join(f"env V{i}=1\nexport V{i}\n" for i in range(count))
    yield "hub.conf", "start on startup\n" + names + END
    yield from each("start on started hub\nstop on stopping hub A=$V{i}\ninstance $V{i}\n")(count)


def variables(count):
    lines = "".join(f"env V{i}=1\n" for i in range(count))
    uses = "".join(f"  echo $V{i} $W{i}\n" for i in range(count))
    yield "hub.conf", f"start on startup\n{lines}script\n{uses}end script\n"


def users(count):
    listens = joined("or", count, "event{}")
    uses = "".join(f"  echo $V{i}\n" for i in range(count))
    yield "hub.conf", f"start on {listens}\nscript\n{uses}end script\n"
    yield from each("start on startup\nemits event{i}\n")(count)


def overridden(count):
    for name, text in each("start on startup\nstop on runlevel [016]\n")(count):
        yield name, text
        yield name.replace(".conf", ".override"), "stop on runlevel [06]\nrespawn\n"


def stanzas(count):
    yield "hub.conf", "start on startup\n" + 'description "a"\nrespawn limit 5 10\nemits x\n' * count + END


def commented(count):
    for i in range(count):
        yield f"job{i}.conf", 'description "a"  # checkconf: disable=duplicate-stanza\ndescription "b"\nexec a | b\n'


def scripts(count):
    """One script of many commands, calls and functions."""
    lines = "".join(f"  f{i}() {{ a{i} | b; }}\n  f{i} && initctl emit e{i} A=$B{i} || start job{i}\n"
                    for i in range(count))
    yield "hub.conf", f"start on startup\nexpect fork\nscript\n{lines}  exec a\nend script\n"


def alternatives(count):
    yield "events.conf", f"start on {joined('or', count, 'event{}')}\nstop on {joined('or', count, 'event{}')}\n" + END
    runlevels = joined("or", count, "runlevel RUNLEVEL={}")
    yield "runlevels.conf", f"start on {runlevels}\nstop on {runlevels}\n" + END


def near_names(count):
    """One job with many variables, and uses of others that are like them."""
    yield "job.conf", ("start on startup\n" + "".join(f"env SETTING{i}X=1\n" for i in range(count)) +
                       "script\n" + "".join(f"  echo $SETTING{i}Y\n" for i in range(count)) + "end script\n")


def functions(count):
    """Functions that call each other, in front of a daemon that forks."""
    yield "job.conf", ("start on startup\nexpect fork\nscript\n" +
                       "".join(f"  f{i}() {{ f{i + 1}; f0; }}\n" for i in range(count)) +
                       f"  f{count}() {{ mkdir x; }}\n  f0\n  exec food\nend script\n")


def strings(count):
    """Events that nothing but the words of other jobs' scripts may emit."""
    yield from each("start on made-{before}\npost-start script\n  initctl emit $E\n"
                    "  sh -c 'initctl emit made-{i}'\nend script\n")(count)


SHAPES = {
    "plain": lambda count: ((f"job{i}.conf", PLAIN.format(i=i)) for i in range(count)),
    "chain": each("start on started job{before} or startup\nstop on stopping job{before}\n"),
    "holding-chain": each("start on starting job{next}\nstop on stopped job{next}\n"),
    "circle": each("start on started job{next}\nstop on stopping job{next}\n"),
    "held-circle": each("start on starting job{next} and started job{before}\nstop on stopping job{before}\n"),
    "tree": each("start on started job{parent} and (startup or stopped job{before})\nstop on stopping job{parent}\n"),
    "star": hub("start on started hub\nstop on stopping hub\n"),
    "hooks": hub("start on starting hub\nstop on stopped hub\ntask\n"),
    "dead-star": hub("start on started hub or stopped hub\n", "start on never and started hub\n"),
    "one-event": hub("start on shared A=1\nstop on shared A=2\nemits shared\n"),
    "one-event-instances": hub("start on shared\nstop on shared A=$A\ninstance $A\nemits shared\n"),
    "dead-event": each("start on shared\nemits shared\n"),
    "all-jobs": each("start on started\nstop on stopping JOB!=job1\n"),
    "patterns": each("start on started JOB=job*\nstop on stopping JOB=job{i}*\n"),
    "middle-patterns": each("start on started JOB=*b{i}\nstop on stopping JOB=*o*b{i}?\n"),
    "globs": each("start on made-{before}-now\nemits made-{i}-*\n"),
    "same-globs": each("start on made-{before}-now\nemits *-now\nemits made-*\n"),
    "end-globs": each("start on made-{before}-now\nemits *{i}-now\n"),
    "unknown": each("start on evennt{i}\nstop on stopping jobb{i}\n"),
    "requests": each("start on startup\npost-start script\n  initctl emit e{i}\n  start job{next}\n  stop hub\nend script\n"
                     "stop on e{before}\n"),
    "wide-or": wide("or", "start on started hub\nstop on stopping hub\n"),
    "wide-and": wide("and", "start on startup\nstop on stopping hub\n"),
    "dead-wide-and": wide("and", "start on started hub\nstop on stopping hub\n"),
    "deep": deep,
    "alternatives": alternatives,
    "near-names": near_names,
    "functions": functions,
    "strings": strings,
    "exports": exporter,
    "variables": variables,
    "users": users,
    "overrides": overridden,
    "stanzas": stanzas,
    "comments": commented,
    "scripts": scripts,
}


def write(shape, count, directory):
    os.makedirs(directory)
    for name, text in SHAPES[shape](count):
        with open(os.path.join(directory, name), "w", encoding="ascii") as stream:
            stream.write(text)


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(SHAPES))
    elif len(sys.argv) == 4:
        write(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
