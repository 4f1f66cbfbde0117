// Auto: the fastest of all schedules that fit the budget; the search for it is compiler/search_schedule.c.
#include "compiler/ad/gradient.h"

const struct gradient gradient_auto = {.name = "auto",
                                       .about = "exact; the fastest of all schedules that fit the budget",
                                       .trains = true,
                                       .searches = true};
