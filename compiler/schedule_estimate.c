// Schedule of an estimate: nothing is kept for a backward pass, so that only the height of the blocks' tiles is to be
// chosen: what the user says, else no tiles, else, with a budget, the tallest that fit. The head makes its logits in
// parts, as an evaluation's does: the memory is that of the evaluation, once for each value and its derivatives.
#include "compiler/base/diag.h"
#include "compiler/compilation.h"
#include "compiler/pass/passes.h"

// Rows of the head: with all their logits, the least that a product works on at a time; of a loss that makes its
// logits in parts, as many as make it fast.
enum { HEAD_HEIGHT = 8, PARTS_HEIGHT = 64 };

static const int64_t heights[] = {256, 128, 96, 64, 48, 32, 24, 16, 8}, head_heights[] = {64, 48, 32, 24, 16, 8};

void schedule_plain_head(const struct graph *forward, struct schedule_choice *choice) {
    choice->vocabulary_chunk = VOCABULARY_CHUNK;
    choice->head_rows = forward && loss_in_chunks(fuse_nodes(forward, VOCABULARY_CHUNK)) ? PARTS_HEIGHT : HEAD_HEIGHT;
}

// What a program with this choice takes, all pools but mapped weights.
static int64_t bytes_with(const struct compilation *c, const struct schedule_choice *choice) {
    struct arena scratch = {0};
    struct compilation t = schedule_attempt(c, choice, &scratch);
    t.step = schedule_graph(&t, choice);
    int64_t bytes = schedule_inference(&t) && compilation_program(&t) ? bytes_of_pools(t.program) : INT64_MAX;
    arena_free(&scratch);
    return bytes;
}

// The tallest tiles within the budget; where none are, the ones that take least, which c->needed then tells.
static void fit_budget(struct compilation *c, int64_t budget) {
    struct schedule_choice next = c->choice;
    int64_t rows = model_rows(c->model);
    c->needed = bytes_with(c, &next);
    for (size_t i = 0; i < sizeof heights / sizeof *heights && c->needed > budget; i++) {
        next.tile_rows = heights[i];
        if (next.tile_rows >= rows) continue;
        int64_t bytes = bytes_with(c, &next);
        if (bytes >= c->needed) continue;
        c->needed = bytes;
        c->choice = next;
    }
}

// In parts every direction makes the logits again; rows with all their logits make them once for all directions. They
// are taken where they need no more memory than the blocks do.
static void share_logits(struct compilation *c) {
    struct schedule_choice next = c->choice;
    int64_t most = bytes_with(c, &next);
    next.vocabulary_chunk = 0;
    for (size_t i = 0; i < sizeof head_heights / sizeof *head_heights; i++) {
        next.head_rows = head_heights[i];
        if (bytes_with(c, &next) > most) continue;
        c->choice = next;
        return;
    }
}

bool schedule_estimate(struct compilation *c) {
    const struct model_train *t = &c->model->train;
    if (t->page) {
        diag_report(c->diagnostics, DIAG_E0334, t->page_span, "page: gradient %s keeps no inputs of blocks to be paged",
                    c->gradient->name);
        diag_hint(c->diagnostics, "leave out `page on`; %s(tile: T) takes less memory", c->gradient->name);
        return false;
    }
    c->choice = (struct schedule_choice){.method = c->gradient,
                                         .tile_rows = model_gradient_option(t, "tile"),
                                         .tangents = model_gradient_option(t, "tangents")};
    schedule_plain_head(c->forward, &c->choice);
    if (t->memory && !c->choice.tile_rows) fit_budget(c, (int64_t)t->memory);
    if (c->choice.tangents > 1 && c->choice.vocabulary_chunk) share_logits(c);
    c->step = schedule_graph(c, &c->choice);
    return c->step != NULL;
}
