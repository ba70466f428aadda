# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The part of the reference interpreter that is the language's: what is written
into a condition or an instance's name. Numbers as in reference.py, with L. of
the language's specification.
"""
import fnmatch
import re


class Failure(Exception):
    pass


class Node:
    """Of a condition (3.2): a match has words, an operator two nodes."""
    def __init__(self, kind, left=None, right=None, words=()):
        self.kind, self.left, self.right, self.words = kind, left, right, words
        self.value, self.event = False, None

    def copy(self):
        return Node(self.kind, self.left and self.left.copy(), self.right and self.right.copy(), self.words)


def expand(text, env):
    """L.5.3"""
    def lookup(name, form='', word=''):
        value = env.get(name)
        if not form and value is None:
            raise Failure(f'Unknown parameter: {name}')
        good = value is not None and not (form[:1] == ':' and value == '')
        return (word if form[-1:] == '+' else value) if good else ('' if form[-1:] == '+' else word)

    def until(at, ends):
        out = ''
        while at < len(text) and text[at] not in ends:
            name = re.compile('[A-Za-z_][A-Za-z0-9_]*').match(text, at + 1)
            if text.startswith('${}', at):
                out, at = out + '$', at + 3
            elif text.startswith('${', at):
                value, at = braces(at + 2)
                out += value
            elif text[at] == '$' and name:
                out, at = out + lookup(name[0]), name.end()
            else:
                out, at = out + text[at], at + 1
        return out, at

    def braces(at):
        name, at = until(at, '}:-+')
        form = re.compile(':?[-+]?').match(text, at)[0]
        if form == ':':
            raise Failure('Expected operator')
        word, at = until(at + len(form), '}') if form else ('', at)
        if at >= len(text):
            raise Failure('Mismatched braces')
        return lookup(name, form, word), at + 1

    return until(0, '')[0]


def matches(words, event, env):
    """3.2"""
    keys, cursor = list(event.env), 0
    for word in words[1:]:
        key, sign, pattern = word.partition('!=') if '!=' in word else word.partition('=')
        if sign:
            cursor = keys.index(key) if key in keys else len(keys)
        try:
            pattern = expand(pattern if sign else word, env)
        except Failure:
            return False
        if cursor >= len(keys) or fnmatch.fnmatchcase(event.env[keys[cursor]], pattern) == (sign == '!='):
            return False
        cursor += 1
    return words[0] == event.name


def latch(node, event, env):
    """3.2: whether a leaf newly matched."""
    if node.kind == 'match':
        if node.value or not matches(node.words, event, env):
            return False
        node.value, node.event = True, event
        event.blockers += 1
        return True
    new = [latch(side, event, env) for side in (node.left, node.right)]
    node.value = (all if node.kind == 'and' else any)((node.left.value, node.right.value))
    return any(new)


def events_of(node):
    """3.3: the events in the true part."""
    if not node.value:
        return []
    return [node.event] if node.kind == 'match' else events_of(node.left) + events_of(node.right)


def reset(node):
    if node.kind != 'match':
        reset(node.left), reset(node.right)
    elif node.value:
        node.event.blockers -= 1
    node.value = False
