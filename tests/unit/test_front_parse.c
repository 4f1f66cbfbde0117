// The scanner's layout and the grammar: statements, lines, brackets and invalid input.
#include <unistd.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/front_fixture.h"

static const char *tree(struct compilation *c, const char *text) {
    c->file =
        parse_bytes(&c->arena, &c->sources, c->diagnostics, "test.lora", text, strlen(text), (struct parse_folders){0});
    if (!c->file) return NULL;
    struct text t = {0};
    ast_dump(c->file, &t);
    const char *copy = arena_copy(&c->arena, t.bytes ? t.bytes : "", t.length);
    text_free(&t);
    return copy;
}

static void expect_tree(const char *text, const char *expected) {
    struct compilation c;
    compilation_begin(&c);
    const char *actual = tree(&c, text);
    if (!actual) diag_print(c.diagnostics, stderr, DIAG_TEXT, false);
    assert_non_null(actual);
    assert_string_equal(actual, expected);
    compilation_end(&c);
}

static void expect_reported(const char *text, const char *expected) {
    struct compilation c;
    compilation_begin(&c);
    tree(&c, text);
    assert_string_equal(reported(&c), expected);
    compilation_end(&c);
}

static void precedence(void **state) {
    (void)state;
    expect_tree("x = a + b * c - d", "assign x = a + b * c - d\n");
    expect_tree("x = a - (b - c)", "assign x = a - (b - c)\n");
    expect_tree("x = (a - b) - c", "assign x = a - b - c\n");
    expect_tree("x = (a + b) * c", "assign x = (a + b) * c\n");
    expect_tree("x = -a * b", "assign x = -a * b\n");
    expect_tree("x = -(a * b)", "assign x = -(a * b)\n");
    expect_tree("x = !a && b || c", "assign x = !a && b || c\n");
    expect_tree("x = !(a && (b || c))", "assign x = !(a && (b || c))\n");
    expect_tree("x = a < b == c >= d", "assign x = a < b == c >= d\n");
    expect_tree("x = a ? b : c ? d : e", "assign x = a ? b : c ? d : e\n");
    expect_tree("x = (a ? b : c) ? d : e", "assign x = (a ? b : c) ? d : e\n");
    expect_tree("x = f(a, b: c ? d : e)", "assign x = f(a, b: c ? d : e)\n");
    expect_tree("x = f((1, 2), g())", "assign x = f((1, 2), g())\n");
}

// The printed text parses to the same tree.
static void printing_reads_back(void **state) {
    (void)state;
    static const char *const operators[] = {"+", "-", "*", "/", "%", "<", ">", "==", "!=", "<=", ">=", "&&", "||"};
    enum { N = sizeof operators / sizeof *operators };
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            for (int left = 0; left < 2; left++) {
                struct compilation c;
                compilation_begin(&c);
                const char *text = arena_print(&c.arena, left ? "x = (a %s b) %s -c" : "x = -a %s (b %s c ? 1 : 0)",
                                               operators[i], operators[j]);
                const char *once = tree(&c, text);
                assert_non_null(once);
                const char *twice = tree(&c, once + strlen("assign "));
                assert_non_null(twice);
                assert_string_equal(once, twice);
                // The root keeps its operator, so no brackets were lost.
                const struct expr *e = c.file->items[0]->stmt->value;
                assert_string_equal(expr_operator_name(e->operation), operators[left ? j : i]);
                compilation_end(&c);
            }
}

static void layout(void **state) {
    (void)state;
    expect_tree("", "");
    expect_tree("\n# nothing\n\n", "");
    expect_tree("x = f(\n a,\n\n # why\n b\n)\ny = 1", "assign x = f(a, b)\nassign y = 1\n");
    expect_tree("block f(x) { return x }", "block f(x)\n  return x\n");
    expect_tree("block f() {}\r\nx = 1\r\n", "block f()\nassign x = 1\n");
    expect_tree("adapt a.{b,\n c}, d[1\n..2].* with full\n", "adapt full\n  pattern a.{b, c}\n  pattern d[1..2].*\n");
    expect_tree("train {\n\n a 1 # one\n b 64MiB }\n", "train\n  a 1\n  b 64 MiB\n");
    expect_tree("weight w[\n 1,\n 2]\n", "weight w[1, 2]\n");
}

static void ranges_are_not_numbers(void **state) {
    (void)state;
    expect_tree("block f(x) for i in 0..12 { return x }", "block f(x) for i in 0..12\n  return x\n");
    expect_tree("block f(x) for i in 0 .. n each 2 { return x }", "block f(x) for i in 0..n each 2\n  return x\n");
    expect_reported("dim a = 0..2", "E0101");
    expect_reported("dim a = 1.", "E0101");
    expect_reported("dim a = .5", "E0101");
}

static void several_errors_in_one_run(void **state) {
    (void)state;
    expect_reported("dim a 1\ndim b = 2\ndim c 3\nx = = 1\n", "E0101 E0101 E0101");
    expect_reported("block f(x) {\n y = \n z = 1 1\n return x\n}\ndim d\n", "E0101 E0101 E0101");
    expect_reported("block f(x for) {\n return x\n}\ndim d\n", "E0101 E0101");
}

static void an_open_bracket_costs_one_message(void **state) {
    (void)state;
    expect_reported("x = f(a, (b\ny = f(a)\nz = 1\n", "E0101");
    expect_reported("block f(x) {\n y = g(x\n return y\n}\nz = 1\n", "E0101");
    expect_reported("x = f(a\ndim b = 2\n", "E0101");
    expect_reported("block f(x) {\n y = g([x\n}\nz = 1\n", "E0101");
}

