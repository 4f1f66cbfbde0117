// Schedule: how many rows of the head are computed at a time. Every turn reads the whole vocabulary matrix, so more
// rows are faster; their logits cost memory. The tallest height is taken that costs the arena next to nothing.
#include "compiler/base/diag.h"
#include "compiler/compilation.h"
#include "compiler/optim/optim.h"

enum { HEIGHT_LEAST = 8, HEIGHT_MOST = 64 };
static const double PEAK_GROWTH = 1.0; // over the peak of the lowest height

static struct graph *step_of_height(struct compilation *c, int64_t height) {
    struct graph *g = gradient_graph(c->gradient, c->forward, height, c->diagnostics);
    return g && append_updates(g, c->model, c->diagnostics) ? g : NULL;
}

bool schedule_step(struct compilation *c) {
    int64_t least_peak = 0, most = c->least_memory ? HEIGHT_LEAST : HEIGHT_MOST;
    for (int64_t height = HEIGHT_LEAST; height <= most; height += HEIGHT_LEAST) {
        struct graph *g = step_of_height(c, height);
        if (!g) return false;
        struct arena scratch = {0};
        int64_t peak = plan_make(&scratch, g, (int)c->options->threads, PLAN_SHARED)->arena_bytes;
        arena_free(&scratch);
        if (!least_peak) least_peak = peak;
        if ((double)peak > PEAK_GROWTH * (double)least_peak) break;
        c->step = g;
        c->head_height = height;
    }
    return true;
}
