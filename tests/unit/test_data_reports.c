/* Data that others reported as silently wrong in other trainers. The inputs are looked for in ../shared/data (or
 * $LORAC_DATA); each kind has a test with inputs of its own in test_data*.c and test_chat.c. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>
#include "tests/unit/data_fixture.h"

/* Reads a report's input into rows of `seq` tokens; NULL: it is not there. *shown: its rows, or the error. */
static const char *report(const char *name, int64_t seq) {
    static char shown[16384];
    const char *root = getenv("LORAC_DATA");
    char path[1024];
    struct lrt c = {0};
    struct lrt_data *d;
    snprintf(path, sizeof path, "%s/reports/%s", root ? root : LORAC_SOURCE_DIR "/../shared/data", name);
    if (access(path, R_OK) != 0) return NULL;
    struct lrt_tokenizer *t = data_tokenizer(&c);
    assert_int_equal(lrt_chat_choose(&c, t, "chatml"), LRT_OK);
    struct lrt_data_options o = data_wide;
    o.seq = seq;
    const int status = lrt_data_open(&c, &d, path, t, &o);
    snprintf(shown, sizeof shown, "%s", status ? lrt_error(&c) : data_shown(d, t));
    if (!status) lrt_data_close(d);
    lrt_tokenizer_close(t);
    return shown;
}

static void every_report(void **state) {
    (void)state;
#define ASKED " <|im_start|>user\nWhat is lorac?<|im_end|>\n<|im_start|>assistant\n{A compiler.<|im_end|>}\n\n"
#define HI " <|im_start|>user\nSay hi<|im_end|>\n<|im_start|>assistant\n{Hi.<|im_end|>}\n\n"
    static const struct {
        const char *name, *words;
    } cases[] = {
        {"d01-bom.jsonl", ASKED ASKED},
        {"d08-array.json", ASKED ASKED},
        {"d09-alpaca.json", HI HI HI HI},
        {"d13-content-null.jsonl",
         "<|im_start|>tool\nsunny<|im_end|>\n<|im_start|>assistant\n{It is sunny.<|im_end|>}"},
        {"d15-tool-role.jsonl", "<|im_start|>tool\nsunny<|im_end|>\n<|im_start|>assistant\n{Sunny.<|im_end|>}"},
        {"d26-train-flag.jsonl",
         "assistant\nwrong<|im_end|>\n<|im_start|>user\nc<|im_end|>\n<|im_start|>assistant\n{right<|"},
        {"d35-all-long.jsonl", "no example with a token to learn: "},
        {"d41-tools-key.jsonl", ASKED},
    };
    size_t there = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *shown = report(cases[i].name, strstr(cases[i].name, "d35") ? 64 : 2000);
        if (!shown) continue;
        there++;
        if (!strstr(shown, cases[i].words))
            fail_msg("%s: '%s' does not hold '%s'", cases[i].name, shown, cases[i].words);
    }
    if (there == 0) {
        print_message("skipped: the reports' inputs are not there (set LORAC_DATA)\n");
        skip();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_report)};
    return cmocka_run_group_tests(tests, NULL, fixture_remove);
}
