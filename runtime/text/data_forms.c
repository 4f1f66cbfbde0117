/* Members of a JSON object become an example: a text, a pair of texts, or a conversation. The forms are data_forms.def;
 * what is left over is refused where it would change the training, and else noted. */
#include "runtime/text/data_forms.h"
#include "runtime/text/chat.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct form {
    const char *name;
    enum lrt_form_shape shape;
    const char *first, *last;
} forms[] = {
#define FORM(name, shape, first, last) {name, LRT_FORM_##shape, first, last},
#include "runtime/text/data_forms.def"
#undef FORM
};
_Static_assert(sizeof forms / sizeof *forms == LRT_FORMS, "the count is made of the same rows");

enum harmless { EMPTY, ONE, FALSE, NUMBER };
static const struct {
    const char *member;
    enum harmless harmless;
    const char *cure;
} keys[] = {
#define KEY(member, harmless, cure) {member, harmless, cure},
#include "runtime/text/data_keys.def"
#undef KEY
};

const char *lrt_form_name(size_t form) { return forms[form].name; }
enum lrt_form_shape lrt_form_shape(size_t form) { return forms[form].shape; }

static int is_empty(const json_t *value) {
    return !value || json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0);
}

static int is_number(const json_t *value, double number) {
    const char *text = json_string_value(value);
    char *end;
    return (json_is_number(value) && json_number_value(value) == number) ||
           (text && *text && strtod(text, &end) == number && *end == 0); /* of a table */
}

/* Of a table, whose writers have True and true. */
static int is_word(const json_t *value, const char *word) {
    return json_is_string(value) && strcasecmp(json_string_value(value), word) == 0;
}

static int is_harmless(const json_t *value, enum harmless harmless) {
    if (is_empty(value)) return 1;
    if (harmless == ONE) return is_number(value, 1);
    if (harmless == FALSE) return json_is_false(value) || is_number(value, 0) || is_word(value, "false");
    return harmless == NUMBER && !json_is_boolean(value) && !is_word(value, "true") && !is_word(value, "false");
}

static const struct {
    const char *name;
    int chat, json;
} members[] = {
#define MEMBER(name, chat, json) {name, chat, json},
#include "runtime/text/data_members.def"
#undef MEMBER
};

/* Members that are handed to chat with the messages. */
static int is_of_chat(const char *member) {
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strcmp(members[i].name, member) == 0) return members[i].chat;
    return lrt_chat_is_last_turn_flag(member);
}

enum lrt_cells lrt_data_cells(const char *column) {
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strcmp(members[i].name, column) == 0 && members[i].json) return LRT_CELLS_JSON;
    for (size_t i = 0; i < LRT_FORMS; i++) {
        const struct form *f = &forms[i];
        if (f->shape == LRT_FORM_LIST && strcmp(f->first, column) == 0) return LRT_CELLS_JSON;
        if (f->shape == LRT_FORM_PAIR && (strcmp(f->first, column) == 0 || strcmp(f->last, column) == 0))
            return LRT_CELLS_MESSAGES;
    }
    return LRT_CELLS_TEXT;
}

static int is_instruction(const struct form *f) { return strcmp(f->first, "instruction") == 0; }

static int is_used(const struct form *f, const struct lrt_example *e, const char *member) {
    if (strcmp(f->first, member) == 0 || (f->last && strcmp(f->last, member) == 0)) return 1;
    if (e->conversation && is_of_chat(member)) return 1;
    if (f->shape != LRT_FORM_TURN) return 0;
    return strcmp(member, "history") == 0 ||
           (is_instruction(f) && (strcmp(member, "input") == 0 || strcmp(member, "context") == 0));
}

/* What the form does not use; form NULL: none fits. */
static int check_rest(struct lrt *c, json_t *object, const struct form *f, const struct lrt_example *e,
                      struct lrt_data_notes *ignored) {
    const char *member;
    json_t *value;
    json_object_foreach(object, member, value) {
        if (f && is_used(f, e, member)) continue;
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            if (strcmp(keys[i].member, member) == 0 && !is_harmless(value, keys[i].harmless))
                return lrt_fail(c, LRT_ERR_FILE, "\"%s\" is not honoured; %s", member, keys[i].cure);
        if (f) lrt_data_note(ignored, member);
    }
    return LRT_OK;
}

