// adapter_note: see the header.
#include "runtime/adapter/adapter_note.h"

#include <math.h>
#include <stdio.h>
#include <stdarg.h>
#include <string.h>

#include "runtime/weights/weight_file.h"

void lrt_note(struct lrt_report *report, const char *format, ...) {
    char text[LRT_REPORT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (report) lrt_file_note(report, "%s%s", report->text[0] ? "; " : "", text);
}

// Letters and digits of the last name of a path, in small letters: "smollm2135minstruct".
static void plain_base(char *to, size_t size, const char *path) {
    size_t length = strlen(path), begin, n = 0;
    while (length && path[length - 1] == '/') length--;
    for (begin = length; begin && path[begin - 1] != '/';) begin--;
    for (size_t i = begin; i < length && n + 1 < size; i++) {
        const char c = path[i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')) to[n++] = c;
        if (c >= 'A' && c <= 'Z') to[n++] = (char)(c - 'A' + 'a');
    }
    to[n] = '\0';
}

void lrt_note_base(const char *path, const char *base, const struct lrt_plan_info *plan, struct lrt_report *report) {
    char said[256], own[256];
    plain_base(said, sizeof said, base ? base : "");
    plain_base(own, sizeof own, plan->model ? plan->model : "");
    if (said[0] && own[0] && !strstr(said, own) && !strstr(own, said))
        lrt_note(report, "%s: trained on %.200s, and this program is of %.200s: is it the same base?", path, base,
                 plan->model);
}

void lrt_note_scale(const char *path, const struct adapter_entries *e, const double *scale, struct lrt_report *report) {
    size_t others = 0;
    const struct adapter_entry *first = NULL;
    for (size_t i = 0; i < e->n; i++) {
        if (fabs(scale[i] - 1) <= 1e-6) continue;
        if (!first) first = &e->entries[i];
        others++;
    }
    if (first)
        lrt_note(report,
                 "%s: %zu modules (%s) scale by another alpha / rank than the program; their lora_b was multiplied, so "
                 "that the function stays the adapter's",
                 path, others, first->module[0] ? first->module : first->weight->name);
}
