# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How many lines of code the files have together: no blank lines, comments and
descriptions.

usage: lines.py FILE...
"""

import sys
import tokenize

NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING,
           tokenize.ENDMARKER)
ENDS = (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)


def code_lines(path):
    lines, begins = set(), True
    with open(path, 'rb') as file:
        for token in tokenize.tokenize(file.readline):
            description = begins and token.type == tokenize.STRING
            if token.type not in NO_CODE and not description:
                lines |= set(range(token.start[0], token.end[0] + 1))
            if token.type in ENDS:
                begins = True
            elif token.type not in NO_CODE:
                begins = False
    return len(lines)


if __name__ == '__main__':
    print(sum(code_lines(path) for path in sys.argv[1:]), 'lines of code')
