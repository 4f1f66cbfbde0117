/* Chat messages become pieces of text in the model's own format. Each piece says whether the model learns it. Templates
 * in files are Jinja programs: they are recognised by their marks and never run. */
#include "runtime/text/tokenizer.h"
#include <stdlib.h>
#include <string.h>

struct chat_format {
    enum lrt_chat_kind kind;
    const char *name, *mark;
    int trim;
    const char *begin, *system_open, *system_close, *user_open, *user_after_system, *user_close;
    const char *assistant_open, *assistant_end, *assistant_tail;
};

static const struct chat_format formats[] = {
#define CHAT(...) {__VA_ARGS__},
#include "runtime/text/chat_formats.def"
#undef CHAT
};
enum { FORMATS = sizeof formats / sizeof *formats };

static const struct chat_format *format_of(enum lrt_chat_kind kind) {
    for (size_t i = 0; i < FORMATS; i++)
        if (formats[i].kind == kind) return &formats[i];
    return &formats[FORMATS - 1];
}

const char *lrt_chat_name(enum lrt_chat_kind kind) { return format_of(kind)->name; }

static const char *find_text(const char *in, size_t bytes, const char *what) {
    const size_t n = strlen(what);
    for (const char *p = in; n && bytes - (size_t)(p - in) >= n; p++)
        if (*p == *what && memcmp(p, what, n) == 0) return p;
    return NULL;
}

/* The system message that a template adds itself: a literal between `before` and `after`. */
static int take_system(struct lrt *c, struct lrt_tokenizer *t, const char *text, size_t bytes, const char *before,
                       const char *after) {
    const char *end = text + bytes;
    for (const char *p = text; !t->system && (p = find_text(p, (size_t)(end - p), before)) != NULL;) {
        p += strlen(before);
        const char *close = find_text(p, (size_t)(end - p), after);
        if (!close) break;
        const size_t n = (size_t)(close - p);
        if (n == 0 || memchr(p, '\'', n) || memchr(p, '{', n) || memchr(p, '\\', n)) continue;
        t->system = malloc(n + 1);
        if (!t->system) return lrt_fail(c, LRT_ERR_MEMORY, "tokenizer: no memory for a chat template");
        memcpy(t->system, p, n);
        t->system[n] = 0;
    }
    return LRT_OK;
}

int lrt_chat_recognise(struct lrt *c, struct lrt_tokenizer *t, const char *text, size_t bytes) {
    t->info.chat = LRT_CHAT_PLAIN;
    for (size_t i = 0; i + 1 < FORMATS; i++)
        if (find_text(text, bytes, formats[i].mark)) {
            t->info.chat = formats[i].kind;
            const int32_t end = lrt_tokenizer_find(t, formats[i].assistant_end);
            if (end >= 0) t->info.end_of_turn = end;
            break;
        }
    if (t->info.chat != LRT_CHAT_CHATML) return LRT_OK;
    int status = take_system(c, t, text, bytes, "<|im_start|>system\\n", "<|im_end|>");
    return status ? status : take_system(c, t, text, bytes, "set system_message = '", "'");
}

/* A piece being put together. */
struct rendering {
    struct lrt *c;
    const struct lrt_tokenizer *t;
    lrt_piece_sink *sink;
    void *arg;
    char *text;
    size_t bytes, capacity;
    int continued; /* what went before did not end with a special token */
};

static int append(struct rendering *r, const char *text, size_t bytes) {
    int status = lrt_grow(r->c, (void **)&r->text, &r->capacity, r->bytes + bytes + 1, 1);
    if (status || bytes == 0) return status;
    memcpy(r->text + r->bytes, text, bytes);
    r->bytes += bytes;
    return LRT_OK;
}

/* Appends a format's text with {role}, {bos} and {eos} filled in. */
static int append_format(struct rendering *r, const char *format, size_t bytes, const char *role) {
    int status = LRT_OK;
    for (const char *p = format, *end = format + bytes; p < end && !status;) {
        const int is_bos = strncmp(p, "{bos}", 5) == 0, is_eos = strncmp(p, "{eos}", 5) == 0;
        if (is_bos || is_eos) {
            size_t n = 0;
            const char *spelling = lrt_token_bytes(r->t, is_bos ? r->t->info.bos : r->t->info.eos, &n);
            if (spelling) status = append(r, spelling, n);
            p += 5;
        } else if (strncmp(p, "{role}", 6) == 0) {
            status = append(r, role, strlen(role));
            p += 6;
        } else {
            status = append(r, p++, 1);
        }
    }
    return status;
}

