// SPDX-License-Identifier: Apache-2.0
//
// The two tokens that depend on line ends. The parser's state already knows what may come next: a line
// end where a statement can end is a token, and a blank inside parentheses and square brackets or
// after an operator. Two questions are left to the text:
//
// - does `|>` open the next line? Then the statement continues, and the newline is whitespace;
// - does a `{` that would open a block stand on the line of what is before it? If not, the line end
//   is a token there, which no rule allows; the language reports an error in that place, too.
//
// Nothing is remembered between calls, so there is no state to save.

#include "tree_sitter/parser.h"

enum Token { NEWLINE, BLOCK_OPEN };

void *tree_sitter_smap_external_scanner_create(void) { return NULL; }

void tree_sitter_smap_external_scanner_destroy(void *payload) { (void)payload; }

unsigned tree_sitter_smap_external_scanner_serialize(void *payload, char *buffer) {
  (void)payload;
  (void)buffer;
  return 0;
}

void tree_sitter_smap_external_scanner_deserialize(void *payload, const char *buffer,
                                                   unsigned length) {
  (void)payload;
  (void)buffer;
  (void)length;
}

static bool is_blank(int32_t character) {
  return character == ' ' || character == '\t' || character == '\r';
}

// Whether the next token is `|>`; looks past blanks, line ends and comments.
static bool pipe_follows(TSLexer *lexer) {
  for (;;) {
    if (lexer->lookahead == '#') {
      while (!lexer->eof(lexer) && lexer->lookahead != '\n') lexer->advance(lexer, false);
    } else if (is_blank(lexer->lookahead) || lexer->lookahead == '\n') {
      lexer->advance(lexer, false);
    } else {
      break;
    }
  }
  if (lexer->lookahead != '|') return false;
  lexer->advance(lexer, false);
  return lexer->lookahead == '>';
}

bool tree_sitter_smap_external_scanner_scan(void *payload, TSLexer *lexer,
                                            const bool *valid_symbols) {
  (void)payload;
  // After an error everything is valid, and nothing is known about the place.
  bool is_recovering = valid_symbols[NEWLINE] && valid_symbols[BLOCK_OPEN];
  while (is_blank(lexer->lookahead)) lexer->advance(lexer, true);

  if (lexer->lookahead == '{' && valid_symbols[BLOCK_OPEN] && !is_recovering) {
    lexer->advance(lexer, false);
    lexer->mark_end(lexer);
    lexer->result_symbol = BLOCK_OPEN;
    return true;
  }
  if (lexer->lookahead == '\n' && (valid_symbols[NEWLINE] || valid_symbols[BLOCK_OPEN])) {
    lexer->advance(lexer, false);
    lexer->mark_end(lexer);
    if (pipe_follows(lexer)) return false;
    lexer->result_symbol = NEWLINE;
    return true;
  }
  return false;
}
