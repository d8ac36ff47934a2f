#!/usr/bin/env python3
"""Makes json_powers.c (--print): the powers of ten that json_double.c computes with. Without --print: compares them with those in json_powers.c, as a test."""
import os
import sys

FIRST, LAST, PER_LINE = -292, 324, 2

HEAD = """/* Made by json_powers.py; a test compares the two.
 *
 * 10^k with 128 significant bits, rounded up: the least integer g with g * 2^e >= 10^k and
 * 2^127 <= g < 2^128. Exact for k in 0..55. */
#include "codec/json_powers.h"

const json_power json_powers[JSON_POWER_LAST - JSON_POWER_FIRST + 1] = {
"""


def power(k):
    top, bottom = (10 ** k, 1) if k >= 0 else (1, 10 ** -k)
    shift = 128 - (top.bit_length() - bottom.bit_length())
    while True:
        n, d = (top << shift, bottom) if shift >= 0 else (top, bottom << -shift)
        if n // d < 1 << 128:
            break
        shift -= 1
    g = -(-n // d)
    assert 1 << 127 <= g < 1 << 128
    return "{0x%016X, 0x%016X}" % (g >> 64, g & (1 << 64) - 1)


def text():
    powers = [power(k) for k in range(FIRST, LAST + 1)]
    lines = [", ".join(powers[i:i + PER_LINE]) for i in range(0, len(powers), PER_LINE)]
    return HEAD + "".join("    %s,\n" % line for line in lines) + "};\n"


if sys.argv[1:] == ["--print"]:
    sys.stdout.write(text())
else:
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "json_powers.c")
    with open(path, encoding="ascii") as file:
        print("1..1\n%s 1 - json_powers.c is what json_powers.py makes" % ("ok" if file.read() == text() else "not ok"))
