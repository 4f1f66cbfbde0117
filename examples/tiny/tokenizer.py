"""Text becomes a byte-level BPE tokenizer of a given size, stored as metadata in a GGUF file.

Words are cut as GPT-2 cuts them; the pair of tokens that stands side by side most often becomes a token, until the vocabulary is
full (Sennrich et al., 2016). Of the GGUF only the metadata is made anew; its tensors are copied.

usage: tokenizer.py CORPUS.txt VOCAB IN.gguf OUT.gguf
"""

import re
import struct
import sys
from collections import Counter

MARKERS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
# The pattern named "gpt-2", in Python's words: a letter is what is neither digit, underscore nor sign.
WORDS = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")
U32, BOOL, STRING, ARRAY, I32 = 4, 7, 8, 9, 5
VALUE_BYTES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
ALIGNMENT = 32
NORMAL, CONTROL = 1, 3


# ---- byte-level BPE ----
def byte_letters():
    """The letter that stands for each byte in a byte-level vocabulary: itself where it can be seen, else one from 256 on."""
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in seen]
    letters = {byte: chr(byte) for byte in seen}
    letters.update({byte: chr(256 + i) for i, byte in enumerate(hidden)})
    return [letters[byte] for byte in range(256)]


def count_words(text, letters):
    """How often each word stands in the text, as tuples of single-byte tokens; markers separate and do not count."""
    words = Counter()
    for part in re.split("|".join(map(re.escape, MARKERS)), text):
        words.update(WORDS.findall(part))
    return {tuple(letters[byte] for byte in word.encode()): n for word, n in words.items()}


def joined(word, pair):
    result, i = [], 0
    while i < len(word):
        both = i + 1 < len(word) and (word[i], word[i + 1]) == pair
        result.append(word[i] + word[i + 1] if both else word[i])
        i += 2 if both else 1
    return tuple(result)


def learn(text, vocab):
    """(tokens, merges) of a vocabulary of `vocab` tokens: markers, bytes, then merges by rank."""
    letters = byte_letters()
    words = count_words(text, letters)
    tokens, merges = MARKERS + letters, []
    while len(tokens) < vocab:
        pairs = Counter()
        for word, n in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += n
        if not pairs:
            sys.exit(f"tokenizer.py: the text gives {len(tokens)} tokens, not {vocab}")
        pair = min(pairs, key=lambda p: (-pairs[p], p))
        merges.append(" ".join(pair))
        tokens.append("".join(pair))
        merged = Counter()
        for word, n in words.items():
            merged[joined(word, pair)] += n
        words = merged
    return tokens, merges


# ---- GGUF ----
class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        if self.at + n > len(self.data):
            sys.exit("tokenizer.py: the GGUF is cut short")
        self.at += n
        return self.data[self.at - n : self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def string(self):
        return self.take(self.number("Q"))

    def skip_value(self, kind):
        if kind == STRING:
            self.string()
        elif kind == ARRAY:
            element, count = self.number("I"), self.number("Q")
            for _ in range(count):
                self.skip_value(element)
        elif kind in VALUE_BYTES:
            self.take(VALUE_BYTES[kind])
        else:
            sys.exit(f"tokenizer.py: the GGUF has a value of the unknown type {kind}")


def split_gguf(data):
    """(version, number of tensors, {key: bytes of its entry}, bytes of the tensor list, bytes of the tensors)."""
    r = Reader(data)
    if r.take(4) != b"GGUF":
        sys.exit("tokenizer.py: not a GGUF file")
    version, n_tensors, n_entries, entries = r.number("I"), r.number("Q"), r.number("Q"), {}
    for _ in range(n_entries):
        start = r.at
        key = r.string().decode()
        r.skip_value(r.number("I"))
        entries[key] = data[start : r.at]
    start = r.at
    for _ in range(n_tensors):
        r.string()
        r.take(8 * r.number("I") + 4 + 8)
    return version, n_tensors, entries, data[start : r.at], data[r.at + -r.at % ALIGNMENT :]


def string(text):
    return struct.pack("<Q", len(text.encode())) + text.encode()


def entry(key, kind, value):
    return string(key) + struct.pack("<I", kind) + value


def tokenizer_entries(tokens, merges):
    def strings(key, texts):
        return entry(key, ARRAY, struct.pack("<IQ", STRING, len(texts)) + b"".join(map(string, texts)))

    types = [CONTROL if token in MARKERS else NORMAL for token in tokens]
    name = "tokenizer.ggml."
    return {
        name + "model": entry(name + "model", STRING, string("gpt2")),
        name + "pre": entry(name + "pre", STRING, string("gpt-2")),
        name + "tokens": strings(name + "tokens", tokens),
        name + "token_type": entry(name + "token_type", ARRAY, struct.pack(f"<IQ{len(types)}i", I32, len(types), *types)),
        name + "merges": strings(name + "merges", merges),
        name + "bos_token_id": entry(name + "bos_token_id", U32, struct.pack("<I", 0)),
        name + "eos_token_id": entry(name + "eos_token_id", U32, struct.pack("<I", 0)),
        name + "add_bos_token": entry(name + "add_bos_token", BOOL, b"\0"),
        "tokenizer.chat_template": entry("tokenizer.chat_template", STRING, string(TEMPLATE)),
    }


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    corpus, vocab, source, target = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    with open(corpus, encoding="utf-8", newline="") as file:
        tokens, merges = learn(file.read(), vocab)
    with open(source, "rb") as file:
        version, n_tensors, entries, infos, tensors = split_gguf(file.read())
    entries = {key: value for key, value in entries.items() if not key.startswith("tokenizer.")}
    entries.update(tokenizer_entries(tokens, merges))
    head = b"GGUF" + struct.pack("<IQQ", version, n_tensors, len(entries)) + b"".join(entries.values()) + infos
    with open(target, "wb") as file:
        file.write(head + bytes(-len(head) % ALIGNMENT) + tensors)


if __name__ == "__main__":
    main()
