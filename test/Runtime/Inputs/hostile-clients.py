"""Clients that mean harm, against a running daemon.

    hostile-clients.py ADDRESS PID INITCTL

Prints what a well-behaved client sees meanwhile, and whether the memory of the
daemon stays within bounds.
"""
import os
import socket
import struct
import subprocess
import sys
import time

address, pid, initctl = sys.argv[1:]
path = b"\0" + address.split("=", 1)[1].encode()


def connect():
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(2)
    client.connect(path)
    return client


def authenticate(client):
    client.sendall(b"\0AUTH EXTERNAL " + str(os.geteuid()).encode().hex().encode() + b"\r\n")
    client.recv(100)
    client.sendall(b"BEGIN\r\n")


def field(code, kind, text):
    text = text.encode()
    data = bytes([code, 1]) + kind + b"\0" + struct.pack("<I", len(text)) + text + b"\0"
    return data + b"\0" * (-len(data) % 8)


def call(serial, object_path, interface, member):
    fields = field(1, b"o", object_path) + field(2, b"s", interface) + field(3, b"s", member)
    header = b"l\1\0\1" + struct.pack("<III", 0, serial, len(fields.rstrip(b"\0")) + 1) + fields
    return header + b"\0" * (-len(header) % 8)


def memory():
    with open("/proc/%s/status" % pid) as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))


def served(what):
    start = time.time()
    answer = subprocess.run([initctl, "status", "foo"], capture_output=True, text=True)
    quick = time.time() - start < 5
    print(what + ":", (answer.stdout + answer.stderr).strip(), "" if quick else "too late", flush=True)


def attack():
    silent = [connect() for _ in range(100)]
    served("silent clients")

    halves = []
    for cut in range(1, 60, 3):
        client = connect()
        authenticate(client)
        client.sendall(call(1, "/", "org.freedesktop.DBus.Peer", "Ping")[:cut])
        halves.append(client)
    served("half messages")

    ask = call(1, "/com/ubuntu/Upstart", "org.freedesktop.DBus.Introspectable", "Introspect") * 2000
    deaf = []
    for _ in range(8):
        client = connect()
        authenticate(client)
        client.setblocking(False)
        deaf.append(client)
    end = time.time() + 2
    while time.time() < end:
        for client in deaf:
            try:
                client.send(ask)
            except OSError:
                pass
    served("deaf clients")

    # Events with large variables: every client gets the signal, none reads it.
    for _ in range(30):
        subprocess.run([initctl, "emit", "large", "A=" + "x" * 100000], check=True)
    served("signals that nobody reads")
    for client in silent + halves + deaf:
        client.close()
    served("after them")


def bounded(what, before, most):
    """Unused memory goes back when the daemon was idle for a while."""
    deadline = time.time() + 20
    while memory() - before >= most and time.time() < deadline:
        time.sleep(0.1)
    growth = memory() - before
    print(what, "bounded" if growth < most else f"grew by {growth} kB", flush=True)
    return before + growth


# What a client may leave unread is bounded, and nothing of it stays: a second
# attack leaves no more than the first.
before = memory()
attack()
growth = memory() - before
print("memory", "bounded" if growth < 40 * 1024 else f"grew by {growth} kB", flush=True)
rest = bounded("memory at rest", before, 3 * 1024)
attack()
bounded("memory of a second attack", rest, 1024)
