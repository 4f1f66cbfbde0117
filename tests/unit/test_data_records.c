/* Records of data files: streams and lists of JSON, tables; each also with what is wrong in it, by place. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "runtime/text/data_records.h"
#include "tests/unit/data_fixture.h"

/* The records of a text, or its errors, each on a line. */
static const char *records_of(const char *text, char mark) {
    static char out[8192];
    struct lrt c = {0};
    struct lrt_records r;
    size_t n = 0;
    int status = lrt_records_open(&c, &r, "f", text, strlen(text), mark);
    out[0] = 0;
    for (int i = 0; i < 100; i++) {
        json_t *object = NULL;
        if (!status) status = lrt_records_next(&r, &object);
        if (!status && !object) {
            lrt_records_close(&r);
            return out;
        }
        char *shown = status ? NULL : json_dumps(object, JSON_COMPACT);
        if (status)
            n += (size_t)snprintf(out + n, sizeof out - n, "! %s\n", lrt_error(&c));
        else
            n += (size_t)snprintf(out + n, sizeof out - n, "%d %s\n", (int)r.record_line, shown);
        free(shown);
        json_decref(object);
        if (status && r.fatal) break;
        status = LRT_OK;
    }
    lrt_records_close(&r);
    return out;
}

static void gives(const char *text, char mark, const char *expected) {
    const char *out = records_of(text, mark);
    if (strcmp(out, expected) != 0) fail_msg("%s\ngives\n%snot\n%s", text, out, expected);
}

static void streams_of_objects(void **state) {
    (void)state;
    gives("", 0, "");
    gives("\xEF\xBB\xBF\n \r\n", 0, "");
    gives("{\"a\":1}\n\n{\"b\":[{}]}\r\n  {\"c\":\"}\"}", 0, "1 {\"a\":1}\n3 {\"b\":[{}]}\n4 {\"c\":\"}\"}\n");
    gives("{\n \"a\": {\n  \"b\": [\n   1,\n\n   2 ]\n }\n}\n{\n\"c\": \"\\\"{\"}\n", 0,
          "1 {\"a\":{\"b\":[1,2]}}\n9 {\"c\":\"\\\"{\"}\n");
}

/* A wrong record is named, and the next is read: only what cannot be JSON ends it. */
static void wrong_records_of_a_stream(void **state) {
    (void)state;
    gives("{\"a\":\n{\"b\":1}\n", 0, "! f:1:5: unexpected token near end of file\n2 {\"b\":1}\n");
    gives("{\"a\":1\n{\"b\":1}\n", 0, "! f:2:1: '}' expected near '{'\n2 {\"b\":1}\n");
    gives("{\"a\":\"x\n{\"b\":1}\n", 0, "! f:1:7: unexpected newline near '\"x'\n2 {\"b\":1}\n");
    gives("{\"a\":1}}\n[1]\nnull\nx\n{\"b\":1} {\"c\":2}\n{\"d\":4}", 0,
          "! f:1: something follows the object on its line: one object a line\n! f:2: not a JSON object\n! f:3: not a "
          "JSON object\n! f:4:1: invalid token near 'x'\n! f:5: something follows the object on its line: one "
          "object a line\n6 {\"d\":4}\n");
    gives(
        "{\"a\":[1,2}\n{\"b\":1}\n{\"a\":1,\"a\":2}\n{\"a\":\"\xff\"}\n{\"c\":3}\n", 0,
        "! f:1:10: ']' expected near '}'\n2 {\"b\":1}\n! f:3:10: duplicate object key near '\"a\"'\n! f:4:6: unable to "
        "decode byte 0xff near '\"'\n5 {\"c\":3}\n");
}

static void lists_of_objects(void **state) {
    (void)state;
    gives("[]", 0, "");
    gives(" [\n{\"a\":1},\n{\"b\":[2]}\n]\n", 0, "2 {\"a\":1}\n3 {\"b\":[2]}\n");
    gives("[{\"a\":1},{\"a\":2}]", 0, "1 {\"a\":1}\n1 {\"a\":2}\n");
    gives("{\"data\": [{\"a\":1},\n{\"a\":2}] }\n", 0, "1 {\"a\":1}\n2 {\"a\":2}\n");
    gives("{\"train\":[{\"a\":1}]}", 0, "1 {\"a\":1}\n");
    gives("{\"database\":[{\"a\":1}]}", 0, "1 {\"database\":[{\"a\":1}]}\n");
    gives("[{\"a\":1},3,\"x]\",{\"a\":},{\"b\":2}]", 0,
          "1 {\"a\":1}\n! f:1 (record 2): not a JSON object\n! f:1 (record 3): not a JSON object\n! f:1 (record 4): "
          "unexpected token near '}'\n1 {\"b\":2}\n");
    gives("{\"data\":[{\"a\":1}],\"version\":2}", 0,
          "! f:1 (record 1): the object that holds the list has more members: write the list alone\n");
    gives("[{\"a\":1}]\n[]", 0, "! f:2 (record 1): something follows the end of the list\n");
    gives("[{\"a\":1},", 0, "1 {\"a\":1}\n! f:1 (record 2): the list does not end\n");
    gives("[{\"a\":1} {\"b\":1}]", 0, "! f:1 (record 1): ',' or ']' expected behind it\n");
    gives("[{\"a\":1},\n{\"a\":\"x\n}]", 0, "1 {\"a\":1}\n! f:2 (record 2): unexpected newline near '\"x'\n");
}

