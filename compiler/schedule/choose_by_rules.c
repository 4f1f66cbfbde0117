// Choose by rules: how many rows are computed at a time: of the head, where every turn reads the whole vocabulary
// matrix, and of blocks that run in tiles, where every turn reads the block's weights. More rows are faster, but what a
// turn works on costs memory. The head has two shapes: rows with all their logits, and rows that make their logits a
// part at a time (fuse_nodes), which takes one more product but many more rows in the same memory. What costs the arena
// next to nothing is taken: the tallest blocks, then the faster head.
#include "compiler/base/arena.h"
#include "compiler/model/model.h"
#include "compiler/pass/passes.h"
#include "compiler/schedule/heights.h"
#include "compiler/schedule/schedule_parts.h"

// Low tiles are slow: over the peak of the least heights this much is paid for tiles up to a height, for more nothing.
enum { WORTH_PAYING = 32 };
// Where few inputs of blocks are kept, tiles hold much of what is left, and a part of it buys much time.
static const double TILED_PEAK_GROWTH = 1.02, CHECKPOINTED_PEAK_GROWTH = 1.1;

// Measured on matrices that no cache holds: to read and unpack an element of the vocabulary matrix takes the time of
// multiplying it with 15 (q4_0) to 30 (f32) rows.
static const double ROWS_OF_A_READ = 24;

static int64_t iterations(int64_t rows, int64_t height) { return (rows + height - 1) / height; }
static double head_time(int products, int64_t rows, int64_t height) {
    return products * ((double)rows + ROWS_OF_A_READ * (double)iterations(rows, height));
}

struct rules {
    const struct schedule_input *in;
    double most;                   // bytes that the arena may take
    struct schedule_choice choice; // taken last
    int64_t peak;                  // of it
    bool in_parts;                 // its loss makes its logits in parts
};

// Takes the choice when the arena stays small enough.
static bool try_choice(struct rules *r, const struct schedule_choice *choice) {
    struct arena scratch = {0};
    const struct graph *g = build_step(r->in, choice, &scratch);
    bool taken = false;
    if (g) {
        int64_t peak = plan_make(&scratch, g, r->in->threads, PLAN_COALESCED)->arena_bytes;
        double growth = !r->in->method->tiles           ? 1
                        : g->n_checkpoint_schedules > 1 ? CHECKPOINTED_PEAK_GROWTH
                                                        : TILED_PEAK_GROWTH;
        if (r->most == 0) r->most = (double)peak * growth;
        taken = (double)peak <= r->most;
        if (taken) r->peak = peak;
        if (taken) r->in_parts = loss_in_chunks(g);
    }
    if (taken) r->choice = *choice;
    arena_free(&scratch);
    return taken;
}

// The least head that is there for every model says what the arena may take; one in parts, when it takes no more,
// leaves room for taller blocks.
static bool begin(struct rules *r, struct schedule_choice next, struct height_range head) {
    struct schedule_choice parts = next;
    next.head_rows = head.least;
    parts.head_rows = chunked_head_rows[0];
    parts.vocabulary_chunk = VOCABULARY_CHUNK;
    if (!try_choice(r, &next)) return false;
    if (try_choice(r, &parts) && !r->in_parts) return try_choice(r, &next);
    return true;
}

static void raise_blocks(struct rules *r, struct height_range block, int64_t rows) {
    struct schedule_choice next = r->choice;
    for (next.tile_rows += block.step; next.tile_rows <= block.most; next.tile_rows += block.step) {
        if (next.tile_rows > WORTH_PAYING) r->most = (double)r->peak;
        if (next.tile_rows - block.step >= rows || !try_choice(r, &next)) break;
    }
}

static void raise_head(struct rules *r, struct height_range head) {
    struct schedule_choice next = r->choice;
    for (next.head_rows += head.step; next.head_rows <= head.most; next.head_rows += head.step)
        if (!try_choice(r, &next)) break;
}

// As many rows in parts as fit, but no more than make fewer turns; then whole rows of logits where they are faster and
// fit too.
static void choose_shape(struct rules *r, int64_t rows) {
    struct schedule_choice next = r->choice;
    for (size_t i = 1; i < HEIGHT_COUNT(chunked_head_rows); i++) {
        next.head_rows = chunked_head_rows[i];
        if (iterations(rows, next.head_rows) < iterations(rows, r->choice.head_rows) && !try_choice(r, &next)) break;
    }
    next.vocabulary_chunk = 0;
    double in_parts = head_time(3, rows, r->choice.head_rows);
    for (size_t i = 0; i < HEIGHT_COUNT(whole_head_rows); i++) {
        next.head_rows = whole_head_rows[i];
        if (head_time(2, rows, next.head_rows) >= in_parts || try_choice(r, &next)) break;
    }
}

bool choose_by_rules(const struct schedule_input *in, struct schedule *out) {
    const struct model_train *t = &in->model->train;
    struct rules r = {.in = in};
    bool tiles = in->method->tiles;
    struct height_range head = tiles ? tiled_head_range : head_range, block = block_range;
    const int64_t rows = model_rows(in->model);
    const int64_t chosen = model_gradient_option(t, "tile");
    if (chosen > 0) block = (struct height_range){chosen, 1, chosen};
    struct schedule_choice first = {.method = in->method,
                                    .kept = in->method->kept,
                                    .tile_rows = tiles ? block.least : 0,
                                    .forwards = model_gradient_option(t, "forwards"),
                                    .slots = model_gradient_option(t, "slots"),
                                    .page = in->page};
    if (!begin(&r, first, head)) return false;
    if (tiles) raise_blocks(&r, block, rows);
    if (r.choice.vocabulary_chunk)
        choose_shape(&r, rows);
    else
        raise_head(&r, head);
    out->choice = r.choice;
    return true;
}
