/* Messages as other tools write them become messages as templates read them: roles and members by the names that
 * templates know, contents of parts as a text where the template takes no parts, calls of tools as "tool_calls". The
 * conversation is changed in place. */
#include "runtime/formats/json_bounded.h"
#include "runtime/text/chat.h"
#include "runtime/text/tokenizer.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct role {
    const char *name, *role;
    enum { ALIAS, KEPT, CALL } kind;
} roles[] = {
#define ROLE(name, role, kind) {name, role, kind},
#include "runtime/text/chat_roles.def"
#undef ROLE
};
enum { ROLES = sizeof roles / sizeof *roles };

static const struct role *find_role(const char *name) {
    for (size_t i = 0; i < ROLES; i++)
        if (strcasecmp(roles[i].name, name) == 0) return &roles[i];
    return NULL;
}

static int no_memory(struct lrt *c) { return lrt_fail(c, LRT_ERR_MEMORY, "chat: no memory for a message"); }

/* The member under the name that templates know; the other name is taken away. */
static int rename_member(struct lrt *c, json_t *message, const char *from, const char *to) {
    json_t *value = json_object_get(message, from);
    if (!value || json_object_get(message, to)) return LRT_OK;
    if (json_object_set(message, to, value)) return no_memory(c);
    json_object_del(message, from);
    return LRT_OK;
}

static int fail_role(struct lrt *c, size_t index, const char *name) {
    char known[300] = "";
    for (size_t i = 0, n = 0; i < ROLES; i++) {
        if (i) memcpy(known + n, ", ", 3), n += 2;
        memcpy(known + n, roles[i].name, strlen(roles[i].name) + 1);
        n += strlen(roles[i].name);
        if (n > sizeof known - 40) break;
    }
    return lrt_fail(c, LRT_ERR_FILE,
                    "message %zu: the role \"%.60s\" is not known, nor does the template name it; there are: %s",
                    index + 1, name, known);
}

/* {"name", "arguments"}, as a text, or a list of them, becomes "tool_calls" without a content. */
static int read_calls(struct lrt *c, json_t *message, size_t index) {
    const json_t *content = json_object_get(message, "content");
    json_error_t error;
    json_t *given = json_is_string(content) ? lrt_json_parse(json_string_value(content), json_string_length(content),
                                                             JSON_ALLOW_NUL, &error)
                                            : NULL;
    json_t *calls = json_array();
    const size_t n = json_is_array(given) ? json_array_size(given) : 1;
    int status = calls ? LRT_OK : no_memory(c);
    for (size_t i = 0; i < n && !status; i++) {
        json_t *call = json_is_array(given) ? json_array_get(given, i) : given;
        if (!json_is_string(json_object_get(call, "name")) || !json_object_get(call, "arguments"))
            status = lrt_fail(c, LRT_ERR_FILE,
                              "message %zu: a call of a tool is JSON: {\"name\", \"arguments\"} or a list of them",
                              index + 1);
        else if (json_array_append_new(calls, json_pack("{s:s,s:O}", "type", "function", "function", call)))
            status = no_memory(c);
    }
    if (!status && json_object_set(message, "tool_calls", calls)) status = no_memory(c);
    if (!status && json_object_set_new(message, "content", json_null())) status = no_memory(c);
    json_decref(given);
    json_decref(calls);
    return status;
}

static int name_role(struct lrt *c, const struct lrt_tokenizer *t, const json_t *conversation, json_t *message,
                     size_t index) {
    const char *name = json_string_value(json_object_get(message, "role"));
    const struct role *r = name ? find_role(name) : NULL;
    if (!name) return lrt_fail(c, LRT_ERR_FILE, "message %zu needs a \"role\", a text", index + 1);
    if ((!r || r->kind == KEPT) && lrt_chat_names(t, conversation, name)) return LRT_OK;
    if (!r) return fail_role(c, index, name);
    if (r->kind == CALL) {
        int status = read_calls(c, message, index);
        if (status) return status;
    }
    return strcmp(name, r->role) == 0 || !json_object_set_new(message, "role", json_string(r->role)) ? LRT_OK
                                                                                                     : no_memory(c);
}

/* The text of a part; NULL: it has none. */
static json_t *part_text(const json_t *part) {
    static const char *const texts[] = {"text", "input_text", "output_text"};
    const char *type = json_string_value(json_object_get(part, "type"));
    json_t *text = json_object_get(part, "text");
    for (size_t i = 0; i < 3 && type; i++)
        if (strcmp(texts[i], type) == 0) type = NULL;
    return !type && json_is_string(text) ? text : NULL;
}

static int check_parts(struct lrt *c, const struct lrt_tokenizer *t, const json_t *conversation, const json_t *content,
                       size_t index, int *texts) {
    *texts = 1;
    for (size_t i = 0; i < json_array_size(content); i++) {
        const json_t *part = json_array_get(content, i);
        const char *type = json_string_value(json_object_get(part, "type"));
        if (part_text(part)) continue;
        *texts = 0;
        if (!type || strcmp(type, "text") == 0)
            return lrt_fail(c, LRT_ERR_FILE, "message %zu: part %zu needs a \"type\" and a \"text\"", index + 1, i + 1);
        if (strstr(type, "image") || strstr(type, "audio") || strstr(type, "video") || strstr(type, "file") ||
            !lrt_chat_names(t, conversation, type))
            return lrt_fail(c, LRT_ERR_FILE, "message %zu: part %zu is of type \"%.60s\": only text is learned",
                            index + 1, i + 1, type);
    }
    return LRT_OK;
}

