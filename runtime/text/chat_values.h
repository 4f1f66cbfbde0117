/* JSON values as values of a chat template's run. */
#ifndef LRT_TEXT_CHAT_VALUES_H
#define LRT_TEXT_CHAT_VALUES_H
#include "runtime/template/template_value.h"
#include <jansson.h>

/* The texts stay in `json`, which must outlive the run. */
struct template_value lrt_chat_value(struct lrt_template_run *run, const json_t *json);
/* The first n messages. Null members are left out, except a content beside tool_calls: tests see it as none, and it
 * prints as an empty text. */
struct template_value lrt_chat_messages(struct lrt_template_run *run, const json_t *messages, size_t n);
#endif
