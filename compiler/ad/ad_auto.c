// Auto: the fastest of all schedules that fit the budget; compiler/schedule/search.c finds it.
#include "compiler/ad/gradient.h"

const struct gradient gradient_auto = {.name = "auto",
                                       .about = "exact; the fastest of all schedules that fit the budget",
                                       .trains = true,
                                       .searches = true};
