// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The statements of a job file. Truly LL(1): one token decides everywhere, and
// nothing recurses, so neither prediction nor the stack grows with the input.
//
// The grammar is total over what ConfLexer can produce: a statement that
// Upstart rejects is a sentence here as well, and what is wrong with it is found
// by whoever receives its words (lib/Parse/StatementBuilder.cpp), who knows
// Stanzas.def. Event expressions are a flat list for the same reason: the order
// in which Upstart finds their errors is normative (language §4.4).

parser grammar ConfParser;

options { tokenVocab = ConfLexer; }

statement
    : FLAG
    | KEYWORD arguments
    | CONDITION (ON expression | arguments)
    | HOOK (process | arguments)
    | process
    | BAD_QUOTE
    | BAD_ESCAPE
    ;

process
    : EXEC command
    | SCRIPT block
    ;

arguments
    : (WORD | BAD_QUOTE | BAD_ESCAPE)* (END | EOF)
    ;

expression
    : (LPAREN | RPAREN | AND | OR | WORD | BREAK | BAD_QUOTE | BAD_ESCAPE)* (END | EOF)
    ;

command
    : (COMMAND | BAD_QUOTE | BAD_ESCAPE)? (END | EOF)
    ;

block
    : EXTRA? (END (BLOCK | EOF) | EOF)
    ;
