// Parse: a .lora file, and all it includes, becomes a tree; a value from the command line likewise.
#pragma once
#include "compiler/front/ast.h"

struct arena;
struct diagnostics;

struct parse_folders { // where `include "..."` looks, after the including file's folder
    const char *const *list;
    size_t count;
};

// `path` "-": standard input. NULL after an error was reported; several are reported in one run.
// The library of architectures (parse_library) is searched after the folders.
struct ast_file *parse_file(struct arena *a, struct sources *s, struct diagnostics *d, const char *path,
                            struct parse_folders folders);

// The same of bytes in memory; `name` stands for the path in messages.
struct ast_file *parse_bytes(struct arena *a, struct sources *s, struct diagnostics *d, const char *name,
                             const char *bytes, size_t length, struct parse_folders folders);

// A value of the train block or of a dim as an option gives it, e.g. "structured(tile: 32)", "64 MiB", "512"; `name` is
// the source's name in messages: "<--gradient>". NULL after an error.
struct ast_setting *parse_value(struct arena *a, struct sources *s, struct diagnostics *d, const char *name,
                                const char *text);

// Folders with the templates that come with lorac. First the one beside the program: ../share/lorac when installed,
// ../examples in a build folder. Then the source folder that it was built from.
struct parse_folders parse_library(struct arena *a);
