// Schedule: how many rows are computed at a time: of the head, where every turn reads the whole vocabulary matrix, and
// of blocks that run in tiles, where every turn reads the block's weights. More rows are faster, but what a turn works
// on costs memory. The tallest heights are taken that cost the arena next to nothing.
#include "compiler/base/diag.h"
#include "compiler/compilation.h"
#include "compiler/optim/optim.h"
#include "compiler/plan/order.h"

struct height_range {
    int64_t least, step, most;
};

// The head's logits would hold the peak of a program whose blocks run in tiles: there it may be lower than is fast.
static const struct height_range head_range = {8, 8, 64}, tiled_head_range = {4, 1, 64};
static const struct height_range block_range = {16, 4, 1024};
enum { LEAST_BLOCK = 8 }; // where a budget is missed otherwise
// Low tiles are slow: over the peak of the least heights this much is paid for tiles up to a height, for more nothing.
enum { WORTH_PAYING = 32 };
static const double TILED_PEAK_GROWTH = 1.02;

struct schedule {
    struct compilation *c;
    double most;  // bytes that the arena may take
    int64_t peak; // of the choice taken last
};

static struct graph *step_of(struct compilation *c, const struct schedule_choice *choice) {
    struct graph *g = gradient_graph(choice, c->forward, c->diagnostics);
    return g ? append_updates(order_nodes(g), c->model, c->diagnostics) : NULL;
}

// Takes the choice when the arena stays small enough.
static bool try_choice(struct schedule *s, const struct schedule_choice *choice) {
    struct compilation *c = s->c;
    struct graph *g = step_of(c, choice);
    if (!g) return false;
    struct arena scratch = {0};
    int64_t peak = plan_make(&scratch, g, (int)c->options->threads, PLAN_SHARED)->arena_bytes;
    arena_free(&scratch);
    if (s->most == 0) s->most = (double)peak * (c->gradient->tiles && !c->least_memory ? TILED_PEAK_GROWTH : 1);
    if ((double)peak > s->most) return false;
    c->step = g;
    c->choice = *choice;
    s->peak = peak;
    return true;
}

bool schedule_step(struct compilation *c) {
    const struct model_train *t = &c->model->train;
    struct schedule s = {.c = c};
    bool tiles = c->gradient->tiles;
    struct height_range head = tiles ? tiled_head_range : head_range, block = block_range;
    const struct model_input *tokens = &c->model->inputs[0];
    const int64_t rows = shape_count((struct shape){tokens->rank, {tokens->shape[0], tokens->shape[1]}});
    double chosen = model_option_number(t->gradient_options, t->n_gradient_options, "tile", 0);
    if (c->least_memory) block.least = LEAST_BLOCK;
    if (chosen > 0) block = (struct height_range){(int64_t)chosen, 1, (int64_t)chosen};
    struct schedule_choice next = {.method = c->gradient, .head = head.least, .block = tiles ? block.least : 0};
    if (!try_choice(&s, &next)) return false;
    for (next.block += block.step; tiles && next.block <= block.most; next.block += block.step) {
        if (next.block > WORTH_PAYING) s.most = (double)s.peak;
        if (next.block - block.step >= rows || !try_choice(&s, &next)) break;
    }
    next = c->choice;
    for (next.head += head.step; next.head <= head.most; next.head += head.step)
        if (!try_choice(&s, &next)) break;
    return true;
}
