/* Which messages of a conversation the model learns from: the assistant's, but where the data or the run says
 * otherwise. The last turn is the assistant's messages behind the last user's message that one of them follows. */
#include "runtime/text/chat.h"
#include <stdlib.h>
#include <string.h>

static const char *const flags[] = {
#define FLAG(member) member,
#define LAST_TURN(member)
#define UNKNOWN_FLAG(member, cure)
#include "runtime/text/chat_flags.def"
#undef FLAG
#undef LAST_TURN
#undef UNKNOWN_FLAG
};
static const char *const last_turn_flags[] = {
#define FLAG(member)
#define LAST_TURN(member) member,
#define UNKNOWN_FLAG(member, cure)
#include "runtime/text/chat_flags.def"
#undef FLAG
#undef LAST_TURN
#undef UNKNOWN_FLAG
};
static const struct {
    const char *member, *cure;
} unknown_flags[] = {
#define FLAG(member)
#define LAST_TURN(member)
#define UNKNOWN_FLAG(member, cure) {member, cure},
#include "runtime/text/chat_flags.def"
#undef FLAG
#undef LAST_TURN
#undef UNKNOWN_FLAG
};
#define COUNT(table) (sizeof(table) / sizeof *(table))

int lrt_chat_is_flag(const char *member) {
    for (size_t i = 0; i < COUNT(flags); i++)
        if (strcmp(flags[i], member) == 0) return 1;
    return 0;
}

int lrt_chat_is_last_turn_flag(const char *member) {
    for (size_t i = 0; i < COUNT(last_turn_flags); i++)
        if (strcmp(last_turn_flags[i], member) == 0) return 1;
    return 0;
}

int lrt_chat_is_assistant(const json_t *message) {
    const char *role = json_string_value(json_object_get(message, "role"));
    return role && strcmp(role, "assistant") == 0;
}

/* True for a member that says nothing. */
static int is_empty(const json_t *value) {
    return !value || json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_string(value) && json_string_length(value) == 0);
}

static int read_flag(const json_t *value) { /* -1: neither true nor false */
    if (json_is_boolean(value)) return json_is_true(value);
    if (!json_is_number(value)) return -1;
    const double number = json_number_value(value);
    return number == 1 ? 1 : number == 0 ? 0 : -1;
}

/* *said: -1 when the message says nothing, else what it says. */
static int message_says(struct lrt *c, const json_t *message, size_t index, int *said) {
    *said = -1;
    for (size_t i = 0; i < COUNT(unknown_flags); i++)
        if (!is_empty(json_object_get(message, unknown_flags[i].member)))
            return lrt_fail(c, LRT_ERR_FILE, "message %zu: \"%s\" is not honoured; %s", index + 1,
                            unknown_flags[i].member, unknown_flags[i].cure);
    for (size_t i = 0; i < COUNT(flags); i++) {
        const json_t *value = json_object_get(message, flags[i]);
        if (!value || json_is_null(value)) continue;
        const int flag = read_flag(value);
        if (flag < 0)
            return lrt_fail(c, LRT_ERR_FILE,
                            "message %zu: \"%s\" is true, false, 0 or 1 here; a loss between is not known", index + 1,
                            flags[i]);
        if (*said >= 0 && *said != flag)
            return lrt_fail(c, LRT_ERR_FILE, "message %zu: \"%s\" contradicts another member of the message", index + 1,
                            flags[i]);
        *said = flag;
    }
    if (*said == 1 && !lrt_chat_is_assistant(message))
        return lrt_fail(c, LRT_ERR_FILE,
                        "message %zu is to be learned, but is not the assistant's: mark what counts by {%% generation "
                        "%%} in a --chat-template FILE, or leave the member out",
                        index + 1);
    return LRT_OK;
}

static int wants_last_turn(struct lrt *c, const json_t *conversation, enum lrt_train_on train_on, int *wanted) {
    *wanted = train_on == LRT_TRAIN_ON_LAST_TURN;
    for (size_t i = 0; i < COUNT(last_turn_flags); i++) {
        const json_t *value = json_object_get(conversation, last_turn_flags[i]);
        if (!value || json_is_null(value)) continue;
        const int flag = read_flag(value);
        if (flag < 0) return lrt_fail(c, LRT_ERR_FILE, "\"%s\" is neither true nor false", last_turn_flags[i]);
        *wanted |= flag;
    }
    return LRT_OK;
}

/* The last message of the assistant, and the first message behind the user's message before it. */
static void find_last_turn(const json_t *messages, struct lrt_chat_turns *turns) {
    size_t at = turns->n;
    while (at > 0 && !lrt_chat_is_assistant(json_array_get(messages, at - 1))) at--;
    turns->last_message = at > 0 ? at - 1 : 0;
    for (; at > 0; at--) {
        const char *role = json_string_value(json_object_get(json_array_get(messages, at - 1), "role"));
        if (role && strcmp(role, "user") == 0) break;
    }
    turns->last = at;
}

void lrt_chat_keep_from(struct lrt_chat_turns *turns, size_t message) {
    for (size_t i = 0; i < message; i++) turns->learns[i] = LRT_LEARNS_NOT;
}

int lrt_chat_find_turns(struct lrt *c, const json_t *conversation, enum lrt_train_on train_on,
                        struct lrt_chat_turns *turns) {
    const json_t *messages = json_object_get(conversation, "messages");
    const size_t n = json_array_size(messages);
    int last_only, status = wants_last_turn(c, conversation, train_on, &last_only);
    *turns = (struct lrt_chat_turns){.n = n};
    if (status) return status;
    find_last_turn(messages, turns);
    turns->learns = calloc(n + 1, 1);
    if (!turns->learns) return lrt_fail(c, LRT_ERR_MEMORY, "chat: no memory for %zu messages", n);
    for (size_t i = 0; i < n && !status; i++) {
        const json_t *message = json_array_get(messages, i);
        int said;
        status = message_says(c, message, i, &said);
        turns->learns[i] = said == 0                        ? LRT_LEARNS_NOT
                           : said == 1                      ? LRT_LEARNS_ASKED
                           : lrt_chat_is_assistant(message) ? LRT_LEARNS
                                                            : LRT_LEARNS_MARKED;
    }
    if (last_only) lrt_chat_keep_from(turns, turns->last);
    if (status) lrt_chat_turns_free(turns);
    return status;
}

void lrt_chat_turns_free(struct lrt_chat_turns *turns) {
    free(turns->learns);
    turns->learns = NULL;
}
