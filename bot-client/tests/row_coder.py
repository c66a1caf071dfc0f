"""The row coder of shared/PROTOCOL.md, section 8: how a row's state goes on by the bits of a run, and how a load tells it whole.

Written from the page; knows neither frames nor sockets. Section numbers in the comments are those of PROTOCOL.md.
"""

import math
from functools import cache

from row_weights import weights_of

NEW = 255
GROUPS_MAX = 5
CODE_BITS_MAX = 12
WIDE_MAX = 1 << 30
GAINS = (64, 48, 40, 32, 28, 24, 20, 16)
RANGES = {
    "wide": (-WIDE_MAX, WIDE_MAX), "class": (0, 15), "age": (0, 15), "cost": (-15, 15), "sub": (-32, 31),
    "older": (0, 65535), "largest": (0, 3),
}  # fmt: skip

class Wrong(ValueError):
    """The bytes are not what the protocol says."""

def clamp(number, least, most):
    return min(max(number, least), most)

def truncated(a, b):
    """a / b without its fraction, for b > 0."""
    return a // b if a >= 0 else -(-a // b)

def wrapped(number):
    """To 64 bits, in two's complement."""
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)

def rounded(number):
    """To the nearest integer, halves away from zero."""
    whole = math.floor(abs(number))
    return int(math.copysign(whole + (abs(number) - whole >= 0.5), number))

def class_of(residual):
    return min(abs(residual).bit_length(), 15)

# ---- 8.3 Residuals
def residual_symbols(bits):
    return 15 + (4 * (bits - 3) if bits > 3 else 0)

