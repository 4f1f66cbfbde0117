/* Chat: conversations become text and ids by the model's own template, and what counts of them is the assistant's. The
 * templates and tokenizers are written here. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "runtime/text/tokenizer.h"
#include "tests/unit/chat_marked.h"
#include "tests/unit/tokenizer_fixture.h"

/* Special tokens of all the formats. */
static const char *const specials[] = {"<s>",
                                       "</s>",
                                       "<|im_start|>",
                                       "<|im_end|>",
                                       "[INST]",
                                       "[/INST]",
                                       "<|end|>",
                                       "<|user|>",
                                       "<|assistant|>",
                                       "<|system|>",
                                       "<|eot_id|>",
                                       "<start_of_turn>",
                                       "<end_of_turn>",
                                       "<|start_header_id|>",
                                       "<|end_header_id|>"};
enum { FIRST_SPECIAL = 263, SPECIALS = sizeof specials / sizeof *specials };

/* A folder with a byte-level tokenizer; `more` goes into its tokenizer_config.json. */
static struct lrt_tokenizer *open_with(struct lrt *c, const char *more) {
    struct text_buffer vocab = {.n = 0}, config = {.n = 0};
    struct lrt_tokenizer *t;
    put_vocabulary(&vocab);
    fixture_write("vocab.json", vocab.bytes, vocab.n);
    fixture_write("merges.txt", "h e\nl l\n", 8);
    put(&config, "{\"bos_token\":\"<s>\",\"eos_token\":\"</s>\",\"added_tokens_decoder\":{");
    for (int i = 0; i < SPECIALS; i++)
        put(&config, "%s\"%d\":{\"content\":\"%s\",\"special\":true}", i ? "," : "", FIRST_SPECIAL + i, specials[i]);
    put(&config, "}%s}", more);
    fixture_write("tokenizer_config.json", config.bytes, config.n);
    if (lrt_tokenizer_open(c, &t, fixture_folder())) fail_msg("%s", lrt_error(c));
    return t;
}

/* A tokenizer with this template. */
static struct lrt_tokenizer *open_template(struct lrt *c, const char *template) {
    char path[300];
    struct lrt_tokenizer *t = open_with(c, "");
    snprintf(path, sizeof path, "%s", fixture_write("own.jinja", template, strlen(template)));
    if (lrt_chat_read_template(c, t, path)) fail_msg("%s", lrt_error(c));
    return t;
}

static void renders(struct lrt_tokenizer *t, const char *conversation, int prompt, const char *expected) {
    struct lrt c = {0};
    struct lrt_chat_text text;
    if (lrt_chat_render(&c, t, conversation, strlen(conversation), prompt, &text)) fail_msg("%s", lrt_error(&c));
    assert_string_equal(chat_marked(&text), expected);
    lrt_chat_text_free(&text);
}

static void refuses(struct lrt_tokenizer *t, const char *conversation, const char *words) {
    struct lrt c = {0};
    struct lrt_chat_text text;
    assert_int_equal(lrt_chat_render(&c, t, conversation, strlen(conversation), 0, &text), LRT_ERR_FILE);
    assert_null(text.text);
    if (!strstr(lrt_error(&c), words)) fail_msg("'%s' does not say '%s'", lrt_error(&c), words);
}

static const char turns[] =
    "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"},"
    "{\"role\":\"user\",\"content\":\"c\"},{\"role\":\"assistant\",\"content\":\"d\"}]}";

