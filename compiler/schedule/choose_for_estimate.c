// Choose for an estimate: nothing is kept for a backward pass, so that only the height of the blocks' tiles is to be
// chosen: what the user says, else no tiles, else, with a budget, the tallest that fit. The head makes its logits in
// parts, as an evaluation's does: the memory is that of the evaluation, once for each value and its derivatives.
#include "compiler/base/diag.h"
#include "compiler/model/model.h"
#include "compiler/schedule/heights.h"
#include "compiler/schedule/schedule_parts.h"

// The tallest tiles within the budget; where none are, the ones that take least.
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

// In parts every direction makes the logits again; rows with all their logits make them once for all directions. They
// are taken where they need no more memory than the blocks do.
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
