// Trainer progress: on a terminal, a bar that is redrawn in place. Elsewhere a line for every twentieth of the run and
// at least every ten seconds, so that the log of a build server stays short but shows life.
#include "runtime/trainer/trainer_progress.h"

#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "runtime/trainer/trainer_line.h"

enum { BAR_WIDTH_MAX = 30, PLAIN_LINES = 20, PLAIN_SECONDS = 10 };

double lrt_trainer_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void lrt_trainer_progress_begin(struct trainer_progress *p, int output, bool quiet, int64_t first, int64_t last) {
    *p = (struct trainer_progress){.output = output, .quiet = quiet, .first = first, .last = last, .lost = p->lost};
    p->terminal = !quiet && isatty(output);
    p->started = p->shown = lrt_trainer_clock();
}

void lrt_trainer_progress_put(struct trainer_progress *p, struct trainer_line *l) {
    if (!lrt_line_write(l, p->output)) p->lost = true;
}

static int terminal_columns(int output) {
    struct winsize size;
    return ioctl(output, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static void add_figures(struct trainer_line *l, const struct trainer_progress *p, int64_t step, double loss,
                        uint64_t anonymous, double seconds) {
    lrt_line_integer(l, step);
    lrt_line_text(l, "/");
    lrt_line_integer(l, p->last);
    if (p->tokens > 0) {
        lrt_line_text(l, "  loss ");
        lrt_line_digits(l, loss, 4);
        lrt_line_text(l, "  ");
        lrt_line_digits(l, seconds > 0 ? (double)p->tokens / seconds : 0, 0);
        lrt_line_text(l, " tokens/s");
    }
    lrt_line_text(l, "  ");
    const int64_t done = step - p->first + 1;
    lrt_line_duration(l, done > 0 ? seconds / (double)done * (double)(p->last - step) : 0);
    lrt_line_text(l, " left");
    if (anonymous) {
        lrt_line_text(l, "  ");
        lrt_line_bytes(l, anonymous);
    }
}

static void draw_bar(struct trainer_progress *p, int64_t step, const struct trainer_line *figures) {
    struct trainer_line l = {.length = 0};
    int width = terminal_columns(p->output) - (int)figures->length - 4;
    if (width > BAR_WIDTH_MAX) width = BAR_WIDTH_MAX;
    lrt_line_text(&l, "\r");
    if (width >= 5) {
        const int full = (int)((double)width * (double)step / (double)p->last);
        lrt_line_text(&l, "[");
        for (int i = 0; i < width; i++) lrt_line_text(&l, i < full ? "=" : i == full ? ">" : " ");
        lrt_line_text(&l, "] ");
    }
    for (size_t i = 0; i < figures->length; i++) {
        const char one[2] = {figures->text[i], 0};
        lrt_line_text(&l, one);
    }
    lrt_line_text(&l, "\033[K");
    lrt_trainer_progress_put(p, &l);
    p->drawn = true;
}

void lrt_trainer_progress_step(struct trainer_progress *p, int64_t step, double loss, int64_t tokens,
                               uint64_t anonymous) {
    p->tokens += tokens;
    if (p->quiet) return;
    const double now = lrt_trainer_clock();
    struct trainer_line figures = {.length = 0};
    add_figures(&figures, p, step, loss, anonymous, now - p->started);
    if (p->terminal) {
        draw_bar(p, step, &figures);
        return;
    }
    const int64_t steps = p->last - p->first + 1, each = steps / PLAIN_LINES + (steps % PLAIN_LINES != 0);
    if (step != p->first && step != p->last && (step - p->first + 1) % each != 0 && now - p->shown < PLAIN_SECONDS)
        return;
    p->shown = now;
    struct trainer_line l = {.length = 0};
    lrt_line_text(&l, "step ");
    lrt_trainer_progress_put(p, &l);
    lrt_line_text(&figures, "\n");
    lrt_trainer_progress_put(p, &figures);
}

void lrt_trainer_progress_say(struct trainer_progress *p, const char *text) {
    if (p->quiet) return;
    struct trainer_line l = {.length = 0};
    if (p->drawn) lrt_line_text(&l, "\r\033[K");
    p->drawn = false;
    lrt_line_text(&l, text);
    lrt_line_text(&l, "\n");
    lrt_trainer_progress_put(p, &l);
}

void lrt_trainer_progress_end(struct trainer_progress *p) {
    if (!p->drawn) return;
    struct trainer_line l = {.length = 0};
    lrt_line_text(&l, "\n");
    lrt_trainer_progress_put(p, &l);
    p->drawn = false;
}
