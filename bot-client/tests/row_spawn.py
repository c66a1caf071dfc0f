"""Newborn rows told by the row that spawned them: section 8.9 of shared/PROTOCOL.md."""

import math

from row_carry import Carrier
from row_coder import Axis, Plan, Tables, Wrong, read_residual, residual_symbols

AIM_BITS = 12
AGES_MAX = 8
MASKED_MAX = 7

def way(angle, bits):
    turn = angle / (1 << bits) * math.tau
    return math.floor(math.cos(turn) * 16384 + 0.5), math.floor(math.sin(turn) * 16384 + 0.5)

def is_aim(field):
    return field["lane"] == "angle" and field["bits"] <= 16 and field["shape"] == "float"

def drive_of(kind, how):
    return (kind["drive"] or {}).get(how)

def muzzles(text):
    """{kind: (speed, lead, [(phase, number)])}"""
    found = {}
    for line in text.splitlines():
        name, _, rest = line.partition(" ")
        if name.endswith(".spawn.muzzle"):
            speed, lead, parts = rest.split(" ")
            found[name.removesuffix(".spawn.muzzle")] = (
                int(speed), int(lead), [(part[0], int(part[1:])) for part in parts.split(",")]
            )  # fmt: skip
    return found

class Part:
    def __init__(self, axes, start, how, name):
        self.axes, self.start, self.how, self.name = axes, start, how, name

