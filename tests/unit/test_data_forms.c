/* Forms of examples: each row of data_forms.def, members that are refused, roles by other names, contents of parts.
 * The tokenizer has no template, so conversations have the form "plain". */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "runtime/text/data_forms.h"
#include "tests/unit/data_fixture.h"

static const char asked[] = " User: q\nAssistant:\n{a</s>} \n\n";

static void every_form(void **state) {
    (void)state;
    static const struct {
        const char *line, *expected, *forms;
    } cases[] = {
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"a\"}]}", asked,
         "1 chat (messages)"},
        {"{\"conversations\":[{\"from\":\"human\",\"value\":\"q\"},{\"from\":\"gpt\",\"value\":\"a\"}]}", asked,
         "1 chat (conversations)"},
        {"{\"conversation\":[{\"role\":\"User\",\"content\":\"q\"},{\"role\":\"bot\",\"content\":\"a\"}]}", asked,
         "1 chat (conversation)"},
        {"{\"dialog\":[{\"role\":\"prompter\",\"content\":\"q\"},{\"role\":\"MODEL\",\"content\":\"a\"}]}", asked,
         "1 chat (dialog)"},
        {"{\"dialogue\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"AI\",\"content\":\"a\"}]}", asked,
         "1 chat (dialogue)"},
        {"{\"prompt\":\"q\",\"completion\":\"a\"}", "<s> q{a</s>}\n", "1 pair (prompt, completion)"},
        {"{\"prompt\":[{\"role\":\"user\",\"content\":\"p\"},{\"role\":\"assistant\",\"content\":\"b\"},{\"role\":"
         "\"user\",\"content\":\"q\"}],\"completion\":[{\"role\":\"assistant\",\"content\":\"a\"}]}",
         " User: p\nAssistant:\nb</s> \nUser: q\nAssistant:\n{a</s>} \n\n", "1 pair (prompt, completion)"},
        {"{\"instruction\":\"q\",\"input\":\"\",\"output\":\"a\"}", asked, "1 chat (instruction, output)"},
        {"{\"instruction\":\"q\",\"input\":\"i\",\"output\":\"a\",\"system\":\"S\",\"history\":[[\"x\",\"y\"]]}",
         " S\n\nUser: x\nAssistant:\n{y</s>} \nUser: q\ni\nAssistant:\n{a</s>} \n\n", "1 chat (instruction, output)"},
        {"{\"instruction\":\"q\",\"context\":\"i\",\"response\":\"a\"}", " User: q\ni\nAssistant:\n{a</s>} \n\n",
         "1 chat (instruction, response)"},
        {"{\"instruction\":\"\",\"input\":\"q\",\"output\":\"a\",\"history\":[]}", asked,
         "1 chat (instruction, output)"},
        {"{\"question\":\"q\",\"answer\":\"a\"}", asked, "1 chat (question, answer)"},
        {"{\"system_prompt\":\"\",\"question\":\"q\",\"response\":\"a\"}", asked, "1 chat (question, response)"},
        {"{\"query\":\"q\",\"response\":\"a\"}", asked, "1 chat (query, response)"},
        {"{\"prompt\":\"q\",\"response\":\"a\"}", asked, "1 chat (prompt, response)"},
        {"{\"input\":\"q\",\"output\":\"a\"}", asked, "1 chat (input, output)"},
        {"{\"text\":\"q\"}", "<s>{ q</s>}\n", "1 text (text)"},
        {"{\"messages\":null,\"prompt\":\"q\",\"completion\":\"a\"}", "<s> q{a</s>}\n", "1 pair (prompt, completion)"},
        {"{\"messages\":[],\"prompt\":\"q\",\"completion\":\"\",\"response\":\"a\"}", asked,
         "1 chat (prompt, response)"},
        {"{\"messages\":null,\"prompt\":\"\",\"completion\":\"a\"}", "<s>{ a</s>}\n", "1 pair (prompt, completion)"},
    };
    struct lrt c = {0};
    struct lrt_tokenizer *t = data_tokenizer(&c);
    for (size_t form = 0; form < LRT_FORMS; form++) {
        size_t tried = 0;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            tried += strstr(cases[i].forms, lrt_form_name(form)) != NULL;
        if (!tried) fail_msg("no case for the form (%s)", lrt_form_name(form));
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        data_gives(t, "e.jsonl", cases[i].line, cases[i].expected, cases[i].forms);
    data_gives(
        t, "e.jsonl", "{\"text\":\"q\"}\n{\"question\":\"q\",\"answer\":\"a\"}\n{\"text\":\"q\"}\n{\"text\":\"\"}",
        "<s>{ q</s>}\n User: q\nAssistant:\n{a</s>} \n\n<s>{ q</s>}\n", "1 chat (question, answer), 3 texts (text)");
    lrt_tokenizer_close(t);
}

