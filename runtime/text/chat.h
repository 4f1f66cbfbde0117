/* Chat inside: the templates that a tokenizer's files bring or the user names, compiled for the first
 * conversation. */
#ifndef LRT_TEXT_CHAT_H
#define LRT_TEXT_CHAT_H
#include "runtime/template/template.h"
#include <jansson.h>
#include <lorac/lrt_text.h>

enum lrt_chat_use { LRT_CHAT_DEFAULT, LRT_CHAT_WITH_TOOLS, LRT_CHAT_USES };
struct lrt_chat {
    struct lrt_chat_source {
        char *name, *text; /* name: what messages call it */
        size_t bytes;
        struct lrt_template *compiled;
    } sources[LRT_CHAT_USES];       /* with tools: where a conversation has tools, and the files have such a template */
    struct tm now;                  /* the time that strftime_now gives; tm_mday 0: not set yet */
    int prepared, plain;            /* plain: the files have no template */
    int takes_parts[LRT_CHAT_USES]; /* whether contents may be lists of parts; known when it is prepared */
};

/* Keeps a copy of a template. */
int lrt_chat_keep(struct lrt *c, struct lrt_tokenizer *t, enum lrt_chat_use use, const char *name, const char *text,
                  size_t bytes);
void lrt_chat_free(struct lrt_chat *chat);
/* A conversation: an object with "messages", and perhaps "tools", "documents", "chat_template_kwargs". It becomes what
 * the template reads (chat_messages.c). */
struct lrt_chat_request {
    int prompt; /* 1: the text ends where the assistant's answer begins */
    enum lrt_train_on train_on;
    size_t most_ids; /* only so many ids are wanted: what counts behind them may be incomplete; 0: all are */
};
int lrt_chat_render_json(struct lrt *c, struct lrt_tokenizer *t, json_t *conversation, struct lrt_chat_request request,
                         struct lrt_chat_text *out);
/* Whether the conversation has tools, documents or tool calls that its template never looks at. */
int lrt_chat_leaves_out(const struct lrt_tokenizer *t, const json_t *conversation);

/* chat.c for chat_mask.c: the first n messages through the template; *text is malloc'd. */
struct lrt_chat_rendering {
    char *text;
    size_t bytes;
    struct lrt_chat_range *ranges; /* of {% generation %}; malloc'd */
    size_t n_ranges;
};
int lrt_chat_run(struct lrt *c, struct lrt_tokenizer *t, const json_t *conversation, size_t n, int prompt,
                 struct lrt_chat_rendering *out);
int lrt_chat_takes_parts(const struct lrt_tokenizer *t, const json_t *conversation);
/* Whether the conversation's template has this word in quotes; whether it has it anywhere. */
int lrt_chat_names(const struct lrt_tokenizer *t, const json_t *conversation, const char *word);
int lrt_chat_mentions(const struct lrt_tokenizer *t, const json_t *conversation, const char *word);
/* Whether something looks at this member of a message. */
int lrt_chat_is_known(const struct lrt_tokenizer *t, const json_t *conversation, const char *member);
int lrt_chat_source_marks(const struct lrt_tokenizer *t, const json_t *conversation);
/* Whether special tokens end these bytes. */
int lrt_chat_ends_with_special(const struct lrt_tokenizer *t, const char *text, size_t bytes);

/* chat_ids.c: whether at least so many ids of the text are before this byte. */
int lrt_chat_has_before(struct lrt *c, struct lrt_tokenizer *t, const struct lrt_chat_text *text, size_t byte,
                        size_t least, int *has);

/* chat_messages.c: roles, members and contents as the template knows them. Of a prepared tokenizer. */
int lrt_chat_read_messages(struct lrt *c, const struct lrt_tokenizer *t, json_t *conversation);

/* chat_turns.c: which messages the model learns from. */
enum lrt_learns {
    LRT_LEARNS_NOT,    /* not even where the template marks it */
    LRT_LEARNS_MARKED, /* only where the template marks it: no message of the assistant */
    LRT_LEARNS,
    LRT_LEARNS_ASKED /* the data says so: it cannot be left out */
};
struct lrt_chat_turns {
    unsigned char *learns; /* [n] enum lrt_learns; malloc'd */
    size_t n;
    size_t last, last_message; /* where the last turn begins; the last message of the assistant */
};
int lrt_chat_find_turns(struct lrt *c, const json_t *conversation, enum lrt_train_on train_on,
                        struct lrt_chat_turns *turns);
void lrt_chat_keep_from(struct lrt_chat_turns *turns, size_t message); /* those before are not learned */
void lrt_chat_turns_free(struct lrt_chat_turns *turns);
int lrt_chat_is_assistant(const json_t *message);
int lrt_chat_is_flag(const char *member);           /* of a message: it says whether the message is learned */
int lrt_chat_is_last_turn_flag(const char *member); /* of a conversation */
#endif