static void tables(void **state) {
    (void)state;
    gives("", ',', "");
    gives("a,b\n", ',', "");
    gives("\xEF\xBB\xBF"
          "a,b\r\n1,\r\n\r\n\"x, \"\"y\"\"\r\nz\",2",
          ',', "2 {\"a\":\"1\",\"b\":\"\"}\n4 {\"a\":\"x, \\\"y\\\"\\r\\nz\",\"b\":\"2\"}\n");
    gives("a\tb\n1,5\tx \"y\"\n", '\t', "2 {\"a\":\"1,5\",\"b\":\"x \\\"y\\\"\"}\n");
    gives(",text\n0,x\n", ',', "2 {\"column 1\":\"0\",\"text\":\"x\"}\n");
    gives("messages,text\n\"[{\"\"role\"\":\"\"user\"\"}]\",[x]\n", ',',
          "2 {\"messages\":[{\"role\":\"user\"}],\"text\":\"[x]\"}\n");
    gives("a,b\n1\n1,2,3\n\"1\"x,2\n\"un\n1,2\n\xff,2\n3,4\n", ',',
          "! f:2: 1 cells, and the header has 2 columns: a cell that holds the mark stands in quotes\n"
          "! f:3: 3 cells, and the header has 2 columns: a cell that holds the mark stands in quotes\n"
          "! f:4: column \"a\": behind the end of a quoted cell something follows: quotes within a cell are written "
          "twice\n"
          "! f:5: column \"a\": a quoted cell does not end\n6 {\"a\":\"1\",\"b\":\"2\"}\n"
          "! f:7: column \"a\": it is not UTF-8\n8 {\"a\":\"3\",\"b\":\"4\"}\n");
    gives("messages\n[x\n", ',', "! f:2: column \"messages\": it is not JSON\n");
    gives("prompt,completion\n\"[{\"\"content\"\":\"\"q\"\"}]\",\"[1, 2]\"\n[x],{y}\n", ',',
          "2 {\"prompt\":[{\"content\":\"q\"}],\"completion\":\"[1, 2]\"}\n3 "
          "{\"prompt\":\"[x]\",\"completion\":\"{y}\"}\n");
    gives("prompt\n[{'role': 'user'}]\n", ',', "! f:2: column \"prompt\": it is not JSON\n");
    gives(
        "text\n\"{\"\"messages\"\":[]}\"\n[{'role': 'user'}]\n{x}\n", ',',
        "! f:2: column \"text\": it is JSON, whose braces and keys would be learned: make columns of its members, such "
        "as \"messages\"\n! f:3: column \"text\": it is JSON, whose braces and keys would be learned: make columns of "
        "its members, such as \"messages\"\n4 {\"text\":\"{x}\"}\n");
    gives("text\ra\rb", ',', "! f:1: lines end with CR alone: write them with LF, or CR LF\n");
    gives("text\r\na\r", ',', "2 {\"text\":\"a\"}\n");
    gives("a,a\n1,2\n", ',', "! f:1: two columns of the header have the same name\n");
    gives("a;b\n1;2\n", ',', "! f:1: the header is one column: the mark between columns is a comma\n");
    gives("a,b\n1,2\n", '\t', "! f:1: the header is one column: the mark between columns is a tab\n");
    char wide[4096];
    for (size_t i = 0; i < sizeof wide; i++) wide[i] = ',';
    wide[sizeof wide - 1] = 0;
    gives(wide, ',', "! f:1: the header has more than 1000 columns\n");
}

