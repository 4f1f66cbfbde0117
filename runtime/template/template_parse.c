/* A template's text is compiled: newlines made one kind, tokens, the tree. Here are the parser's smallest parts. */
#include "runtime/template/template_nodes.h"
#include "runtime/text/utf8.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int lrt_template_parse_fail(struct template_parser *p, const char *format, ...) {
    if (p->status) return p->status;
    char what[300];
    va_list values;
    va_start(values, format);
    vsnprintf(what, sizeof what, format, values);
    va_end(values);
    p->status = lrt_fail(p->c, LRT_ERR_FILE, "%s:%u: %s", p->t->name, p->token->line, what);
    return p->status;
}

struct template_node *lrt_template_node(struct template_parser *p, enum template_node_kind kind) {
    struct template_node *n = lrt_template_take(&p->t->arena, sizeof *n);
    if (!n) {
        lrt_template_parse_fail(p, "no memory for the template");
        return NULL;
    }
    *n = (struct template_node){.kind = (uint8_t)kind, .line = p->token->line};
    return n;
}

int lrt_template_enter(struct template_parser *p) {
    if (p->nesting >= TEMPLATE_NESTING_MAX)
        lrt_template_parse_fail(p, "brackets or statements are nested deeper than %d", TEMPLATE_NESTING_MAX);
    p->nesting++;
    return p->status == LRT_OK;
}

uint32_t lrt_template_symbol(struct template_parser *p, struct template_value name) {
    struct lrt_template *t = p->t;
    for (size_t i = 0; i < t->n_names; i++)
        if (t->names[i].count == name.count && memcmp(t->names[i].u.text, name.u.text, name.count) == 0)
            return (uint32_t)i;
    if (!lrt_template_make_room(&t->arena, &t->names, t->n_names, &t->names_capacity, sizeof *t->names)) {
        lrt_template_parse_fail(p, "no memory for the template");
        return 0;
    }
    t->names[t->n_names] = name;
    return (uint32_t)t->n_names++;
}

static int token_is(const struct template_parser *p, enum template_token_kind kind, const char *text) {
    const struct template_token *t = p->token;
    return t->kind == kind && t->bytes == strlen(text) && memcmp(t->text, text, t->bytes) == 0;
}

int lrt_template_at_sign(const struct template_parser *p, const char *sign) { return token_is(p, TOKEN_SIGN, sign); }
int lrt_template_at_name(const struct template_parser *p, const char *name) { return token_is(p, TOKEN_NAME, name); }

int lrt_template_skip_sign(struct template_parser *p, const char *sign) {
    if (!lrt_template_at_sign(p, sign)) return 0;
    p->token++;
    return 1;
}

int lrt_template_skip_name(struct template_parser *p, const char *name) {
    if (!lrt_template_at_name(p, name)) return 0;
    p->token++;
    return 1;
}

void lrt_template_expect_sign(struct template_parser *p, const char *sign) {
    if (lrt_template_skip_sign(p, sign)) return;
    const struct template_token *t = p->token;
    const int shown = t->kind == TOKEN_NAME || t->kind == TOKEN_SIGN;
    lrt_template_parse_fail(p, "'%s' is missing%s%.*s%s", sign, shown ? " before '" : "",
                            shown ? (t->bytes > 40 ? 40 : (int)t->bytes) : 0, shown ? t->text : "", shown ? "'" : "");
}

struct template_value lrt_template_take_name(struct template_parser *p) {
    if (p->token->kind != TOKEN_NAME) {
        lrt_template_parse_fail(p, "a name is missing");
        return template_text("", 0);
    }
    const struct template_value name = template_text(p->token->text, p->token->bytes);
    p->token++;
    return name;
}

/* The text with "\n" for every newline, without the last one. */
static char *normalise(struct lrt_template *t, const char *text, size_t *bytes) {
    char *copy = lrt_template_take(&t->arena, *bytes + 1);
    size_t n = 0;
    if (!copy) return NULL;
    for (size_t i = 0; i < *bytes; i++) {
        copy[n++] = text[i] == '\r' ? '\n' : text[i];
        if (text[i] == '\r' && i + 1 < *bytes && text[i + 1] == '\n') i++;
    }
    *bytes = n > 0 && copy[n - 1] == '\n' ? n - 1 : n;
    return copy;
}

static int compile(struct lrt *c, struct lrt_template *t, const char *text, size_t bytes) {
    if (bytes > TEMPLATE_BYTES_MAX)
        return lrt_fail(c, LRT_ERR_FILE, "%s: a chat template of %zu bytes; at most %d are taken", t->name, bytes,
                        TEMPLATE_BYTES_MAX);
    const size_t valid = lrt_utf8_valid(text, bytes);
    if (valid < bytes)
        return lrt_fail(c, LRT_ERR_FILE, "%s: byte %zu of the chat template is not UTF-8", t->name, valid);
    char *copy = normalise(t, text, &bytes);
    if (!copy) return lrt_fail(c, LRT_ERR_MEMORY, "%s: no memory for the template", t->name);
    struct template_lexing lexing = {.c = c, .arena = &t->arena, .name = t->name, .text = copy, .bytes = bytes};
    int status = lrt_template_lex(&lexing);
    if (status) return status;
    struct template_parser p = {.c = c, .t = t, .token = lexing.tokens};
    t->body = lrt_template_parse_statements(&p);
    if (!p.status && p.token->kind != TOKEN_END) lrt_template_parse_fail(&p, "the template goes on behind its end");
    return p.status;
}

int lrt_template_compile(struct lrt *c, struct lrt_template **out, const char *name, const char *text, size_t bytes) {
    *out = NULL;
    struct lrt_template *t = calloc(1, sizeof *t);
    if (!t) return lrt_fail(c, LRT_ERR_MEMORY, "%s: no memory for the template", name);
    t->arena.limit = TEMPLATE_MEMORY_MAX;
    const size_t length = strlen(name);
    t->name = lrt_template_take(&t->arena, length + 1);
    int status = t->name ? LRT_OK : lrt_fail(c, LRT_ERR_MEMORY, "%s: no memory for the template", name);
    if (!status) {
        memcpy(t->name, name, length + 1);
        status = compile(c, t, text, bytes);
    }
    if (status) {
        lrt_template_free(t);
        return status;
    }
    *out = t;
    return LRT_OK;
}

void lrt_template_free(struct lrt_template *t) {
    if (!t) return;
    lrt_template_release(&t->arena);
    free(t);
}

int lrt_template_mentions(const struct lrt_template *t, const char *name) {
    for (size_t i = 0; i < t->n_names; i++)
        if (template_text_is(t->names[i], name)) return 1;
    return 0;
}

int lrt_template_marks(const struct lrt_template *t) { return t->marks; }
