# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes files that are no job files."""


def write(name, data):
    with open(name, "wb") as stream:
        stream.write(data)


write("program.conf", b"\x7fELF\x02\x01\x01" + bytes(9) + bytes(range(1, 256)) * 40)
write("wide.conf", "description \"a job\"\nexec sleep 1\nevn A=1\n".encode("utf-16"))
write("text.conf", b"evn A=1\n" + b"# a comment\n" * 100 + b"evn B=\0\n")
