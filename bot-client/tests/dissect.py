#!/usr/bin/env python3
"""Reads frames bit by bit, for section 14 of shared/PROTOCOL.md: prints what was read and the rows after it, or mends the page.

    cargo test -p snapline-shared --test protocol_examples -- --nocapture >frames.txt
    python3 bot-client/tests/dissect.py [--page shared/PROTOCOL.md] <frames.txt

A line that is a schema's JSON begins a connection at 60 ticks a second and 2 ticks a step; lines `NAME: HEX` are its frames. With --page
the bytes behind `<!-- frame: NAME -->` and the first two columns of the table behind them are written anew; the others are for people.
"""

import json
import pathlib
import re
import sys

import protocol
import row_coder

Bits = protocol.Bits

class Traced(Bits):
    """Keeps what each reading gave: of nested readings the outermost."""
    def __init__(self, data):
        super().__init__(data)
        self.whole, self.total, self.depth, self.log = self.value, self.left, 0, []
    def trace(self, what, reading):
        start, self.depth = self.total - self.left, self.depth + 1
        value = reading()
        self.depth -= 1
        end = self.total - self.left
        if self.depth == 0 and end > start:
            bits = "".join(str(self.whole >> at & 1) for at in range(start, end))
            self.log.append((f"{start}-{end - 1}" if end - start > 1 else str(start), bits, value, what))
        return value
    def read(self, bits):
        return self.trace("raw", lambda: Bits.read(self, bits))
    def number(self, order, most):
        return self.trace(f"order {order}", lambda: Bits.number(self, order, most))
    def ranks(self, population):
        return self.trace(f"ranks of {population}", lambda: Bits.ranks(self, population))

def trace_codes():
    """Symbols and residuals are shown under the name of their table."""
    names, read, residual, find = {}, row_coder.Code.read, row_coder.read_residual, row_coder.Tables.code
    def code(tables, name):
        # Formula codes are shared; here each name has one of its own.
        found = row_coder.Code(find(tables, name).lengths)
        names[id(found)] = (name, found)
        return found
    row_coder.Tables.code = code
    row_coder.Code.read = lambda self, bits: bits.trace(names[id(self)][0], lambda: read(self, bits))
    row_coder.read_residual = lambda bits, code: bits.trace(names[id(code)][0], lambda: residual(bits, code))

def dissected(lines):
    """(name, bytes in hexadecimal, readings, replica after it) of each frame."""
    replica, made = None, []
    protocol.Bits = lambda data: made.append(Traced(data)) or made[-1]
    for line in lines:
        if line.startswith("{"):
            replica = protocol.Replica(json.loads(line), 60, 2)
        elif found := re.fullmatch(r"([^:]+): ((?:[0-9a-f]{2} ?)+)\n?", line):
            replica.read(bytes.fromhex(found[2]))
            yield found[1], found[2], made[-1].log, replica

def mend(page, name, data, log):
    """The page with the frame's bytes and, if it has a table, the places and bits of its readings."""
    before, mark, part = page.partition(f"<!-- frame: {name} -->\n")
    if not mark:
        return page
    part, *others = re.split(r"(?=<!-- frame: |^### )", part, maxsplit=1, flags=re.M)
    part = re.sub(r"\A```\n(.*\n)?```\n", f"```\n{data}\n```\n", part)
    table = re.search(r"(?<=^\| bits \| in the string \| value \| what \|\n\|---\|---\|---\|---\|\n)(\|.*\n)+", part, flags=re.M)
    if table:
        rows = table[0].splitlines()
        if len(rows) != len(log):
            raise SystemExit(f"{name}: {len(rows)} rows on the page, {len(log)} readings")
        shown = [f"| {where} | {f'`{bits}` ' if len(bits) <= 24 else ''}|" for where, bits, _, _ in log]
        mended = [start + row.split("|", 3)[3] + "\n" for start, row in zip(shown, rows)]
        part = part[: table.start()] + "".join(mended) + part[table.end() :]
    return before + mark + part + "".join(others)

def main():
    trace_codes()
    path = pathlib.Path(sys.argv[2]) if sys.argv[1:2] == ["--page"] else None
    page = path and path.read_text()
    for name, data, log, replica in dissected(sys.stdin):
        if path:
            page = mend(page, name, data, log)
            continue
        print(f"\n{name}: step {replica.step}\n{data}")
        for where, bits, value, what in log:
            print(f"| {where} | `{bits}` | {value} | {what} |")
        for row in replica.in_step():
            print(f"  slot {row.slot}: words {row.words} mode {row.mode} numbers {row.numbers} hash {row.hash():08x}")
    if path:
        path.write_text(page)

if __name__ == "__main__":
    main()
