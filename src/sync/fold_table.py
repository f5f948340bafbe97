#!/usr/bin/env python3
"""Writes fold_table.inc: canonical decomposition and full case folding of Unicode, for the clash rule of tree_rules."""
import unicodedata


def folded(character):
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", character).casefold())


def skipped(point):
    hangul, surrogate = 0xAC00 <= point <= 0xD7A3, 0xD800 <= point <= 0xDFFF
    ideograph = 0xF900 <= point <= 0xFAFF or 0x2F800 <= point <= 0x2FA1F
    return point < 0x80 or hangul or surrogate or ideograph


def single_runs(singles):
    """(first, last, step, delta) over neighbours that move by the same distance."""
    runs, at = [], 0
    while at < len(singles):
        best = (at, 1)
        for step in (1, 2):
            end = at
            while (end + 1 < len(singles) and singles[end + 1][0] == singles[end][0] + step
                   and singles[end + 1][1] - singles[end + 1][0] == singles[at][1] - singles[at][0]):
                end += 1
            if end > best[0]:
                best = (end, step)
        end, step = best
        runs.append((singles[at][0], singles[end][0], step, singles[at][1] - singles[at][0]))
        at = end + 1
    return runs


def combining_ranges():
    ranges = []
    for point in range(0x110000):
        if unicodedata.combining(chr(point)):
            if ranges and ranges[-1][1] == point - 1:
                ranges[-1][1] = point
            else:
                ranges.append([point, point])
    return ranges


def emit(name, type_name, rows):
    print(f"inline constexpr {type_name} {name}[] = {{")
    line = "   "
    for row in rows:
        if len(line) + len(row) + 2 > 112:
            print(line)
            line = "   "
        line += f" {row},"
    print(line + "\n};")


def main():
    rows = [(point, [ord(part) for part in folded(chr(point))])
            for point in range(0x110000) if not skipped(point) and folded(chr(point)) != chr(point)]
    print("// Written by fold_table.py. Do not edit.")
    print(f"// Unicode {unicodedata.unidata_version}; Hangul is computed, compatibility ideographs are left as they are.")
    emit("single_folds", "SingleFold",
         [f"{{{a:#x},{b:#x},{step},{delta}}}" for a, b, step, delta in
          single_runs([(point, to[0]) for point, to in rows if len(to) == 1])])
    emit("multiple_folds", "MultipleFold",
         [f"{{{point:#x},{{{','.join(f'{part:#x}' for part in to)}}}}}" for point, to in rows if len(to) > 1])
    emit("combining_marks", "CodePointRange", [f"{{{a:#x},{b:#x}}}" for a, b in combining_ranges()])


main()
