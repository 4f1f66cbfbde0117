// Learning rates: --lr words become rates for rows.
#include "compiler/compare/learning_rates.h"

#include <string.h>

#include "compiler/base/number.h"

// The rate that MeZO (arXiv:2305.17333) and its followers use to train LoRA, with plain steps along the estimate. Rates
// for exact gradients are too large: estimates are longer by the root of their dimension.
static const double ESTIMATE_RATE = 1e-4;

// Splits at the last '=' into a name and a number; 0: there is no number.
static double read_rate(const char *words, size_t *name_length) {
    const char *equals = strrchr(words, '=');
    double rate = 0;
    *name_length = equals ? (size_t)(equals - words) : 0;
    return equals && number_read(equals + 1, &rate) && rate > 0 ? rate : 0;
}

static bool names(const char *words, size_t length, const struct variant *v) {
    const char *method = v->compilation->method ? v->compilation->method->name : "";
    return (strlen(v->name) == length && strncmp(words, v->name, length) == 0) ||
           (strlen(method) == length && strncmp(words, method, length) == 0);
}

bool rates_are_good(const struct compilation *c, const struct variants *all) {
    const struct option_list *rates = &c->options->rates;
    for (size_t i = 0; i < rates->count; i++) {
        size_t length;
        const char *words = rates->items[i];
        bool good = read_rate(words, &length) > 0, known = false;
        for (size_t k = 0; k < all->count; k++) known = known || names(words, length, &all->items[k]);
        if (good && known) continue;
        diag_report(c->diagnostics, DIAG_E0011, (struct span){0}, "--lr: '%s' %s", words,
                    good ? "names none of the rows that are compared"
                         : "is not METHOD=X, a method and a number above 0");
        return false;
    }
    return true;
}

double rate_of(const struct options *o, const struct variant *v) {
    double rate = variant_is_exact(v) ? 0 : ESTIMATE_RATE;
    for (size_t i = 0; i < o->rates.count; i++) {
        size_t length;
        double read = read_rate(o->rates.items[i], &length);
        if (names(o->rates.items[i], length, v)) rate = read;
    }
    return rate;
}
