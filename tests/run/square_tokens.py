"""Writes COUNT tokens (i * i * 7 + 3 * i) mod VOCAB: square_tokens.py FILE COUNT VOCAB"""
import struct
import sys

count, vocabulary = map(int, sys.argv[2:])
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack(f"<{count}i", *[(i * i * 7 + 3 * i) % vocabulary for i in range(count)]))
