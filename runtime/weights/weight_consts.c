// weight_consts: compares a number that a file says of its model with the constant of the program.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runtime/weights/model_facts.h"
#include "runtime/weights/weight_file.h"

// Six digits and a point in every locale.
static void number_text(char text[32], double value) {
    snprintf(text, 32, "%g", value);
    for (char *at = text; *at; at++)
        if (*at == ',') *at = '.';
}

int lrt_file_check_const(const char *path, const char *key, double value, const struct lrt_plan_info *plan,
                         const char *name, struct lrt_report *report) {
    const struct lrt_const_info *known = lrt_plan_const(plan, name);
    if (!known || fabs(value - known->value) <= 1e-4 * fabs(known->value)) return LRT_OK;
    char has[32], wants[32];
    number_text(has, value);
    number_text(wants, known->value);
    return lrt_file_fail(report, LRT_ERR_FILE,
                         "%s: %s is %s, but the program was generated with %s = %s; take the right model, or generate "
                         "it with -D %s=%s",
                         path, key, has, name, wants, name, has);
}

int lrt_file_check_scaling(const char *path, const char *key, const char *kind, double factor,
                           const struct lrt_plan_info *plan, struct lrt_report *report) {
    if (!lrt_plan_const(plan, "rope_theta") || strcmp(kind, "none") == 0 || strcmp(kind, "default") == 0) return LRT_OK;
    if (lrt_plan_const(plan, "rope_factor"))
        return factor > 0 ? lrt_file_check_const(path, key, factor, plan, "rope_factor", report) : LRT_OK;
    return lrt_file_fail(report, LRT_ERR_FILE,
                         "%s: %s: the model's positions are scaled (%.40s), the program's are not; declare `const "
                         "rope_factor = ...` and write rope(..., scaling: ..., factor: rope_factor)",
                         path, key, kind);
}
