// Measure: variants are built and trained for a few steps, in a folder that is gone afterwards.
#pragma once
#include "compiler/variants.h"

struct measuring;

// Makes the folder, random tokens, and random weights unless --weights names some. NULL after a message. From here to
// measure_end an interrupt waits, so that nothing is left behind.
struct measuring *measure_begin(struct compilation *c);
// Builds and runs one; fills v->measured, held against the first that was measured. What goes wrong is told: false.
bool measure_variant(struct measuring *m, struct variant *v, const char *progress);
// Removes the folder; an interrupt that came meanwhile takes its course.
void measure_end(struct measuring *m);