static void every_named_form(void **state) {
    (void)state;
    static const char conversation[] =
        "{\"messages\":[{\"role\":\"system\",\"content\":\"S\"},{\"role\":\"user\",\"content\":\"U\"},"
        "{\"role\":\"assistant\",\"content\":\"A\"},{\"role\":\"user\",\"content\":\"V\"},{\"role\":\"assistant\","
        "\"content\":\"B\"}]}";
    static const struct {
        const char *name, *whole, *prompt;
    } cases[] = {
        {"chatml",
         "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\n{A<|im_end|>}\n"
         "<|im_start|>user\nV<|im_end|>\n<|im_start|>assistant\n{B<|im_end|>}\n",
         "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"},
        {"llama2", "<s>[INST] <<SYS>>\nS\n<</SYS>>\n\nU [/INST]{ A </s>}<s>[INST] V [/INST]{ B </s>}",
         "<s>[INST] hi [/INST]"},
        {"llama3",
         "<s><|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nU<|"
         "eot_id|>"
         "<|start_header_id|>assistant<|end_header_id|>\n\n{A<|eot_id|>}<|start_header_id|>user<|end_header_id|>\n\nV<|"
         "eot_id|>"
         "<|start_header_id|>assistant<|end_header_id|>\n\n{B<|eot_id|>}",
         "<s><|start_header_id|>user<|end_header_id|>\n\nhi<|eot_id|><|start_header_id|>assistant<|end_header_id|>"
         "\n\n"},
        {"gemma",
         "<s><start_of_turn>user\nS\n\nU<end_of_turn>\n<start_of_turn>model\n{A<end_of_turn>}\n<start_of_turn>user\nV<"
         "end_of_turn>\n"
         "<start_of_turn>model\n{B<end_of_turn>}\n",
         "<s><start_of_turn>user\nhi<end_of_turn>\n<start_of_turn>model\n"},
        {"phi3",
         "<|system|>\nS<|end|>\n<|user|>\nU<|end|>\n<|assistant|>\n{A<|end|>}\n<|user|>\nV<|end|>\n<|assistant|>\n{B<|"
         "end|>}\n",
         "<|user|>\nhi<|end|>\n<|assistant|>\n"},
        {"zephyr",
         "<|system|>\nS</s>\n<|user|>\nU</s>\n<|assistant|>\n{A</s>}\n<|user|>\nV</s>\n<|assistant|>\n{B</s>}\n",
         "<|user|>\nhi</s>\n<|assistant|>\n"},
        {"plain", "S\n\nUser: U\nAssistant:\n{A</s>}\nUser: V\nAssistant:\n{B</s>}\n", "User: hi\nAssistant:\n"},
    };
    struct lrt c = {0};
    size_t known = 0;
    while (lrt_chat_format(known)) known++;
    assert_int_equal(known,
                     sizeof cases / sizeof *cases + 1); /* and mistral, which has no place for a system message */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lrt_tokenizer *t = open_with(&c, "");
        struct lrt_chat_text prompt;
        if (lrt_chat_choose(&c, t, cases[i].name)) fail_msg("%s", lrt_error(&c));
        renders(t, conversation, 0, cases[i].whole);
        assert_int_equal(lrt_chat_prompt(&c, t, "hi", 2, &prompt), LRT_OK);
        assert_string_equal(prompt.text, cases[i].prompt);
        lrt_chat_text_free(&prompt);
        lrt_tokenizer_close(t);
    }
    struct lrt_tokenizer *t = open_with(&c, "");
    assert_int_equal(lrt_chat_choose(&c, t, "mistral"), LRT_OK);
    renders(t, turns, 0, "<s>[INST] a [/INST]{b</s>}[INST] c [/INST]{d</s>}");
    assert_int_equal(lrt_tokenizer_info(t)->end_of_turn, FIRST_SPECIAL + 1);
    refuses(t, conversation, "there is no place for the role system");
    assert_int_equal(lrt_chat_choose(&c, t, "alpaca"), LRT_ERR_ARGUMENT);
    assert_non_null(strstr(lrt_error(&c), "'alpaca'; there are: chatml, llama3, gemma"));
    lrt_tokenizer_close(t);
}

/* A template that adds a system message of its own, in a literal with real line feeds. */
static void a_default_system_message(void **state) {
    (void)state;
    struct lrt c = {0};
    struct lrt_tokenizer *t =
        open_template(&c, "{% for m in messages %}{% if loop.first and m.role != 'system' %}{{ '<|im_start|>system\nBe "
                          "kind.<|im_end|>\n' }}{% endif %}"
                          "{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
                          "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}");
    renders(
        t, turns, 0,
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n{b<|im_end|>}\n"
        "<|im_start|>user\nc<|im_end|>\n<|im_start|>assistant\n{d<|im_end|>}\n");
    renders(t, "{\"messages\":[{\"role\":\"system\",\"content\":\"S\"},{\"role\":\"user\",\"content\":\"a\"}]}", 1,
            "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n");
    assert_int_equal(lrt_tokenizer_info(t)->end_of_turn, FIRST_SPECIAL + 3);
    lrt_tokenizer_close(t);
}

