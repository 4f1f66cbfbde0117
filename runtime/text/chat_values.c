/* JSON values become values of a chat template's run. */
#include "runtime/text/chat_values.h"
#include "runtime/text/chat.h"
#include <string.h>

static struct template_value mapping_of(struct lrt_template_run *run, const json_t *object) {
    struct template_value mapping = {.kind = TEMPLATE_MAPPING};
    struct template_entry *entries = lrt_template_memory(run, json_object_size(object), sizeof *entries);
    const char *key;
    json_t *value;
    mapping.u.entries = entries;
    if (!entries) return template_undefined();
    json_object_foreach((json_t *)object, key, value) {
        entries[mapping.count++] = (struct template_entry){template_text(key, strlen(key)), lrt_chat_value(run, value)};
    }
    return mapping;
}

struct template_value lrt_chat_value(struct lrt_template_run *run, const json_t *json) {
    switch (json_typeof(json)) {
    case JSON_NULL: return template_none();
    case JSON_TRUE: return template_boolean(1);
    case JSON_FALSE: return template_boolean(0);
    case JSON_INTEGER: return template_integer(json_integer_value(json));
    case JSON_REAL: return template_real(json_real_value(json));
    case JSON_STRING: return template_text(json_string_value(json), json_string_length(json));
    case JSON_OBJECT: return mapping_of(run, json);
    case JSON_ARRAY: break;
    }
    const size_t n = json_array_size(json);
    struct template_value *items = lrt_template_memory(run, n, sizeof *items);
    if (!items) return template_undefined();
    for (size_t i = 0; i < n; i++) items[i] = lrt_chat_value(run, json_array_get(json, i));
    return (struct template_value){.kind = TEMPLATE_LIST, .count = n, .u.items = items};
}

/* A member's value, NULL when it is absent or null. */
static const json_t *member(const json_t *message, const char *key) {
    const json_t *value = json_object_get(message, key);
    return json_is_null(value) ? NULL : value;
}

static void add_member(struct lrt_template_run *run, struct template_value *mapping, struct template_entry *entries,
                       const char *key, const json_t *value) {
    entries[mapping->count++] = (struct template_entry){template_text(key, strlen(key)), lrt_chat_value(run, value)};
}

/* Messages as transformers passes them: null members are absent, and reasoning has the names that templates know. */
static struct template_value message_of(struct lrt_template_run *run, const json_t *message) {
    static const char *const names[] = {"reasoning_content", "thinking", "reasoning"};
    const json_t *reasoning = NULL;
    const int calls = json_array_size(json_object_get(message, "tool_calls")) > 0;
    struct template_value mapping = {.kind = TEMPLATE_MAPPING};
    struct template_entry *entries = lrt_template_memory(run, json_object_size(message) + 2, sizeof *entries);
    const char *key;
    json_t *value;
    mapping.u.entries = entries;
    if (!entries) return template_undefined();
    for (size_t i = 0; i < 3 && !reasoning; i++) reasoning = member(message, names[i]);
    json_object_foreach((json_t *)message, key, value) {
        const int empty = calls && json_is_null(value) && strcmp(key, "content") == 0;
        if ((json_is_null(value) && !empty) || lrt_chat_is_flag(key)) continue;
        add_member(run, &mapping, entries, key, reasoning && strcmp(key, names[0]) == 0 ? reasoning : value);
        if (empty) entries[mapping.count - 1].value.flags = TEMPLATE_EMPTY;
    }
    for (size_t i = 0; i < 2 && reasoning; i++)
        if (!member(message, names[i])) add_member(run, &mapping, entries, names[i], reasoning);
    return mapping;
}

struct template_value lrt_chat_messages(struct lrt_template_run *run, const json_t *messages, size_t n) {
    struct template_value *items = lrt_template_memory(run, n, sizeof *items);
    if (!items) return template_undefined();
    for (size_t i = 0; i < n; i++) {
        const json_t *message = json_array_get(messages, i);
        items[i] = json_is_object(message) ? message_of(run, message) : lrt_chat_value(run, message);
    }
    return (struct template_value){.kind = TEMPLATE_LIST, .count = n, .u.items = items};
}
