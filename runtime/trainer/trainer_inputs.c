// Trainer inputs: file names become mapped weights, and text becomes rows of tokens. The tokenizer lives only while
// data is read; rows are then mapped from a file, so neither counts as memory of the training.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/trainer/trainer.h"

int lrt_trainer_open_weights(struct trainer *t) {
    struct lrt_report report = {{0}};
    if (lrt_weight_file_open(&t->weight_file, t->options.weights, &report) != LRT_OK)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "%s", report.text);
    t->slots = calloc(t->plan->n_slots ? t->plan->n_slots : 1, sizeof *t->slots);
    if (!t->slots) return lrt_trainer_fail(t, LRT_EXIT_INPUT, "out of memory");
    if (lrt_weights_bind(t->weight_file, t->plan, t->slots, t->plan->n_slots,
                         t->options.random_init ? LRT_BIND_MISSING_TRAINED : 0, &t->weights, &report) != LRT_OK)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "%s", report.text);
    if (report.text[0] && !t->options.quiet) fprintf(stderr, "%s: %s\n", t->options.program, report.text);
    if (lrt_weights_are_finite(t->weight_file, t->plan, &t->weights, &report) != LRT_OK)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "%s", report.text);
    return LRT_EXIT_OK;
}

// The tokenizer comes from the GGUF or the folder; for a safetensors file, from the folder it lies in.
static const char *tokenizer_path(const struct trainer *t, char *buffer, size_t size) {
    if (t->options.tokenizer) return t->options.tokenizer;
    if (lrt_weight_file_format(t->weight_file) == LRT_FORMAT_GGUF) return t->options.weights;
    const char *file = lrt_weight_file_path(t->weight_file, 0), *slash = file ? strrchr(file, '/') : NULL;
    if (!slash) return ".";
    snprintf(buffer, size, "%.*s", slash == file ? 1 : (int)(slash - file), file);
    return buffer;
}

int lrt_trainer_count_steps(struct trainer *t) {
    struct trainer_options *o = &t->options;
    if (!(o->epochs > 0) || !t->data) return LRT_EXIT_OK;
    const int64_t rows = lrt_data_info(t->data)->rows;
    const double steps = ceil(o->epochs * (double)rows / (double)trainer_rows(t) - 1e-9);
    if (steps > (double)(INT64_MAX / 4))
        return lrt_trainer_fail(t, LRT_EXIT_USAGE, "--epochs: more steps than can be counted");
    o->steps = steps < 1 ? 1 : (int64_t)steps;
    if (!o->quiet)
        printf("--epochs %g: %lld steps of %lld rows each\n", o->epochs, (long long)o->steps,
               (long long)trainer_rows(t));
    fflush(stdout);
    return LRT_EXIT_OK;
}

// Text must not become ids that the model does not have. Special tokens behind its end are refused where a text has
// them.
static int compare_vocabulary(struct trainer *t, const struct lrt_tokenizer *tokenizer, const char *path) {
    const struct lrt_tokenizer_info *info = lrt_tokenizer_info(tokenizer);
    const long long vocab = (long long)t->plan->vocab, tokens = (long long)info->vocab;
    if (info->ordinary > t->plan->vocab)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                                "%s: the tokenizer has %lld tokens, the model's vocabulary %lld: they do not belong "
                                "together; --tokenizer FILE gives the model's tokenizer",
                                path, tokens, vocab);
    if (tokens != vocab && !t->options.quiet && !t->told_vocabulary)
        fprintf(stderr, "%s: %s: the tokenizer has %lld tokens, the model's vocabulary %lld: %s\n", t->options.program,
                path, tokens, vocab,
                tokens < vocab ? "no text becomes the others"
                               : "a text with a special token behind its end is refused");
    t->told_vocabulary = true;
    return LRT_EXIT_OK;
}

int lrt_trainer_open_tokenizer(struct trainer *t, struct lrt_tokenizer **tokenizer) {
    struct lrt c = {.threads = 1};
    char buffer[4096];
    const char *path = tokenizer_path(t, buffer, sizeof buffer);
    if (lrt_tokenizer_open(&c, tokenizer, path) == LRT_OK) {
        int status = compare_vocabulary(t, *tokenizer, path);
        if (status == LRT_EXIT_OK) status = lrt_trainer_choose_chat(t, *tokenizer);
        if (status == LRT_EXIT_OK) return status;
        lrt_tokenizer_close(*tokenizer);
        *tokenizer = NULL;
        return status;
    }
    return lrt_trainer_fail(
        t, LRT_EXIT_INPUT, "%s%s", lrt_error(&c),
        t->options.tokenizer ? "" : "; --tokenizer FILE gives the model's tokenizer; data of .tok needs none");
}

static bool is_tokens(const char *path) { return lrt_data_format(path) == LRT_DATA_TOKENS; }

enum { BAD_EXAMPLES_SHOWN = 10 };
struct bad_examples {
    const struct trainer *trainer;
    int64_t n;
};

static void tell_bad_example(void *arg, const char *message) {
    struct bad_examples *bad = arg;
    if (bad->n++ < BAD_EXAMPLES_SHOWN)
        fprintf(stderr, "%s: left out: %s\n", bad->trainer->options.program, message);
    else if (bad->n == BAD_EXAMPLES_SHOWN + 1)
        fprintf(stderr, "%s: what else is left out is only counted\n", bad->trainer->options.program);
}

