// JSON parts: the pieces of the JSON report that the page embeds too. All return a new reference.
#pragma once
#include <jansson.h>

#include "compiler/report/report.h"

json_t *report_json_dims(const struct program *p);
json_t *report_json_pools(const struct pool_size pools[PROGRAM_POOLS]);
json_t *report_json_sharing(const struct program *p, struct arena *a);
json_t *report_json_shape(struct shape s);
json_t *report_json_estimate(const struct report *r);
json_t *report_json_alternatives(const struct report *r);
json_t *report_json_measured(const struct report_measured *m, bool exact);
json_t *report_json_comparison(const struct report_comparison *c);
json_t *report_json_pareto(const struct program *p);
json_t *report_json_holders(const struct report *r, struct arena *a); // values alive at the peak, the largest first
