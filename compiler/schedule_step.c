// Schedule: how many rows are computed at a time: of the head, where every iteration reads the whole vocabulary matrix,
// and of blocks that run in tiles, where every iteration reads the block's weights. More rows are faster, but what an
// iteration works on costs memory. The head has two shapes: rows with all their logits, and rows that make their logits
// a part at a time (fuse_nodes), which takes one more product but many more rows in the same memory. What costs the
// arena next to nothing is taken: the tallest blocks, then the faster head. Where the height of a block's tiles is not
// given, a faster schedule in the same memory then takes its place (compiler/search_schedule.h).
#include "compiler/base/diag.h"
#include "compiler/compilation.h"
#include "compiler/optim/optim.h"
#include "compiler/pass/passes.h"
#include "compiler/plan/order.h"
#include "compiler/search_schedule.h"

struct height_range {
    int64_t least, step, most;
};

// Of a head that cannot work in parts. Its logits would hold the peak of a program whose blocks run in tiles: there it
// may be lower than is fast.
static const struct height_range head_range = {8, 8, 64}, tiled_head_range = {4, 1, 64};
static const struct height_range block_range = {16, 4, 1024};
// Low tiles are slow: over the peak of the least heights this much is paid for tiles up to a height, for more nothing.
enum { WORTH_PAYING = 32 };
// Where few inputs of blocks are kept, tiles hold much of what is left, and a part of it buys much time.
static const double TILED_PEAK_GROWTH = 1.02, CHECKPOINTED_PEAK_GROWTH = 1.1;

// Rows at a time of a head in parts, and of one with whole rows of logits.
static const int64_t chunked_head_rows[] = {16, 32, 48, 64, 96, 128, 192, 256},
                     whole_head_rows[] = {64, 48, 32, 24, 16};
// Measured on matrices that no cache holds: to read and unpack an element of the vocabulary matrix takes the time of
// multiplying it with 15 (q4_0) to 30 (f32) rows.
static const double ROWS_OF_A_READ = 24;

static int64_t iterations(int64_t rows, int64_t height) { return (rows + height - 1) / height; }
static double head_time(int products, int64_t rows, int64_t height) {
    return products * ((double)rows + ROWS_OF_A_READ * (double)iterations(rows, height));
}

struct schedule {
    struct compilation *c;
    double most;  // bytes that the arena may take
    int64_t peak; // of the choice taken last
};

// Takes the choice when the arena stays small enough.
static bool try_choice(struct schedule *s, const struct schedule_choice *choice) {
    struct compilation *c = s->c;
    struct graph *g = schedule_graph(c, choice);
    if (!g) return false;
    struct arena scratch = {0};
    int64_t peak = plan_make(&scratch, g, (int)c->options->threads, PLAN_SHARED)->arena_bytes;
    arena_free(&scratch);
    double growth = !c->gradient->tiles             ? 1
                    : g->n_checkpoint_schedules > 1 ? CHECKPOINTED_PEAK_GROWTH
                                                    : TILED_PEAK_GROWTH;
    if (s->most == 0) s->most = (double)peak * growth;
    if ((double)peak > s->most) return false;
    c->step = g;
    c->choice = *choice;
    s->peak = peak;
    return true;
}

struct graph *schedule_graph(struct compilation *c, const struct schedule_choice *choice) {
    struct graph *g = gradient_graph(choice, c->forward, c->diagnostics);
    return g ? append_updates(order_nodes(g), c->model, c->diagnostics) : NULL;
}

// The least head that is there for every model says what the arena may take; one in parts, when it takes no more,
// leaves room for taller blocks.
static bool begin(struct schedule *s, struct schedule_choice next, struct height_range head) {
    struct schedule_choice parts = next;
    next.head_rows = head.least;
    parts.head_rows = chunked_head_rows[0];
    parts.vocabulary_chunk = VOCABULARY_CHUNK;
    if (!try_choice(s, &next)) return false;
    if (try_choice(s, &parts) && !loss_in_chunks(s->c->step)) return try_choice(s, &next);
    return true;
}

static void raise_blocks(struct schedule *s, struct height_range block, int64_t rows) {
    struct schedule_choice next = s->c->choice;
    for (next.tile_rows += block.step; next.tile_rows <= block.most; next.tile_rows += block.step) {
        if (next.tile_rows > WORTH_PAYING) s->most = (double)s->peak;
        if (next.tile_rows - block.step >= rows || !try_choice(s, &next)) break;
    }
}

static void raise_head(struct schedule *s, struct height_range head) {
    struct schedule_choice next = s->c->choice;
    for (next.head_rows += head.step; next.head_rows <= head.most; next.head_rows += head.step)
        if (!try_choice(s, &next)) break;
}

// As many rows in parts as fit, but no more than make fewer iterations; then whole rows of logits where they are faster
// and fit too.
static void choose_shape(struct schedule *s, int64_t rows) {
    struct schedule_choice next = s->c->choice;
    for (size_t i = 1; i < sizeof chunked_head_rows / sizeof *chunked_head_rows; i++) {
        next.head_rows = chunked_head_rows[i];
        if (iterations(rows, next.head_rows) < iterations(rows, s->c->choice.head_rows) && !try_choice(s, &next)) break;
    }
    next.vocabulary_chunk = 0;
    double in_parts = head_time(3, rows, s->c->choice.head_rows);
    for (size_t i = 0; i < sizeof whole_head_rows / sizeof *whole_head_rows; i++) {
        next.head_rows = whole_head_rows[i];
        if (head_time(2, rows, next.head_rows) >= in_parts || try_choice(s, &next)) break;
    }
}

bool schedule_step(struct compilation *c) {
    const struct model_train *t = &c->model->train;
    struct schedule s = {.c = c};
    bool tiles = c->gradient->tiles;
    struct height_range head = tiles ? tiled_head_range : head_range, block = block_range;
    const int64_t rows = model_rows(c->model);
    const int64_t chosen = model_gradient_option(t, "tile");
    if (chosen > 0) block = (struct height_range){chosen, 1, chosen};
    struct schedule_choice first = gradient_choice(c->gradient);
    first.tile_rows = tiles ? block.least : 0;
    first.forwards = model_gradient_option(t, "forwards");
    first.slots = model_gradient_option(t, "slots");
    first.page = t->page;
    if (!begin(&s, first, head)) return false;
    if (tiles) raise_blocks(&s, block, rows);
    if (c->choice.vocabulary_chunk)
        choose_shape(&s, rows);
    else
        raise_head(&s, head);
    bool fixed = chosen > 0 || first.forwards || first.slots || first.page;
    return !tiles || fixed || search_faster(c);
}
