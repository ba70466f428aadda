"""Files whose names and texts hold what every format treats in its own way."""
names = [b'100% "[<a&b>]\'.conf', b"two\nlines.conf", b"caf\xe9.conf", b"::set-output name=x::y.conf",
         "snow☃.conf".encode(), b"ctrl\x01\x1b.conf", b"a,b:c.conf", "no\uffffxml.conf".encode()]
for name in names:
    open(name, "wb").write("\tevn Ä=1\nst\u00e4rt\u2603 ]]>&<\"' x\n".encode() + b"kill signal \xe9\x01{0}%\r\n")
# A place far behind many characters of two and three bytes, and of none.
open("long.conf", "wb").write(b'description "' + "ä☃".encode() * 300 + b"\xff" * 77 + "é".encode() * 500 + b'" more\n')
