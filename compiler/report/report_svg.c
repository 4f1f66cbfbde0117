// SVG: the plan as one picture: time across, addresses upwards, a rectangle for every value. Width is estimated time,
// so a matrix product is wider than a sum. It needs no script and no font, and has colours for light and dark pages.
#include <string.h>

#include "compiler/report/report.h"
#include "compiler/report/report_boxes.h"
#include "compiler/base/arena.h"
#include "compiler/base/bytes.h"
#include "compiler/base/text.h"

enum { // all in pixels
    WIDTH = 960,
    HEIGHT = 560,
    LEFT = 62,
    RIGHT = 24,
    TOP = 96,
    BOTTOM = 148,
    STRIP = 56, // the live bytes, below the rectangles
    STRIP_BOTTOM = 52,
    ACROSS = WIDTH - LEFT - RIGHT,
    UPWARDS = HEIGHT - TOP - BOTTOM,
    CURVE_POINTS = ACROSS,
};
static const double OUTLINED = 4; // narrower rectangles have no outline: it would hide them
static const double NEAR = 0.6;   // a value that returns to its place this soon is drawn as one rectangle

struct picture {
    const struct report *report;
    struct text *out;
    double *time; // [n_runs + 1] start time of each node run
    double bytes; // at the top of the picture
};

static double x_at(const struct picture *p, int64_t step) {
    return LEFT + ACROSS * p->time[step] / p->time[p->report->timeline->n_runs];
}

static double y_at(const struct picture *p, double bytes) { return TOP + UPWARDS * (1 - bytes / p->bytes); }

// Prints a length with one decimal and a point in every locale.
static void put(struct text *out, const char *before, double pixels) {
    long long tenths = (long long)(pixels * 10 + (pixels < 0 ? -0.5 : 0.5));
    text_print(out, "%s%s%lld", before, tenths < 0 ? "-" : "", (tenths < 0 ? -tenths : tenths) / 10);
    if (tenths % 10) text_print(out, ".%lld", (tenths < 0 ? -tenths : tenths) % 10);
}

static void print_words(struct text *out, const char *words) {
    for (; *words; words++) {
        if (*words == '&')
            text_puts(out, "&amp;");
        else if (*words == '<')
            text_puts(out, "&lt;");
        else
            text_add(out, words, 1);
    }
}

static void begin_words(struct text *out, const char *class, double x, double y) {
    text_print(out, "<text class=\"%s\"", class);
    put(out, " x=\"", x);
    put(out, "\" y=\"", y);
    text_puts(out, "\">");
}

static void label(struct text *out, const char *class, double x, double y, const char *words) {
    begin_words(out, class, x, y);
    print_words(out, words);
    text_puts(out, "</text>\n");
}

static void line(struct text *out, const char *class, double x1, double y1, double x2, double y2) {
    text_print(out, "<path class=\"%s\" d=\"M", class);
    put(out, "", x1);
    put(out, " ", y1);
    put(out, "L", x2);
    put(out, " ", y2);
    text_puts(out, "\"/>\n");
}

static const char style[] =
    "<style>\n"
    "text { font: 13px system-ui, 'Helvetica Neue', Helvetica, Arial, sans-serif; fill: #20201e }\n"
    ".title { font-size: 19px; font-weight: 600 }\n"
    ".muted { fill: #686862 }\n"
    ".middle { text-anchor: middle; fill: #686862 }\n"
    ".end { text-anchor: end; fill: #686862 }\n"
    ".peak { text-anchor: end; fill: #b5322d; font-weight: 600 }\n"
    ".paper { fill: #fcfcfa }\n"
    ".saved { fill: #3d6aa8 } .forward { fill: #5aa08f } .backward { fill: #d68a3c } .tile { fill: #a78bb5 }\n"
    ".outlined { stroke: #fcfcfa; stroke-width: 0.6 }\n"
    ".grid { stroke: #20201e; stroke-opacity: 0.13; fill: none }\n"
    ".live { fill: #b9b9b2 }\n"
    ".at { stroke: #b5322d; stroke-opacity: 0.5; fill: none } .top { stroke: #b5322d; fill: none }\n"
    ".bound { stroke: #b5322d; stroke-width: 1.4; stroke-dasharray: 6 4; fill: none }\n"
    ".dot { fill: #b5322d }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "text { fill: #e8e7e2 } .muted, .middle, .end { fill: #9d9c95 } .peak { fill: #ef7a70 }\n"
    ".paper { fill: #171816 }\n"
    ".saved { fill: #6f9bd8 } .forward { fill: #6db5a3 } .backward { fill: #dc9a55 } .tile { fill: #b79cc6 }\n"
    ".outlined { stroke: #171816 } .grid { stroke: #e8e7e2 } .live { fill: #55564f }\n"
    ".bound, .at, .top { stroke: #ef7a70 } .dot { fill: #ef7a70 }\n"
    "}\n"
    "</style>\n";

// ---- time ----
static double *times(const struct report *r, struct arena *a) {
    const struct timeline *t = r->timeline;
    const struct graph *g = r->plan->graph;
    double *seconds = ARENA_ARRAY(a, double, g->n_nodes), *time = ARENA_ARRAY(a, double, t->n_runs + 1);
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        if (g->nodes[i].kind != NODE_OP) continue;
        struct op_cost cost = cost_of_node(g, &g->nodes[i]);
        seconds[i] = cost_seconds(&cost);
    }
    for (int64_t s = 0; s < t->n_runs; s++) time[s + 1] = time[s] + seconds[t->nodes[s]];
    if (time[t->n_runs] <= 0) // no node with an estimate
        for (int64_t s = 0; s <= t->n_runs; s++) time[s] = (double)s;
    return time;
}

