// Choose for an estimate: there is no backward pass, so only the height of block tiles is chosen. The user's height
// comes first, then no tiles. With a budget the tallest tiles that fit are taken. The head computes its logits in
// chunks, as an evaluation's does. Memory is that of the evaluation, once for each value and its derivatives.
#include "compiler/base/diag.h"
#include "compiler/model/model.h"
#include "compiler/schedule/heights.h"
#include "compiler/schedule/schedule_internal.h"

// Takes the tallest tiles within the budget, or the smallest in memory if none fit.
static void fit_budget(const struct schedule_input *in, struct schedule *out) {
    struct schedule_choice next = out->choice;
    int64_t rows = model_rows(in->model);
    out->needed = build_bytes(in, &next);
    for (size_t i = 0; i < HEIGHT_COUNT(estimate_heights) && out->needed > in->budget; i++) {
        next.tile_rows = estimate_heights[i];
        if (next.tile_rows >= rows) continue;
        int64_t bytes = build_bytes(in, &next);
        if (bytes >= out->needed) continue;
        out->needed = bytes;
        out->choice = next;
    }
}

// A chunked head recomputes the logits for every direction. Whole rows of logits serve all directions at once. They are
// used where they need no more memory than the blocks do.
static void share_logits(const struct schedule_input *in, struct schedule *out) {
    struct schedule_choice next = out->choice;
    int64_t most = build_bytes(in, &next);
    next.vocabulary_chunk = 0;
    for (size_t i = 0; i < HEIGHT_COUNT(estimate_head_heights); i++) {
        next.head_rows = estimate_head_heights[i];
        if (build_bytes(in, &next) > most) continue;
        out->choice = next;
        return;
    }
}

bool choose_for_estimate(const struct schedule_input *in, struct schedule *out) {
    const struct model_train *t = &in->model->train;
    if (in->page) {
        diag_report(in->diagnostics, DIAG_E0334, t->page_span,
                    "page: gradient %s keeps no inputs of blocks to be paged", in->method->name);
        diag_hint(in->diagnostics, "leave out `page on`; %s(tile: T) takes less memory", in->method->name);
        return false;
    }
    out->choice = (struct schedule_choice){.method = in->method,
                                           .tile_rows = model_gradient_option(t, "tile"),
                                           .tangents = model_gradient_option(t, "tangents")};
    build_plain_head(in, &out->choice);
    if (in->budget && !out->choice.tile_rows) fit_budget(in, out);
    if (out->choice.tangents > 1 && out->choice.vocabulary_chunk) share_logits(in, out);
    return true;
}