/* Every form of file gives the same rows. */
static void files_of_every_kind(void **state) {
    (void)state;
    static const struct {
        const char *name, *text;
    } files[] = {
        {"k.jsonl",
         "{\"instruction\":\"q\",\"input\":\"i, j\",\"output\":\"a\"}\n{\"instruction\":\"r\",\"output\":\"b\\nc\"}\n"},
        {"k.ndjson",
         "{\"instruction\":\"q\",\"input\":\"i, j\",\"output\":\"a\"}\n{\"instruction\":\"r\",\"output\":\"b\\nc\"}"},
        {"k.JSON",
         "[{\"instruction\":\"q\",\"input\":\"i, j\",\"output\":\"a\"},{\"instruction\":\"r\",\"output\":\"b\\nc\"}]"},
        {"k.json", "{\n \"instruction\":\"q\",\n \"input\":\"i, j\",\n \"output\":\"a\"\n}\n{\n "
                   "\"instruction\":\"r\",\n \"output\":\"b\\nc\"\n}\n"},
        {"k.csv", "instruction,input,output\nq,\"i, j\",a\nr,,\"b\nc\"\n"},
        {"k.tsv", "output\tinput\tinstruction\na\ti, j\tq\n\"b\nc\"\t\tr\n"},
    };
    struct lrt c = {0};
    struct lrt_tokenizer *t = data_tokenizer(&c);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        data_gives(t, files[i].name, files[i].text,
                   " User: q\ni, j\nAssistant:\n{a</s>} \n\n User: r\nAssistant:\n{b\nc</s>} \n\n",
                   "2 chats (instruction, output)");
    data_gives(t, "m.csv",
               "weight,train_on_inputs,label,messages,prompt,completion,text\n1.0,False,3,,q,a,\n1,0,,,,,q\n"
               ",,good,\"[{\"\"role\"\":\"\"user\"\",\"\"content\"\":\"\"q\"\"}]\",,,\n",
               "<s> q{a</s>}\n<s>{ q</s>}\n", "1 chat (messages), 1 pair (prompt, completion), 1 text (text)");
    data_fails(t, "k.csv", "prompt,completion,label\nq,a,False\n", "\"label\" is not honoured");
    data_fails(t, "k.csv", "prompt,completion,label\nq,a,TRUE\n", "\"label\" is not honoured");
    data_fails(t, "k.csv", "text,weight\nq,1.5\n", "\"weight\" is not honoured");
    data_fails(t, "k.csv", "title,body\na,b\n", "k.csv:2: no form of an example has the members \"title\", \"body\"");
    data_fails(t, "k.json", "{\"text\":[\"a\",\"b\"]}", "k.json:1: \"text\" is not a text");
    data_fails(t, "k.json", "[{\"text\":\"a\"},{\"text\":5}]", "k.json:1 (record 2): \"text\" is not a text");
    data_fails(t, "k.csv", "text\n", "no example: the file is empty");
    lrt_tokenizer_close(t);
}

static void keep_message(void *arg, const char *message) {
    char *kept = arg;
    snprintf(kept + strlen(kept), 2048 - strlen(kept), "%s\n",
             strrchr(message, '/') ? strrchr(message, '/') + 1 : message);
}

static void some_bad_records_may_be_skipped(void **state) {
    (void)state;
    static const char text[] =
        "{\"text\":\"a\"}\n{\"text\":\"a\n{\"x\":1}\n{\"messages\":[{\"role\":\"tool\",\"content\":"
        "\"\"}]}\n{\"text\":\"b\"}\n";
    struct lrt c = {0};
    struct lrt_tokenizer *t = data_tokenizer(&c);
    struct lrt_data_options o = data_wide;
    struct lrt_data *d;
    char told[2048] = "";
    const char *path = fixture_write("bad.jsonl", text, sizeof text - 1);
    o.tell = keep_message;
    o.tell_arg = told;
    o.skip_bad = 2;
    assert_int_equal(lrt_data_open(&c, &d, path, t, &o), LRT_ERR_FILE);
    assert_non_null(strstr(lrt_error(&c), "bad.jsonl:4: "));
    assert_non_null(strstr(lrt_error(&c), "; 2 others were left out, and no more may be"));
    told[0] = 0;
    o.skip_bad = 3;
    if (lrt_data_open(&c, &d, path, t, &o)) fail_msg("%s", lrt_error(&c));
    assert_string_equal(data_shown(d, t), "<s>{ a</s>}\n<s>{ b</s>}\n");
    assert_int_equal(lrt_data_info(d)->skipped, 3);
    assert_string_equal(lrt_data_info(d)->forms, "2 texts (text)");
    assert_non_null(strstr(told, "bad.jsonl:2:"));
    assert_non_null(strstr(told, "bad.jsonl:3: no form"));
    assert_non_null(strstr(told, "bad.jsonl:4: "));
    lrt_data_close(d);
    path = fixture_write("bad.json", "[{\"text\":\"a\"},{\"text\":", 22);
    assert_int_equal(lrt_data_open(&c, &d, path, t, &o), LRT_ERR_FILE); /* nothing can be read behind it */
    lrt_tokenizer_close(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_of_objects),  cmocka_unit_test(wrong_records_of_a_stream),
        cmocka_unit_test(lists_of_objects),    cmocka_unit_test(tables),
        cmocka_unit_test(files_of_every_kind), cmocka_unit_test(some_bad_records_may_be_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_remove);
}