def read_residual(bits, code):
    symbol = code.read(bits)
    if symbol < 15:
        return -((symbol + 1) // 2) if symbol % 2 else symbol // 2
    above = symbol - 15
    exponent = above // 4 + 3
    size = (1 << exponent) + (above // 2 % 2 << (exponent - 1)) + bits.read(exponent - 1)
    return -size if above % 2 else size

# ---- 8.4 Prefix codes and tables
class Code:
    """A canonical prefix code, from the lengths of its words."""
    def __init__(self, lengths):
        self.lengths = lengths
        good = all(1 <= length <= CODE_BITS_MAX for length in lengths)
        whole = sum(1 << (CODE_BITS_MAX - length) for length in lengths) if good else 0
        if list(lengths) != [0] and whole != 1 << CODE_BITS_MAX:
            raise Wrong("a code that is not complete")
        self.symbols, number, last = {}, 0, 0
        for symbol in sorted(range(len(lengths)), key=lambda symbol: (lengths[symbol], symbol)):
            number <<= lengths[symbol] - last
            last = lengths[symbol]
            # The leading one tells words of different lengths apart.
            self.symbols[1 << last | number] = symbol
            number += 1
    def read(self, bits):
        word, symbols = 1, self.symbols
        while (symbol := symbols.get(word)) is None:
            word = word << 1 | bits.read(1)
        return symbol

def lengths_of(weights):
    """8.4.2, package-merge."""
    count = len(weights)
    if count == 1:
        return [0]
    leaves = sorted((max(weight, 1), 1, symbol) for symbol, weight in enumerate(weights))
    lists, packages = [], []
    for _ in range(CODE_BITS_MAX):
        # 0 sorts packages before leaves (1) of the same weight.
        lists.append(sorted(packages + leaves))
        pairs = zip(lists[-1][0::2], lists[-1][1::2])
        packages = [(a[0] + b[0], 0, place) for place, (a, b) in enumerate(pairs)]
    lengths, chosen = [0] * count, 2 * count - 2
    for entries in reversed(lists):
        inside = sum(entry[1] == 0 for entry in entries[:chosen])
        for _, _, symbol in leaves[: chosen - inside]:
            lengths[symbol] += 1
        chosen = 2 * inside
    return lengths

@cache
def formula_code(formula, symbols):
    return Code(lengths_of(weights_of(formula, symbols)))

def read_tables(text):
    """{name: code} of the trained tables."""
    tables = {}
    for line in text.splitlines():
        if line and not line.startswith("#") and ".spawn.muzzle " not in line:
            name, _, digits = line.partition(" ")
            if name in tables:
                raise Wrong(f"table {name} stands there twice")
            tables[name] = Code([int(digit, 16) for digit in digits])
    return tables

class Tables:
    """All tables of a schema by name; codes are made when they are first needed."""
    def __init__(self, text):
        self.trained, self.specs, self.codes = read_tables(text), {}, {}
    def declare(self, name, symbols, formula):
        self.specs[name] = (symbols, formula)
    def check(self):
        for name, code in self.trained.items():
            if name not in self.specs or self.specs[name][0] != len(code.lengths):
                raise Wrong(f"a table {name} of {len(code.lengths)} symbols")
    def code(self, name):
        if name not in self.codes:
            symbols, formula = self.specs[name]
            self.codes[name] = self.trained.get(name) or formula_code(formula, symbols)
        return self.codes[name]
    def some(self, names):
        """Codes by what `names` makes a name from; each is looked up only once."""
        return cache(lambda *key: self.code(names(*key)))

# ---- 8.2 Groups, 8.5 models
class Axis:
    """One word of a group; `at` is the place of its first number."""
    def __init__(self, word, spec, wraps, at):
        self.word, (self.bits, self.modulus), self.wraps, self.at = word, spec, wraps, at
    def gap(self, start, end):
        if not self.wraps:
            return end - start
        up = (end - start) % self.modulus
        return up - self.modulus if up > self.modulus // 2 else up
    def fit(self, word):
        return word % self.modulus if self.wraps else clamp(word, 0, self.modulus - 1)
    def place(self, point):
        place = (point + 32) >> 6
        word = self.fit(place)
        return word, point - 64 * place if self.wraps or word == place else 0

def settled(residual, off):
    return off if residual == 0 else -28 if residual > 0 else 27

def weigh(cost, gone, held):
    return clamp(truncated(cost * 3, 4) + 2 * (gone - held), -15, 15)

class Group:
    """Fields that deviate together. Numbers: those of SLOTS for each axis, then EXTRA for the group."""
    SLOTS, EXTRA, CLASS_AT, ZERO = (), (), 1, False
    def __init__(self, name, axes, at, teleport=0):
        self.name, self.axes, self.teleport = name, axes, teleport
        self.extra = at + len(axes) * len(self.SLOTS)
        # Place, kind, word of the axis, place in the list.
        self.numbers = [(axis.at + i, slot, axis.word, i) for axis in axes for i, slot in enumerate(self.SLOTS)]
        self.numbers += [(self.extra + i, slot, None, len(self.SLOTS) + i) for i, slot in enumerate(self.EXTRA)]
        self.carrier = None
    def carry(self, carrier, carried):
        """8.10: the group can be taken along, and has one number more."""
        self.carrier, self.carried, self.EXTRA = carrier, carried, (*self.EXTRA, "cost")
        self.cost = self.extra + len(self.EXTRA) - 1
        self.numbers.append((self.cost, "cost", None, len(self.SLOTS) + len(self.EXTRA) - 1))
    def jumps(self, axis, residual):
        return abs(residual) > (self.teleport or axis.modulus // 8)

    # `predict` gives a tuple for each axis: the predicted word, then what `update` needs.
    # -- 8.6
    def declare(self, kind, tables):
        self.is_pair = len(self.axes) == 2
        bits = max(axis.bits for axis in self.axes)
        parts = ["first"] if len(self.axes) == 1 else ["first", "next"]
        for own in range(12):
            if self.is_pair:
                tables.declare(f"{kind}.{self.name}.pair.{own}", 26, ("pair", own))
            for part in parts:
                for more in range(5):
                    formula = [("alone", own), ("beyond", own), ("residual", own, more)][min(len(self.axes), 3) - 1]
                    tables.declare(f"{kind}.{self.name}.{part}.{own}.{more}", residual_symbols(bits + 1), formula)
        tables.declare(f"{kind}.load.{self.name}.w", residual_symbols(bits), ("value",)) if self.ZERO else None
        for i, slot in enumerate(self.SLOTS + self.EXTRA):
            for context in range(8):
                symbols, formula = 1, ("mask",)
                if slot in ("wide", "older"):
                    symbols, formula = residual_symbols(31), ("wide",)
                elif slot in ("class", "age", "cost"):
                    symbols, formula = residual_symbols(5), ("narrow",)
                elif slot == "sub":
                    symbols, formula = (64, ("even",)) if context else (4, ("mask",))
                tables.declare(f"{kind}.load.{self.name}.{i}.{context}", symbols, formula)
        self.pair_code = tables.some(lambda own: f"{kind}.{self.name}.pair.{own}")
        self.code = tables.some(lambda part, own, more: f"{kind}.{self.name}.{part}.{own}.{more}")
        self.load_code = tables.some(lambda i, context: f"{kind}.load.{self.name}.{i}.{context}")
        self.word_code = tables.some(lambda: f"{kind}.load.{self.name}.w")
    def read(self, bits, numbers, guesses, new, before):
        """Sets the new words; the largest class of this row's residuals so far."""
        owns = [min(numbers[axis.at + self.CLASS_AT], 11) for axis in self.axes]
        last = max(owns)
        residuals, so_far = None, 0
        if self.is_pair and (symbol := self.pair_code(last).read(bits)) < 25:
            residuals = (symbol // 5 - 2, symbol % 5 - 2)
        for i, (axis, own, guess) in enumerate(zip(self.axes, owns, guesses)):
            if residuals:
                residual = residuals[i]
            else:
                beside = so_far if i else last if before is None else before
                residual = read_residual(bits, self.code("next" if i else "first", own, clamp(beside - own, -2, 2) + 2))
            so_far = max(so_far, class_of(residual))
            word = guess[0] + residual
            new[axis.word] = word % axis.modulus if axis.wraps else word
            if not 0 <= new[axis.word] < axis.modulus:
                raise Wrong("a residual leaves the range of its word")
        return so_far if before is None else max(before, so_far)
    # -- 8.7
    def read_words(self, bits, words):
        for axis in self.axes:
            words[axis.word] = bits.read(axis.bits)
    def context(self, slots, i, numbers, deviated):
        size = min(class_of(numbers[0]), 3) if i and slots[0] == "wide" else 0
        costs = [number for slot, number in zip(slots[:i], numbers) if slot == "cost"]
        if slots[i] == "cost" and costs:
            return 2 * size + (0 in costs)
        return 2 * size + (numbers[slots.index("class")] != 0 if "class" in slots[:i] else deviated)
    def reset(self, words, numbers):
        for at, slot, word, _ in self.numbers:
            numbers[at] = words[word] if slot == "older" else words[self.axes[0].word - 1] if slot == "largest" else 0
    def read_numbers(self, bits, words, numbers, deviated):
        each, own = len(self.SLOTS), len(self.EXTRA) - bool(self.carrier)
        parts = [(axis.at, self.SLOTS, 0, axis.word) for axis in self.axes]
        parts += [(self.extra, self.EXTRA[:own], each, None), (self.extra + own, self.EXTRA[own:], each + own, None)]
        for at, slots, tables, word in parts:
            mine = [0] * len(slots)
            for i, slot in enumerate(slots):
                if slot == "largest":
                    mine[i] = bits.read(2)
                elif slot != "sub":
                    base = words[word] if slot == "older" else mine[0] if slot == "wide" and i else 0
                    mine[i] = base + read_residual(bits, self.load_code(tables + i, self.context(slots, i, mine, deviated)))
            if "sub" in slots:
                i = slots.index("sub")
                symbol = self.load_code(tables + i, 0).read(bits) if mine[slots.index("class")] else 3
                code = self.load_code(tables + i, 2 + deviated)
                mine[i] = (-28, 27, 0)[symbol] if symbol < 3 else code.read(bits) - 32
            for slot, number in zip(slots, mine):
                if not RANGES[slot][0] <= number <= RANGES[slot][1]:
                    raise Wrong(f"{number} is no {slot}")
            numbers[at : at + len(slots)] = mine

class Rest(Group):
    def predict(self, numbers, old, new):
        return [(old[axis.word],) for axis in self.axes]
    def update(self, numbers, old, new, guesses):
        pass
    def declare(self, kind, tables):
        if len(self.axes) <= 4:
            tables.declare(f"{kind}.{self.name}.mask", 1 << len(self.axes), ("mask",))
        for axis in self.axes:
            symbols = residual_symbols(axis.bits) if 2 <= axis.bits <= 12 else 1
            tables.declare(f"{kind}.{self.name}.w{axis.word}", symbols, ("change",))
            tables.declare(f"{kind}.load.{self.name}.w{axis.word}", symbols, ("value",))
        self.mask_code = tables.some(lambda: f"{kind}.{self.name}.mask")
        self.code = tables.some(lambda word: f"{kind}.{self.name}.w{word}")
        self.load_code = tables.some(lambda word: f"{kind}.load.{self.name}.w{word}")
    def read(self, bits, numbers, guesses, new, before):
        count = len(self.axes)
        if count <= 4:
            mask = self.mask_code().read(bits) if count > 1 else 1
            for i, axis in enumerate(self.axes):
                if mask >> i & 1:
                    self.read_change(bits, axis, new)
            return before
        following = 0
        while following < count and (gap := bits.read((count - following).bit_length())):
            following += gap
            if following > count:
                raise Wrong("a change beyond the last word")
            self.read_change(bits, self.axes[following - 1], new)
        return before
    def read_change(self, bits, axis, new):
        if axis.bits == 1:
            new[axis.word] ^= 1
        elif axis.bits <= 12:
            new[axis.word] = axis.fit(new[axis.word] + read_residual(bits, self.code(axis.word)))
        else:
            new[axis.word] = bits.read(axis.bits)
        if new[axis.word] >= axis.modulus:
            raise Wrong("a word is outside its range")
    def read_words(self, bits, words):
        for axis in self.axes:
            if 2 <= axis.bits <= 12:
                words[axis.word] = axis.fit(read_residual(bits, self.load_code(axis.word)))
            else:
                words[axis.word] = bits.read(axis.bits)

class Smooth(Group):
    SLOTS, ZERO = ("wide", "class", "cost"), True
    def read_words(self, bits, words):
        for axis in self.axes:
            words[axis.word] = (self.zero + read_residual(bits, self.word_code())) % axis.modulus
    def predict(self, numbers, old, new):
        guesses = []
        for axis in self.axes:
            held = old[axis.word]
            gone = axis.fit(held + numbers[axis.at])
            guesses.append((gone if numbers[axis.at + 2] <= 0 else held, gone))
        return guesses
    def update(self, numbers, old, new, guesses):
        for axis, (_, gone) in zip(self.axes, guesses):
            velocity = axis.gap(old[axis.word], new[axis.word])
            cost = numbers[axis.at + 2]
            a, b = class_of(axis.gap(gone, new[axis.word])), class_of(velocity)
            numbers[axis.at : axis.at + 3] = velocity, a if cost <= 0 else b, weigh(cost, a, b)

class Glide(Group):
    SLOTS = ("wide", "class", "cost", "sub", "age")
    def predict(self, numbers, old, new):
        guesses = []
        for axis in self.axes:
            velocity, _, cost, sub, _ = numbers[axis.at : axis.at + 5]
            gone, off = axis.place(64 * old[axis.word] + sub + velocity)
            guesses.append((gone if cost <= 0 else old[axis.word], gone, off))
        return guesses
    def update(self, numbers, old, new, guesses):
        for axis, (guess, gone, off) in zip(self.axes, guesses):
            velocity, _, cost, _, age = numbers[axis.at : axis.at + 5]
            is_at = new[axis.word]
            mine, residual = class_of(axis.gap(guess, is_at)), axis.gap(gone, is_at)
            if self.jumps(axis, residual):
                numbers[axis.at : axis.at + 5] = 0, mine, 0, 0, 0
                continue
            sub = settled(residual, off)
            missed = 64 * residual + sub - off
            far = abs(residual) > 1
            if residual:
                velocity = clamp(velocity + (missed * (64 if far else GAINS[age % 8]) >> 6), -WIDE_MAX, WIDE_MAX)
            cost = weigh(cost, class_of(residual), class_of(axis.gap(old[axis.word], is_at)))
            numbers[axis.at : axis.at + 5] = velocity, mine, cost, sub, 0 if far else min(age + 1, 7)

class Driven(Group):
    SLOTS = ("sub", "class")
    def drive(self, by, gain, offset, new_share):
        self.by, self.gain, self.offset, self.new_share = by, gain, offset, new_share
    def predict(self, numbers, old, new):
        guesses = []
        for i, axis in enumerate(self.axes):
            before, now = old[self.by + i], new[self.by + i]
            mean = wrapped((before << 16) + (now - before) * self.new_share)
            moved = wrapped((wrapped((mean >> 8) * self.gain) >> 8) + self.offset) >> 16
            guesses.append(axis.place(wrapped(wrapped(64 * old[axis.word] + numbers[axis.at]) + moved)))
        return guesses
    def update(self, numbers, old, new, guesses):
        for axis, (guess, off) in zip(self.axes, guesses):
            residual = axis.gap(guess, new[axis.word])
            sub = 0 if self.jumps(axis, residual) else settled(residual, off)
            numbers[axis.at : axis.at + 2] = sub, class_of(residual)

@cache
def directions(bits):
    count = 1 << min(bits, 10)
    angles = [i / count * math.tau for i in range(count)]
    return [tuple(math.floor(part(angle) * 16384 + 0.5) for part in (math.cos, math.sin)) for angle in angles]

class Along(Group):
    SLOTS, EXTRA = ("sub", "class"), ("wide", "age")
    def drive(self, angle, bits):
        self.angle, self.shift, self.directions = angle, max(bits - 10, 0), directions(bits)
    def predict(self, numbers, old, new):
        direction, speed = self.directions[new[self.angle] >> self.shift], numbers[self.extra]
        return [
            axis.place(64 * old[axis.word] + numbers[axis.at] + (speed * along >> 16))
            for axis, along in zip(self.axes, direction)
        ]
    def update(self, numbers, old, new, guesses):
        missed, jumps = 0, False
        for axis, (guess, off), along in zip(self.axes, guesses, self.directions[new[self.angle] >> self.shift]):
            residual = axis.gap(guess, new[axis.word])
            jumps = jumps or self.jumps(axis, residual)
            sub = settled(residual, off)
            missed += (64 * residual + sub - off) * along
            numbers[axis.at : axis.at + 2] = sub, class_of(residual)
        if jumps:
            for axis in self.axes:
                numbers[axis.at] = 0
            return
        missed >>= 14
        speed, age = numbers[self.extra : self.extra + 2]
        age = 0 if abs(missed) > 128 else age
        numbers[self.extra] = clamp(speed + truncated(missed * 4, age + 1), -WIDE_MAX, WIDE_MAX)
        numbers[self.extra + 1] = min(age + 1, 15)

class Turn(Group):
    SLOTS, CLASS_AT = ("wide", "wide", "class", "cost", "cost", "cost"), 2
    def predict(self, numbers, old, new):
        guesses = []
        for axis in self.axes:
            turn, before, _, *costs = numbers[axis.at : axis.at + 6]
            held = old[axis.word]
            on = axis.fit(held + ((turn * 7 + 4) >> 3))
            faster = axis.fit(held + turn + (((turn - before) * 3 + 2) >> 2))
            # Of equal costs the first.
            guess = (held, on, faster)[costs.index(min(costs))]
            guesses.append((guess, held, on, faster))
        return guesses
    def update(self, numbers, old, new, guesses):
        for axis, (guess, *ways) in zip(self.axes, guesses):
            turn, _, _, *costs = numbers[axis.at : axis.at + 6]
            is_at = new[axis.word]
            costs = [truncated(cost * 3, 4) + 2 * class_of(axis.gap(way, is_at)) for cost, way in zip(costs, ways)]
            costs = [min(cost - min(costs), 15) for cost in costs]
            mine = class_of(axis.gap(guess, is_at))
            numbers[axis.at : axis.at + 6] = axis.gap(old[axis.word], is_at), turn, mine, *costs

class Rotation(Group):
    SLOTS, EXTRA = ("older", "class"), ("largest", "cost")
    def unfold(self, largest, three):
        most = self.axes[0].modulus - 2
        others = [2 * word - most for word in three]
        square = 2 * most * most - sum(component * component for component in others)
        return others[:largest] + [math.isqrt(max(square, 0))] + others[largest:]
    def fold(self, largest, four):
        most, sign = self.axes[0].modulus - 2, -1 if four[largest] < 0 else 1
        others = four[:largest] + four[largest + 1 :]
        return [clamp((component * sign + most + 1) >> 1, 0, most + 1) for component in others]
    def predict(self, numbers, old, new):
        first, (old_largest, cost) = self.axes[0].word, numbers[self.extra : self.extra + 2]
        newer = self.unfold(old[first - 1], old[first : first + 3])
        older = self.unfold(old_largest, [numbers[axis.at] for axis in self.axes])
        dot = sum(a * b for a, b in zip(older, newer))
        square = max(sum(a * a for a in newer), 1)
        turned = [(2 * dot * a + square // 2) // square - b for a, b in zip(newer, older)]
        held, gone = self.fold(new[first - 1], newer), self.fold(new[first - 1], turned)
        return [(g if cost <= 0 else h, g, h) for g, h in zip(gone, held)]
    def update(self, numbers, old, new, guesses):
        cost, gone_costs, held_costs = numbers[self.extra + 1], 0, 0
        for axis, (_, gone, held) in zip(self.axes, guesses):
            a, b = class_of(new[axis.word] - gone), class_of(new[axis.word] - held)
            gone_costs, held_costs = gone_costs + a, held_costs + b
            numbers[axis.at : axis.at + 2] = old[axis.word], a if cost <= 0 else b
        numbers[self.extra : self.extra + 2] = old[self.axes[0].word - 1], weigh(cost, gone_costs, held_costs)

# ---- 8.2 From a kind to its groups
class Plan:
    """How the rows of one kind are coded. `layout` has (bits, modulus) of each word, `words_of` the words of each field."""
    def __init__(self, kind, layout, words_of, rates, tables, carrier=None):
        self.kind, self.layout, self.words_of, self.rates, self.carrier = kind, layout, words_of, rates, carrier
        self.groups, self.numbers = [], 0
        self.driver = next(iter((kind["drive"] or {}).values()), None)
        place = kind["fields"][kind["at"]] if kind["at"] is not None else {"lane": None}
        scaled = kind["teleport"] is not None and place["lane"] == "fixed"
        self.teleport = int(kind["teleport"] / place["step"]) if scaled else 0
        rest = []
        for number in sorted(range(len(kind["fields"])), key=lambda number: (number != self.driver, number)):
            model = self.model(number) if len(self.groups) < GROUPS_MAX else None
            if model is None:
                rest += words_of[number]
            else:
                self.add(number, *model)
        if rest:
            axes = [Axis(word, layout[word], True, 0) for word in sorted(rest)]
            self.groups.append(Rest("rest", axes, self.numbers))
        self.declare(tables)
    def model(self, number):
        """(class, what drives it) of a field by itself; none: rest."""
        field, words = self.kind["fields"][number], self.words_of[number]
        components = {"vec2": 2, "vec3": 3}.get(field["shape"], 1)
        bits = self.layout[words[0]][0]
        if field["shape"] == "quat":
            return Rotation, None
        if len(words) > components or bits > 24 or field["blend"] == "snap":
            return None
        if field["lane"] == "angle" and components == 1:
            return Turn, None
        if number == self.kind["at"]:
            return self.place_model(field) or (Glide, None)
        return (Smooth, None) if bits > 2 else None
    def place_model(self, place):
        if self.driver in (None, self.kind["at"]) or place["lane"] != "fixed" or self.model(self.driver) is None:
            return None
        driver, word = self.kind["fields"][self.driver], self.words_of[self.driver][0]
        if "along" in self.kind["drive"]:
            usable = driver["lane"] == "angle" and driver["bits"] <= 16 and place["shape"] == "vec2"
            return (Along, (word, driver["bits"])) if usable else None
        if driver["lane"] != "fixed" or driver["shape"] != place["shape"]:
            return None
        tick_hz, ticks_per_step = self.rates
        scale = 64 * 65536.0 * (ticks_per_step / tick_hz) / place["step"]
        gain, offset = rounded(driver["step"] * scale), rounded(driver["min"] * scale)
        new_share = 65536 * (ticks_per_step + 1) // (2 * ticks_per_step)
        return (Driven, (word, gain, offset, new_share)) if abs(gain) < 10**12 and abs(offset) < 10**15 else None
    def add(self, number, model, drive):
        field, words = self.kind["fields"][number], self.words_of[number]
        if model is Rotation:
            axis = Axis(words[0], self.layout[words[0]], True, 0)
            self.groups.append(Rest(field["name"] + "-largest", [axis], self.numbers))
            words = words[1:]
        wraps = field["lane"] == "angle" or field.get("wrap", False)
        size = len(model.SLOTS)
        axes = [Axis(word, self.layout[word], wraps, self.numbers + i * size) for i, word in enumerate(words)]
        group = model(field["name"], axes, self.numbers, self.teleport)
        if drive:
            group.drive(*drive)
        zero = math.floor(-field["min"] / field["step"] + 0.5) if field["lane"] == "fixed" else 0
        group.zero = clamp(zero, 0, axes[0].modulus - 1)
        if self.carrier:
            self.carrier.take(group, number)
        self.groups.append(group)
        self.numbers += len(group.numbers)
    def declare(self, tables):
        name, modes = self.kind["name"], 1 << len(self.groups)
        for last in [*range(modes), "new"]:
            tables.declare(f"{name}.mode.{last}", modes, ("mode", last, isinstance(self.groups[-1], Rest) if self.groups else False))
        tables.declare(f"{name}.load.mode", modes + 1, ("mask",))
        tables.declare(f"{name}.load.groups", modes, ("mask",))
        for group in self.groups:
            group.declare(name, tables)
        self.mode_code = tables.some(lambda last: f"{name}.mode.{'new' if last == NEW else last}")
        self.load_code = tables.some(lambda what: f"{name}.load.{what}")
    # -- 8.6
    def step(self, state, bits=None, beside=None):
        """One step: by the run in `bits`, or, without, as predicted. `state` has `words`, `mode`, `numbers`; `beside` are the words, before and after, of
        the row that carries it."""
        mode = self.mode_code(state.mode).read(bits) if bits else 0
        old, numbers, before = state.words, state.numbers, None
        new, guessed = list(old), []
        for bit, group in enumerate(self.groups):
            own = guesses = group.predict(numbers, old, new)
            carried = None
            if group.carrier and beside:
                guesses, carried = self.carrier.choose(group, numbers, old, new, own, beside)
            guessed.append((own, guesses, carried))
            if mode >> bit & 1:
                before = group.read(bits, numbers, guesses, new, before)
            else:
                for axis, guess in zip(group.axes, guesses):
                    new[axis.word] = guess[0]
        for group, (own, guesses, carried) in zip(self.groups, guessed):
            group.update(numbers, old, new, own)
            if carried:
                self.carrier.settle(group, numbers, new, own, guesses, carried)
        state.words, state.mode = new, mode
    # -- 8.7
    def birth(self, state, words):
        state.mode, state.words, state.numbers = NEW, words, [0] * self.numbers
        for group in self.groups:
            group.reset(words, state.numbers)
    def read_load(self, state, bits):
        mode, told = self.load_code("mode").read(bits), self.load_code("groups").read(bits)
        state.mode = NEW if mode == 1 << len(self.groups) else mode
        state.words, state.numbers = [0] * len(self.layout), [0] * self.numbers
        for bit, group in enumerate(self.groups):
            group.read_words(bits, state.words)
            if any(state.words[axis.word] >= axis.modulus for axis in group.axes):
                raise Wrong("a word is outside its range")
            group.reset(state.words, state.numbers)
            if told >> bit & 1:
                group.read_numbers(bits, state.words, state.numbers, state.mode >> bit & 1)