/* A system block that is always there, and a date that the run sets. */
static void a_system_block_with_the_date(void **state) {
    (void)state;
    struct lrt c = {0};
    struct lrt_tokenizer *t = open_template(
        &c, "{{- bos_token }}{%- if messages[0].role == 'system' %}{%- set system = messages[0].content | trim %}{%- "
            "set messages = messages[1:] %}"
            "{%- else %}{%- set system = '' %}{%- endif %}{{- 'Today: ' + strftime_now('%d %b %Y') + '\\n' + system + "
            "'<|eot_id|>' }}"
            "{%- for m in messages %}{{- '<|start_header_id|>' + m.role + '<|end_header_id|>' + m.content + "
            "'<|eot_id|>' }}{%- endfor %}"
            "{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>' }}{%- endif %}");
    char form[512];
    assert_int_equal(lrt_chat_set_date(&c, t, 2026, 2, 30), LRT_ERR_ARGUMENT);
    assert_int_equal(lrt_chat_set_date(&c, t, 2026, 3, 4), LRT_OK);
    renders(t, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"}]}", 0,
            "<s>Today: 04 Mar "
            "2026\n<|eot_id|><|start_header_id|>user<|end_header_id|>a<|eot_id|><|start_header_id|>assistant<|end_"
            "header_id|>{b<|eot_id|>}");
    lrt_chat_describe(t, form, sizeof form);
    assert_non_null(strstr(form, "own.jinja; it sees the date: --chat-date 2026-03-04 repeats it"));
    lrt_tokenizer_close(t);
}

static const char tool_template[] = "{% if tools %}{{ '[T]' ~ (tools | tojson) ~ '\n' }}{% endif %}{% for m in "
                                    "messages %}{{ '<|im_start|>' ~ m.role ~ '\n' }}"
                                    "{% if m.content is none %}{{ '(none)' }}{% endif %}{{ m.content ~ (m.tool_calls | "
                                    "tojson if m.tool_calls else '') + '<|im_end|>\n' }}{% endfor %}"
                                    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

static void tools_and_calls_reach_the_template(void **state) {
    (void)state;
    struct lrt c = {0};
    struct lrt_tokenizer *t = open_template(&c, tool_template);
    renders(
        t,
        "{\"tools\":[{\"name\":\"w\"}],\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\","
        "\"content\":null,\"tool_calls\":[{\"f\":1}]},"
        "{\"role\":\"tool\",\"content\":\"sun\"},{\"role\":\"assistant\",\"content\":\"ok\"}]}",
        0,
        "[T][{\"name\": \"w\"}]\n<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n{(none)[{\"f\": 1}]<|im_end|>}\n"
        "<|im_start|>tool\nsun<|im_end|>\n<|im_start|>assistant\n{ok<|im_end|>}\n");
    refuses(t, "{\"messages\":[{\"role\":\"assistant\",\"content\":null}]}", "message 1 needs a \"content\"");
    refuses(t, "{\"messages\":[{\"role\":\"user\",\"content\":\"\"},{\"content\":\"\"}]}",
            "message 2 needs a \"role\"");
    refuses(t, "{\"messages\":[]}", "not a list of messages");
    lrt_tokenizer_close(t);
}

static void a_template_for_tools_goes_before(void **state) {
    (void)state;
    struct lrt c = {0};
    struct lrt_tokenizer *t =
        open_with(&c, ",\"chat_template\":[{\"name\":\"default\",\"template\":\"plain {{ messages[0].content }}\"},"
                      "{\"name\":\"tool_use\",\"template\":\"tools {{ tools | length }}\"}]");
    renders(t, "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}", 1, "plain q");
    renders(t, "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"tools\":[1,2]}", 1, "tools 2");
    lrt_tokenizer_close(t);
    fixture_write("chat_template.jinja", "file {{ messages[0].content }}", 30);
    t = open_with(&c, ",\"chat_template\":\"config\"");
    renders(t, "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}", 1, "file q");
    assert_non_null(strstr(lrt_tokenizer_info(t)->chat, "/chat_template.jinja"));
    lrt_tokenizer_close(t);
    char path[300];
    snprintf(path, sizeof path, "%s/chat_template.jinja", fixture_folder());
    unlink(path);
}