static int fail_unknown(struct lrt *c, json_t *object) {
    char has[300] = "", known[500] = "";
    const char *member;
    json_t *value;
    size_t n = 0;
    json_object_foreach(object, member, value) {
        n += (size_t)snprintf(has + n, sizeof has - n, "%s\"%.40s\"", n ? ", " : "", member);
        if (n >= sizeof has - 60) break;
    }
    for (size_t i = 0, k = 0; i < LRT_FORMS; i++)
        k += (size_t)snprintf(known + k, sizeof known - k, "%s%s", i ? " | " : "", forms[i].name);
    return lrt_fail(c, LRT_ERR_FILE, "no form of an example has the members %s; there are: %s", n ? has : "of {}",
                    known);
}

static int add_message(json_t *messages, const char *role, const json_t *content) {
    json_t *message = json_pack("{s:s,s:O}", "role", role, "content", content);
    return message ? json_array_append_new(messages, message) : -1;
}

/* [["question", "answer"], ...] */
static int add_history(struct lrt *c, json_t *messages, const json_t *history) {
    if (is_empty(history)) return LRT_OK;
    for (size_t i = 0; i < json_array_size(history); i++) {
        const json_t *turn = json_array_get(history, i), *first = json_array_get(turn, 0),
                     *second = json_array_get(turn, 1);
        if (json_array_size(turn) != 2 || !json_is_string(first) || !json_is_string(second)) break;
        if (add_message(messages, "user", first) || add_message(messages, "assistant", second))
            return lrt_fail(c, LRT_ERR_MEMORY, "data: no memory for an example");
        if (i + 1 == json_array_size(history)) return LRT_OK;
    }
    return lrt_fail(c, LRT_ERR_FILE, "\"history\" is a list of [question, answer], two texts each");
}

/* The question, and what goes on with it, a line each; NULL: no memory. */
static json_t *question_of(json_t *object, const struct form *f) {
    json_t *const parts[] = {json_object_get(object, f->first),
                             is_instruction(f) ? json_object_get(object, "input") : NULL,
                             is_instruction(f) ? json_object_get(object, "context") : NULL};
    size_t bytes = 1, n = 0;
    for (size_t i = 0; i < 3; i++) bytes += json_string_length(parts[i]) + 1;
    char *text = malloc(bytes);
    for (size_t i = 0; i < 3 && text; i++) {
        if (is_empty(parts[i])) continue;
        if (n > 0) text[n++] = '\n';
        memcpy(text + n, json_string_value(parts[i]), json_string_length(parts[i]));
        n += json_string_length(parts[i]);
    }
    json_t *question = text ? json_stringn(text, n) : NULL;
    free(text);
    return question;
}

static int read_turn(struct lrt *c, json_t *object, const struct form *f, json_t *messages) {
    const char *const texts[] = {f->first, f->last, "input", "context"};
    for (size_t i = 0; i < (is_instruction(f) ? 4 : 2); i++) {
        const json_t *value = json_object_get(object, texts[i]);
        if (!json_is_string(value) && (i < 2 || !is_empty(value)))
            return lrt_fail(c, LRT_ERR_FILE, "\"%s\" is not a text", texts[i]);
    }
    int status = add_history(c, messages, json_object_get(object, "history"));
    if (status) return status;
    json_t *question = question_of(object, f);
    if (!question || add_message(messages, "user", question) ||
        add_message(messages, "assistant", json_object_get(object, f->last)))
        status = lrt_fail(c, LRT_ERR_MEMORY, "data: no memory for an example");
    json_decref(question);
    return status;
}

