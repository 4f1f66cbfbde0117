/* Statements of templates: each row of the table parses the rest of its statement after the name. */
#include "runtime/template/template_nodes.h"
#include <string.h>

static struct template_node *parse_body(struct template_parser *p, const char *const *ends);

static void end_block(struct template_parser *p) {
    if (p->token->kind == TOKEN_BLOCK_END)
        p->token++;
    else
        lrt_template_parse_fail(p, "a statement goes on behind its end: %%} is missing");
}

/* The body up to and including its {% end... %} tag. */
static struct template_node *take_body(struct template_parser *p, const char *end) {
    const char *const ends[] = {end, NULL};
    end_block(p);
    struct template_node *body = parse_body(p, ends);
    p->token++;
    if (strcmp(end, "endmacro") == 0 && p->token->kind == TOKEN_NAME) p->token++; /* {% endmacro name %} */
    if (!p->status) end_block(p);
    return body;
}

static struct template_node *parse_if(struct template_parser *p) {
    static const char *const ends[] = {"elif", "else", "endif", NULL};
    struct template_node *n = lrt_template_node(p, NODE_IF), **end = n ? &n->list : NULL;
    for (int has_condition = 1; n && !p->status;) {
        struct template_node *branch = lrt_template_node(p, NODE_BRANCH);
        if (!branch) break;
        if (has_condition) branch->a = lrt_template_parse_tuple(p, 0);
        end_block(p);
        branch->list = parse_body(p, ends);
        *end = branch;
        end = &branch->next;
        if (p->status || lrt_template_skip_name(p, "endif")) break;
        if (!has_condition) lrt_template_parse_fail(p, "{%% endif %%} is missing behind {%% else %%}");
        has_condition = lrt_template_at_name(p, "elif");
        p->token++;
    }
    if (!p->status) end_block(p);
    return n;
}

/* Names that a loop or an assignment gives values to. */
static struct template_node *parse_target(struct template_parser *p) {
    struct template_node *first = NULL, **end = &first, *n = NULL;
    int count = 0, more = 1;
    for (; more && !p->status; count++) {
        if (lrt_template_skip_sign(p, "(")) {
            n = parse_target(p);
            lrt_template_expect_sign(p, ")");
        } else {
            n = lrt_template_node(p, NODE_NAME);
            const struct template_value name = lrt_template_take_name(p);
            if (!n) return NULL;
            n->value = name;
            n->symbol = lrt_template_symbol(p, name);
        }
        if (!n) return NULL;
        *end = n;
        end = &n->next;
        more = lrt_template_skip_sign(p, ",") && (p->token->kind == TOKEN_NAME || lrt_template_at_sign(p, "(")) &&
               !lrt_template_at_name(p, "in");
    }
    if (count == 1) return n;
    struct template_node *tuple = lrt_template_node(p, NODE_TUPLE);
    if (tuple) tuple->list = first;
    return tuple;
}

static struct template_node *parse_for(struct template_parser *p) {
    static const char *const ends[] = {"else", "endfor", NULL}, *const end_only[] = {"endfor", NULL};
    struct template_node *n = lrt_template_node(p, NODE_FOR);
    if (!n) return NULL;
    n->a = parse_target(p);
    if (!lrt_template_skip_name(p, "in")) lrt_template_parse_fail(p, "\"in\" is missing in a for");
    n->b = lrt_template_parse_tuple(p, 0);
    if (lrt_template_skip_name(p, "if")) n->c = lrt_template_parse_expression(p, 1);
    if (lrt_template_at_name(p, "recursive")) lrt_template_parse_fail(p, "a recursive loop is not supported");
    end_block(p);
    p->loops++;
    n->list = parse_body(p, ends);
    p->loops--;
    if (!p->status && lrt_template_skip_name(p, "else")) {
        end_block(p);
        n->other = parse_body(p, end_only);
    }
    p->token++;
    if (!p->status) end_block(p);
    return n;
}

static struct template_node *parse_set(struct template_parser *p) {
    struct template_node *n = lrt_template_node(p, NODE_SET);
    if (!n) return NULL;
    n->a = parse_target(p);
    if (lrt_template_skip_sign(p, ".")) {
        n->kind = NODE_SET_FIELD;
        n->value = lrt_template_take_name(p);
        if (n->a && n->a->kind != NODE_NAME) lrt_template_parse_fail(p, "only a namespace's attribute can be set");
    }
    if (lrt_template_skip_sign(p, "=")) {
        n->b = lrt_template_parse_tuple(p, 1);
        end_block(p);
        return n;
    }
    if (n->kind == NODE_SET_FIELD) lrt_template_expect_sign(p, "=");
    n->kind = NODE_SET_BLOCK;
    struct template_node *over = lrt_template_node(p, NODE_TEXT);
    n->b = over ? lrt_template_parse_filters(p, over) : NULL;
    n->list = take_body(p, "endset");
    return n;
}

/* Parameters after "(": names with defaults. */
static struct template_node *parse_parameters(struct template_parser *p) {
    struct template_node *first = NULL, **end = &first;
    lrt_template_expect_sign(p, "(");
    while (!p->status && !lrt_template_at_sign(p, ")")) {
        struct template_node *n = lrt_template_node(p, NODE_NAME);
        const struct template_value name = lrt_template_take_name(p);
        if (!n) break;
        n->value = name;
        n->symbol = lrt_template_symbol(p, name);
        if (lrt_template_skip_sign(p, "=")) n->b = lrt_template_parse_expression(p, 1);
        *end = n;
        end = &n->next;
        if (!lrt_template_at_sign(p, ")")) lrt_template_expect_sign(p, ",");
    }
    lrt_template_expect_sign(p, ")");
    return first;
}