class Spawn:
    def __init__(self, plan, spawner, layout, words_of, muzzle, tables):
        kind, self.ticks, self.tables = plan.kind, plan.rates[1], tables
        self.name, self.layout = kind["name"], plan.layout
        driver = drive_of(kind, "by")
        rank = lambda at: 0 if is_aim(kind["fields"][at]) else 1 if at == driver else 2
        order = sorted(range(len(kind["fields"])), key=lambda at: (rank(at), at))
        tables.declare(f"{self.name}.spawn.mask", 1 << min(len(order), MASKED_MAX), ("mask",))
        tables.declare(f"{self.name}.spawn.age", AGES_MAX, ("even",))
        tables.declare(f"{self.name}.spawn.aim", residual_symbols(AIM_BITS), ("off",))
        self.parts = [self.part(plan, at, spawner, words_of) for at in order]
        driven = [group for group in plan.groups if type(group).__name__ == "Driven"]
        self.driven = (driven[0].by, driven[0].gain, driven[0].offset) if driven else None
        self.speed, self.lead, self.phases = muzzle or (0, 0, [("o", 0)] * (len(order) + 1))
        if len(self.phases) != len(order) + 1:
            raise Wrong("a muzzle of other parts")
        pairs = {part.how for part in self.parts if len(part.axes) == 2}
        own = next((at for at in order if is_aim(kind["fields"][at])), None)
        self.own, self.told, self.angle = None, False, None
        if own is not None:
            self.own = (plan.words_of[own][0], kind["fields"][own]["bits"])
        elif "launched" in pairs or (not driven and "ahead" in pairs):
            self.told = True
            along = drive_of(spawner, "along")
            angles = [at for at, field in enumerate(spawner["fields"]) if is_aim(field)]
            at = along if along in angles else next(iter(angles), None)
            if at is not None:
                self.angle = Axis(words_of[at][0], layout[words_of[at][0]], True, 0)
        self.ages = min(self.ticks, AGES_MAX) if any(part.how == "ahead" for part in self.parts) else 1
        self.code = tables.some(lambda what: f"{self.name}.spawn.{what}")
    def part(self, plan, at, spawner, words_of):
        kind, field, words = plan.kind, plan.kind["fields"][at], plan.words_of[at]
        what = {key: value for key, value in field.items() if key not in ("name", "blend")}
        like = lambda other: {key: value for key, value in other.items() if key not in ("name", "blend")} == what
        wraps = field["lane"] == "angle" or field.get("wrap", False)
        axes = [Axis(word, plan.layout[word], wraps, 0) for word in words]
        components = {"vec2": 2, "vec3": 3, "quat": 4}.get(field["shape"], 1)
        whole = len(words) > components or any(axis.bits > 24 for axis in axes)
        twins = [("ahead", kind["at"], spawner["at"]), ("launched", drive_of(kind, "by"), drive_of(spawner, "by"))]
        how, other = "same", next((i for i, f in enumerate(spawner["fields"]) if f["name"] == field["name"] and like(f)), None)
        for name, mine, its in reversed(twins):
            fits = mine == at and its is not None and like(spawner["fields"][its])
            if fits and (name == "ahead" or components in (2, 3)):
                how, other = name, its
        if whole:
            how, other = "whole", None
        else:
            if len(axes) == 2:
                self.tables.declare(f"{self.name}.spawn.{field['name']}.pair", 26, ("pair", 3))
            bits = max(axis.bits for axis in axes)
            self.tables.declare(f"{self.name}.spawn.{field['name']}.off", residual_symbols(bits + 1), ("off",))
        return Part(axes, None if other is None else words_of[other][0], how, field["name"])
    def seen(self, before, after, word, axis, phase, age):
        ticks = self.ticks - 1 - age + (phase == "n")
        return (before[word] << 6) + ((axis.gap(before[word], after[word]) << 6) * ticks) // self.ticks
    def aim_seen(self, before, after, age):
        phase, more = self.phases[-1]
        if self.angle is None:
            return 0
        if phase == "v":
            return more % (1 << AIM_BITS)
        angle = self.seen(before, after, self.angle.word, self.angle, phase, age)
        bits = self.angle.bits
        fine = angle >> (bits - AIM_BITS) if bits > AIM_BITS else angle << (AIM_BITS - bits)
        return (((fine + 32) >> 6) + more) % (1 << AIM_BITS)
    def guesses(self, at, before, after, age, aim, new):
        part, (phase, more) = self.parts[at], self.phases[at]
        if part.start is None or phase == "v":
            return [axis.place(more << 6)[0] for axis in part.axes]
        ways = (0, 0)
        if len(part.axes) == 2 and (self.own or self.told):
            ways = way(new[self.own[0]], self.own[1]) if self.own else way(aim, AIM_BITS)
        points = []
        for i, axis in enumerate(part.axes):
            along = ways[1 if i else 0]
            point = self.seen(before, after, part.start + i, axis, phase, age)
            if part.how == "launched":
                point += (self.speed * along) >> 14
            elif part.how == "ahead":
                point += self.flown(before, after, i, along, age, new)
            else:
                point += more << 6
            points.append(axis.place(point)[0])
        return points
    def flown(self, before, after, i, along, age, new):
        if self.driven is None:
            return (self.lead * along) >> 14
        by, gain, offset = self.driven
        velocity, faster = new[by + i], 0
        moved = (((velocity << 8) * gain >> 8) + offset) >> 16
        for at, part in enumerate(self.parts):
            if part.how == "launched":
                seen = self.seen(before, after, part.start + i, part.axes[i], self.phases[at][0], age)
                faster = ((velocity << 6) - seen) * (gain >> 8) >> 14
        return (moved * age + (faster * self.lead >> 8)) // self.ticks
    def read(self, bits, before, after):
        """The words of the newborn row."""
        age = self.code("age").read(bits) if self.ages > 1 else 0
        if age >= self.ages:
            raise Wrong("a birth before this step")
        aim = self.aim_seen(before, after, age)
        if self.told:
            aim = (aim + read_residual(bits, self.code("aim"))) % (1 << AIM_BITS)
        mask, new = self.code("mask").read(bits), [0] * len(self.layout)
        for at, part in enumerate(self.parts):
            guesses = self.guesses(at, before, after, age, aim, new)
            residuals = [0] * len(guesses)
            if at >= MASKED_MAX or mask >> at & 1:
                if part.how == "whole":
                    guesses = [bits.read(axis.bits) for axis in part.axes]
                else:
                    residuals = self.residuals(part, bits)
            for axis, guess, residual in zip(part.axes, guesses, residuals):
                new[axis.word] = (guess + residual) % axis.modulus if axis.wraps else guess + residual
                if not 0 <= new[axis.word] < axis.modulus:
                    raise Wrong("a residual leaves the range of its word")
        return new
    def residuals(self, part, bits):
        if len(part.axes) == 2:
            symbol = self.code(f"{part.name}.pair").read(bits)
            if symbol < 25:
                return [symbol // 5 - 2, symbol % 5 - 2]
        return [read_residual(bits, self.code(f"{part.name}.off")) for _ in part.axes]

def spawns(schema, plans, layouts, words_of, tables):
    """By kind: the number of its spawner's kind and how it is told by it; or none."""
    kinds, told = schema["entities"], muzzles(schema["tables"])
    names, made = [kind["name"] for kind in kinds], []
    for kind, plan in zip(kinds, plans):
        if kind.get("spawner") is None:
            made.append(None)
            continue
        at = names.index(kind["spawner"])
        made.append((at, Spawn(plan, kinds[at], layouts[at], words_of[at], told.get(kind["name"]), tables)))
    return made

def carrier_of(kind, kinds, layouts, words_of):
    if not kind["with"]:
        return None
    at = next(at for at, other in enumerate(kinds) if other["name"] == kind["with"]["kind"])
    return Carrier(kind, layouts[kinds.index(kind)], at, kinds[at], layouts[at], words_of[at])

def plans(schema, layouts, words_of, tick_hz, ticks_per_step):
    """The plans of a schema's kinds, and how their newborn rows are told; `layouts` and `words_of` by kind."""
    tables, rates = Tables(schema["tables"]), (tick_hz, ticks_per_step)
    kinds = schema["entities"]
    carriers = [carrier_of(kind, kinds, layouts, words_of) for kind in kinds]
    made = [Plan(*parts[:3], rates, tables, parts[3]) for parts in zip(kinds, layouts, words_of, carriers)]
    told = spawns(schema, made, layouts, words_of, tables)
    tables.check()
    return made, told
