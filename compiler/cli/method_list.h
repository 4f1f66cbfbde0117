// Method list: --methods, rows of --compare by the names that it prints.
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct arena;

// "reverse, structured(tile: 8), page on" becomes {"--gradient", "reverse"} and {"--gradient", "structured(tile: 8)",
// "--page", "on"}: words for the command line, each row ended by NULL. An item "NAME VALUE" without a bracket before
// the blank belongs to the row before it. NULL when the list begins with such an item or has an empty one.
const char *const **method_list(struct arena *a, const char *text, size_t *count);
