/* Chat templates run as Jinja runs them: the cases of tests/template, whose expected texts jinja2 gave; what the
 * template must not do is an error with its line; runs are bounded; {% generation %} gives its places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "runtime/text/chat_values.h"

static const struct tm november = {.tm_year = 126, .tm_mon = 10, .tm_mday = 30, .tm_wday = 1, .tm_yday = 333};

/* Runs a template over the context's members; the text goes to out, an error's text too. */
static int run_case(const char *text, size_t bytes, const json_t *context, char **out, size_t *n) {
    struct lrt c = {0};
    struct lrt_template *t;
    struct lrt_template_run *run;
    struct lrt_template_result result = {.text = "", .bytes = 0};
    const char *key;
    json_t *value;
    int status = lrt_template_compile(&c, &t, "t", text, bytes);
    if (status) {
        *out = strdup(lrt_error(&c));
        *n = strlen(*out);
        return status;
    }
    assert_int_equal(lrt_template_start(&c, &run, t, &november), LRT_OK);
    json_object_foreach((json_t *)context, key, value) {
        assert_int_equal(lrt_template_define(run, key, lrt_chat_value(run, value)), LRT_OK);
    }
    status = lrt_template_render(run, &result);
    *n = status ? strlen(lrt_error(&c)) : result.bytes;
    *out = malloc(*n + 1);
    memcpy(*out, status ? lrt_error(&c) : result.text, *n);
    (*out)[*n] = 0;
    lrt_template_end(run);
    lrt_template_free(t);
    return status;
}

static void run_file(const char *name) {
    char path[512];
    json_error_t error;
    snprintf(path, sizeof path, LORAC_SOURCE_DIR "/tests/template/%s.json", name);
    json_t *file = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (!file) fail_msg("%s:%d: %s", path, error.line, error.text);
    const json_t *cases = json_object_get(file, "cases"), *context = json_object_get(file, "context");
    assert_true(json_array_size(cases) > 20);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *one = json_array_get(cases, i), *text = json_object_get(one, "template");
        const json_t *expected = json_object_get(one, "expected"), *wrong = json_object_get(one, "error");
        const json_t *wanted = expected ? expected : wrong;
        char *got;
        size_t n;
        const int status = run_case(json_string_value(text), json_string_length(text), context, &got, &n);
        if ((status == LRT_OK) != (expected != NULL) || n != json_string_length(wanted) ||
            memcmp(got, json_string_value(wanted), n) != 0)
            fail_msg("%s, case %zu:\n%s\nwanted: %s\ngot:    %s", path, i, json_string_value(text),
                     json_string_value(wanted), got);
        free(got);
    }
    json_decref(file);
}

static void expressions_are_jinjas(void **state) {
    (void)state;
    run_file("expressions");
}
static void statements_are_jinjas(void **state) {
    (void)state;
    run_file("statements");
}
static void errors_name_their_line(void **state) {
    (void)state;
    run_file("errors");
}

static void numbers_know_no_locale(void **state) {
    (void)state;
    char *got;
    size_t n;
    setlocale(LC_ALL, "de_DE.UTF-8"); /* a comma in numbers, where it is installed */
    json_t *nothing = json_object();
    assert_int_equal(run_case("{{ 1.5 + '2.25'|float }}", 24, nothing, &got, &n), LRT_OK);
    json_decref(nothing);
    setlocale(LC_ALL, "C");
    assert_string_equal(got, "3.75");
    free(got);
}

static void generation_gives_its_places(void **state) {
    (void)state;
    static const char text[] = "a{% generation %}bc{% endgeneration %}\nd{% for i in [1, 2] %}{% generation %}{{ i "
                               "}}{% endgeneration %}-{% endfor %}";
    struct lrt c = {0};
    struct lrt_template *t;
    struct lrt_template_run *run;
    struct lrt_template_result r;
    assert_int_equal(lrt_template_compile(&c, &t, "t", text, strlen(text)), LRT_OK);
    assert_true(lrt_template_marks(t));
    assert_true(lrt_template_mentions(t, "i"));
    assert_false(lrt_template_mentions(t, "tools"));
    assert_int_equal(lrt_template_start(&c, &run, t, &november), LRT_OK);
    assert_int_equal(lrt_template_render(run, &r), LRT_OK);
    assert_int_equal(r.bytes, 8);
    assert_memory_equal(r.text, "abcd1-2-", 8);
    static const struct lrt_template_range wanted[] = {{1, 3}, {4, 5}, {6, 7}};
    assert_int_equal(r.n_generated, 3);
    assert_memory_equal(r.generated, wanted, sizeof wanted);
    lrt_template_end(run);
    lrt_template_free(t);
}

/* A content that is null beside tool calls is none to tests and an empty text elsewhere. */
static void a_null_content_is_empty(void **state) {
    (void)state;
    static const char text[] = "{% for m in messages %}[{{ m.content }}{{ '<' + m.content + '>' if m.tool_calls }}{{ "
                               "m.content is none }}{{ m['content'] | trim }}]{% endfor %}";
    json_error_t error;
    json_t *messages = json_loads("[{\"content\": null, \"tool_calls\": [1]}, {\"content\": null}]", 0, &error);
    struct lrt c = {0};
    struct lrt_template *t;
    struct lrt_template_run *run;
    struct lrt_template_result r;
    assert_int_equal(lrt_template_compile(&c, &t, "t", text, strlen(text)), LRT_OK);
    assert_int_equal(lrt_template_start(&c, &run, t, &november), LRT_OK);
    assert_int_equal(lrt_template_define(run, "messages", lrt_chat_messages(run, messages, 2)), LRT_OK);
    assert_int_equal(lrt_template_render(run, &r), LRT_OK);
    assert_int_equal(r.bytes, strlen("[<>True][False]"));
    assert_memory_equal(r.text, "[<>True][False]", r.bytes);
    lrt_template_end(run);
    lrt_template_free(t);
    json_decref(messages);
}

static void bytes_that_are_no_text_are_refused(void **state) {
    (void)state;
    struct lrt c = {0};
    struct lrt_template *t;
    assert_int_equal(lrt_template_compile(&c, &t, "t", "ab\xFF", 3), LRT_ERR_FILE);
    assert_string_equal(lrt_error(&c), "t: byte 2 of the chat template is not UTF-8");
    char *long_text = calloc(1, TEMPLATE_BYTES_MAX + 1);
    assert_int_equal(lrt_template_compile(&c, &t, "t", long_text, TEMPLATE_BYTES_MAX + 1), LRT_ERR_FILE);
    free(long_text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_are_jinjas),
        cmocka_unit_test(statements_are_jinjas),
        cmocka_unit_test(errors_name_their_line),
        cmocka_unit_test(numbers_know_no_locale),
        cmocka_unit_test(generation_gives_its_places),
        cmocka_unit_test(a_null_content_is_empty),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
