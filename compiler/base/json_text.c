// JSON text: what Jansson refuses is made UTF-8.
#include "compiler/base/json_text.h"

#include <string.h>

#include "compiler/base/check.h"
#include "compiler/base/visible.h"

json_t *json_text(const char *string) {
    json_t *valid = json_string(string);
    if (valid) return valid;
    struct text t = {0};
    text_add_visible(&t, string, strlen(string), "\xEF\xBF\xBD");
    json_t *mended = json_string(t.bytes);
    text_free(&t);
    CHECK(mended, "a string is no JSON");
    return mended;
}
