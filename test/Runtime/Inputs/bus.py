# A session daemon, and a message bus that is stopped, killed and started again
# around it. See control-bus.test. Prints what it finds; times only as verdicts.
import os, re, signal, subprocess, sys, time

initd, initctl, here = sys.argv[1:4]
os.chdir(here)
os.makedirs("run", mode=0o700, exist_ok=True)
env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": here, "XDG_RUNTIME_DIR": here + "/run", "LC_ALL": "C"}
daemon = subprocess.Popen([initd, "--user", "--table", "jobs.table", "--no-startup-event", "--no-log", "-v"],
                          env=env, stdin=subprocess.DEVNULL, stdout=open("messages", "w"), stderr=subprocess.STDOUT)
started = []
number = 0

def wait_for(what, condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    print("TIMEOUT:", what)
    return False

def session():
    try:
        return open(f"run/upstart/sessions/{daemon.pid}.session").read().split("=", 1)[1].strip()
    except OSError:
        return None

def control(*words, timeout=20):
    run = subprocess.run([initctl, *words], env={**env, "UPSTART_SESSION": session()},
                         capture_output=True, text=True, timeout=timeout)
    return (run.stdout + run.stderr).strip()

def start_bus():
    global number
    number += 1
    address = f"unix:path={here}/bus{number}"
    config = f"""<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>{address}</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>"""
    open("bus.conf", "w").write(config)
    bus = subprocess.Popen(["dbus-daemon", "--config-file=bus.conf", "--nofork", "--nopidfile"],
                           env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    started.append(bus)
    wait_for("the bus", lambda: os.path.exists(f"{here}/bus{number}"))
    return bus, address

def send(address, path, method, *arguments):
    run = subprocess.run(["dbus-send", "--bus=" + address, "--print-reply=literal", "--dest=com.ubuntu.Upstart",
                          path, method, *arguments], env=env, capture_output=True, text=True, timeout=30)
    return re.sub(r"\s+", " ", run.stdout + run.stderr).strip()

def owned(address):
    run = subprocess.run(["dbus-send", "--bus=" + address, "--print-reply=literal", "--dest=org.freedesktop.DBus", "/",
                          "org.freedesktop.DBus.NameHasOwner", "string:com.ubuntu.Upstart"],
                         env=env, capture_output=True, text=True)
    return "true" in run.stdout

def quick(what):
    begin = time.monotonic()
    answers = [control("status", "foo"), control("emit", "nothing")]
    took = time.monotonic() - begin
    print(what, answers, "at once" if took < 5 else f"after {took:.1f} s")

try:
    wait_for("the daemon", session)
    wait_for("an answer", lambda: control("version").startswith("init"))
    print("bad addresses:", control("notify-dbus-address", "tcp:host=localhost,port=1"), "|",
          control("notify-dbus-address", f"unix:path={here}/nothing"))
    bus, address = start_bus()
    print("joined:", control("notify-dbus-address", address) or "yes", owned(address))
    print("again:", control("notify-dbus-address", address) or "ignored")
    path = "/com/ubuntu/Upstart"
    print("call:", send(address, path, "com.ubuntu.Upstart0_6.GetJobByName", "string:foo"))
    print("error:", send(address, path, "com.ubuntu.Upstart0_6.GetJobByName", "string:none"))
    print("start:", send(address, path + "/jobs/foo", "com.ubuntu.Upstart0_6.Job.Start", "array:string:",
                         "boolean:true"))
    monitor = subprocess.Popen(["dbus-monitor", "--address", address, "type='signal',interface='com.ubuntu.Upstart0_6'"],
                               env=env, stdout=open("monitor", "w"), stderr=subprocess.DEVNULL)
    started.append(monitor)
    def heard():
        control("emit", "hello", "A=1")
        return "EventEmitted" in open("monitor").read()
    print("signals:", wait_for("a signal", heard))

    # The daemon re-executes itself: the bus hears of it and is joined again.
    subprocess.run(["dbus-send", "--peer=" + session(), "--print-reply", path, "com.ubuntu.Upstart0_6.Restart"],
                   env=env, capture_output=True, check=False)
    wait_for("Restarted", lambda: "Restarted" in open("monitor").read())
    print("re-executed:", send(address, path, "com.ubuntu.Upstart0_6.GetJobByName", "string:foo"))

    # A client of the bus that leaves while it waits for an answer.
    waiting = subprocess.Popen(["dbus-send", "--bus=" + address, "--print-reply", "--reply-timeout=60000",
                                "--dest=com.ubuntu.Upstart", path, "com.ubuntu.Upstart0_6.EmitEvent",
                                "string:held", "array:string:", "boolean:true"],
                               env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    started.append(waiting)
    wait_for("the held event", lambda: "held" in subprocess.run(
        ["dbus-send", "--peer=" + session(), "--print-reply", path, "org.starton.Init1.ListBlocked"],
        env=env, capture_output=True, text=True).stdout)
    waiting.kill()
    waiting.wait()
    print("after a client left:", send(address, path, "com.ubuntu.Upstart0_6.GetJobByName", "string:foo"))

    # A bus that stops: the daemon does not notice. Enough signals that it
    # would, if it waited for any of them to be taken.
    bus.send_signal(signal.SIGSTOP)
    for i in range(20):
        control("emit", "big", "A=" + "x" * 100_000)
    quick("stopped:")
    bus.send_signal(signal.SIGCONT)
    print("continued:", send(address, path, "com.ubuntu.Upstart0_6.GetJobByName", "string:foo"))

    # In the middle of messages.
    flood = subprocess.Popen(["sh", "-c", f'while :; do "{initctl}" emit --no-wait big A="{"y" * 50_000}"; done'],
                             env={**env, "UPSTART_SESSION": session()})
    time.sleep(0.2)
    bus.kill()
    bus.wait()
    flood.kill()
    flood.wait()
    quick("killed:")
    wait_for("the loss", lambda: "Disconnected from D-Bus session bus" in open("messages").read())

    # Another bus, and the old one back.
    bus, address = start_bus()
    wait_for("the new bus", lambda: control("notify-dbus-address", address) == "" and owned(address))
    print("call:", send(address, path, "com.ubuntu.Upstart0_6.GetJobByName", "string:foo"))
    bus.kill()
    bus.wait()
    os.unlink(f"{here}/bus{number}")
    number -= 1
    bus, address = start_bus()
    print("back by itself:", wait_for("the name", lambda: owned(address)))
    # Whoever owns the name tells the daemon only then.
    wait_for("the message", lambda: open("messages").read().count("Connected to D-Bus session bus") == 4)
finally:
    daemon.terminate()
    status = daemon.wait(timeout=20)
    for process in started:
        process.kill()
        process.wait()
print("ended with status", status)
messages = open("messages").read()
messages = messages.replace(here, "DIR")
for line in ("Connected to D-Bus session bus", "Disconnected from D-Bus session bus", "Unable to connect"):
    found = [l for l in messages.splitlines() if line in l]
    print(line + ":", len(found), found[0] if found and "Unable" in line else "")
