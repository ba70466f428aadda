// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The words of a job file (language §1, §2, §4.2). Which lexical rules apply
// depends on what came before on the line, hence one mode for each place.
//
// The lexer is total: any bytes are tokens. What Upstart rejects while it reads
// a word (BAD_QUOTE, BAD_ESCAPE) is a token of its own, so nothing is ever
// "unrecognized", and every prefix of a token is a token, so matching never
// backs up. The table baked from this grammar (lib/Parse/Bake.cpp) relies on
// both and refuses to be built otherwise. For that reason, too, only mode,
// pushMode, popMode, type, skip and more may be used here.
//
// A spelling appears only where it changes how the text behind it is read; all
// other stanzas are rows of Stanzas.def. Token text is never case-folded.

lexer grammar ConfLexer;

fragment Blank : [ \t\r\u0000] ;
fragment Join : '\\' '\n' ; // an escaped newline
fragment Escape : '\\' . ;
fragment Double : '"' (~["\\] | Escape)* ;
fragment Single : '\'' (~['\\] | Escape)* ;
fragment Quoted : Double '"' | Single '\'' ;
fragment Open : Double | Single ;

// A word ends at a blank, a comment or the end of the line. Between words an
// escaped newline is part of the gap, so a word cannot begin with one there.
fragment Plain : ~[ \t\r\n\u0000#"'\\] ;
fragment Piece : Plain | Escape | Quoted ;
fragment Word : (Plain | '\\' ~[\n] | Quoted) Piece* ;
// In event expressions parentheses end a word as well.
fragment EventPlain : ~[ \t\r\n\u0000#"'\\()] ;
fragment EventPiece : EventPlain | Escape | Quoted ;
fragment EventWord : (EventPlain | '\\' ~[\n] | Quoted) EventPiece* ;
// In commands blanks are text, except NUL.
fragment CommandPlain : ~[\n\u0000#"'\\] ;
fragment CommandPiece : CommandPlain | Escape | Quoted ;
fragment CommandWord : (Plain | '\\' ~[\n] | Quoted) CommandPiece* ;

// One of the two at a time: a backslash behind blanks may begin a word.
fragment Gap : Blank+ | Join ;
fragment Comment : '#' ~[\n]* ;

// ---- Where a statement may begin. No gap is skipped here: an escaped newline
// is part of the keyword and makes it unknown.
BLANKS : Blank+ -> skip ;
COMMENT : Comment -> skip ;
NEWLINE : '\n' -> skip ;
FLAG : ('manual' | 'debug') Join* -> mode(FlagTail) ;
CONDITION : ('start' | 'stop') Join* -> mode(Condition) ;
HOOK : ('pre-start' | 'post-start' | 'pre-stop' | 'post-stop') Join* -> mode(Hook) ;
EXEC : 'exec' Join* -> mode(Command) ;
SCRIPT : 'script' Join* -> mode(ScriptHead) ;
KEYWORD : Piece+ -> mode(Arguments) ;
BAD_QUOTE : Piece* Open ;
BAD_ESCAPE : Piece* Open? '\\' ;

// ---- Behind `manual` and `debug`, which do not end their line: another
// statement may follow, after a gap.
mode FlagTail;
FLAG_GAP : Gap -> skip ;
FLAG_COMMENT : Comment -> skip, mode(DEFAULT_MODE) ;
FLAG_NEWLINE : '\n' -> skip, mode(DEFAULT_MODE) ;
FLAG_FLAG : ('manual' | 'debug') Join* -> type(FLAG) ;
FLAG_CONDITION : ('start' | 'stop') Join* -> type(CONDITION), mode(Condition) ;
FLAG_HOOK : ('pre-start' | 'post-start' | 'pre-stop' | 'post-stop') Join* -> type(HOOK), mode(Hook) ;
FLAG_EXEC : 'exec' Join* -> type(EXEC), mode(Command) ;
FLAG_SCRIPT : 'script' Join* -> type(SCRIPT), mode(ScriptHead) ;
FLAG_KEYWORD : Word -> type(KEYWORD), mode(Arguments) ;
FLAG_BAD_QUOTE : Word? Open -> type(BAD_QUOTE) ;
FLAG_BAD_ESCAPE : Word? Open? '\\' -> type(BAD_ESCAPE) ;

// ---- Arguments up to the end of the statement.
mode Arguments;
ARGUMENT_GAP : Gap -> skip ;
ARGUMENT_COMMENT : Comment -> skip ;
END : '\n' -> mode(DEFAULT_MODE) ;
WORD : Word ;
ARGUMENT_BAD_QUOTE : Word? Open -> type(BAD_QUOTE) ;
ARGUMENT_BAD_ESCAPE : Word? Open? '\\' -> type(BAD_ESCAPE) ;

// ---- Behind `start` and `stop`.
mode Condition;
CONDITION_GAP : Gap -> skip ;
CONDITION_COMMENT : Comment -> skip ;
CONDITION_END : '\n' -> type(END), mode(DEFAULT_MODE) ;
ON : 'on' Join* -> mode(Events) ;
CONDITION_WORD : Word -> type(WORD), mode(Arguments) ;
CONDITION_BAD_QUOTE : Word? Open -> type(BAD_QUOTE), mode(Arguments) ;
CONDITION_BAD_ESCAPE : Word? Open? '\\' -> type(BAD_ESCAPE), mode(Arguments) ;

// ---- An event expression outside parentheses.
mode Events;
EVENT_GAP : Gap -> skip ;
EVENT_COMMENT : Comment -> skip ;
EVENT_END : '\n' -> type(END), mode(DEFAULT_MODE) ;
LPAREN : '(' -> pushMode(Group) ;
RPAREN : ')' ;
AND : 'and' Join* ;
OR : 'or' Join* ;
EVENT_WORD : EventWord -> type(WORD) ;
EVENT_BAD_QUOTE : EventWord? Open -> type(BAD_QUOTE) ;
EVENT_BAD_ESCAPE : EventWord? Open? '\\' -> type(BAD_ESCAPE) ;

// ---- Inside parentheses lines go on.
mode Group;
GROUP_GAP : Gap -> skip ;
GROUP_COMMENT : Comment -> skip ;
BREAK : '\n' ;
GROUP_LPAREN : '(' -> type(LPAREN), pushMode(Group) ;
GROUP_RPAREN : ')' -> type(RPAREN), popMode ;
GROUP_AND : 'and' Join* -> type(AND) ;
GROUP_OR : 'or' Join* -> type(OR) ;
GROUP_WORD : EventWord -> type(WORD) ;
GROUP_BAD_QUOTE : EventWord? Open -> type(BAD_QUOTE) ;
GROUP_BAD_ESCAPE : EventWord? Open? '\\' -> type(BAD_ESCAPE) ;

// ---- Behind `pre-start` and its like.
mode Hook;
HOOK_GAP : Gap -> skip ;
HOOK_COMMENT : Comment -> skip ;
HOOK_END : '\n' -> type(END), mode(DEFAULT_MODE) ;
HOOK_EXEC : 'exec' Join* -> type(EXEC), mode(Command) ;
HOOK_SCRIPT : 'script' Join* -> type(SCRIPT), mode(ScriptHead) ;
HOOK_WORD : Word -> type(WORD), mode(Arguments) ;
HOOK_BAD_QUOTE : Word? Open -> type(BAD_QUOTE), mode(Arguments) ;
HOOK_BAD_ESCAPE : Word? Open? '\\' -> type(BAD_ESCAPE), mode(Arguments) ;

// ---- A command: one string up to a comment, NUL or the end of the line.
mode Command;
COMMAND_GAP : Gap -> skip ;
COMMAND_COMMENT : Comment -> skip ;
COMMAND_END : '\n' -> type(END), mode(DEFAULT_MODE) ;
COMMAND : CommandWord -> mode(CommandTail) ;
COMMAND_BAD_QUOTE : CommandWord? Open -> type(BAD_QUOTE), mode(CommandTail) ;
COMMAND_BAD_ESCAPE : CommandWord? Open? '\\' -> type(BAD_ESCAPE), mode(CommandTail) ;

mode CommandTail;
COMMAND_CUT : [#\u0000] ~[\n]* -> skip ;
COMMAND_TAIL_END : '\n' -> type(END), mode(DEFAULT_MODE) ;

// ---- The line of `script`, on which nothing else may stand.
mode ScriptHead;
SCRIPT_GAP : Gap -> skip ;
SCRIPT_COMMENT : Comment -> skip ;
SCRIPT_END : '\n' -> type(END), mode(Script) ;
EXTRA : ~[ \t\r\n\u0000#\\] ~[\n]* | '\\' (~[\n] ~[\n]*)? ;

// ---- The block: all lines up to and including `end script` are one token.
mode Script;
BLOCK : Blank* 'end' Blank+ 'script' Blank* Comment? '\n'? -> mode(DEFAULT_MODE) ;
SCRIPT_LINE : (~[\n]* '\n' | ~[\n]+) -> more ;
