// Prefix: the allowed prefixes of generated names. The prefix is also the name of the generated struct, in C++ too.
// Names that begin with lrt are the runtime's.
#include <string.h>

#include "compiler/program/program.h"

bool program_prefix_is_good(const char *prefix) {
    static const char *const words[] = {
        "alignas",  "alignof",  "asm",       "auto",     "bool",     "break",    "case",      "catch",    "char",
        "class",    "const",    "constexpr", "continue", "decltype", "default",  "delete",    "do",       "double",
        "else",     "enum",     "explicit",  "export",   "extern",   "false",    "float",     "for",      "friend",
        "goto",     "if",       "inline",    "int",      "long",     "mutable",  "namespace", "new",      "noexcept",
        "nullptr",  "operator", "or",        "and",      "not",      "private",  "protected", "public",   "register",
        "restrict", "return",   "short",     "signed",   "sizeof",   "static",   "struct",    "switch",   "template",
        "this",     "throw",    "true",      "try",      "typedef",  "typename", "union",     "unsigned", "using",
        "virtual",  "void",     "volatile",  "while",    "xor"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(prefix, words[i]) == 0) return false;
    if (strncmp(prefix, "lrt", 3) == 0 || strncmp(prefix, "LRT", 3) == 0) return false;
    size_t length = strspn(prefix, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return length && !prefix[length] && (prefix[0] < '0' || prefix[0] > '9');
}
