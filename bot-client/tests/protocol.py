"""The wire as shared/PROTOCOL.md describes it: bits, quantisers, snapshots, messages; the row coder is in `row_coder.py`. Knows no socket.

Section numbers in the comments are those of PROTOCOL.md.
"""

import json
import math
import struct

from row_coder import Wrong
from row_spawn import plans

SNAPSHOT = 2
LEFT, HELD, WOKEN, RELOADS, ENTERS, OWN, EVENTS, MORE = (1 << i for i in range(8))
SELF, EMPTY, HOLD_ALL, CHECK, NO_INPUT = (1 << i for i in range(5))
SLACK_NONE = -128
U32 = 0xFFFFFFFF

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
    def rank(self, population):
        """One of so many, all alike."""
        if population == 0:
            raise Wrong("a rank among none")
        width = population.bit_length() - 1
        short, high = (2 << width) - population, self.read(width)
        return high if high < short else (high << 1 | self.read(1)) - short
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

def words_of(kind):
    """The numbers of the words of each field."""
    ends = [0]
    for field in kind["fields"]:
        ends.append(ends[-1] + COMPONENTS[field["shape"]] * lane_words(field))
    return [list(range(*ends[i : i + 2])) for i in range(len(ends) - 1)]

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

# ---- 7 Snapshots
def mix(value, word):
    """8.8"""
    value = (value ^ word) * 0x85EBCA6B & U32
    return value ^ value >> 15

class Row:
    """Its words, mode and numbers come with its first load."""
    def __init__(self, slot, generation, kind):
        self.slot, self.generation, self.kind, self.held = slot, generation, kind, False
    @property
    def awake(self):
        return self.mode != 0
    def hash(self):
        value = 0x9E3779B9 ^ int(self.awake)
        for word in [self.slot | self.generation << 16 | self.kind << 24, *self.words]:
            value = mix(value, word)
        value ^= self.mode
        for number in self.numbers:
            value = mix(value, number & U32)
        return value

class Replica:
    """What a client holds, advanced by frames."""
    def __init__(self, schema, tick_hz, ticks_per_step):
        kinds = schema["entities"]
        self.plans, self.spawns = plans(schema, list(map(layout, kinds)), list(map(words_of, kinds)), tick_hz, ticks_per_step)
        self.event_layouts = [layout(kind) for kind in schema["events"]]
        self.own_layout = layout(schema["own"])
        self.ticks_per_step, self.step, self.rows = ticks_per_step, None, []
        self.controls, self.place, self.radius, self.own, self.events = None, (0.0, 0.0), 0.0, None, []
        self.checks, self.failed, self.spawned = 0, 0, 0

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
        body = None if more & (EMPTY | HOLD_ALL) else [(row, row.before) for row in self.in_step()]
        if flags & RELOADS:
            rows = [row for row in self.rows if row.held]
            for rank in bits.ranks(len(rows)):
                self.plans[rows[rank].kind].read_load(rows[rank], bits)
                rows[rank].held = False
        if flags & ENTERS:
            self.read_enters(bits, body)
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
            by_slot = {row.slot: row for row in rows}
            for row in rows:
                row.before = row.words
                carrier = self.plans[row.kind].carrier
                row.carrier = carrier and carrier.of(row, by_slot, self.plans)
            # Those that are carried come behind the others, which have made the step then.
            for row in sorted(rows, key=lambda row: row.carrier is not None):
                run = bits if row.mode or id(row) in woken else None
                beside = row.carrier and (row.carrier.before, row.carrier.words)
                self.plans[row.kind].step(row, run, beside)

    def read_enters(self, bits, body):
        known, slot, order = {row.slot for row in self.rows}, -1, 3
        count = bits.number(1, 8192 - len(known))
        if self.rows:
            order = (self.rows[-1].slot // (count + 1) + 1).bit_length() - 1
        for _ in range(count):
            slot += bits.number(order, 65535) + 1
            row = Row(slot, bits.read(8), bits.read((len(self.plans) - 1).bit_length()))
            if slot > 65535 or slot in known:
                raise Wrong("a row enters where one is known or none can be")
            spawn = self.spawns[row.kind] if body is not None else None
            if spawn and bits.read(1):
                spawners = [(other, before) for other, before in body if other.kind == spawn[0]]
                other, before = spawners[bits.rank(len(spawners))]
                self.plans[row.kind].birth(row, spawn[1].read(bits, before, other.words))
                self.spawned += 1
            else:
                self.plans[row.kind].read_load(row, bits)
            self.rows.append(row)
        self.rows.sort(key=lambda row: row.slot)

def check_golden_rows(path):
    """Runs and loads of every model that the Rust tests wrote: both lead to the same state, and to these words."""
    golden = json.loads(path.read_text()) if path.exists() else {"steps": []}
    replica = golden["steps"] and Replica(json.loads(golden["schema"]), golden["tick_hz"], golden["ticks_per_step"])
    rows = {}
    for step in golden["steps"]:
        plan, loaded = replica.plans[step["kind"]], Row(0, 0, step["kind"])
        plan.read_load(loaded, Bits(bytes.fromhex(step["load"])))
        row = rows.get(loaded.kind, loaded)
        if row is not loaded:
            plan.step(row, step["run"] and Bits(bytes.fromhex(step["run"])), step["beside"])
        states = [(one.words, one.mode, one.numbers) for one in (row, loaded)]
        if states[0] != states[1] or row.words != step["words"]:
            raise Wrong(f"{plan.kind['name']}: {states[0]} by runs, {states[1]} by its load, not {step}")
        rows[row.kind] = loaded
    return len(golden["steps"])

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

def hello(name, schema_hash, resume=None):
    token = b"\0" if resume is None else b"\1" + text(resume)
    return b"\1" + text(name) + b"\0" + token + b"\1" + integer(schema_hash) + b"\1"

def read_welcome(plain):
    welcome = {name: plain.integer() for name in ("epoch", "tick", "tick_hz", "ticks_per_step", "player")}
    welcome.update(game=plain.text(), schema_hash=plain.integer(), map=plain.text(), map_hash=plain.integer())
    welcome["options"] = [(plain.text(), plain.text()) for _ in range(plain.integer())]
    welcome.update(resume=plain.text(), resume_s=plain.integer())
    reply = lambda: (plain.integer(), plain.text() if plain.truth() else None)
    return welcome | {"answers": [reply() for _ in range(plain.integer())]}

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
