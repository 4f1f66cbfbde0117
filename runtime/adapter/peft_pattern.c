// peft_pattern: see the header. Patterns come from strangers: their length, number and time are bounded.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "runtime/adapter/peft_pattern.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/weights/weight_file.h"

enum { PATTERN_BYTES = 4096, PATTERNS_MAX = 4096, MATCH_STEPS = 100000 };

struct peft_pattern {
    pcre2_code *code;
    pcre2_match_context *limits;
    pcre2_match_data *match;
};

void lrt_peft_pattern_free(struct peft_pattern *p) {
    if (!p) return;
    pcre2_code_free(p->code);
    pcre2_match_context_free(p->limits);
    pcre2_match_data_free(p->match);
    free(p);
}

struct peft_pattern *lrt_peft_compile(const char *text, enum peft_form form, const char *path, const char *key,
                                      struct lrt_report *report) {
    char spelled[PATTERN_BYTES + 32];
    int number = 0;
    PCRE2_SIZE at = 0;
    PCRE2_UCHAR why[128] = "longer than 4096 bytes";
    struct peft_pattern *p = calloc(1, sizeof *p);
    if (p && strlen(text) < PATTERN_BYTES) {
        snprintf(spelled, sizeof spelled, form == PEFT_END ? "(.*\\.)?(%s)$" : "(?:%s)", text);
        const uint32_t ends = form == PEFT_WHOLE ? PCRE2_ENDANCHORED : 0;
        p->code =
            pcre2_compile((PCRE2_SPTR)spelled, PCRE2_ZERO_TERMINATED,
                          PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED | PCRE2_NEVER_BACKSLASH_C | ends, &number, &at, NULL);
        if (!p->code) pcre2_get_error_message(number, why, sizeof why);
        p->limits = pcre2_match_context_create(NULL);
        p->match = pcre2_match_data_create(1, NULL);
    }
    if (p && p->code && p->limits && p->match) {
        pcre2_set_match_limit(p->limits, MATCH_STEPS);
        pcre2_set_depth_limit(p->limits, MATCH_STEPS);
        return p;
    }
    lrt_file_fail(report, LRT_ERR_FILE, "%s: %s: \"%.200s\" is no regular expression: %s; PEFT cannot read it either",
                  path, key, text, p ? (const char *)why : "out of memory");
    lrt_peft_pattern_free(p);
    return NULL;
}

int lrt_peft_matches(const struct peft_pattern *p, const char *module) {
    const int found = pcre2_match(p->code, (PCRE2_SPTR)module, strlen(module), 0, 0, p->match, p->limits);
    return found >= 0 ? 1 : found == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

static int match_all(const struct peft_pattern *p, const char *text, const char *path, const char *key,
                     const json_t *value, const struct adapter_entries *e, const json_t **values,
                     struct lrt_report *report) {
    for (size_t i = 0; i < e->n; i++) {
        if (!e->entries[i].role->peft || values[i]) continue;
        const int matches = lrt_peft_matches(p, e->entries[i].module);
        if (matches < 0)
            return lrt_file_fail(report, LRT_ERR_FILE,
                                 "%s: %s: \"%.200s\" takes too long to match %s; write it more simply", path, key, text,
                                 e->entries[i].module);
        if (matches) values[i] = value;
    }
    return LRT_OK;
}

int lrt_peft_pattern_values(const json_t *config, const char *path, const char *key, const struct adapter_entries *e,
                            const json_t **values, struct lrt_report *report) {
    const json_t *patterns = json_object_get(config, key);
    const char *text;
    json_t *value;
    for (size_t i = 0; i < e->n; i++) values[i] = NULL;
    if (!patterns || json_is_null(patterns)) return LRT_OK;
    if (!json_is_object(patterns) || json_object_size(patterns) > PATTERNS_MAX)
        return lrt_file_fail(report, LRT_ERR_FILE, "%s: %s is no object of at most %d patterns", path, key,
                             PATTERNS_MAX);
    json_object_foreach((json_t *)(uintptr_t)patterns, text, value) {
        struct peft_pattern *p = lrt_peft_compile(text, PEFT_END, path, key, report);
        const int status = p ? match_all(p, text, path, key, value, e, values, report) : LRT_ERR_FILE;
        lrt_peft_pattern_free(p);
        if (status) return status;
    }
    return LRT_OK;
}
