"""Runs a command on a terminal of its own and prints what it writes, escaped."""
import os
import pty
import sys

pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
text = b""
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:  # the other end is gone
        break
    if not part:
        break
    text += part
os.waitpid(pid, 0)
print(ascii(text.decode()).replace("\\r\\n", "\n"))
