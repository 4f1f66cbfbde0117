"""Writes 20000 tokens of a vocabulary of 300 that depend on each other: random_tokens.py FILE"""
import struct
import sys

x, t = 12345, []
for i in range(20000):
    x = (x * 1103515245 + 12345) % 2**31
    t.append((t[-1] * 7 + (x >> 28)) % 300 if t else 1)
open(sys.argv[1], "wb").write(struct.pack("<20000i", *t))
