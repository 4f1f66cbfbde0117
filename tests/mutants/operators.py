"""C source becomes mutants of it: one small change on one line each. The layout of clang-format tells a binary operator
(`a * b`) from a pointer (`*a`); comments, strings and preprocessor lines are never changed."""
import dataclasses
import re

WEIGHTS = {"comparison": 3, "operator": 2, "constant": 2, "statement": 3, "return": 2, "condition": 3, "swap": 1, "bound": 1,
           "case": 1, "row": 1}  # how often each is drawn, where the file has it
COMPARISONS = {"<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "==": ["!="], "!=": ["=="]}
BINARY = {"&&": ["||"], "||": ["&&"], "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "&": ["|"], "|": ["&"],
          "+=": ["-="], "-=": ["+="], **COMPARISONS}
NUMBER = re.compile(r"(?<![\w.\"'])(\d+(?:\.\d+)?)(?![\w.xX])")
STATEMENT = re.compile(r"^(\s*(?:\} else |if \(.*\) |else |for \(.*\) )?)((?:\(void\))?[*+\-]*[A-Za-z_][^{}]*);(\s*)$")
NOT_REMOVED = re.compile(r"^(return|goto|typedef|extern|static|const|struct|enum|union|unsigned|volatile|int|char|bool|float|"
                         r"double|void \*?\w+|size_t|else|case|default|do|[a-z_]+_t)\b|^[A-Za-z_]\w* \**[A-Za-z_]\w*( =|\[|,|$)")
ROW = re.compile(r"^\s*(?:[A-Z][A-Z0-9_]*\(.*\)|\{.*\},)\s*$")


@dataclasses.dataclass(frozen=True)
class Mutant:
    path: str
    line: int  # counted from 1
    operator: str
    before: str
    after: str


def blank(text):
    """The text with comments, strings, characters and preprocessor lines made spaces, so that columns stay."""
    pattern = r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|^[ \t]*#(?:[^\n\\]|\\.|\\\n)*"
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S | re.M)


def close_of(line, at):
    """The position of the parenthesis that closes the one at `at`, or None."""
    depth = 0
    for i in range(at, len(line)):
        depth += {"(": 1, ")": -1}.get(line[i], 0)
        if depth == 0:
            return i
    return None


def arguments(line, at):
    """The ranges of the arguments of the call whose parenthesis is at `at`."""
    end = close_of(line, at)
    if end is None:
        return []
    ranges, depth, start = [], 0, at + 1
    for i in range(at + 1, end + 1):
        if (line[i] == "," and depth == 0) or i == end:
            ranges.append((start, i))
            start = i + 1
        depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(line[i], 0)
    return ranges


def operators_of(code):
    for m in re.finditer(r"(?<= )(&&|\|\||[<>=!]=|[+\-]=|[<>+\-*/&|])(?= )", code):
        for other in BINARY.get(m[1], []):
            yield ("comparison" if m[1] in COMPARISONS else "operator"), m.start(), m.end(), other


def numbers_of(code):
    for m in NUMBER.finditer(code):
        whole = "." not in m[1]
        yield "constant", m.start(), m.end(), str(int(m[1]) + 1) if whole else str(float(m[1]) + 1)
        if whole and int(m[1]) > 0:
            yield "constant", m.start(), m.end(), str(int(m[1]) - 1)


def statements_of(code):
    m = STATEMENT.match(code)
    if not m or NOT_REMOVED.match(m[2].strip()):
        return
    if re.match(r"(break|continue)$", m[2].strip()) or re.search(r"[^=!<>]=[^=]|\(|\+\+|--", m[2]):
        yield "statement", m.start(2), m.end(2), ""


def returns_of(code):
    for m in re.finditer(r"\breturn ([^;]+);", code):
        for constant in "0", "1":
            if m[1] != constant:
                yield "return", m.start(1), m.end(1), constant


def conditions_of(code):
    for m in re.finditer(r"\b(if|while) (\()", code):
        end = close_of(code, m.start(2))
        if end is not None:
            for constant in ("0", "1") if m[1] == "if" else ("0",):
                yield "condition", m.start(2) + 1, end, constant


def swaps_of(code, line):
    if re.match(r"[a-z]", line) or re.search(r"fail|print|diag", line):
        return  # a function's own line, or a message
    for m in re.finditer(r"\b(?!if\b|for\b|while\b|switch\b|sizeof\b|return\b)[a-z_]\w*(\()", code):
        ranges = arguments(code, m.start(1))
        for (a, b), (c, d) in zip(ranges, ranges[1:]):
            first, second = line[a:b].strip(), line[c:d].strip()
            if first != second:
                yield "swap", a, d, f"{' ' * (line[a] == ' ')}{second}, {first}"


def loops_of(code):
    m = re.search(r"\bfor \([^;]*;([^;]*?) <=? ([^;&|]+);", code)
    if m:
        yield "bound", m.start(2), m.end(2), f"{m[2]} - 1"


def labels_of(code):
    m = re.match(r"\s*(case [^:?]+:)", code)
    if m:
        yield "case", m.start(1), m.end(1), ""


def rows_of(code, line):
    if ROW.match(line) and not code.strip().endswith(";") and line.count("(") == line.count(")"):
        yield "row", 0, len(line), ""


def mutants(path, text):
    """Every mutant of the file. Tables (.def) lose rows only."""
    found, table, begins = [], path.endswith(".def"), True
    for number, (code, line) in enumerate(zip(blank(text).split("\n"), text.split("\n")), 1):
        edits = list(rows_of(code, line))
        if not table:
            edits += [*operators_of(code), *numbers_of(code), *(statements_of(code) if begins else []), *returns_of(code),
                      *conditions_of(code), *swaps_of(code, line), *loops_of(code), *labels_of(code)]
        for operator, start, end, new in edits:
            after = line[:start] + new + line[end:]
            if after != line:
                found.append(Mutant(path, number, operator, line, after))
        begins = code.strip() == "" and begins or code.rstrip().endswith((";", "{", "}", ")", ":", "else"))
    return found
