#!/usr/bin/env python3
"""A client written from shared/PROTOCOL.md: plays for some seconds and compares what it decodes with the server's rows.

    python3 -m venv venv && venv/bin/pip install websockets==17.4
    venv/bin/python bot-client/tests/protocol_client.py --server 127.0.0.1:8080 --room main --seconds 10

The server must run with --dev. Exit code 0: everything agreed; 1: the report says what did not; 2: wrong arguments.
Section numbers in the comments are those of PROTOCOL.md.
"""

import argparse
import hashlib
import http.client
import json
import math
import pathlib
import queue
import struct
import sys
import threading
import time
from collections import Counter

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

SNAPSHOT = 2
LEFT, HELD, WOKEN, RELOADS, ENTERS, OWN, EVENTS, MORE = (1 << i for i in range(8))
SELF, EMPTY, HOLD_ALL, CHECK, NO_INPUT = (1 << i for i in range(5))
SLACK_NONE = -128
U32 = 0xFFFFFFFF
NAME = "protocol client"
CHAT = "grüße from Python"

class Wrong(ValueError):
    """The bytes are not what the protocol says."""
# ---- 3 Bits and numbers
class Bits:
    """Reads bit strings, least significant bit first."""
    def __init__(self, data):
        self.value, self.left = int.from_bytes(data, "little"), 8 * len(data)
    def read(self, bits):
        if bits > self.left:
            raise Wrong("the bits end too early")
        low = self.value & ((1 << bits) - 1)
        self.value >>= bits
        self.left -= bits
        return low
    def number(self, order, most):
        width = order
        while not self.read(1):
            width += 1
        value = (1 << width) + self.read(width) - (1 << order)
        if value > most:
            raise Wrong(f"{value} where at most {most} is possible")
        return value
    def ranks(self, population):
        count = self.number(1, population)
        order = ((population - count) // (count + 1) + 1).bit_length() - 1
        ranks, following = [], 0
        for _ in range(count):
            following += self.number(order, population - 1 - following) + 1
            ranks.append(following - 1)
        return ranks
    def words(self, layout):
        words = [self.read(bits) for bits, _ in layout]
        if any(word >= modulus for word, (_, modulus) in zip(words, layout)):
            raise Wrong("a word is outside its range")
        return words

def integer(value):
    """A variable-length integer of the low-rate messages."""
    if value < 251:
        return bytes([value])
    width = 1 if value < 1 << 16 else 2 if value < 1 << 32 else 3
    return bytes([250 + width]) + value.to_bytes(1 << width, "little")

def text(string):
    return integer(len(string.encode())) + string.encode()

class Plain:
    """Reads the low-rate messages."""
    def __init__(self, data):
        self.data, self.at = data, 0
    def take(self, size):
        if self.at + size > len(self.data):
            raise Wrong("the message ends too early")
        self.at += size
        return self.data[self.at - size : self.at]
    def integer(self):
        first = self.take(1)[0]
        if first < 251:
            return first
        if first > 253:
            raise Wrong("an integer that is too long")
        return int.from_bytes(self.take(1 << (first - 250)), "little")
    def text(self):
        return self.take(self.integer()).decode()
    def truth(self):
        return (b"\0", b"\1").index(self.take(1)) == 1

# ---- 4 Schema and quantisers
COMPONENTS = {"bool": 1, "integer": 1, "float": 1, "vec2": 2, "vec3": 3, "quat": 4}

def lane_words(field):
    return 2 if field["lane"] == "f64" or (field["lane"] in ("uint", "int") and field["bits"] > 32) else 1

def steps(field):
    return int((field["max"] - field["min"]) / field["step"])

def layout(kind):
    """Bits and modulus of every word of a kind."""
    specs = []
    for field in kind["fields"]:
        lane, bits = field["lane"], field.get("bits", 32)
        for component in range(COMPONENTS[field["shape"]]):
            if lane == "fixed":
                specs.append((max((steps(field) - 1).bit_length(), 1), steps(field)))
            elif lane == "quat" and component == 0:
                specs.append((2, 4))
            elif lane_words(field) == 2:
                high = 32 if lane == "f64" else bits - 32
                specs += [(32, 1 << 32), (high, 1 << high)]
            else:
                specs.append((bits, 1 << bits))
    return specs

def recast(write, read, value):
    return struct.unpack(read, struct.pack(write, value))[0]

def on_grid(place, places, wrap):
    place = math.floor(place + 0.5)
    return place % places if wrap else min(max(place, 0), places - 1)

def quantise(field, value):
    """The words of one component; of a quaternion all four at once."""
    lane, bits = field["lane"], field.get("bits")
    if lane == "fixed":
        return [on_grid((value - field["min"]) / field["step"], steps(field), field["wrap"])]
    if lane == "angle":
        return [on_grid(value / math.tau * (1 << bits), 1 << bits, True)]
    if lane == "f32":
        return [recast("<f", "<I", value)]
    if lane == "quat":
        value = [recast("<f", "<f", number) for number in value]
        largest = max(range(4), key=lambda i: (abs(value[i]), -i))
        sign = -1.0 if value[largest] < 0 else 1.0
        places = (1 << bits) - 2
        unit = [(number * sign * math.sqrt(2) + 1) / 2 for i, number in enumerate(value) if i != largest]
        return [largest] + [on_grid(number * places, places + 1, False) for number in unit]
    if lane == "f64":
        whole = recast("<d", "<Q", value)
    else:
        least, most = (0, (1 << bits) - 1) if lane == "uint" else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
        whole = min(max(math.floor(value + 0.5), least), most) & ((1 << bits) - 1)
    return [whole & U32, whole >> 32][: lane_words(field)]

def dequantise(field, words):
    lane, bits = field["lane"], field.get("bits")
    whole = words[0] | (words[1] << 32 if len(words) == 2 else 0)
    if lane == "fixed":
        return field["min"] + whole * field["step"]
    if lane == "angle":
        return whole * math.tau / (1 << bits)
    if lane in ("f32", "f64"):
        return recast("<I", "<f", whole) if lane == "f32" else recast("<Q", "<d", whole)
    if lane == "quat":
        three = [(word / ((1 << bits) - 2) * 2 - 1) / math.sqrt(2) for word in words[1:]]
        largest = math.sqrt(max(1 - sum(number * number for number in three), 0))
        return three[: words[0]] + [largest] + three[words[0] :]
    return whole - (1 << bits) if lane == "int" and whole >> (bits - 1) else whole

def values(kind, words):
    """(field, words of one component, or of a whole quaternion) for each of a kind."""
    at = 0
    for field in kind["fields"]:
        width = 4 if field["lane"] == "quat" else lane_words(field)
        for _ in range(1 if field["lane"] == "quat" else COMPONENTS[field["shape"]]):
            yield field, words[at : at + width]
            at += width

def check_golden(path):
    """The quantiser vectors that the Rust tests wrote, when they are there."""
    golden = json.loads(path.read_text()) if path.exists() else {"schema": '{"entities": []}', "cases": []}
    kinds = {kind["name"]: kind["fields"] for kind in json.loads(golden["schema"])["entities"]}
    for case in golden["cases"]:
        numbers, words = case["numbers"], []
        for field in kinds[case["kind"]]:
            value, numbers = (numbers[:4], []) if field["lane"] == "quat" else (numbers[0], numbers[1:])
            words += quantise(field, value)
        if words != case["words"]:
            raise Wrong(f"quantised {case} to {words}")
    return len(golden["cases"])

# ---- 8 The row coder, 7 snapshots
def read_residual(bits, spec, old):
    width, modulus = spec
    significant = bits.read(width.bit_length())
    value = 0 if significant == 0 else 1 << (significant - 1) | bits.read(significant - 1)
    folded = value + 1
    if folded >= modulus:
        raise Wrong("a difference leaves the range of its word")
    up = (folded + 1) // 2 if folded % 2 else modulus - folded // 2
    return (old + up) % modulus

class Row:
    def __init__(self, slot, generation, kind):
        self.slot, self.generation, self.kind = slot, generation, kind
    def read_run(self, bits, specs):
        changed = [bits.read(1) for _ in specs]
        pairs = zip(changed, specs, self.words)
        self.words = [read_residual(bits, spec, word) if one else word for one, spec, word in pairs]
        self.awake = any(changed)
    def read_load(self, bits, specs):
        self.awake = bits.read(1) == 1
        self.words = bits.words(specs)
        self.held = False
    def hash(self):
        value = 0x9E3779B9 ^ int(self.awake)
        for word in [self.slot | self.generation << 16 | self.kind << 24, *self.words]:
            value = (value ^ word) * 0x85EBCA6B & U32
            value ^= value >> 15
        return value

class Replica:
    """What a client holds, advanced by frames."""
    def __init__(self, schema, ticks_per_step):
        self.layouts = [layout(kind) for kind in schema["entities"]]
        self.event_layouts = [layout(kind) for kind in schema["events"]]
        self.own_layout = layout(schema["own"])
        self.ticks_per_step, self.step, self.rows = ticks_per_step, None, []
        self.controls, self.place, self.radius, self.own, self.events = None, (0.0, 0.0), 0.0, None, []
        self.checks, self.failed = 0, 0

    def in_step(self):
        return [row for row in self.rows if not row.held]

    def read(self, data):
        if len(data) < 5 or data[0] != SNAPSHOT:
            raise Wrong("no snapshot")
        flags, low, self.input_low, self.slack = struct.unpack("<xBBBb", data[:5])
        more = data[5] if flags & MORE else 0
        if more >= 2 * NO_INPUT:
            raise Wrong("an unknown flag")
        self.input_low = None if more & NO_INPUT else self.input_low
        bits = Bits(data[6 if flags & MORE else 5 :])
        last = self.step
        if more & (EMPTY | HOLD_ALL):
            step = bits.read(32)
        elif last is None or not 1 <= (low - last) % 256 <= 16:
            raise Wrong("a frame that does not follow the last one")
        else:
            step = (last + (low - last) % 256) & U32
        if step & 255 != low:
            raise Wrong("the two numbers of a step differ")
        if more & EMPTY:
            self.rows = []
        if more & HOLD_ALL:
            for row in self.rows:
                row.held = True
        if flags & LEFT:
            leave = set(bits.ranks(len(self.rows)))
            self.rows = [row for rank, row in enumerate(self.rows) if rank not in leave]
        if flags & HELD:
            rows = self.in_step()
            for rank in bits.ranks(len(rows)):
                rows[rank].held = True
        if not more & (EMPTY | HOLD_ALL):
            self.read_body(bits, (step - last) & U32, flags & WOKEN)
        if flags & RELOADS:
            rows = [row for row in self.rows if row.held]
            for rank in bits.ranks(len(rows)):
                rows[rank].read_load(bits, self.layouts[rows[rank].kind])
        if flags & ENTERS:
            self.read_enters(bits)
        if more & SELF:
            self.controls = bits.read(16) if bits.read(1) else None
            *self.place, self.radius = struct.unpack("<fff", bits.read(96).to_bytes(12, "little"))
        if flags & OWN:
            self.own = bits.words(self.own_layout)
        self.events = []
        if flags & EVENTS:
            for _ in range(bits.number(1, 256)):
                tick, to_me = (step * self.ticks_per_step - bits.read(6)) & U32, bits.read(1)
                kind = bits.read((len(self.event_layouts) - 1).bit_length())
                self.events.append((tick, to_me, kind, bits.words(self.event_layouts[kind])))
        if more & CHECK:
            total = sum(row.hash() for row in self.in_step()) & U32
            self.checks += 1
            self.failed += bits.read(16) != (total ^ total >> 16) & 0xFFFF
        if bits.left >= 8 or bits.value:
            raise Wrong("bits are left over")
        self.step = step
        return flags, more, 0 if last is None else (step - last) & U32

    def read_body(self, bits, count, any_woken):
        rows = self.in_step()
        for _ in range(count):
            asleep = [row for row in rows if not row.awake]
            woken = {id(asleep[rank]) for rank in bits.ranks(len(asleep))} if any_woken else ()
            for row in rows:
                if row.awake or id(row) in woken:
                    row.read_run(bits, self.layouts[row.kind])

    def read_enters(self, bits):
        known, slot = {row.slot for row in self.rows}, -1
        for _ in range(bits.number(1, 8192 - len(known))):
            slot += bits.number(3, 65535) + 1
            row = Row(slot, bits.read(8), bits.read((len(self.layouts) - 1).bit_length()))
            if slot > 65535 or slot in known:
                raise Wrong("a row enters where one is known or none can be")
            row.read_load(bits, self.layouts[row.kind])
            self.rows.append(row)
        self.rows.sort(key=lambda row: row.slot)

# ---- 5, 6 Messages
def input_message(specs, first, inputs, step, seen):
    low = 0xFFFF
    pairs = [(2, 8), (len(inputs) - 1, 2), (1, 1), (first & low, 16), (step & low, 16), (seen & low, 16), (0, 8)]
    for i, words in enumerate(inputs):
        same = i > 0 and inputs[i - 1] == words
        pairs += [(int(same), 1)] if i > 0 else []
        pairs += [] if same else [(word, bits) for word, (bits, _) in zip(words, specs)]
    value = at = 0
    for number, bits in pairs:
        value, at = value | number << at, at + bits
    return value.to_bytes((at + 7) // 8, "little")

def hello(schema_hash):
    return b"\1" + text(NAME) + b"\0\1" + integer(schema_hash) + b"\1"

def read_welcome(plain):
    welcome = {name: plain.integer() for name in ("epoch", "tick", "tick_hz", "ticks_per_step", "player")}
    welcome.update(game=plain.text(), schema_hash=plain.integer(), map=plain.text(), map_hash=plain.integer())
    return welcome | {"options": [(plain.text(), plain.text()) for _ in range(plain.integer())]}

def read_notice(plain):
    notice = plain.integer()
    if notice == 0:
        whole, changes = plain.truth(), []
        for _ in range(plain.integer()):
            change, player = ("join", "leave", "away")[plain.integer()], plain.integer()
            name = plain.text() if change == "join" else None
            changes.append((change, player, name, change != "leave" and plain.truth()))
        return "roster", (whole, changes)
    if notice == 1:
        return "status", [plain.integer() for _ in range(7)]
    return ("results", "words")[notice - 2], plain.text()

READERS = {
    1: lambda plain: ("welcome", read_welcome(plain)),
    4: lambda plain: ("chat", (plain.integer(), plain.text())), 5: read_notice,
    3: lambda plain: ("reply", (plain.integer(), plain.text() if plain.truth() else None)),
}  # fmt: skip

def read_message(data):
    """(what, its parts) of a message that is no snapshot."""
    plain = Plain(data[1:])
    message = READERS[data[0]](plain)
    if plain.at != len(plain.data):
        raise Wrong("bytes are left over")
    return message

# ---- The proof
def fetch(host, port, path):
    site = http.client.HTTPConnection(host, port, timeout=5)
    try:
        site.request("GET", path)
        response = site.getresponse()
        return response.status, response.read()
    finally:
        site.close()

class Comparer(threading.Thread):
    """Asks the server for its rows of a step and compares; at most 64 steps wait, more are left out."""
    def __init__(self, host, port, room):
        super().__init__(daemon=True)
        self.host, self.port, self.path = host, port, f"/debug/rooms/{room}/rows?step="
        self.waiting, self.stats, self.errors = queue.Queue(64), Counter(), []
        self.start()

    def offer(self, replica, flags):
        rows = [(row.slot, row.generation, row.kind, list(row.words)) for row in replica.in_step()]
        try:
            self.waiting.put_nowait((replica.step, rows, flags))
        except queue.Full:
            self.stats["steps left out"] += 1

    def run(self):
        while (work := self.waiting.get()) is not None:
            try:
                self.compare(*work)
            except Exception as error:  # A thread that dies silently would prove nothing.
                self.errors.append(f"the comparison failed: {error!r}")

    def compare(self, step, rows, flags):
        status, body = fetch(self.host, self.port, self.path + str(step))
        if status != 200:
            self.stats["steps left out"] += 1
            if status != 410:  # No longer kept.
                self.errors.append(f"rows of step {step}: {status} {body!r}; does the server run with --dev?")
            return
        truth = {row["slot"]: row for row in json.loads(body)["rows"]}
        for slot, *mine in rows:
            row = truth.get(slot, {"generation": 0, "kind": -1, "words": None})
            if [row["generation"] & 255, row["kind"], row["words"]] != mine:
                self.errors.append(f"step {step}, slot {slot}: {mine} here, {row} there, frame {flags}")
        self.stats.update({"steps compared": 1, "rows compared": len(rows)})

class Player:
    """One connection that goes through a fixed plan."""
    def __init__(self, socket, schema, comparer, seconds):
        self.socket, self.schema, self.comparer, self.seconds = socket, schema, comparer, seconds
        self.input_layout, self.frames, self.stats, self.errors = layout(schema["input"]), Counter(), Counter(), []
        self.welcome = self.replica = self.offset = self.applied = None
        self.sent, self.lead, self.next_input, self.roster, self.seen = {}, 3, None, {}, set()
        self.visible, self.expects_empty = True, True
        self.plan = [  # (share of the time, what to do)
            (0.15, lambda: socket.send(b"\5" + text(CHAT))), (0.25, lambda: self.look(False)),
            (0.25 + 1.5 / seconds, lambda: self.look(True)), (0.55, lambda: self.pause(7)),
            (0.65, lambda: self.pause(30)), (0.9, self.desync),
        ]  # fmt: skip

    def look(self, visible):
        if visible and self.replica.rows:
            self.errors.append(f"hidden, and {len(self.replica.rows)} rows are known")
        self.visible = visible
        self.socket.send(bytes([6, visible]))

    def pause(self, steps):
        """Neither reads nor acks: the window closes after a quarter of a second, then steps pass without a snapshot."""
        time.sleep(0.3 + steps * self.replica.ticks_per_step / self.welcome["tick_hz"])

    def desync(self):
        self.expects_empty = True
        self.socket.send(b"\7" + integer(self.replica.step))

    def input_for(self, tick):
        return [(tick // (20 + 13 * i) * 37 + i) % modulus for i, (_, modulus) in enumerate(self.input_layout)]

    def send_inputs(self):
        newest = int((time.monotonic() - self.offset) * self.welcome["tick_hz"]) + self.lead
        first = max(self.next_input or 0, newest - 3)
        if not self.visible or first > newest:
            self.socket.send(b"\3" + struct.pack("<H", self.replica.step & 0xFFFF))
            return
        inputs = [self.input_for(tick) for tick in range(first, newest + 1)]
        self.sent.update(zip(range(first, newest + 1), inputs))
        seen = (self.replica.step - 2) * self.replica.ticks_per_step
        self.socket.send(input_message(self.input_layout, first, inputs, self.replica.step, seen))
        self.next_input = newest + 1

    def handle_snapshot(self, data):
        flags, more, count = self.replica.read(data)
        replica, tick = self.replica, self.replica.step * self.replica.ticks_per_step
        self.stats.update({"snapshots": 1, "bytes": len(data)})
        body = "one step" if count == 1 else "several steps"
        self.frames["empty" if more & EMPTY else "hold all" if more & HOLD_ALL else body] += 1
        for bits, names in ((flags, "left held woken reloads enters own events"), (more, "self - - check")):
            self.frames.update(name for i, name in enumerate(names.split()) if bits >> i & 1 and name != "-")
        if more & EMPTY and not self.expects_empty:
            self.errors.append(f"step {replica.step}: an empty frame that was not asked for")
        self.expects_empty &= not more & EMPTY
        self.offset = min(self.offset, time.monotonic() - tick / self.welcome["tick_hz"])
        self.check_rows(tick, flags)
        if not replica.rows:
            self.seen.add("visible and alone" if self.visible else "hidden")
        elif self.visible and "hidden" in self.seen:
            self.seen.add("refilled")
        if replica.slack != SLACK_NONE:
            self.lead = min(max(self.lead + (replica.slack < 1) - (replica.slack > 4), 0), 30)
        self.comparer.offer(replica, (flags, more, count))
        self.send_inputs()

    def check_rows(self, tick, flags):
        """Values come back from the grid as the same words; what this client steers does what it was told."""
        for row in self.replica.in_step():
            kind = self.schema["entities"][row.kind]
            for field, words in values(kind, row.words):
                self.stats["values"] += 1
                if field["lane"] != "quat" and quantise(field, dequantise(field, words)) != words:
                    self.errors.append(f"{kind['name']}.{field['name']}: {words} do not come back from the grid")
        applied = None
        if self.replica.input_low is not None:
            applied = tick - (tick - self.replica.input_low) % 256
            self.stats["inputs applied"] += applied != self.applied
            if applied not in self.sent and applied > tick - 200:
                self.errors.append(f"tick {tick}: an input for {applied} was applied that was never sent")
        self.applied = applied
        mine = [row for row in self.replica.rows if row.slot == self.replica.controls]
        if self.replica.rows and self.replica.controls is not None and not mine:
            self.errors.append(f"tick {tick}: the row that it controls is not known")
        if self.schema["game"] == "swarm" and mine and not mine[0].held:
            self.check_swarm(tick, mine[0], applied == tick, flags & OWN)

    def check_swarm(self, tick, row, is_fresh, has_own):
        """In this game a row shows the heading that was the input, and the own state is the row unquantised."""
        self.stats["inputs seen in the row"] += is_fresh
        if is_fresh and row.words[2] != self.sent[tick][0]:
            self.errors.append(f"tick {tick}: heading {row.words[2]} instead of {self.sent[tick][0]}")
        shown = values(self.schema["entities"][row.kind], row.words)
        for (exact, own), (field, words) in zip(values(self.schema["own"], self.replica.own) if has_own else (), shown):
            self.stats["own values"] += 1
            if quantise(field, dequantise(exact, own)) != words:
                self.errors.append(f"tick {tick}: own {field['name']} {own} is {words} in the row")

    def handle(self, data):
        if data[0] == SNAPSHOT:
            return self.handle_snapshot(data)
        what, parts = read_message(data)
        self.stats[what] += 1
        if what == "welcome":
            self.expects_empty = True
            self.welcome, self.replica = parts, Replica(self.schema, parts["ticks_per_step"])
            self.offset = time.monotonic() - parts["tick"] / parts["tick_hz"]
            if parts["schema_hash"] != self.schema["hash"]:
                self.errors.append(f"schema_hash {parts['schema_hash']:x} is not {self.schema['hash']:x}")
        elif what == "roster":
            whole, changes = parts
            self.roster = {} if whole else self.roster
            for change, player, name, flag in changes:
                if change == "join":
                    self.roster[player] = name
                elif change == "leave":
                    self.roster.pop(player, None)
                elif player == self.welcome["player"]:
                    self.seen.add(f"away {flag}")
        elif what == "chat" and parts == (self.welcome["player"], CHAT):
            self.seen.add("chat")
        return None

    def play(self):
        start = time.monotonic()
        while time.monotonic() < start + self.seconds:
            try:
                self.handle(self.socket.recv(timeout=0.1))
            except TimeoutError:
                pass
            share = (time.monotonic() - start) / self.seconds
            while self.plan and self.replica and self.replica.step and share >= self.plan[0][0]:
                self.plan.pop(0)[1]()

    def verdict(self):
        """What did not happen though it should have."""
        expected = {
            "a Welcome": self.stats["welcome"], "a roster": self.stats["roster"], "a status": self.stats["status"],
            "its own name in the roster": self.welcome and self.roster.get(self.welcome["player"]) == NAME,
            "its own line of chat": "chat" in self.seen, "an empty view while hidden": "hidden" in self.seen,
            "a view that refilled": "refilled" in self.seen,
            "away and back in the roster": {"away True", "away False"} <= self.seen,
            "a hold-all frame": self.frames["hold all"], "two empty frames": self.frames["empty"] >= 2,
            "several steps in one frame": self.frames["several steps"], "a reload": self.frames["reloads"],
            "an input applied": self.stats["inputs applied"], "checks": self.replica and self.replica.checks >= 2,
            "a step compared each second": self.comparer.stats["steps compared"] >= self.seconds,
        }  # fmt: skip
        errors = [f"there was not: {what}" for what, came in expected.items() if not came]
        if self.replica and self.replica.failed:
            errors.append(f"{self.replica.failed} checks failed")
        return self.errors + self.comparer.errors + errors

def refuse(socket, schema_hash):
    """Another schema than the server's is refused in words."""
    with socket:
        socket.send(hello(schema_hash))
        try:
            return [f"another schema was answered with {socket.recv(timeout=5)!r}"]
        except ConnectionClosed as closed:
            told = closed.rcvd and (closed.rcvd.code, closed.rcvd.reason.split(":")[0])
            return [] if told == (4000, "bad_message") else [f"another schema was answered with {told}"]

def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", default="127.0.0.1:8080", metavar="HOST:PORT")
    parser.add_argument("--room", default="main")
    parser.add_argument("--seconds", type=float, default=10.0, help="8 to 600, and 300 steps at least [default: 10]")
    args = parser.parse_args()
    if not 8 <= args.seconds <= 600:
        parser.error("--seconds takes 8 to 600")
    host, port = args.server.rsplit(":", 1)
    golden = check_golden(pathlib.Path(__file__).parents[2] / "assets/golden/quantised.json")
    _, served = fetch(host, int(port), "/schema.json")
    schema, admission = json.loads(served), json.loads(fetch(host, int(port), f"/api/admit?room={args.room}")[1])
    schema["hash"] = int.from_bytes(hashlib.sha256(served).digest()[:8], "little")
    if not admission["admit"]:
        raise Wrong(f"not admitted: {admission}")
    comparer = Comparer(host, int(port), args.room)
    address = f"ws://{args.server}/play?room={args.room}"
    options = {"subprotocols": ["snapline.v1"], "compression": None}
    refusal = refuse(connect(address, **options), schema["hash"] ^ 1)
    # A queue of one message: while nobody asks for the next, the socket is not read either.
    with connect(address, max_size=1 << 18, max_queue=1, **options) as socket:
        socket.send(hello(schema["hash"]))
        player = Player(socket, schema, comparer, args.seconds)
        player.errors += refusal
        try:
            player.play()
            socket.close(1000)
        except (ConnectionClosed, ValueError, LookupError) as error:
            player.errors.append(f"the connection ended: {error!r}")
        closed = socket.protocol.close_rcvd
        if closed is None or (closed.code, closed.reason) != (1000, "bye"):
            player.errors.append(f"the goodbye was answered with {closed}")
    comparer.waiting.put(None)
    comparer.join(10)
    print(f"messages        {dict(player.stats)}\nframes by kind  {dict(player.frames)}")
    checks = player.replica.checks if player.replica else 0
    print(f"compared        {dict(comparer.stats)}, checks {checks}, golden cases {golden}")
    errors = player.verdict()
    print("".join(f"WRONG           {error}\n" for error in errors[:20]), end="")
    print(f"{len(errors)} errors" if errors else "everything agrees")
    return 1 if errors else 0

if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ValueError, OSError) as error:
        print(f"WRONG           {error!r}")
        sys.exit(1)