static const char flagged[] =
    "{\"messages\":[{\"role\":\"user\",\"content\":\"a\",\"weight\":0},{\"role\":\"assistant\",\"content\":\"b\",%s},"
    "{\"role\":\"user\",\"content\":\"c\"},{\"role\":\"assistant\",\"content\":\"d\",%s}]%s}";

static const char *with_flags(const char *first, const char *second, const char *more) {
    static char conversation[1024];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(conversation, sizeof conversation, flagged, first, second, more);
#pragma GCC diagnostic pop
    return conversation;
}

/* Without {% generation %}, the text up to a message must begin the whole text. */
static void prefixes_are_checked(void **state) {
    (void)state;
    struct lrt c = {0};
    struct lrt_tokenizer *t = open_template(
        &c, "{% for m in messages %}{% if not loop.last %}-{% endif %}{{ m.role + m.content }}{% endfor %}");
    refuses(t, turns,
            "message 4: the template's text up to the prompt for it does not begin the text of the whole conversation");
    lrt_tokenizer_close(t);
    t = open_template(&c,
                      "{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' and not loop.last %}..{% else "
                      "%}{{ m.content }}{% endif %}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}");
    renders(t, turns, 0, "<user>a<assistant>..<user>c<assistant>{d}");
    refuses(t, with_flags("\"weight\":1", "\"weight\":1", ""), "message 2: the template's text up to its end does not");
    renders(t, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"}]}", 0,
            "<user>a<assistant>{b}");
    lrt_tokenizer_close(t);
    t = open_template(
        &c, "{% for m in messages %}<{{ m.role }}>{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}");
    renders(t, turns, 0, "<user>{a}<assistant>{b}<user>{c}<assistant>{d}");
    lrt_tokenizer_close(t);
    t = open_template(&c, "{{ messages[0].content }}\n{{ nope.x }}");
    refuses(t, turns, "own.jinja, chat template:2: 'nope' is undefined");
    lrt_tokenizer_close(t);
    t = open_template(&c, "\n\n{% bad %}");
    refuses(t, turns, "own.jinja, chat template:3: the statement 'bad'");
    lrt_tokenizer_close(t);
}

