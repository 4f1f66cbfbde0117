/* Reading JSON files with Jansson: typed members with defaults, errors that name file and member. */
#ifndef LRT_TEXT_JSON_READ_H
#define LRT_TEXT_JSON_READ_H
#include "runtime/text/tokenizer.h"
#include <jansson.h>

/* The file's value, or an error. *root must be given to json_decref. */
int lrt_json_load(struct lrt *c, const char *path, json_t **root);
/* Members of an object; anything else, or another type, counts as absent. */
const char *lrt_json_text(const json_t *object, const char *key); /* NULL: absent */
int lrt_json_flag(const json_t *object, const char *key, int absent);
int lrt_json_type_is(const json_t *object, const char *type); /* object["type"] */

const json_t *lrt_json_member(const json_t *object, const char *key); /* NULL: absent or null */

/* tokenizer.json's parts, by file. What is not supported is an error that names it by its place in the file. */
int lrt_json_normalizer(struct lrt *c, struct lrt_tokenizer *t, const json_t *normalizer);
int lrt_json_pre_tokenizer(struct lrt *c, struct lrt_tokenizer *t, const json_t *pre_tokenizer);
int lrt_json_decoder(struct lrt *c, struct lrt_tokenizer *t, const json_t *decoder);
int lrt_json_model(struct lrt *c, struct lrt_tokenizer *t, const json_t *root, const char *path);
/* Whether a rule, or one of those that it is a sequence of, is of this type. */
int lrt_json_names(const json_t *rule, const char *list, const char *type);
/* "pattern" of a rule, {"String"} or {"Regex"}, compiled; and whether it is this string. */
int lrt_json_pattern(struct lrt *c, const char *section, const json_t *rule, void **code);
int lrt_json_pattern_is(const json_t *rule, const char *text);
/* A step of a sequence that is not supported. why: behind its type, may be "". */
int lrt_json_unsupported(struct lrt *c, const char *section, const json_t *rule, const char *why);
int lrt_json_post_processor(struct lrt *c, struct lrt_tokenizer *t, const json_t *processor);
/* Adds every token of {"spelling": id}, but those whose id is taken. */
int lrt_json_vocabulary(struct lrt *c, struct lrt_tokenizer *t, const json_t *vocab, const char *path);
/* Adds one of added_tokens under an id: {"content", "special", "lstrip", "rstrip"}. */
int lrt_json_added_token(struct lrt *c, struct lrt_tokenizer *t, int64_t id, const json_t *token, const char *path);
#endif