static void what_is_not_honoured_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *line, *words;
    } cases[] = {
        {"{\"prompt\":\"q\",\"chosen\":\"a\",\"rejected\":\"b\"}",
         "e.jsonl:1: \"chosen\" is not honoured; preferences"},
        {"{\"input\":{\"messages\":[]},\"preferred_output\":[{}],\"non_preferred_output\":[{}]}",
         "preferences are not"},
        {"{\"prompt\":\"q\",\"completion\":\"a\",\"label\":false}", "keep the good ones without \"label\""},
        {"{\"text\":\"q\",\"weight\":0.5}", "\"weight\" is not honoured"},
        {"{\"text\":\"q\",\"weight\":0}", "leave out those that are not to be learned"},
        {"{\"question\":\"q\",\"answer\":\"a\",\"context\":\"c\"}", "write it into the question"},
        {"{\"prompt\":\"q\",\"completion\":\"a\",\"system\":\"S\"}", "\"system\" is not honoured; it has a place in a"},
        {"{\"text\":\"q\",\"tools\":[{\"name\":\"w\"}]}", "\"tools\" is not honoured"},
        {"{\"text\":\"q\",\"images\":[\"x.png\"]}", "only text is learned"},
        {"{\"input_ids\":[1,2],\"labels\":[1,2]}", "token ids are read from a .tok file"},
        {"{\"question\":\"q\",\"answer\":4}", "\"answer\" is not a text"},
        {"{\"instruction\":\"q\",\"input\":[],\"output\":\"a\",\"context\":5}", "\"context\" is not a text"},
        {"{\"instruction\":\"q\",\"output\":\"a\",\"history\":[[\"x\"]]}",
         "\"history\" is a list of [question, answer]"},
        {"{\"prompt\":[],\"completion\":\"a\"}", "\"prompt\" is not a text"},
        {"{\"title\":\"q\",\"body\":\"a\"}", "has the members \"title\", \"body\"; there are: messages | conv"},
        {"{}", "no form of an example has the members of {}"},
        {"{\"messages\":[]}", "not a list of messages"},
        {"{\"messages\":[{\"role\":\"critic\",\"content\":\"x\"}]}",
         "e.jsonl:1: message 1: the role \"critic\" is not known, nor does the template name it; there are: system, "
         "user"},
        {"{\"messages\":[{\"role\":\"user\",\"content\":null}]}", "message 1 needs a \"content\""},
        {"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{}}]}]}",
         "message 1: part 1 is of type \"image_url\": only text is learned"},
        {"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}]}",
         "part 1 needs a \"type\" and a \"text\""},
        {"{\"conversations\":[{\"from\":\"function_call\",\"value\":\"f(1)\"}]}",
         "message 1: a call of a tool is JSON"},
        {"{\"system\":\"S\",\"messages\":[{\"role\":\"system\",\"content\":\"T\"}]}", "two system messages"},
        {"{\"documents\":5,\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}", "\"documents\" is not a list"},
        {"{\"chat_template_kwargs\":[],\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}", "is not an object"},
        {"{\"tools\":\"w\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}",
         "\"tools\" is a text, but not a list"},
    };
    struct lrt c = {0};
    struct lrt_tokenizer *t = data_tokenizer(&c);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) data_fails(t, "e.jsonl", cases[i].line, cases[i].words);
    lrt_tokenizer_close(t);
}

