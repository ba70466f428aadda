"""A daemon that is none: answers as a file says.

    standin.py SOCKET ANSWERS COMMAND...

Runs COMMAND with UPSTART_SESSION set to SOCKET, then ends with its status.
ANSWERS is Python that defines

    answer(path, interface, member, arguments) -> action

with an action of these: reply(SIGNATURE, VALUE...), error(NAME, MESSAGE),
raw(BYTES), hang() for no answer, drop() to close the connection.
The name that a call is addressed to is scope["destination"].
An unknown method is error("org.freedesktop.DBus.Error.UnknownMethod", ...).
"""
import os
import socket
import struct
import subprocess
import sys
import threading

socket_path, answers, command = sys.argv[1], sys.argv[2], sys.argv[3:]
ALIGNMENT = {"y": 1, "g": 1, "v": 1, "b": 4, "i": 4, "u": 4, "h": 4, "s": 4, "o": 4, "a": 4,
             "t": 8, "x": 8, "(": 8, "{": 8}


def one_type(signature):
    """The length of the first complete type."""
    if signature[0] == "a":
        return 1 + one_type(signature[1:])
    if signature[0] not in "({":
        return 1
    depth = 0
    for at, character in enumerate(signature):
        depth += (character in "({") - (character in ")}")
        if depth == 0:
            return at + 1
    raise ValueError(signature)


def types(signature):
    while signature:
        length = one_type(signature)
        yield signature[:length]
        signature = signature[length:]


def pad(out, kind):
    out.extend(b"\0" * (-len(out) % ALIGNMENT[kind[0]]))


def put(out, kind, value):
    pad(out, kind)
    if kind in "so":
        data = value if isinstance(value, bytes) else value.encode()
        out.extend(struct.pack("<I", len(data)) + data + b"\0")
    elif kind == "g":
        out.extend(bytes([len(value)]) + value.encode() + b"\0")
    elif kind == "v":
        put(out, "g", value[0])
        put(out, value[0], value[1])
    elif kind[0] == "a":
        start = len(out)
        out.extend(b"\0\0\0\0")
        pad(out, kind[1])
        begin = len(out)
        for item in value.items() if isinstance(value, dict) else value:
            put(out, kind[1:], item)
        out[start:start + 4] = struct.pack("<I", len(out) - begin)
    elif kind[0] in "({":
        for inner, item in zip(types(kind[1:-1]), value):
            put(out, inner, item)
    else:
        out.extend(struct.pack({"y": "<B", "b": "<I", "i": "<i", "u": "<I", "t": "<Q", "x": "<q"}[kind], value))


class Reader:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, kind):
        self.at += -self.at % ALIGNMENT[kind[0]]
        if kind[0] == "a":
            length = self.take("u")
            self.at += -self.at % ALIGNMENT[kind[1]]
            end, items = self.at + length, []
            while self.at < end:
                items.append(self.take(kind[1:]))
            return items
        if kind[0] in "({":
            return [self.take(inner) for inner in types(kind[1:-1])]
        if kind == "v":
            return self.take(self.take("g"))
        if kind in "sog":
            length = self.take("y") if kind == "g" else self.take("u")
            text = self.data[self.at:self.at + length].decode()
            self.at += length + 1
            return text
        form = {"y": "<B", "b": "<I", "i": "<i", "u": "<I"}[kind]
        value, = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return bool(value) if kind == "b" else value


def message(kind, serial, fields, signature="", values=()):
    body = bytearray()
    for inner, value in zip(types(signature), values):
        put(body, inner, value)
    if signature:
        fields = fields + [(8, ("g", signature))]
    out = bytearray(b"l" + bytes([kind, 1, 1]) + struct.pack("<II", len(body), serial))
    put(out, "a(yv)", fields)
    pad(out, "t")
    return bytes(out + body)


def reply(signature, *values):
    return lambda to: message(2, to + 1000, [(5, ("u", to))], signature, values)


def error(name, text):
    return lambda to: message(3, to + 1000, [(5, ("u", to)), (4, ("s", name))], "s", [text])


def unknown(what):
    return error("org.freedesktop.DBus.Error.UnknownMethod", "No such method: " + what)


def signal(name, signature, *values):
    return message(4, 1, [(1, ("o", "/com/ubuntu/Upstart")), (2, ("s", "com.ubuntu.Upstart0_6")), (3, ("s", name))],
                   signature, values)


def raw(data):
    return lambda to: data


def hang():
    return lambda to: b""


def drop():
    return lambda to: None


def read_exactly(stream, count):
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


def serve(client):
    stream = client.makefile("rb")
    try:
        read_exactly(stream, 1)
        while not (line := stream.readline()).startswith(b"BEGIN"):
            if not line:
                return
            client.sendall(b"OK 0123456789abcdef0123456789abcdef\r\n" if line.startswith(b"AUTH EXTERNAL")
                           else b"ERROR\r\n")
        while True:
            head = read_exactly(stream, 16)
            body_length, serial, fields_length = struct.unpack("<III", head[4:])
            rest = read_exactly(stream, fields_length + -fields_length % 8 + body_length)
            fields = dict(Reader(head + rest, 12).take("a(yv)"))
            body = Reader(rest[len(rest) - body_length:])
            arguments = [body.take(kind) for kind in types(fields.get(8, ""))]
            scope["destination"] = fields.get(6, "")
            action = scope["answer"](fields[1], fields.get(2, ""), fields[3], arguments)
            data = action(serial)
            if data is None:
                return
            client.sendall(data)
    except (EOFError, OSError):
        pass
    finally:
        # The stream holds the descriptor too.
        stream.close()
        client.close()


def accept(server):
    while True:
        client, _ = server.accept()
        threading.Thread(target=serve, args=(client,), daemon=True).start()


scope = dict(globals())
scope["scope"] = scope
with open(answers) as file:
    exec(compile(file.read(), answers, "exec"), scope)
if os.path.exists(socket_path):
    os.unlink(socket_path)
listener = socket.socket(socket.AF_UNIX)
listener.bind(socket_path)
listener.listen(50)
threading.Thread(target=accept, args=(listener,), daemon=True).start()
status = subprocess.run(command, env=dict(os.environ, UPSTART_SESSION="unix:path=" + socket_path), check=False)
sys.stdout.flush()
os._exit(status.returncode if status.returncode >= 0 else 128 - status.returncode)