// ---- rectangles: one path for each class, with and without outline ----
struct rectangle {
    value_id value;
    double from, to;
    int64_t offset, bytes;
};

static size_t rectangles(const struct picture *p, struct arena *a, const struct report_boxes *b,
                         struct rectangle *list) {
    const struct plan *plan = p->report->plan;
    size_t n = 0, *last = ARENA_ARRAY(a, size_t, plan->graph->n_values); // one more than its index; 0: none
    for (size_t i = 0; i < b->n_boxes; i++) {
        const struct report_box *box = &b->boxes[i];
        double from = x_at(p, box->birth), to = x_at(p, box->death);
        struct rectangle *before = last[box->value.id] ? &list[last[box->value.id] - 1] : NULL;
        if (before && before->offset == box->offset && from - before->to < NEAR) {
            before->to = to > before->to ? to : before->to;
            continue;
        }
        list[n++] = (struct rectangle){box->value, from, to, box->offset,
                                       plan->buffers[plan->values[box->value.id].buffer].size};
        last[box->value.id] = n;
    }
    return n;
}

static bool is_outlined(const struct picture *p, const struct rectangle *r) {
    return r->to - r->from >= OUTLINED && UPWARDS * (double)r->bytes / p->bytes >= OUTLINED;
}

static void print_rectangles(const struct picture *p, const struct rectangle *list, size_t n, const char *class,
                             bool outlined) {
    bool open = false;
    for (size_t i = 0; i < n; i++) {
        const struct rectangle *r = &list[i];
        if (is_outlined(p, r) != outlined || strcmp(report_class(p->report, r->value), class) != 0) continue;
        if (!open) text_print(p->out, "<path class=\"%s%s\" d=\"", class, outlined ? " outlined" : "");
        open = true;
        put(p->out, "M", r->from);
        put(p->out, " ", y_at(p, (double)(r->offset + r->bytes)));
        put(p->out, "h", r->to - r->from);
        put(p->out, "v", UPWARDS * (double)r->bytes / p->bytes);
        put(p->out, "h", r->from - r->to);
        text_puts(p->out, "z");
    }
    if (open) text_puts(p->out, "\"/>\n");
}

// ---- scale, phases and live bytes ----
static void print_scale(const struct picture *p) {
    static const int64_t steps[] = {1, 2, 5, 10, 20, 50, 100, 200, 500};
    int64_t unit, step = 0;
    bytes_unit((int64_t)p->bytes, &unit);
    for (; !step; unit <<= 10) // the first round number that gives at most six lines
        for (size_t i = 0; i < sizeof steps / sizeof *steps && !step; i++)
            if (p->bytes / (double)(steps[i] * unit) <= 6) step = steps[i] * unit;
    const char *const unit_name = bytes_unit(step, &unit);
    for (int64_t at = 0; (double)at <= p->bytes; at += step) {
        double y = y_at(p, (double)at);
        line(p->out, "grid", LEFT, y, WIDTH - RIGHT, y);
        begin_words(p->out, "end", LEFT - 8, y + 4);
        text_print(p->out, "%lld</text>\n", (long long)(at / unit));
    }
    label(p->out, "end", LEFT - 8, TOP - 10, unit_name);
}

static void print_phases(const struct picture *p, const struct report_boxes *b) {
    double y = HEIGHT - BOTTOM;
    for (size_t i = 0; i < b->n_phases; i++) {
        double from = x_at(p, b->phases[i].from), to = x_at(p, b->phases[i].to);
        if (i) line(p->out, "grid", from, TOP, from, y + 8);
        if (to - from > 60) label(p->out, "middle", (from + to) / 2, y + 20, b->phases[i].name);
    }
}

