// Front fixture: see the header.
#include "tests/unit/front_fixture.h"

#include <stdio.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

void compilation_begin(struct compilation *c) {
    *c = (struct compilation){.model = NULL};
    c->sources.arena = &c->arena;
    c->diagnostics = diag_new(&c->arena, &c->sources);
}

void compile(struct compilation *c, const char *text) {
    c->file =
        parse_bytes(&c->arena, &c->sources, c->diagnostics, "test.lora", text, strlen(text), (struct parse_folders){0});
    if (c->file) c->model = model_build(&c->arena, &c->sources, c->diagnostics, c->file, &c->options);
}

void compilation_end(struct compilation *c) { arena_free(&c->arena); }

const char *reported(struct compilation *c) {
    char *ids = arena_alloc(&c->arena, c->diagnostics->count * 6 + 1), *end = ids;
    for (size_t i = 0; i < c->diagnostics->count; i++) {
        memcpy(end, diag_name(c->diagnostics->list[i].id), 5);
        end[5] = ' ';
        end += 6;
    }
    if (end > ids) end[-1] = '\0';
    return ids;
}

bool comma_locale(void) {
    if (setlocale(LC_ALL, "de_DE.UTF-8") || setlocale(LC_ALL, "fr_FR.UTF-8")) return true;
    char folder[] = "/tmp/lorac-locale-XXXXXX";
    if (!mkdtemp(folder)) return false;
    char command[160];
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 2>/dev/null", folder);
    bool built = system(command) == 0 && setenv("LOCPATH", folder, 1) == 0 && setlocale(LC_ALL, "de_DE.UTF-8");
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 && built && strcmp(localeconv()->decimal_point, ",") == 0;
}
