// Choose by rules: how many rows are computed at a time. In the head every iteration reads the whole vocabulary matrix;
// in tiled blocks every iteration reads the block's weights. More rows are faster but need more memory. The head has
// two shapes: rows with all their logits, or rows whose logits are computed in chunks (fuse_nodes). Chunks cost one
// more product but allow many more rows in the same memory. The rules take whatever costs almost no arena: first the
// tallest blocks, then the faster head.
#include "compiler/base/arena.h"
#include "compiler/model/model.h"
#include "compiler/pass/passes.h"
#include "compiler/schedule/heights.h"
#include "compiler/schedule/schedule_internal.h"

// Low tiles are slow. Up to WORTH_PAYING rows the arena may exceed the least heights' peak by this factor; above, not
// at all.
enum { WORTH_PAYING = 32 };
// Where few block inputs are kept, tiles hold much of the remaining memory. A little of it buys much time.
static const double TILED_PEAK_GROWTH = 1.02, CHECKPOINTED_PEAK_GROWTH = 1.1;

// Measured on matrices larger than any cache. Reading and unpacking an element of the vocabulary matrix takes as long
// as multiplying it with 15 (q4_0) to 30 (f32) rows.
static const double ROWS_OF_A_READ = 24;

static int64_t iterations(int64_t rows, int64_t height) { return (rows + height - 1) / height; }
static double head_time(int products, int64_t rows, int64_t height) {
    return products * ((double)rows + ROWS_OF_A_READ * (double)iterations(rows, height));
}

struct rules {
    const struct schedule_input *in;
    double most;                   // limit of the arena in bytes
    struct schedule_choice choice; // the choice taken last
    int64_t peak;                  // of it
    bool in_chunks;                // its loss computes logits in chunks
};

// Takes the choice if the arena stays within the limit.
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
        if (taken) r->in_chunks = loss_in_chunks(g);
    }
    if (taken) r->choice = *choice;
    arena_free(&scratch);
    return taken;
}

// The lowest head that every model has sets the limit of the arena. A chunked head is used if it needs no more; that
// leaves memory for taller blocks.
static bool begin(struct rules *r, struct schedule_choice next, struct height_range head) {
    struct schedule_choice chunked = next;
    next.head_rows = head.least;
    chunked.head_rows = chunked_head_rows[0];
    chunked.vocabulary_chunk = VOCABULARY_CHUNK;
    if (!try_choice(r, &next)) return false;
    if (try_choice(r, &chunked) && !r->in_chunks) return try_choice(r, &next);
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

// Takes as many chunked rows as fit, unless fewer rows need as few iterations. Then takes whole rows of logits if they
// are faster and fit too.
static void choose_shape(struct rules *r, int64_t rows) {
    struct schedule_choice next = r->choice;
    for (size_t i = 1; i < HEIGHT_COUNT(chunked_head_rows); i++) {
        next.head_rows = chunked_head_rows[i];
        if (iterations(rows, next.head_rows) < iterations(rows, r->choice.head_rows) && !try_choice(r, &next)) break;
    }
    next.vocabulary_chunk = 0;
    double chunked_time = head_time(3, rows, r->choice.head_rows);
    for (size_t i = 0; i < HEIGHT_COUNT(whole_head_rows); i++) {
        next.head_rows = whole_head_rows[i];
        if (head_time(2, rows, next.head_rows) >= chunked_time || try_choice(r, &next)) break;
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
