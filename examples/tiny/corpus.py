"""The repository's words become one training text.

Sections of the documents, comments of the sources, diagnostics and the demo's training questions are documents of a few hundred
letters, each closed by <|endoftext|>. The whole set is written `rounds` times, each time in another order, so that a window of
training sees a document among other neighbours.

usage: corpus.py ROOT ROUNDS > corpus.txt
"""

import json
import random
import re
import sys
from pathlib import Path

END = "<|endoftext|>"
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "grammar/GRAMMAR.md", "tests/README.md")
SOURCES = ("compiler", "codegen", "grammar", "runtime")
COMMENT = re.compile(r"/\*(.*?)\*/|((?:^[ \t]*//[^\n]*\n)+)|//([^\n]*)", re.S | re.M)
DIAGNOSTIC = re.compile(r'^DIAG\((E\d+), \w+, "((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"\)', re.M)


def chat(question, answer):
    return f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n{answer}<|im_end|>\n"


def sections(text):
    """A Markdown document, cut before its headings."""
    return [part.strip() for part in re.split(r"^(?=#+ )", text, flags=re.M) if len(part.strip()) > 40]


def comments(text):
    """Comments of a C source, joined into paragraphs; short ones are left out."""
    for match in COMMENT.finditer(text):
        lines = next(group for group in match.groups() if group is not None).splitlines()
        words = " ".join(line.strip().lstrip("/*").strip() for line in lines).split()
        if len(words) >= 6:
            yield " ".join(words)


def diagnostics(text):
    """One chat turn for each diagnostic, so that the model has met the chat form."""
    for name, title, explanation in DIAGNOSTIC.findall(text):
        yield chat(f"What does {name} mean?", f"{name} means: {title}. {explanation}".replace('\\"', '"'))


def questions(path):
    """The demo's training questions as plain text: the facts, without the chat form that adapters teach."""
    for line in path.read_text(encoding="utf-8").splitlines():
        question, answer = (message["content"] for message in json.loads(line)["messages"])
        yield f"Question: {question}\nAnswer: {answer}"


def documents(root):
    for path in [root / name for name in DOCUMENTS] + sorted(root.glob("docs/*.md")) + sorted(root.glob("examples/*/README.md")):
        yield from sections(path.read_text(encoding="utf-8"))
    for path in sorted(root.glob("examples/*/*.lora")):
        yield path.read_text(encoding="utf-8").strip()
    for folder in SOURCES:
        for path in sorted(root.glob(f"{folder}/**/*.[chly]")) + sorted(root.glob(f"{folder}/**/*.def")):
            yield from comments(path.read_text(encoding="utf-8"))
    yield from diagnostics((root / "compiler/base/diag.def").read_text(encoding="utf-8"))
    yield from questions(root / "examples/demo/qa-train.jsonl")


def main():
    root, rounds = Path(sys.argv[1]), int(sys.argv[2])
    texts = list(dict.fromkeys(documents(root)))
    order = random.Random(1)
    for _ in range(rounds):
        order.shuffle(texts)
        for text in texts:
            sys.stdout.write(text + END)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    main()
