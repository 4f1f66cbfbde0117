// Scan: bytes become tokens. The flex scanner (grammar/lorac.l) knows only spelling. scan_next adds the layout: a
// newline is a token only where it ends a statement, outside parentheses.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "compiler/front/ast.h"
#include "compiler/front/ast_build.h"

struct arena;
struct diagnostics;
struct text;

struct scan_bracket {
    char kind; // '(' '[' '{', and 'g' for the braces of a group of names: `layer.{wq, wk}`
    struct span span;
};

struct parser { // one source being read
    struct arena *arena;
    struct diagnostics *diagnostics;
    struct sources *sources;
    uint32_t source;
    const char *bytes;
    uint32_t length, offset; // offset: of the next byte to scan
    void *scanner;           // flex's
    int start;               // the token that chooses what to parse; 0 once it was given
    int last;                // the token given last
    int pending;             // a token already read, to be given after a newline token; -1: none
    struct span pending_span;
    bool closing; // the brace of a block was supplied: its newline comes before `pending`
    struct scan_bracket *brackets;
    size_t n_brackets, c_brackets;
    struct span unclosed; // the open bracket that a newline token closed; source 0: none
    bool in_adapt;        // braces hold names
    bool too_deep;
    // Results.
    struct ast_list *items;
    struct ast_setting *setting;
};

// scan_next itself is declared by the generated grammar/parser.h, which has the type of a token's value.
// Reports a token where it cannot stand: its name in the grammar (NULL: unknown), and what could stand there ("": too
// much).
void scan_report_unexpected(struct parser *p, struct span at, const char *found, const char *expected);
// Starts at the source's first byte; the caller sets `start`.
void scan_open(struct parser *p, struct arena *a, struct sources *s, struct diagnostics *d, uint32_t source);
void scan_close(struct parser *p);

// One line a token: line:column, kind, spelling. Bad characters are reported.
void scan_dump(struct arena *a, struct sources *s, struct diagnostics *d, uint32_t source, struct text *t);