/* What messages say of themselves is honoured, with and without {% generation %}, and the template does not see it. */
static void messages_say_what_counts(void **state) {
    (void)state;
    static const char *const templates[] = {
        "{% for m in messages %}[{{ m.role[0] }}{{ m | length }}]{{ m.content }}{% endfor %}{% if "
        "add_generation_prompt %}[a2]{% endif %}",
        "{% for m in messages %}[{{ m.role[0] }}{{ m | length }}]{% if m.role == 'assistant' %}{% generation %}{{ "
        "m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}"};
    static const struct {
        const char *first, *second, *more, *expected;
    } cases[] = {
        {"\"weight\":0", "\"weight\":1", "", "[u2]a[a2]b[u2]c[a2]{d}"},
        {"\"weight\":0.0", "\"weight\":1.0", "", "[u2]a[a2]b[u2]c[a2]{d}"},
        {"\"train\":true", "\"train\":false", "", "[u2]a[a2]{b}[u2]c[a2]d"},
        {"\"training\":true", "\"loss\":false", "", "[u2]a[a2]{b}[u2]c[a2]d"},
        {"\"weight\":null", "\"train_detail\":null", "", "[u2]a[a2]{b}[u2]c[a2]{d}"},
        {"\"weight\":1", "\"weight\":1", ",\"train_on_last_turn\":true", "[u2]a[a2]b[u2]c[a2]{d}"},
        {"\"weight\":1", "\"weight\":1", ",\"mask_history\":0", "[u2]a[a2]{b}[u2]c[a2]{d}"},
    };
    static const struct {
        const char *first, *more, *words;
    } refused[] = {
        {"\"weight\":0.5", "", "message 2: \"weight\" is true, false, 0 or 1"},
        {"\"weight\":\"1\"", "", "message 2: \"weight\" is true, false, 0 or 1"},
        {"\"weight\":1,\"train\":false", "", "message 2: \"train\" contradicts"},
        {"\"train_detail\":[{\"begin_offset\":0}]", "", "\"train_detail\" is not honoured; write \"train\""},
        {"\"function_call\":{\"name\":\"f\"}", "", "\"function_call\" is not honoured; write \"tool_calls\""},
        {"\"weight\":0", ",\"train_on_last_turn\":\"yes\"", "\"train_on_last_turn\" is neither"},
    };
    struct lrt c = {0};
    for (size_t k = 0; k < 2; k++) {
        struct lrt_tokenizer *t = open_template(&c, templates[k]);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            renders(t, with_flags(cases[i].first, cases[i].second, cases[i].more), 0, cases[i].expected);
        for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
            refuses(t, with_flags(refused[i].first, "\"x\":1", refused[i].more), refused[i].words);
        refuses(t, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\",\"train\":true}]}",
                "message 1 is to be learned, but is not the assistant's");
        lrt_tokenizer_close(t);
    }
    struct lrt_tokenizer *t = open_template(&c, "{% for m in messages %}{% if loop.length == 2 or loop.length == 4 and "
                                                "m.role == 'user' %}{% generation %}{{ m.content }}{% "
                                                "endgeneration %}{% endif %}{% endfor %}");
    refuses(t, with_flags("\"weight\":0", "\"weight\":1", ""), "message 3: the template marks other messages");
    lrt_tokenizer_close(t);
}

/* Templates of models that think: earlier thoughts go, prompts open a thought, texts end in another token. */
static void templates_that_think(void **state) {
    (void)state;
    static const struct {
        const char *template, *whole;
        int last_only, other_prompt;
    } cases[] = {
        /* an empty thought in the last answer */
        {"{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' and loop.last "
         "%}<think>\n\n</think>\n\n{% endif %}{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt "
         "%}<|im_start|>assistant\n{% endif %}",
         "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n<|im_start|>user\nc<|im_end|>\n<|im_start|"
         ">"
         "assistant\n{<think>\n\n</think>\n\nd<|im_end|>}\n",
         1, 0},
        /* a prompt that opens a thought */
        {"{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}{% if add_generation_prompt "
         "%}<assistant><think>\n{% endif %}",
         "<user>a</s><assistant>{b</s>}<user>c</s><assistant>{d</s>}", 0, 1},
        /* a mark that parts within its name */
        {"{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}</think>{% endif %}{{ m.content "
         "}}</s>{% endfor %}{% if add_generation_prompt %}<assistant><think>{% endif %}",
         "<user>a</s><assistant>{</think>b</s>}<user>c</s><assistant>{</think>d</s>}", 0, 1},
        /* an end of the whole text */
        {"{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>\n{% endfor %}{% if add_generation_prompt "
         "%}<|assistant|>{% else %}</s>{% endif %}",
         "<|user|>a<|end|>\n<|assistant|>{b<|end|>}\n<|user|>c<|end|>\n<|assistant|>{d<|end|>\n</s>}", 0, 0},
    };
    struct lrt c = {0};
    struct lrt_chat_text text;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lrt_tokenizer *t = open_template(&c, cases[i].template);
        renders(t, turns, 0, cases[i].whole);
        assert_int_equal(lrt_chat_render(&c, t, turns, sizeof turns - 1, 0, &text), LRT_OK);
        assert_int_equal(text.last_only, cases[i].last_only);
        assert_int_equal(text.other_prompt, cases[i].other_prompt);
        lrt_chat_text_free(&text);
        lrt_tokenizer_close(t);
    }
    struct lrt_tokenizer *t = open_template(
        &c, "{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}{% if add_generation_prompt "
            "%}<assistant>Let me think:\n{% endif %}");
    refuses(t, turns, "message 4: the template's text up to the prompt for it does not begin");
    lrt_tokenizer_close(t);
    t = open_template(&c, "{% for m in messages %}<{{ m.role }}>{% if loop.last and m.role == 'assistant' "
                          "%}(){% endif %}{{ m.content }}</s>{% endfor %}{% if add_generation_prompt %}<assistant>{% "
                          "endif %}");
    renders(t,
            "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"call\"},"
            "{\"role\":\"tool\",\"content\":\"o\"},{\"role\":\"assistant\",\"content\":\"d\"}]}",
            0, "<user>a</s><assistant>call</s><tool>o</s><assistant>{()d</s>}");
    lrt_tokenizer_close(t);
}

