// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Stands in for the umbrella header of the ANTLR 4.9 runtime, which generated
// code includes by this name: some of what that one pulls in does not compile
// with clang 14. Only what generated lexers and parsers need.

#ifndef STARTON_GRAMMAR_SHIM_ANTLR4_RUNTIME_H
#define STARTON_GRAMMAR_SHIM_ANTLR4_RUNTIME_H

#include "antlr4-common.h"

#include "ANTLRErrorStrategy.h"
#include "CharStream.h"
#include "CommonToken.h"
#include "FailedPredicateException.h"
#include "Lexer.h"
#include "NoViableAltException.h"
#include "Parser.h"
#include "ParserRuleContext.h"
#include "RecognitionException.h"
#include "TokenSource.h"
#include "TokenStream.h"
#include "Vocabulary.h"
#include "atn/ATN.h"
#include "atn/ATNDeserializer.h"
#include "atn/LexerATNSimulator.h"
#include "atn/ParserATNSimulator.h"
#include "atn/PredictionContext.h"
#include "dfa/DFA.h"
#include "support/CPPUtils.h"
#include "tree/ParseTree.h"
#include "tree/TerminalNode.h"

#endif // STARTON_GRAMMAR_SHIM_ANTLR4_RUNTIME_H
