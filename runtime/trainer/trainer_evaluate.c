// Trainer evaluation: every row of a file once, in file order; the mean over all tokens that count. Rows that are
// missing in the last batch are filled with targets that do not count.
#include <math.h>
#include <stdio.h>

#include "runtime/trainer/trainer.h"
#include "runtime/trainer/trainer_line.h"
#include "runtime/trainer/trainer_signal.h"

static void fill_batch(const struct trainer *t, int64_t first, int64_t rows) {
    const int64_t seq = t->plan->seq;
    for (int64_t i = 0; i < t->plan->batch; i++) {
        int32_t *tokens = t->tokens + i * seq, *targets = t->targets + i * seq;
        if (first + i < rows) {
            lrt_data_row(t->eval, first + i, tokens, targets);
            continue;
        }
        for (int64_t j = 0; j < seq; j++) {
            tokens[j] = 0;
            targets[j] = (int32_t)t->plan->ignore;
        }
    }
}

static int say_interrupted(struct trainer *t, int64_t row, int64_t rows) {
    struct trainer_line l = {.length = 0};
    lrt_line_text(&l, "evaluation interrupted after ");
    lrt_line_integer(&l, row);
    lrt_line_text(&l, " of ");
    lrt_line_integer(&l, rows);
    lrt_line_text(&l, " rows");
    l.text[l.length] = 0;
    lrt_trainer_progress_say(&t->progress, l.text);
    return LRT_EXIT_INTERRUPTED;
}

static int run_all(struct trainer *t, double *loss, int64_t *counted) {
    const int64_t rows = lrt_data_info(t->eval)->rows, batch = t->plan->batch;
    if (rows % batch != 0 && t->plan->ignore == INT64_MIN)
        return lrt_trainer_fail(
            t, LRT_EXIT_INPUT,
            "%s has %lld rows, which do not fill batches of %lld, and the model's targets have no ignored "
            "id to fill up with: declare one (`ignore -100`)",
            t->options.eval, (long long)rows, (long long)batch);
    for (int64_t first = 0; first < rows; first += batch) {
        double sum = 0;
        int64_t n = 0;
        if (lrt_trainer_signal_caught()) return say_interrupted(t, first, rows);
        fill_batch(t, first, rows);
        if (t->model->eval(t->context, t->tokens, t->targets, &sum, &n) != LRT_OK)
            return lrt_trainer_fail(t, LRT_EXIT_INPUT, "evaluation: %s", lrt_error(t->model->run(t->context)));
        *loss += sum;
        *counted += n;
    }
    return LRT_EXIT_OK;
}

int lrt_trainer_evaluate(struct trainer *t) {
    double loss = 0;
    int64_t counted = 0;
    int status = run_all(t, &loss, &counted);
    if (status != LRT_EXIT_OK) return status;
    const double mean = counted ? loss / (double)counted : 0;
    struct trainer_line l = {.length = 0};
    lrt_line_text(&l, "step ");
    lrt_line_integer(&l, t->step);
    lrt_line_text(&l, ": evaluation loss ");
    lrt_line_digits(&l, mean, 4);
    lrt_line_text(&l, " over ");
    lrt_line_integer(&l, counted);
    lrt_line_text(&l, " tokens");
    l.text[l.length] = 0;
    lrt_trainer_progress_say(&t->progress, l.text);
    if (!lrt_trainer_log_evaluation(&t->log, t->step, mean, counted))
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "cannot write %s", t->options.log);
    if (!isfinite(mean))
        return lrt_trainer_fail(
            t, LRT_EXIT_INPUT,
            "step %lld: the evaluation loss is not finite: the adapter has diverged, or weights and "
            "model do not fit",
            (long long)t->step);
    return LRT_EXIT_OK;
}