static int open_rows(struct trainer *t, struct lrt_data **data, const char *path, struct lrt_tokenizer *tokenizer) {
    struct lrt c = {.threads = 1};
    struct bad_examples bad = {.trainer = t};
    const struct lrt_data_options options = {.seq = t->plan->seq,
                                             .ignore = t->plan->ignore,
                                             .vocab = t->plan->vocab,
                                             .train_on = t->options.train_on,
                                             .skip_bad = t->options.skip_bad,
                                             .tell = t->options.quiet ? NULL : tell_bad_example,
                                             .tell_arg = &bad};
    if (lrt_data_open(&c, data, path, tokenizer, &options) != LRT_OK)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "%s", lrt_error(&c));
    const struct lrt_data_info *info = lrt_data_info(*data);
    if (info->rows == 0 || info->counted == 0)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "%s has no tokens to learn from", path);
    if (t->options.quiet) return LRT_EXIT_OK;
    const bool examples = lrt_data_format(path) == LRT_DATA_EXAMPLES;
    printf("%s: %lld %s%s of %s%lld tokens, %lld targets count", path, (long long)info->rows,
           examples ? "example" : "window", info->rows == 1 ? "" : "s", examples ? "at most " : "",
           (long long)t->plan->seq, (long long)info->counted);
    if (info->truncated)
        printf(info->truncated == 1 ? "; %lld longer one is cut, -D seq=%lld would hold it"
                                    : "; %lld longer ones are cut, -D seq=%lld would hold them",
               (long long)info->truncated, (long long)info->longest - 1);
    if (info->dropped) printf("; %lld left out, nothing to learn in them", (long long)info->dropped);
    if (info->skipped)
        printf("; %lld could not be read and %s left out", (long long)info->skipped, info->skipped == 1 ? "is" : "are");
    if (info->left_out)
        printf("; %lld have tools, documents or tool calls that the chat template leaves out",
               (long long)info->left_out);
    printf("\n");
    if (info->forms[0])
        printf("data: %s%s%s\n", info->forms, info->ignored[0] ? "; members that nothing looks at: " : "",
               info->ignored);
    if (info->last_only)
        printf("data: of %lld chat%s only the last turn counts, as the template writes earlier ones in another way "
               "(--train-on last-turn asks for it, all-turns forbids it)\n",
               (long long)info->last_only, info->last_only == 1 ? "" : "s");
    if (info->other_prompt)
        printf("data: the prompt for an answer ends in marks that %lld chat%s not have, such as an empty thought; what "
               "follows the common part counts\n",
               (long long)info->other_prompt, info->other_prompt == 1 ? " does" : "s do");
    return LRT_EXIT_OK;
}

int lrt_trainer_open_data(struct trainer *t) {
    const char *data = t->options.steps > 0 || t->options.show_data ? t->options.data : NULL, *eval = t->options.eval;
    struct lrt_tokenizer *tokenizer = NULL;
    int status = LRT_EXIT_OK;
    // a sample's is tried out now
    if (t->options.sample || t->options.show_data || (data && !is_tokens(data)) || (eval && !is_tokens(eval)))
        status = lrt_trainer_open_tokenizer(t, &tokenizer);
    if (status == LRT_EXIT_OK && data) status = open_rows(t, &t->data, data, tokenizer);
    if (status == LRT_EXIT_OK && eval) status = open_rows(t, &t->eval, eval, tokenizer);
    if (status == LRT_EXIT_OK && data && !is_tokens(data)) lrt_trainer_receipt_tokenizer(t, tokenizer);
    if (status == LRT_EXIT_OK && tokenizer) status = lrt_trainer_prepare_chat(t, tokenizer);
    if (status == LRT_EXIT_OK && t->options.show_data) status = lrt_trainer_show_data(t, tokenizer);
    lrt_tokenizer_close(tokenizer);
    fflush(stdout);
    return status;
}

void lrt_trainer_note_memory(struct trainer *t) {
    const struct trainer_memory memory = lrt_trainer_memory_now();
    lrt_trainer_memory_raise(&t->now, memory);
    lrt_trainer_memory_raise(&t->peak, memory);
}

void lrt_trainer_stream(void *trainer, const void *data, size_t bytes, int needed) {
    struct trainer *t = trainer;
    if (!needed && !t->dropping) lrt_trainer_note_memory(t); // all that the iteration has used is still there
    t->dropping = !needed;
    lrt_weights_stream(t->weight_file, data, bytes, needed);
}

static uint64_t page_bytes(const struct trainer *t) {
    for (size_t i = 0; i < t->plan->n_pools; i++)
        if (strcmp(t->plan->pools[i].name, "file") == 0) return t->plan->pools[i].bytes;
    return 0;
}

int lrt_trainer_open_page_file(struct trainer *t) {
    struct lrt_report report;
    const char *wanted = t->options.page_file, *folder = t->options.out ? t->options.out : ".";
    const uint64_t bytes = page_bytes(t);
    if (!bytes && wanted)
        return lrt_trainer_fail(t, LRT_EXIT_USAGE, "--page-file: needs a model compiled with `--page on`");
    if (!bytes || t->options.steps <= 0) return LRT_EXIT_OK;
    snprintf(t->page_path, sizeof t->page_path, "%s/.lorac-page-%ld", folder, (long)getpid());
    if (lrt_page_file_open(&t->page_file, wanted ? wanted : t->page_path, bytes, &report) == LRT_OK) return LRT_EXIT_OK;
    return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--page-file: %s", report.text);
}

void lrt_trainer_close_inputs(struct trainer *t) {
    lrt_data_close(t->data);
    lrt_data_close(t->eval);
    lrt_page_file_close(&t->page_file);
    free(t->slots);
    lrt_weight_file_close(t->weight_file);
    t->data = t->eval = NULL;
    t->slots = NULL;
    t->weight_file = NULL;
}
