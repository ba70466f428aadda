# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The part of the reference interpreter that is the language's: what is written
into a condition or an instance's name. Numbers as in reference.py, with L. of
the language's specification.
"""
import fnmatch
import re


class Failure(Exception):
    """Of a name that cannot be expanded."""


class Node:
    """Of a condition (3.2): a match has words, an operator two nodes."""
    def __init__(self, kind, left=None, right=None, words=()):
        self.kind, self.left, self.right, self.words = kind, left, right, words
        self.event = None  # that it has matched


def expand(text, env):
    """L.5.3"""
    tokens = iter(re.findall(r'\$\{\}?|\$[A-Za-z_][A-Za-z0-9_]*|:[-+]|.', text, re.DOTALL))

    def value_of(name, form='', word=''):
        value = env.get(name)
        if not form and value is None:
            raise Failure(f'Unknown parameter: {name}')
        good = value is not None and not (form[:1] == ':' and value == '')
        return (word if form[-1:] == '+' else value) if good else ('' if form[-1:] == '+' else word)

    def until(*ends):
        """What it stands for; which of them it was, None for the end of the text."""
        out = ''
        for token in tokens:
            if token in ends:
                return out, token
            if token == '${':
                token = braces()
            elif token[0] == '$' and len(token) > 1:
                token = '$' if token == '${}' else value_of(token[1:])
            out += token
        return out, None

    def braces():
        name, form = until('}', '-', '+', ':', ':-', ':+')
        if form == ':':
            raise Failure('Expected operator')
        word, end = until('}') if form not in ('}', None) else ('', form)
        if not end:
            raise Failure('Mismatched braces')
        return value_of(name, form.strip('}'), word)

    return until()[0]


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


def leaves(node):
    if not node:
        return []
    return [node] if node.kind == 'match' else leaves(node.left) + leaves(node.right)


def events_of(node):
    """3.3: the events in the true part, none when nothing is true."""
    if node.kind == 'match':
        return [node.event] if node.event else []
    left, right = events_of(node.left), events_of(node.right)
    return left + right if (left and right) or node.kind == 'or' else []


def see(condition, event, env):
    """3.2: the events of a condition that becomes true by this one."""
    new = [leaf for leaf in leaves(condition) if not leaf.event and matches(leaf.words, event, env)]
    for leaf in new:
        leaf.event = event
        event.blockers += 1
    return events_of(condition) if new else []


def reset(condition):
    for leaf in [leaf for leaf in leaves(condition) if leaf.event]:
        leaf.event.blockers -= 1
        leaf.event = None