// The live bytes, as an area with its own scale. A bin of the curve covers several steps and shows their peak.
static void print_live(const struct picture *p, struct arena *a) {
    struct report_curve curve = report_curve(p->report, a, CURVE_POINTS);
    double floor = HEIGHT - STRIP_BOTTOM, last = LEFT;
    text_puts(p->out, "<path class=\"live\" d=\"M");
    put(p->out, "", LEFT);
    put(p->out, " ", floor);
    for (size_t i = 0; i < curve.n; i++) {
        int64_t sum = 0;
        for (int c = 0; c < REPORT_CLASSES; c++) sum += curve.bytes[i][c];
        put(p->out, "L", last = x_at(p, curve.step[i]));
        put(p->out, " ", floor - STRIP * (double)sum / p->bytes);
    }
    put(p->out, "L", last);
    put(p->out, " ", floor);
    text_puts(p->out, "z\"/>\n");
    line(p->out, "grid", LEFT, floor, WIDTH - RIGHT, floor);
    label(p->out, "end", LEFT - 8, floor - STRIP / 2.0 + 4, "alive");
}

static void print_dot(const struct picture *p, double x, double y) {
    text_puts(p->out, "<circle class=\"dot\" r=\"4\"");
    put(p->out, " cx=\"", x);
    put(p->out, "\" cy=\"", y);
    text_puts(p->out, "\"/>\n");
}

static void print_bound(const struct picture *p) {
    const struct timeline *t = p->report->timeline;
    int64_t arena = p->report->program->arena_bytes;
    double x = x_at(p, t->bound.at), y = y_at(p, (double)t->bound.bytes), top = y_at(p, (double)arena);
    line(p->out, "bound", LEFT, y, WIDTH - RIGHT, y);
    line(p->out, "at", x, y, x, HEIGHT - STRIP_BOTTOM);
    print_dot(p, x, y);
    print_dot(p, x, HEIGHT - STRIP_BOTTOM - STRIP * (double)t->bound.bytes / p->bytes);
    begin_words(p->out, "peak", WIDTH - RIGHT, top - 8);
    text_puts(p->out, arena == t->bound.bytes ? "peak = lower bound " : "peak ");
    bytes_words(p->out, 0, arena);
    if (arena != t->bound.bytes) {
        text_puts(p->out, ", lower bound ");
        bytes_words(p->out, 0, t->bound.bytes);
        line(p->out, "top", LEFT, top, WIDTH - RIGHT, top);
    }
    text_puts(p->out, "</text>\n");
}

static void print_title(const struct picture *p) {
    const struct program *program = p->report->program;
    begin_words(p->out, "title", LEFT, 34);
    print_words(p->out, program->options.prefix);
    text_puts(p->out, ": arena ");
    bytes_words(p->out, 0, program->arena_bytes);
    text_puts(p->out, program->arena_bytes == p->report->timeline->bound.bytes
                          ? ", and no placement can need less</text>\n"
                          : "</text>\n");
    label(p->out, "muted", LEFT, 56, program->options.words);
}

static void print_legend(const struct picture *p, const struct rectangle *list, size_t n) {
    static const char *const about[REPORT_CLASSES] = {"kept for the backward pass", "forward", "backward",
                                                      "tile of rows"};
    static const int widths[REPORT_CLASSES] = {204, 92, 102, 116};
    double x = LEFT, y = HEIGHT - 18;
    for (int c = 0; c < REPORT_CLASSES; c++) {
        bool used = false;
        for (size_t i = 0; i < n && !used; i++)
            used = strcmp(report_class(p->report, list[i].value), report_classes[c]) == 0;
        if (!used) continue;
        text_print(p->out, "<rect class=\"%s\" width=\"11\" height=\"11\" rx=\"2\"", report_classes[c]);
        put(p->out, " x=\"", x);
        put(p->out, "\" y=\"", y - 10);
        text_puts(p->out, "\"/>\n");
        label(p->out, "muted", x + 18, y, about[c]);
        x += widths[c];
    }
    label(p->out, "end", WIDTH - RIGHT, y, "a value is as wide as its life, as high as its bytes");
}

void report_svg(const struct report *r, struct arena *a, struct text *out) {
    struct picture p = {.report = r, .out = out, .time = times(r, a)};
    p.bytes = 1.04 * (double)(r->program->arena_bytes ? r->program->arena_bytes : 1);
    struct report_boxes boxes = report_boxes(r, a, 0);
    struct rectangle *list = ARENA_ARRAY(a, struct rectangle, boxes.n_boxes + 1);
    size_t n = rectangles(&p, a, &boxes, list);
    text_print(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\">\n",
        WIDTH, HEIGHT, WIDTH, HEIGHT);
    text_print(out, "<title>Memory plan of %s</title>\n%s", r->program->options.prefix, style);
    text_print(out, "<rect class=\"paper\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n", WIDTH, HEIGHT);
    print_title(&p);
    print_scale(&p);
    for (int c = 0; c < REPORT_CLASSES; c++)
        for (int outlined = 0; outlined < 2; outlined++) print_rectangles(&p, list, n, report_classes[c], outlined);
    print_phases(&p, &boxes);
    print_live(&p, a);
    print_bound(&p);
    print_legend(&p, list, n);
    text_puts(out, "</svg>\n");
}
