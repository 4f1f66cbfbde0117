// Trainer chat: the form of chat of a run, the same for its data and for --sample; and --show-data, which prints
// examples as the model gets them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lorac/lrt_foreign.h>
#include "runtime/trainer/trainer.h"

int lrt_trainer_choose_chat(struct trainer *t, struct lrt_tokenizer *tokenizer) {
    const struct trainer_options *o = &t->options;
    struct lrt c = {.threads = 1};
    int status = LRT_OK;
    if (t->chat_date.year == 0) { // one date for the whole run
        const time_t now = time(NULL);
        struct tm today;
        if (!localtime_r(&now, &today))
            return lrt_trainer_fail(t, LRT_EXIT_INPUT, "the system does not say which day it is");
        t->chat_date = o->chat_date.year ? o->chat_date
                                         : (struct trainer_date){today.tm_year + 1900, today.tm_mon + 1, today.tm_mday};
    }
    if (o->chat_format) status = lrt_chat_choose(&c, tokenizer, o->chat_format);
    if (status != LRT_OK) return lrt_trainer_fail(t, LRT_EXIT_USAGE, "--chat-format: %s", lrt_error(&c));
    if (o->chat_template) status = lrt_chat_read_template(&c, tokenizer, o->chat_template);
    if (status != LRT_OK) return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--chat-template: %s", lrt_error(&c));
    status = lrt_chat_set_date(&c, tokenizer, t->chat_date.year, t->chat_date.month, t->chat_date.day);
    return status == LRT_OK ? LRT_EXIT_OK : lrt_trainer_fail(t, LRT_EXIT_USAGE, "--chat-date: %s", lrt_error(&c));
}

// A sample has the form of the data. Examples that are not conversations have none. For a text, or without data, the
// tokenizer decides.
static bool sample_is_chat(const struct trainer *t, const struct lrt_tokenizer *tokenizer) {
    const struct lrt_data *data = t->data ? t->data : t->eval;
    const char *path = t->data ? t->options.data : t->options.eval;
    if (t->options.raw) return false;
    if (t->options.chat_format || t->options.chat_template) return true;
    if (data && lrt_data_format(path) == LRT_DATA_EXAMPLES) return lrt_data_info(data)->chats > 0;
    return strcmp(lrt_tokenizer_info(tokenizer)->chat, "plain") != 0;
}

int lrt_trainer_prepare_chat(struct trainer *t, struct lrt_tokenizer *tokenizer) {
    struct lrt c = {.threads = 1};
    const bool learns =
        (t->data && lrt_data_info(t->data)->chats > 0) || (t->eval && lrt_data_info(t->eval)->chats > 0);
    t->chat_sample = t->options.sample && sample_is_chat(t, tokenizer);
    if (t->chat_sample && lrt_chat_prepare(&c, tokenizer) != LRT_OK)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                                "%s; --chat-format NAME or --chat-template FILE takes another form, --raw none",
                                lrt_error(&c));
    if (t->options.quiet || (!learns && !t->options.sample)) return LRT_EXIT_OK;
    char form[LRT_ERROR_BYTES];
    lrt_chat_describe(tokenizer, form, sizeof form);
    if (learns || t->chat_sample) printf("chat: %s\n", form);
    if (t->options.sample && !t->chat_sample)
        printf("--sample: the prompt is given to the model as it is, without a form of chat\n");
    return LRT_EXIT_OK;
}

// ---- --show-data ----

// One token's text; counted tokens are green on a terminal, elsewhere between « and ».
static void show_token(const struct lrt_tokenizer *tokenizer, int32_t id, bool begins, bool ends, bool terminal) {
    size_t bytes = 0;
    const char *text = lrt_token_bytes(tokenizer, id, &bytes);
    if (begins) fputs(terminal ? "\033[32m" : "\xC2\xAB", stdout);
    for (size_t at = 0, n = 0, taken = 0; text && at < bytes; at += taken) {
        char shown[LRT_PLAIN_BYTES];
        taken = lrt_plain_character(text + at, bytes - at, shown, &n);
        if (text[at] == '\n')
            fputs("\\n", stdout);
        else
            fwrite(shown, 1, n, stdout);
    }
    if (ends) fputs(terminal ? "\033[0m" : "\xC2\xBB", stdout);
}

static void show_row(const struct lrt_tokenizer *tokenizer, const int32_t *ids, const uint8_t *counts, int64_t n,
                     bool terminal) {
    fputs("  text: ", stdout);
    for (int64_t i = 0; i < n; i++)
        show_token(tokenizer, ids[i], counts[i] && (i == 0 || !counts[i - 1]),
                   counts[i] && (i + 1 == n || !counts[i + 1]), terminal);
    fputs("\n  ids: ", stdout);
    for (int64_t i = 0; i < n; i++) {
        const char *begin = !counts[i] ? ""
                            : terminal ? "\033[32m"
                                       : "\xC2\xAB",
                   *end = !counts[i] ? ""
                          : terminal ? "\033[0m"
                                     : "\xC2\xBB";
        printf(" %s%d%s", counts[i] && (i == 0 || !counts[i - 1]) ? begin : "", (int)ids[i],
               counts[i] && (i + 1 == n || !counts[i + 1]) ? end : "");
    }
    fputs("\n", stdout);
}

int lrt_trainer_show_data(struct trainer *t, const struct lrt_tokenizer *tokenizer) {
    const size_t room = (size_t)t->plan->seq + 1;
    int32_t *ids = malloc(room * sizeof *ids);
    uint8_t *counts = malloc(room);
    const int64_t rows = lrt_data_info(t->data)->rows;
    int status = LRT_EXIT_OK;
    if (!ids || !counts) status = lrt_trainer_fail(t, LRT_EXIT_INPUT, "out of memory");
    for (int64_t row = 0; status == LRT_EXIT_OK && row < rows && row < t->options.show_data; row++) {
        const int64_t n = lrt_data_ids(t->data, row, ids, counts);
        int64_t counted = 0;
        for (int64_t i = 0; i < n; i++) counted += counts[i];
        printf("example %lld of %lld: %lld tokens, %lld count\n", (long long)row + 1, (long long)rows, (long long)n,
               (long long)counted);
        show_row(tokenizer, ids, counts, n, isatty(STDOUT_FILENO));
    }
    free(ids);
    free(counts);
    return status;
}
