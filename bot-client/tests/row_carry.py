"""Rows that move with others: section 8.10 of shared/PROTOCOL.md."""

from math import isqrt

from row_coder import class_of, directions, weigh

def steps_between(bits, angle):
    """Cosine and sine of an angle: those of the directions' table, and what lies evenly between them."""
    table, beyond = directions(bits), max(bits - 10, 0)
    at, part = angle >> beyond, angle & ((1 << beyond) - 1)
    ends = [table[entry % len(table)] for entry in (at, at + 1)]
    return [a + ((b - a) * part >> beyond) for a, b in zip(*ends)]

def rounded(number, bits):
    return (number + (1 << (bits - 1))) >> bits

def cross(a, b):
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]

def times(a, b):
    """The product of two rotations, x, y, z, w."""
    (ax, ay, az, aw), (bx, by, bz, bw) = a, b
    return [
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    ]  # fmt: skip

class Carrier:
    """What carries rows of `kind`: rows of `other`, the kind with that number."""
    def __init__(self, kind, layout, number, other, other_layout, words_of):
        self.kind, self.word, self.number, self.places = kind, len(layout) - 1, number, words_of[other["at"]]
        self.name = kind["with"]["about"]
        at = next((at for at, field in enumerate(other["fields"]) if field["name"] == self.name), None)
        self.about = None if at is None else (other["fields"][at], words_of[at], other_layout[words_of[at][-1]])

    def take(self, group, number):
        """Says how field `number`, the group's, is taken along, if it is."""
        field, model = self.kind["fields"][number], type(group).__name__
        about = self.about and self.about[0]
        if number == self.kind["at"]:
            group.carry(self, self.place)
        elif about and field["name"] == self.name and all(field.get(key) == about.get(key) for key in ("lane", "bits")):
            if model in ("Turn", "Rotation"):
                group.carry(self, self.angle if model == "Turn" else self.rotation)

    def turn(self, group, before, after):
        """How the carrier has turned, as a rotation in 1/2^20."""
        _, words, (_, modulus) = self.about
        most = modulus - 2
        x, y, z, w = unfold(most, [before[word] for word in words])
        square = 2 * most * most
        product = times(unfold(most, [after[word] for word in words]), [-x, -y, -z, w])
        return [((number << 20) + square // 2) // square for number in product]

    def place(self, group, old, new, before, after):
        away = [axis.gap(before[word], old[axis.word]) for axis, word in zip(group.axes, self.places)]
        if self.about and self.about[0]["lane"] == "angle":
            word, (bits, modulus) = self.about[1][0], self.about[2]
            cosine, sine = steps_between(bits, (after[word] - before[word]) % modulus)
            x, y = away[:2]
            away[:2] = rounded(x * cosine - y * sine, 14), rounded(x * sine + y * cosine, 14)
        elif self.about:
            *axis, w = self.turn(group, before, after)
            twice = [2 * number >> 10 for number in cross(axis, away)]
            across = cross(axis, twice)
            away = [a + rounded(w * b + c, 30) for a, b, c in zip(away, twice, across)]
        return [axis.fit(after[word] + a) for axis, word, a in zip(group.axes, self.places, away)]

    def angle(self, group, old, new, before, after):
        word, axis = self.about[1][0], group.axes[0]
        return [axis.fit(old[axis.word] + axis.gap(before[word], after[word]))]

    def rotation(self, group, old, new, before, after):
        first = group.axes[0].word
        held = group.unfold(old[first - 1], old[first : first + 3])
        turned = [rounded(number, 20) for number in times(self.turn(group, before, after), held)]
        return group.fold(new[first - 1], turned)

    def of(self, row, rows, plans):
        """The row that carries `row` at its next step, among those in step; none: it moves by itself."""
        other = rows.get(row.words[self.word] - 1)
        if other is None or other.kind != self.number:
            return None
        its = plans[other.kind].carrier
        return None if its and other.words[its.word] else other

    def choose(self, group, numbers, old, new, own, beside):
        """What is taken as predicted, and where the carrier takes the group."""
        carried = group.carried(group, old, new, *beside)
        return [(word,) for word in carried] if numbers[group.cost] < 0 else own, carried

    def settle(self, group, numbers, new, own, told, carried):
        """After the group's own update: the classes of what was told, and what the two ways have cost."""
        classes = lambda words: [class_of(axis.gap(word, new[axis.word])) for axis, word in zip(group.axes, words)]
        mine = classes(guess[0] for guess in told)
        for axis, number in zip(group.axes, mine):
            numbers[axis.at + group.CLASS_AT] = number
        cost, along, alone = numbers[group.cost], sum(classes(carried)), sum(classes(guess[0] for guess in own))
        if along != alone and (cost < 0 or any(mine)):
            numbers[group.cost] = weigh(cost, along, alone)

def unfold(most, words):
    largest, *three = words
    others = [2 * word - most for word in three]
    square = max(2 * most * most - sum(number * number for number in others), 0)
    return others[:largest] + [isqrt(square)] + others[largest:]