/* A prompt and a completion that are lists: the prompt's messages do not count. */
static int read_lists(struct lrt *c, const json_t *prompt, const json_t *completion, json_t *messages) {
    json_t *message;
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)prompt, i, message) {
        if (json_is_object(message) && json_object_set_new(message, "weight", json_integer(0)))
            return lrt_fail(c, LRT_ERR_MEMORY, "data: no memory for an example");
    }
    return json_array_extend(messages, (json_t *)(uintptr_t)prompt) ||
                   json_array_extend(messages, (json_t *)(uintptr_t)completion)
               ? lrt_fail(c, LRT_ERR_MEMORY, "data: no memory for an example")
               : LRT_OK;
}

/* An object with "messages" and what chat knows beside them. */
static int make_conversation(struct lrt *c, json_t *object, const struct form *f, struct lrt_example *e) {
    json_t *value, *messages = NULL;
    const char *member;
    int status = LRT_OK;
    e->conversation = json_object();
    if (f->shape == LRT_FORM_LIST)
        messages = json_incref(json_object_get(object, f->first));
    else
        messages = json_array();
    if (!e->conversation || !messages || json_object_set_new(e->conversation, "messages", messages))
        return lrt_fail(c, LRT_ERR_MEMORY, "data: no memory for an example");
    json_object_foreach(object, member, value) {
        if (is_of_chat(member) && json_object_set(e->conversation, member, value))
            return lrt_fail(c, LRT_ERR_MEMORY, "data: no memory for an example");
    }
    if (f->shape == LRT_FORM_PAIR)
        status = read_lists(c, json_object_get(object, f->first), json_object_get(object, f->last), messages);
    if (f->shape == LRT_FORM_TURN) status = read_turn(c, object, f, messages);
    return status;
}

static int read_form(struct lrt *c, json_t *object, const struct form *f, struct lrt_example *e) {
    const json_t *first = json_object_get(object, f->first), *last = f->last ? json_object_get(object, f->last) : NULL;
    if (f->shape == LRT_FORM_LIST || f->shape == LRT_FORM_TURN) return make_conversation(c, object, f, e);
    if (f->shape == LRT_FORM_PAIR && json_is_array(first) && json_is_array(last))
        return make_conversation(c, object, f, e);
    if (!json_is_string(first)) return lrt_fail(c, LRT_ERR_FILE, "\"%s\" is not a text", f->first);
    if (f->last && !json_is_string(last)) return lrt_fail(c, LRT_ERR_FILE, "\"%s\" is not a text", f->last);
    e->prompt = f->last ? first : NULL;
    e->text = f->last ? last : first;
    return LRT_OK;
}

/* Whether the form's members are there. In a mixed table, and from tools that write every member, those of other forms
 * are empty: first comes a form without empty members, then one with some, then one that has only them. An empty
 * instruction counts where something goes on with it. */
enum { FULL, PARTLY_FULL, THERE, FULLNESSES };
static int has_form(const json_t *object, const struct form *f, int fullness) {
    const json_t *first = json_object_get(object, f->first), *last = f->last ? json_object_get(object, f->last) : NULL;
    if (!first || (f->last && !last)) return 0;
    const int goes_on = json_is_string(first) && is_instruction(f) &&
                        (!is_empty(json_object_get(object, "input")) || !is_empty(json_object_get(object, "context")));
    const int has_first = !is_empty(first) || goes_on, has_last = !is_empty(last);
    if (fullness == FULL) return has_first && (has_last || !f->last);
    return fullness == THERE || has_first || has_last;
}

int lrt_data_find_form(struct lrt *c, json_t *object, struct lrt_example *e, struct lrt_data_notes *ignored) {
    const struct form *f = NULL;
    *e = (struct lrt_example){.form = 0};
    for (size_t i = 0; i < FULLNESSES * LRT_FORMS && !f; i++) {
        e->form = i % LRT_FORMS;
        if (has_form(object, &forms[e->form], (int)(i / LRT_FORMS))) f = &forms[e->form];
    }
    int status = f ? read_form(c, object, f, e) : LRT_OK;
    if (!status) status = check_rest(c, object, f, e, ignored);
    return status || f ? status : fail_unknown(c, object);
}
