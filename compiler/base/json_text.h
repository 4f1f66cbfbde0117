// JSON text: a string from outside (a path, a line of a file) as a JSON string.
#pragma once
#include <jansson.h>

// Jansson refuses what is not UTF-8. Its control characters and bytes outside UTF-8 become U+FFFD then. Never NULL.
json_t *json_text(const char *string);