/* A macro's body runs where it is called, so it is in no loop of this place. */
static struct template_node *take_separate_body(struct template_parser *p, const char *end) {
    const int loops = p->loops;
    p->loops = 0;
    struct template_node *body = take_body(p, end);
    p->loops = loops;
    return body;
}

static struct template_node *parse_macro(struct template_parser *p) {
    struct template_node *n = lrt_template_node(p, NODE_MACRO);
    if (!n) return NULL;
    n->value = lrt_template_take_name(p);
    n->symbol = lrt_template_symbol(p, n->value);
    n->a = parse_parameters(p);
    n->list = take_separate_body(p, "endmacro");
    return n;
}

static struct template_node *parse_call_block(struct template_parser *p) {
    struct template_node *n = lrt_template_node(p, NODE_CALL_BLOCK);
    if (!n) return NULL;
    if (lrt_template_at_sign(p, "(")) n->b = parse_parameters(p);
    n->symbol = lrt_template_symbol(p, template_text("caller", 6));
    n->a = lrt_template_parse_expression(p, 1);
    if (n->a && n->a->kind != NODE_CALL) lrt_template_parse_fail(p, "{%% call %%} needs a call");
    n->list = take_separate_body(p, "endcall");
    return n;
}

static struct template_node *parse_filter_block(struct template_parser *p) {
    struct template_node *n = lrt_template_node(p, NODE_FILTER_BLOCK), *over = lrt_template_node(p, NODE_TEXT);
    if (!n || !over) return NULL;
    struct template_node *filter = lrt_template_parse_filter(p, over);
    n->a = lrt_template_parse_filters(p, filter);
    n->list = take_body(p, "endfilter");
    return n;
}

static struct template_node *parse_with(struct template_parser *p) {
    struct template_node *n = lrt_template_node(p, NODE_WITH), **end = n ? &n->a : NULL;
    while (n && !p->status && p->token->kind != TOKEN_BLOCK_END) {
        struct template_node *set = lrt_template_node(p, NODE_SET);
        if (!set) break;
        set->a = parse_target(p);
        lrt_template_expect_sign(p, "=");
        set->b = lrt_template_parse_expression(p, 1);
        *end = set;
        end = &set->next;
        if (p->token->kind != TOKEN_BLOCK_END) lrt_template_expect_sign(p, ",");
    }
    if (n) n->list = take_body(p, "endwith");
    return n;
}

static struct template_node *parse_generation(struct template_parser *p) {
    struct template_node *n = lrt_template_node(p, NODE_GENERATION);
    p->t->marks = 1;
    if (n) n->list = take_body(p, "endgeneration");
    return n;
}

static struct template_node *parse_jump(struct template_parser *p, enum template_node_kind kind) {
    struct template_node *n = lrt_template_node(p, kind);
    if (!p->loops) lrt_template_parse_fail(p, "{%% break %%} or {%% continue %%} outside a loop");
    end_block(p);
    return n;
}
static struct template_node *parse_break(struct template_parser *p) { return parse_jump(p, NODE_BREAK); }
static struct template_node *parse_continue(struct template_parser *p) { return parse_jump(p, NODE_CONTINUE); }

struct statement {
    const char *name;
    struct template_node *(*parse)(struct template_parser *p);
};
static const struct statement statements[] = {{"if", parse_if},           {"for", parse_for},
                                              {"set", parse_set},         {"macro", parse_macro},
                                              {"call", parse_call_block}, {"filter", parse_filter_block},
                                              {"with", parse_with},       {"generation", parse_generation},
                                              {"break", parse_break},     {"continue", parse_continue}};

static struct template_node *parse_statement(struct template_parser *p) {
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        if (lrt_template_skip_name(p, statements[i].name)) return statements[i].parse(p);
    const struct template_token *t = p->token;
    lrt_template_parse_fail(p, "the statement '%.*s' is not one that chat templates may use",
                            t->kind == TOKEN_NAME ? (t->bytes > 40 ? 40 : (int)t->bytes) : 0, t->text ? t->text : "");
    return NULL;
}

static int ends_here(const struct template_parser *p, const char *const *ends) {
    for (; ends && *ends; ends++)
        if (lrt_template_at_name(p, *ends)) return 1;
    return 0;
}

/* Statements up to one of `ends`, whose name is the next token; without ends, up to the template's end. */
static struct template_node *parse_body(struct template_parser *p, const char *const *ends) {
    struct template_node *first = NULL, **end = &first;
    const uint32_t line = p->token->line;
    if (!lrt_template_enter(p)) return NULL;
    while (!p->status) {
        struct template_node *n = NULL;
        if (p->token->kind == TOKEN_TEXT) {
            n = lrt_template_node(p, NODE_TEXT);
            if (n) n->value = template_text(p->token->text, p->token->bytes);
            p->token++;
        } else if (p->token->kind == TOKEN_PRINT_BEGIN) {
            n = lrt_template_node(p, NODE_PRINT);
            p->token++;
            struct template_node *what = lrt_template_parse_tuple(p, 1);
            if (n) n->a = what;
            if (p->token->kind == TOKEN_PRINT_END)
                p->token++;
            else
                lrt_template_parse_fail(p, "}} is missing");
        } else if (p->token->kind == TOKEN_BLOCK_BEGIN) {
            p->token++;
            if (ends_here(p, ends)) break;
            n = parse_statement(p);
        } else {
            for (; ends && ends[0] && ends[1];) ends++;
            if (ends) lrt_template_parse_fail(p, "{%% %s %%} is missing; its statement is in line %u", *ends, line);
            break;
        }
        if (!n) break;
        *end = n;
        end = &n->next;
    }
    p->nesting--;
    return first;
}

struct template_node *lrt_template_parse_statements(struct template_parser *p) {
    return parse_body(p, NULL);
}