struct counted {
    int32_t ids[512];
    char marks[512];
    size_t n;
};
static int collect(void *arg, const int32_t *ids, size_t n, int counted) {
    struct counted *list = arg;
    for (size_t i = 0; i < n; i++) {
        list->ids[list->n] = ids[i];
        list->marks[list->n++] = counted ? '1' : '0';
    }
    return LRT_OK;
}

/* The ids are those of the whole text, and bos is there once. */
static void ids_are_of_the_whole_text(void **state) {
    (void)state;
    struct lrt c = {0};
    struct lrt_tokenizer *t = open_with(&c, ",\"add_bos_token\":true");
    struct lrt_chat_text text;
    struct counted list = {.n = 0};
    int32_t whole[512];
    size_t n;
    assert_int_equal(lrt_chat_choose(&c, t, "mistral"), LRT_OK);
    if (lrt_chat_render(&c, t, turns, strlen(turns), 0, &text)) fail_msg("%s", lrt_error(&c));
    assert_int_equal(lrt_chat_encode(&c, t, &text, collect, &list), LRT_OK);
    static const int32_t expected[] = {263, 267, ' ', 'a', ' ', 268, 'b', 264, 267, ' ', 'c', ' ', 268, 'd', 264};
    assert_int_equal(list.n, 15);
    for (size_t i = 0; i < 15; i++)
        if (expected[i] != ' ' && expected[i] < 'a') assert_int_equal(list.ids[i], expected[i]);
    assert_int_equal(lrt_encode_array(&c, t, text.text, text.bytes, LRT_ENCODE_SPECIAL, whole, 512, &n), LRT_OK);
    assert_int_equal(list.n, n);
    assert_memory_equal(list.ids, whole, n * sizeof *whole);
    assert_memory_equal(list.marks, "000000110000011", 15);
    lrt_chat_text_free(&text);
    lrt_tokenizer_close(t);
}

/* A token over the edge of what counts counts: "he" and "ll" are tokens, and the answer begins inside one. */
static void a_token_over_an_edge_counts(void **state) {
    (void)state;
    struct lrt c = {0};
    struct lrt_tokenizer *t = open_template(&c, "h{% generation %}el{% endgeneration %}lx");
    struct lrt_chat_text text;
    struct counted list = {.n = 0};
    if (lrt_chat_render(&c, t, turns, strlen(turns), 0, &text)) fail_msg("%s", lrt_error(&c));
    assert_string_equal(chat_marked(&text), "h{el}lx");
    assert_int_equal(lrt_chat_encode(&c, t, &text, collect, &list), LRT_OK);
    assert_int_equal(list.n, 3);
    assert_memory_equal(list.marks, "110", 3);
    lrt_chat_text_free(&text);
    lrt_tokenizer_close(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_named_form),
        cmocka_unit_test(a_default_system_message),
        cmocka_unit_test(a_system_block_with_the_date),
        cmocka_unit_test(tools_and_calls_reach_the_template),
        cmocka_unit_test(a_template_for_tools_goes_before),
        cmocka_unit_test(prefixes_are_checked),
        cmocka_unit_test(templates_that_think),
        cmocka_unit_test(messages_say_what_counts),
        cmocka_unit_test(ids_are_of_the_whole_text),
        cmocka_unit_test(a_token_over_an_edge_counts),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_remove);
}
