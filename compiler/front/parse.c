// Parse: runs the grammar over a source, then over what it includes. A file is read once. A file that includes itself,
// directly or through others, is an error.
#include "compiler/front/parse.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/base/text.h"
#include "compiler/front/scan.h"
#include "grammar/parser.h"

struct inclusion { // a file of this compilation
    const char *real_path;
    struct span at; // of the include; none for the first file
    bool open;      // its includes are still being read
};

struct reader {
    struct arena *arena;
    struct sources *sources;
    struct diagnostics *diagnostics;
    struct parse_folders folders, library;
    struct inclusion *seen;
    size_t n_seen, c_seen;
};

static struct parser run_grammar(struct arena *a, struct sources *s, struct diagnostics *d, uint32_t source,
                                 int start) {
    struct parser p;
    scan_open(&p, a, s, d, source);
    p.start = start;
    lora_parse_parse(&p);
    scan_close(&p);
    return p;
}

static struct ast_file *parse_source(struct reader *r, uint32_t source) {
    struct parser p = run_grammar(r->arena, r->sources, r->diagnostics, source, TOKEN_START_FILE);
    struct ast_file *file = ARENA_NEW(r->arena, struct ast_file);
    file->source = source;
    file->span = (struct span){source, 0, 0};
    if (p.items) {
        file->items = (struct ast_item **)p.items->items;
        file->n_items = p.items->count;
    }
    return file;
}

static const char *join_path(struct arena *a, const char *folder, const char *path) {
    if (path[0] == '/' || strcmp(folder, ".") == 0) return path;
    return arena_print(a, "%s/%s", folder, path);
}

static bool is_readable(const char *path) { return access(path, R_OK) == 0; }

// The first readable file of that name: in the including file's folder, in the folders given, in the library. NULL:
// none.
static const char *find_include(const struct reader *r, const char *including, const char *path) {
    char *copy = arena_copy(r->arena, including, strlen(including));
    const char *candidate = join_path(r->arena, dirname(copy), path);
    if (is_readable(candidate)) return candidate;
    const struct parse_folders *groups[] = {&r->folders, &r->library};
    for (size_t g = 0; path[0] != '/' && g < 2; g++)
        for (size_t i = 0; i < groups[g]->count; i++)
            if (is_readable(candidate = join_path(r->arena, groups[g]->list[i], path))) return candidate;
    return NULL;
}

static void report_missing(const struct reader *r, const char *including, const struct ast_item *item) {
    diag_report(r->diagnostics, DIAG_E0001, item->name.span, "cannot find '%s'", item->name.text);
    if (item->name.text[0] == '/') return;
    char *copy = arena_copy(r->arena, including, strlen(including));
    struct text folders = {0};
    text_print(&folders, "'%s'", dirname(copy));
    for (size_t i = 0; i < r->folders.count; i++) text_print(&folders, ", '%s'", r->folders.list[i]);
    diag_hint(r->diagnostics, "looked in %s and in the library of architectures; -I adds a folder", folders.bytes);
    text_free(&folders);
}

static const char *real_path(struct arena *a, const char *path) {
    char *resolved = realpath(path, NULL);
    const char *copy = resolved ? arena_copy(a, resolved, strlen(resolved)) : path;
    free(resolved);
    return copy;
}

static size_t remember(struct reader *r, const char *path, struct span at) {
    r->seen = arena_grow(r->arena, r->seen, r->n_seen, &r->c_seen, sizeof *r->seen);
    r->seen[r->n_seen] = (struct inclusion){real_path(r->arena, path), at, true};
    return r->n_seen++;
}

// Whether the file was met before; reports it.
static bool met_before(struct reader *r, const char *path, const struct ast_item *item) {
    const char *real = real_path(r->arena, path);
    for (size_t i = 0; i < r->n_seen; i++) {
        if (strcmp(r->seen[i].real_path, real) != 0) continue;
        if (r->seen[i].open)
            diag_report(r->diagnostics, DIAG_E0002, item->name.span, "'%s' includes itself", item->name.text);
        else
            diag_report(r->diagnostics, DIAG_E0003, item->name.span, "'%s' was included before", item->name.text);
        if (r->seen[i].at.source) diag_note(r->diagnostics, r->seen[i].at, "included here");
        return true;
    }
    return false;
}

static void read_includes(struct reader *r, struct ast_file *file);

static void read_include(struct reader *r, const struct ast_file *file, struct ast_item *item) {
    const char *including = source_get(r->sources, file->source)->path;
    const char *path = find_include(r, including, item->name.text);
    if (!path) {
        report_missing(r, including, item);
        return;
    }
    if (met_before(r, path, item)) return;
    const char *why;
    uint32_t source = source_read(r->sources, path, &why);
    if (!source) {
        diag_report(r->diagnostics, DIAG_E0001, item->name.span, "cannot read '%s': %s", path, why);
        return;
    }
    size_t self = remember(r, path, item->name.span);
    item->file = parse_source(r, source);
    read_includes(r, item->file);
    r->seen[self].open = false;
}

static void read_includes(struct reader *r, struct ast_file *file) {
    for (size_t i = 0; i < file->n_items; i++)
        if (file->items[i]->kind == ITEM_INCLUDE) read_include(r, file, file->items[i]);
}

static struct ast_file *parse_all(struct arena *a, struct sources *s, struct diagnostics *d, uint32_t source,
                                  struct parse_folders folders) {
    struct reader r = {.arena = a, .sources = s, .diagnostics = d, .folders = folders, .library = parse_library(a)};
    remember(&r, source_get(s, source)->path, (struct span){0});
    struct ast_file *file = parse_source(&r, source);
    read_includes(&r, file);
    return diag_failed(d) ? NULL : file;
}

struct ast_file *parse_file(struct arena *a, struct sources *s, struct diagnostics *d, const char *path,
                            struct parse_folders folders) {
    const char *why;
    uint32_t source = source_read(s, path, &why);
    if (!source) {
        diag_report(d, DIAG_E0001, (struct span){0}, "cannot read '%s': %s", path, why);
        return NULL;
    }
    return parse_all(a, s, d, source, folders);
}

struct ast_file *parse_bytes(struct arena *a, struct sources *s, struct diagnostics *d, const char *name,
                             const char *bytes, size_t length, struct parse_folders folders) {
    if (length >= UINT32_MAX / 2) { // spans hold 32-bit offsets
        diag_report(d, DIAG_E0001, (struct span){0}, "'%s' is too large for a source file", name);
        return NULL;
    }
    return parse_all(a, s, d, source_add(s, name, bytes, (uint32_t)length), folders);
}

struct ast_setting *parse_value(struct arena *a, struct sources *s, struct diagnostics *d, const char *name,
                                const char *text) {
    bool failed_before = diag_failed(d);
    uint32_t source = source_add(s, name, text, (uint32_t)strlen(text));
    struct parser p = run_grammar(a, s, d, source, TOKEN_START_VALUE);
    return diag_failed(d) && !failed_before ? NULL : p.setting;
}

struct parse_folders parse_library(struct arena *a) {
    const char **list = ARENA_ARRAY(a, const char *, 3);
    size_t count = 0;
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length > 0) {
        program[length] = '\0';
        const char *folder = dirname(program);
        list[count++] = real_path(a, arena_print(a, "%s/../share/lorac", folder));
        list[count++] = real_path(a, arena_print(a, "%s/../examples", folder));
    }
    list[count++] = LORAC_SOURCE_DIR "/examples";
    return (struct parse_folders){list, count};
}