/* Members that say nothing, or that nothing looks at, do not stand in the way; the latter are told. */
static void the_rest_is_told(void **state) {
    (void)state;
    static const char lines[] =
        "{\"id\":1,\"text\":\"q\",\"label\":3,\"weight\":1,\"images\":[],\"system\":null,\"train_on_inputs\":false}\n"
        "{\"id\":2,\"system\":\"\",\"tools\":\"\",\"messages\":[{\"role\":\"user\",\"content\":\"q\",\"a\\u001bb\":1},"
        "{\"role\":\"assistant\",\"content\":\"a\",\"weight\":1,\"name\":null}],\"source\":\"x\",\"text\":\"y\"}\n";
    struct lrt c = {0};
    struct lrt_tokenizer *t = data_tokenizer(&c);
    struct lrt_data *d;
    if (lrt_data_open(&c, &d, fixture_write("rest.jsonl", lines, sizeof lines - 1), t, &data_wide))
        fail_msg("%s", lrt_error(&c));
    assert_string_equal(lrt_data_info(d)->forms, "1 chat (messages), 1 text (text)");
    assert_string_equal(lrt_data_info(d)->ignored, "id, label, weight, images, system, train_on_inputs, source, text, "
                                                   "a\\x1bb of messages");
    lrt_data_close(d);
    lrt_tokenizer_close(t);
}

/* A tokenizer with this template. */
static struct lrt_tokenizer *with_template(struct lrt *c, const char *template) {
    char path[300];
    struct lrt_tokenizer *t = data_tokenizer(c);
    snprintf(path, sizeof path, "%s", fixture_write("own.jinja", template, strlen(template)));
    if (lrt_chat_read_template(c, t, path)) fail_msg("%s", lrt_error(c));
    return t;
}

#define EACH(content)                                                                                                  \
    "{% for m in messages %}[{{ m.role }}]" content "{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}"

static void roles_of_other_tools(void **state) {
    (void)state;
    struct lrt c = {0};
    struct lrt_tokenizer *t = with_template(&c, EACH("{{ m.content }}{{ m.tool_calls | tojson if m.tool_calls }}"));
    data_gives(t, "r.jsonl",
               "{\"system\":\"S\",\"conversations\":[{\"from\":\"human\",\"value\":\"q\"},{\"from\":\"function_call\","
               "\"value\":\"{\\\"name\\\": \\\"f\\\", \\\"arguments\\\": {\\\"x\\\": 1}}\"},{\"from\":\"observation\","
               "\"value\":\"o\"},{\"from\":\"gpt\",\"value\":\"a\"}],\"tools\":\"[]\"}\n"
               "{\"messages\":[{\"role\":\"developer\",\"content\":\"d\"},{\"role\":\"ASSISTANT\",\"content\":\"a\"}]}",
               " [system]S[user]q[assistant]{[{\"type\": \"function\", \"function\": {\"name\": \"f\", \"arguments\": "
               "{\"x\": 1}}}]}[tool]o[assistant]{a}\n [system]d[assistant]{a}\n",
               "1 chat (messages), 1 chat (conversations)");
    lrt_tokenizer_close(t);
    t = with_template(&c, "{% set known = ['developer', 'critic', 'human', 'model'] %}" EACH("{{ m.content }}"));
    data_gives(
        t, "r.jsonl",
        "{\"messages\":[{\"role\":\"developer\",\"content\":\"d\"},{\"role\":\"critic\",\"content\":\"c\"},{\"role\":"
        "\"human\",\"content\":\"q\"},{\"role\":\"model\",\"content\":\"a\"}]}",
        " [developer]d[critic]c[user]q[assistant]{a}\n", "1 chat (messages)");
    lrt_tokenizer_close(t);
}

/* Parts reach a template that reads them; for others they are one text. */
static void contents_of_parts(void **state) {
    (void)state;
    static const char line[] = "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"q\"},{"
                               "\"type\":\"text\",\"text\":\"r\"}]},"
                               "{\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"a\"}]}]}";
    struct lrt c = {0};
    struct lrt_tokenizer *t = with_template(&c, EACH("{{ m.content }}"));
    data_gives(t, "p.jsonl", line, " [user]qr[assistant]{a}\n", "1 chat (messages)");
    lrt_tokenizer_close(t);
    t = with_template(&c, EACH("{% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content %}{{ p.text "
                               "}}{% if not loop.last %}+{% endif %}{% endfor %}{% endif %}"));
    data_gives(t, "p.jsonl", line, " [user]q+r[assistant]{a}\n", "1 chat (messages)");
    lrt_tokenizer_close(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form),        cmocka_unit_test(what_is_not_honoured_is_refused),
        cmocka_unit_test(the_rest_is_told),  cmocka_unit_test(roles_of_other_tools),
        cmocka_unit_test(contents_of_parts),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_remove);
}
