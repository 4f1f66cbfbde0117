/* JSON values as values of a chat template's run. */
#ifndef LRT_TEXT_CHAT_VALUES_H
#define LRT_TEXT_CHAT_VALUES_H
#include "runtime/template/template_value.h"
#include <jansson.h>

/* The texts stay in `json`, which must outlive the run. */
struct template_value lrt_chat_value(struct lrt_template_run *run, const json_t *json);
/* The first n messages. What is null is left out, but a content beside tool_calls: that is none to a test, and an empty
 * text where it is printed. */
struct template_value lrt_chat_messages(struct lrt_template_run *run, const json_t *messages, size_t n);
#endif