static int ends_with_special(const struct lrt_tokenizer *t, const char *text, size_t bytes) {
    for (uint32_t i = 0; i < t->special_first[256]; i++) {
        const struct lrt_piece *p = &t->vocabulary.pieces[t->specials[i]];
        if (p->bytes <= bytes && memcmp(t->vocabulary.text + p->offset, text + bytes - p->bytes, p->bytes) == 0)
            return 1;
    }
    return 0;
}

static int send(struct rendering *r, int special, int counted) {
    if (r->bytes == 0) return LRT_OK;
    const int flags = (special ? LRT_ENCODE_SPECIAL : 0) | (r->continued ? LRT_ENCODE_CONTINUED : 0);
    r->continued = !(special && ends_with_special(r->t, r->text, r->bytes));
    const size_t bytes = r->bytes;
    r->bytes = 0;
    return r->sink(r->arg, r->text, bytes, flags, counted);
}

static int send_format(struct rendering *r, const char *format, const char *role, int counted) {
    int status = append_format(r, format, strlen(format), role);
    return status ? status : send(r, 1, counted);
}

static int is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Bytes of an open that are a piece of their own; the rest joins the content. */
static size_t open_bytes(const char *open, int assistant) {
    size_t n = strlen(open);
    while (n > 0 && open[n - 1] != '>' && open[n - 1] != '}' && !(assistant && open[n - 1] == '\n')) n--;
    return n;
}

enum speaker { SYSTEM, USER, USER_AFTER_SYSTEM, ASSISTANT };

static int render_message(struct rendering *r, const struct chat_format *f, enum speaker speaker, const char *role,
                          const char *content, size_t bytes) {
    const char *const opens[] = {f->system_open, f->user_open, f->user_after_system, f->assistant_open},
                      *open = opens[speaker];
    const int assistant = speaker == ASSISTANT;
    while (f->trim && bytes && is_space(content[bytes - 1])) bytes--;
    for (; f->trim && bytes && is_space(*content); content++) bytes--;
    const size_t own = open_bytes(open, assistant);
    int status = append_format(r, open, own, role);
    if (!status) status = send(r, 1, 0);
    if (!status) status = append_format(r, open + own, strlen(open) - own, role);
    if (!status) status = append(r, content, bytes);
    if (!status) status = send(r, 0, assistant);
    if (!assistant)
        return status ? status : send_format(r, speaker == SYSTEM ? f->system_close : f->user_close, role, 0);
    if (!status) status = send_format(r, f->assistant_end, role, 1);
    return status ? status : send_format(r, f->assistant_tail, role, 0);
}

static int render(struct rendering *r, const struct lrt_chat_message *messages, size_t n, int prompt) {
    const struct chat_format *f = format_of(r->t->info.chat);
    int status = send_format(r, f->begin, "", 0);
    enum speaker user = USER;
    if (!status && r->t->system && n && strcmp(messages[0].role, "system") != 0)
        status = render_message(r, f, SYSTEM, "system", r->t->system, strlen(r->t->system));
    for (size_t i = 0; i < n && !status; i++) {
        const struct lrt_chat_message *m = &messages[i];
        enum speaker speaker = user;
        user = USER;
        if (strcmp(m->role, "assistant") == 0) {
            speaker = ASSISTANT;
        } else if (strcmp(m->role, "system") == 0) {
            speaker = SYSTEM;
            user = USER_AFTER_SYSTEM;
        } else if (strcmp(m->role, "user") != 0 && !strstr(f->user_open, "{role}")) {
            return lrt_fail(r->c, LRT_ERR_FILE, "chat: role '%.40s' has no place in the %s format", m->role, f->name);
        }
        status = render_message(r, f, speaker, m->role, m->content, m->content_bytes);
    }
    if (!status && prompt) {
        status = append_format(r, f->assistant_open, open_bytes(f->assistant_open, 1), "assistant");
        if (!status) status = send(r, 1, 0);
    }
    return status;
}

int lrt_chat_render(struct lrt *c, const struct lrt_tokenizer *t, const struct lrt_chat_message *messages, size_t n,
                    int prompt, lrt_piece_sink *sink, void *arg) {
    struct rendering r = {.c = c, .t = t, .sink = sink, .arg = arg};
    int status = render(&r, messages, n, prompt);
    free(r.text);
    return status;
}
