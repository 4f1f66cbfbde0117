// Questions: answers to stdout, from the tables and from where the program lies.
#include "compiler/cli/questions.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/base/text.h"
#include "compiler/op/op.h"

static bool is_file(const char *path) { return access(path, R_OK) == 0; }

// The folder of this program; false where the system does not say.
static bool program_folder(char folder[PATH_MAX]) {
    ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    if (length <= 0) return false;
    folder[length] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash) *slash = '\0';
    return slash != NULL;
}

// The prefix that this program is installed in (bin/lorac, include/lorac/lrt.h, lib/liblrt.a); false: it is in its
// build folder.
static bool installed_prefix(char prefix[PATH_MAX + 4]) {
    char folder[PATH_MAX], header[PATH_MAX + 32];
    if (!program_folder(folder)) return false;
    snprintf(prefix, PATH_MAX + 4, "%s/..", folder);
    snprintf(header, sizeof header, "%s/include/lorac/lrt.h", prefix);
    return is_file(header);
}

void print_cflags(struct text *out) {
    char prefix[PATH_MAX + 4];
    const bool installed = installed_prefix(prefix);
    text_puts(out, "-I");
    text_shell_word(out, installed ? prefix : LORAC_SOURCE_DIR);
    text_puts(out, installed ? "/include" : "/runtime/include");
}

void print_libs(struct text *out) {
    char prefix[PATH_MAX + 4];
    const bool installed = installed_prefix(prefix);
    text_puts(out, "-L");
    text_shell_word(out, installed ? prefix : LORAC_BUILD_DIR);
    text_print(out, "%s -llrt -ljansson -lpcre2-8 -lutf8proc -lpthread -lm", installed ? "/lib" : "");
}

static void print_ops(struct text *out) {
    for (size_t i = 0; i < op_count; i++) {
        const struct op *op = op_table[i];
        if (!op->in_language) continue;
        text_print(out, "%s", op->name);
        for (const struct op_attr *attr = op->attrs; attr && attr->name; attr++)
            if (attr->kind != ATTR_INTERNAL)
                text_print(out, " %s%s", attr->name,
                           attr->kind == ATTR_REQUIRED || attr->kind == ATTR_SHAPING_REQUIRED ? ":" : "");
        text_puts(out, "\n");
    }
}

static void print_targets(struct text *out) {
    text_puts(out, "c      C11 source and header\n");
#define TARGET(name, extension, function, compares, about)                                                             \
    text_print(out, "%-6s report .%s: %s\n", #name, extension, about);
#include "compiler/report/targets.def"
#undef TARGET
}

void answer_question(const struct options *o, struct diagnostics *d) {
    const struct span nowhere = {0};
    struct text out = {0};
    if (o->help) {
        options_help(&out);
    } else if (o->version) {
        text_puts(&out, "lorac " LORAC_VERSION "\n");
    } else if (o->explain) {
        if (!diag_explain(o->explain, &out))
            diag_report(d, DIAG_E0011, nowhere, "--explain: there is no diagnostic '%s'", o->explain);
    } else {
        if (o->cflags) print_cflags(&out);
        if (o->cflags) text_puts(&out, "\n");
        if (o->libs) print_libs(&out);
        if (o->libs) text_puts(&out, "\n");
        if (o->print_ops) print_ops(&out);
        if (o->print_targets) print_targets(&out);
    }
    if (out.length && !text_write(&out, "-"))
        diag_report(d, DIAG_E0004, nowhere, "cannot write to stdout: %s", strerror(errno));
    text_free(&out);
}
