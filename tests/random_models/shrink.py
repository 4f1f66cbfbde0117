"""Makes a model that shows a fault small: what can go without losing the fault goes, until nothing can.

A step leaves out a line, a whole block, an operand of an expression, or makes a size smaller.
"""
import re


def without_lines(text):
    lines = text.split("\n")
    for width in (8, 4, 2, 1):
        for at in range(0, len(lines) - width + 1):
            yield "\n".join(lines[:at] + lines[at + width:])


def without_blocks(text):
    for block in re.finditer(r"(?ms)^block (\w+)\(x\).*?^\}\n", text):
        rest = text[:block.start()] + text[block.end():]
        rest = re.sub(rf"(?m)^adapt {block[1]}\b.*\n", "", rest)
        yield re.sub(rf"\b{block[1]}\(([^()]*)\)", r"\1", rest)


def closing(text, opening):
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    return -1


def operands(inside):
    depth, start = 0, 0
    for at, character in enumerate(inside + ","):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            yield inside[start:at].strip()
            start = at + 1


def with_operands(text):
    """A call, or an expression in parentheses, becomes its first operand."""
    for call in re.finditer(r"\w*\(", text):
        if text[max(0, call.start() - 6):call.start()] == "block ":
            continue
        end = closing(text, call.end() - 1)
        if end < 0 or "\n" in text[call.start():end]:
            continue
        inside = text[call.end():end]
        first = next(operands(inside), "")
        for part in [first] + re.split(r" [-+*] ", first):
            if part and part != text[call.start():end + 1]:
                yield text[:call.start()] + part + text[end + 1:]
    for sum_of in re.finditer(r"(?m)(= |return )(\w+) [-+*] (.*)$", text):
        for part in (sum_of[2], sum_of[3]):
            yield text[:sum_of.start()] + sum_of[1] + part + text[sum_of.end():]


def with_smaller_sizes(text):
    for size in re.finditer(r"\b(\w+) = (\d+)\b", text):
        for smaller in {1, 2, int(size[2]) // 2, int(size[2]) - 1}:
            if 0 < smaller < int(size[2]):
                yield text[:size.start(2)] + str(smaller) + text[size.end(2):]


def without_options(text):
    for option in re.finditer(r", \w+: [^,()\n]+(?=[,)])| each \d+", text):
        yield text[:option.start()] + text[option.end():]


def shrink(text, has_fault, tries=150):
    """The smallest text found that `has_fault`; at most so many are tried."""
    found = True
    while found and tries > 0:
        found = False
        for steps in (without_blocks, without_lines, with_operands, without_options, with_smaller_sizes):
            for smaller in steps(text):
                if tries <= 0 or len(smaller) >= len(text) and smaller.count("\n") >= text.count("\n") and steps is not with_smaller_sizes:
                    continue
                tries -= 1
                if has_fault(smaller):
                    text, found = smaller, True
                    break
            if found:
                break
    return text
