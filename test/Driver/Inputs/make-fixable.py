"""Files to be mended; with --compare or --fixed they must be as they were made,
or as they should be after --fix."""
import sys

# CRLF, tabs, NUL, Latin-1, no final newline; a statement over two lines.
odd = (b"\tauthor \"\xe9\x00\"\r\n", b"description \\\n  \"old\"\n", b"description \"new\"  # caf\xe9\r\n",
       b"\r\n  exec sleep 1\t")
files = {
    "odd.conf": (b"".join(odd), b"".join(odd[:1] + odd[2:])),
    "plain.conf": (b'description "a"\ndescription "b"\ndescription "c"\nexec sleep 1\n',
                   b'description "c"\nexec sleep 1\n'),
    "two words.conf": (b"evn A=1\nexec sleep 1", None),
}
for name, (before, after) in files.items():
    if len(sys.argv) == 1:
        open(name, "wb").write(before)
        continue
    text = open(name, "rb").read()
    expected = after if sys.argv[1] == "--fixed" and after is not None else before
    assert text == expected, (name, text, expected)