static void names_that_look_like_keywords(void **state) {
    (void)state;
    expect_tree("models = 1\nloss = dimension + head\n", "assign models = 1\nassign loss = dimension + head\n");
    expect_reported("dim = 1\n", "E0101");
}

static void includes(void **state) {
    (void)state;
    char folder[] = "/tmp/lorac-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct compilation c;
    compilation_begin(&c);
    const char *inner = arena_print(&c.arena, "%s/inner.lora", folder),
               *outer = arena_print(&c.arena, "%s/outer.lora", folder);
    struct text t = {0};
    text_puts(&t, "dim a = 1\n");
    assert_true(text_write(&t, inner));
    text_free(&t);
    text_puts(&t, "include \"inner.lora\"\ndim b = 2\n");
    assert_true(text_write(&t, outer));
    text_free(&t);
    const char *const folders[] = {folder};
    const char *text = "include \"outer.lora\"\n";
    c.file = parse_bytes(&c.arena, &c.sources, c.diagnostics, "test.lora", text, strlen(text),
                         (struct parse_folders){folders, 1});
    assert_non_null(c.file);
    ast_dump(c.file, &t);
    assert_string_equal(t.bytes, "include \"outer.lora\"\n  include \"inner.lora\"\n    dim a = 1\n  dim b = 2\n");
    assert_int_equal(c.sources.count, 3); // the files that a depfile lists
    text_free(&t);
    unlink(inner);
    unlink(outer);
    rmdir(folder);
    compilation_end(&c);
}

static void values(void **state) {
    (void)state;
    struct compilation c;
    compilation_begin(&c);
    const struct ast_setting *s = parse_value(&c.arena, &c.sources, c.diagnostics, "<--memory>", "64 MiB");
    assert_non_null(s);
    assert_true(s->value->number == 64);
    assert_string_equal(s->unit.text, "MiB");
    s = parse_value(&c.arena, &c.sources, c.diagnostics, "<--gradient>", "structured(tile: 32)");
    assert_non_null(s);
    assert_string_equal(s->value->name, "structured");
    assert_string_equal(s->value->named[0].name, "tile");
    assert_null(parse_value(&c.arena, &c.sources, c.diagnostics, "<--gradient>", "structured("));
    assert_string_equal(reported(&c), "E0101");
    compilation_end(&c);
}

// No input breaks the parser: prefixes of a file with all forms, replacements of every byte, zero bytes and all byte
// values.
static void broken_input(void **state) {
    (void)state;
    const char *path = LORAC_SOURCE_DIR "/tests/golden/language.lora";
    struct compilation c;
    compilation_begin(&c);
    const char *why;
    uint32_t source = source_read(&c.sources, path, &why);
    assert_int_not_equal(source, 0);
    const struct source *file = source_get(&c.sources, source);
    char *bytes = arena_copy(&c.arena, file->bytes, file->length);
    size_t length = file->length, failed = 0;
    static const char replacements[] = {'\0', '(', ')', '{', '}', '"', '\n', '9', (char)0xff};
    for (size_t i = 0; i < length; i += 11) {
        for (size_t r = 0; r <= sizeof replacements; r++) {
            struct compilation one;
            compilation_begin(&one);
            char kept = bytes[i];
            size_t n = r == sizeof replacements ? i : length;
            if (r < sizeof replacements) bytes[i] = replacements[r];
            one.file =
                parse_bytes(&one.arena, &one.sources, one.diagnostics, path, bytes, n, (struct parse_folders){0});
            if (one.file) model_build(&one.arena, &one.sources, one.diagnostics, one.file, &one.options);
            struct text t = {0};
            diag_write(one.diagnostics, &t, DIAG_TEXT, false);
            failed += diag_failed(one.diagnostics);
            text_free(&t);
            bytes[i] = kept;
            compilation_end(&one);
        }
    }
    assert_true(failed > length / 11); // at least the prefixes
    compilation_end(&c);
}

static void deep_nesting(void **state) {
    (void)state;
    static const char *const openings[] = {"(", "-", "f(", "1 + ", "1 ? 1 : ", "f(a: "};
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        struct compilation c;
        compilation_begin(&c);
        struct text t = {0};
        text_puts(&t, "x = ");
        for (int j = 0; j < 20000; j++) text_puts(&t, openings[i]);
        assert_null(tree(&c, t.bytes));
        text_free(&t);
        compilation_end(&c);
    }
    struct compilation c;
    compilation_begin(&c);
    struct text t = {0};
    text_puts(&t, "x = 1");
    for (int j = 0; j < 20000; j++) text_puts(&t, " + 1");
    assert_null(tree(&c, t.bytes));
    assert_string_equal(reported(&c), "E0121");
    text_free(&t);
    compilation_end(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(precedence),
        cmocka_unit_test(printing_reads_back),
        cmocka_unit_test(layout),
        cmocka_unit_test(ranges_are_not_numbers),
        cmocka_unit_test(several_errors_in_one_run),
        cmocka_unit_test(an_open_bracket_costs_one_message),
        cmocka_unit_test(names_that_look_like_keywords),
        cmocka_unit_test(includes),
        cmocka_unit_test(values),
        cmocka_unit_test(broken_input),
        cmocka_unit_test(deep_nesting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