static int join_parts(struct lrt *c, const struct lrt_tokenizer *t, const json_t *conversation, json_t *message,
                      size_t index) {
    const json_t *content = json_object_get(message, "content");
    int texts;
    int status = check_parts(c, t, conversation, content, index, &texts);
    if (status || !texts || lrt_chat_takes_parts(t, conversation)) return status;
    size_t bytes = 0, n = 0;
    for (size_t i = 0; i < json_array_size(content); i++)
        bytes += json_string_length(part_text(json_array_get(content, i)));
    char *joined = malloc(bytes + 1);
    if (!joined) return no_memory(c);
    for (size_t i = 0; i < json_array_size(content); i++) {
        const json_t *text = part_text(json_array_get(content, i));
        memcpy(joined + n, json_string_value(text), json_string_length(text));
        n += json_string_length(text);
    }
    json_t *text = json_stringn(joined, n);
    free(joined);
    return text && !json_object_set_new(message, "content", text) ? LRT_OK : no_memory(c);
}

static int read_message(struct lrt *c, const struct lrt_tokenizer *t, const json_t *conversation, json_t *message,
                        size_t index) {
    if (!json_is_object(message)) return lrt_fail(c, LRT_ERR_FILE, "message %zu is not an object", index + 1);
    int status = rename_member(c, message, "from", "role");
    if (!status) status = rename_member(c, message, "value", "content");
    if (!status) status = name_role(c, t, conversation, message, index);
    if (status) return status;
    const json_t *content = json_object_get(message, "content");
    const int calls = json_array_size(json_object_get(message, "tool_calls")) > 0;
    if (json_is_array(content)) return join_parts(c, t, conversation, message, index);
    if (json_is_string(content) || (calls && (!content || json_is_null(content)))) return LRT_OK;
    return lrt_fail(c, LRT_ERR_FILE,
                    "message %zu needs a \"content\", a text; it may be null beside \"tool_calls\" only", index + 1);
}

/* A system message that stands beside the messages goes before them. */
static int add_system(struct lrt *c, json_t *conversation, json_t *messages) {
    static const char *const members[] = {"system", "system_prompt"};
    for (size_t i = 0; i < 2; i++) {
        json_t *system = json_object_get(conversation, members[i]);
        const json_t *first = json_array_get(messages, 0);
        const char *role = json_string_value(json_object_get(first, "role"));
        if (!system || json_is_null(system) || (json_is_string(system) && json_string_length(system) == 0)) continue;
        if (!json_is_string(system)) return lrt_fail(c, LRT_ERR_FILE, "\"%s\" is not a text", members[i]);
        if (role && strcmp(role, "system") == 0) {
            if (json_equal(system, json_object_get(first, "content"))) continue;
            return lrt_fail(c, LRT_ERR_FILE, "\"%s\" and the first message are two system messages: leave one out",
                            members[i]);
        }
        json_t *message = json_pack("{s:s,s:O}", "role", "system", "content", system);
        if (!message || json_array_insert_new(messages, 0, message)) return no_memory(c);
    }
    return LRT_OK;
}

/* What stands beside the messages. Tools that are written as a text are JSON. */
static int read_rest(struct lrt *c, json_t *conversation) {
    const json_t *tools = json_object_get(conversation, "tools");
    const json_t *variables = json_object_get(conversation, "chat_template_kwargs");
    const json_t *documents = json_object_get(conversation, "documents");
    json_error_t error;
    if (variables && !json_is_null(variables) && !json_is_object(variables))
        return lrt_fail(c, LRT_ERR_FILE, "\"chat_template_kwargs\" is not an object");
    if (documents && !json_is_null(documents) && !json_is_array(documents))
        return lrt_fail(c, LRT_ERR_FILE, "\"documents\" is not a list");
    if (!tools || json_is_null(tools) || json_is_array(tools)) return LRT_OK;
    if (!json_is_string(tools)) return lrt_fail(c, LRT_ERR_FILE, "\"tools\" is not a list");
    if (json_string_length(tools) == 0) return json_object_del(conversation, "tools"), LRT_OK;
    json_t *list = lrt_json_parse(json_string_value(tools), json_string_length(tools), JSON_ALLOW_NUL, &error);
    if (json_is_array(list)) return json_object_set_new(conversation, "tools", list) ? no_memory(c) : LRT_OK;
    json_decref(list);
    return lrt_fail(c, LRT_ERR_FILE, "\"tools\" is a text, but not a list of JSON");
}

int lrt_chat_read_messages(struct lrt *c, const struct lrt_tokenizer *t, json_t *conversation) {
    json_t *messages = json_object_get(conversation, "messages");
    if (!json_is_array(messages) || json_array_size(messages) == 0)
        return lrt_fail(c, LRT_ERR_FILE, "\"messages\" is not a list of messages");
    int status = read_rest(c, conversation);
    for (size_t i = 0; i < json_array_size(messages) && !status; i++)
        status = read_message(c, t, conversation, json_array_get(messages, i), i);
    return status ? status : add_system(c, conversation, messages);
}
