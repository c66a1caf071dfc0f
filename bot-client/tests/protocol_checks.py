"""What a client can check without the rules of a game: rows, own state, events and map against one another and the schema.

Section numbers in the comments are those of PROTOCOL.md.
"""

import hashlib
from collections import Counter

from protocol import EVENTS, OWN, dequantise, quantise, values

# Game: a field that a player's row shows just as its input had it (in a tick whose input came).
ECHOES = {"swarm": "heading", "arena": "thrust"}

def signed(number):
    """The difference of two ticks, which wrap."""
    return (number + (1 << 31)) % (1 << 32) - (1 << 31)

def fields(kind, words):
    """{(name, shape): [(field, words of one component)]} of a kind."""
    found = {}
    for field, part in values(kind, words):
        found.setdefault((field["name"], field["shape"]), []).append((field, part))
    return found

def place_of(kind, words):
    """x and y; none for a global kind."""
    if kind["at"] is None:
        return None
    field = kind["fields"][kind["at"]]
    return [dequantise(*part) for part in fields(kind, words)[field["name"], field["shape"]][:2]]

class Checks:
    """Follows the frames of one connection."""
    def __init__(self, schema):
        self.schema, self.stats, self.errors = schema, Counter(), []
        self.kinds, self.events, self.lives = Counter(), Counter(), set()
        self.tick = self.own_tick = None

    def snapshot(self, replica, tick, tick_hz, flags):
        """After each frame."""
        for row in replica.in_step():
            self.check_row(row)
        mine = next((row for row in replica.in_step() if row.slot == replica.controls), None)
        if flags & OWN:
            self.own_tick = tick
            if mine:
                self.check_own(tick, mine, replica.own)
        elif self.schema["own"]["fields"] and (self.own_tick is None or signed(tick - self.own_tick) > tick_hz):
            self.errors.append(f"tick {tick}: the own state was last sent whole for tick {self.own_tick}")
        if flags & EVENTS:
            self.check_events(replica, tick, mine)
        self.tick = tick

    def check_row(self, row):
        """4.2: values come back from the grid as the same words."""
        kind = self.schema["entities"][row.kind]
        life = (row.slot, row.generation, row.kind)
        self.kinds[kind["name"]] += life not in self.lives
        self.lives.add(life)
        for field, words in values(kind, row.words):
            self.stats["values"] += 1
            if field["lane"] != "quat" and quantise(field, dequantise(field, words)) != words:
                self.errors.append(f"{kind['name']}.{field['name']}: {words} do not come back from the grid")

    def check_own(self, tick, row, own):
        """7.1: row and own state are of the same tick, so what both have agrees, on the row's grid."""
        exact = fields(self.schema["own"], own)
        for name, shown in fields(self.schema["entities"][row.kind], row.words).items():
            for (field, words), (lane, mine) in zip(shown, exact.get(name, ())):
                self.stats["own values"] += 1
                if quantise(field, dequantise(lane, mine)) != words:
                    self.errors.append(f"tick {tick}: own {name} {mine} is {words} in the row")

    def check_input(self, tick, row, inputs):
        """What this client steers does what it was told for this very tick."""
        name = ECHOES.get(self.schema["game"])
        told = [part for key, part in fields(self.schema["input"], inputs).items() if key[0] == name]
        shown = [part for key, part in fields(self.schema["entities"][row.kind], row.words).items() if key[0] == name]
        if told and shown:
            self.stats["inputs seen in the row"] += 1
            if told[0][0][1] != shown[0][0][1]:
                self.errors.append(f"tick {tick}: {name} {shown[0][0][1]} instead of {told[0][0][1]}")

    def check_events(self, replica, tick, mine):
        """7.3: those of the ticks after the last snapshot, oldest first; what has a place happened in or near the view."""
        newest = last = tick - replica.ticks_per_step if self.tick is None else self.tick
        view = place_of(self.schema["entities"][mine.kind], mine.words) if mine else replica.place
        for happened, to_me, number, words in replica.events:
            kind = self.schema["events"][number]
            self.events[kind["name"]] += 1
            self.stats["events for this player"] += to_me
            if happened == last or signed(happened - newest) < 0 or signed(tick - happened) < 0:
                self.errors.append(f"an event of tick {happened} after {newest} in the frame of {tick}, the last: {last}")
            newest = happened
            place = place_of(kind, words)
            # Half a place on the grid of each.
            if place and view and not to_me and max(abs(a - b) for a, b in zip(place, view)) > 1.15 * replica.radius + 1:
                self.errors.append(f"tick {tick}: {kind['name']} at {place}, seen from {view}")

def check_map(welcome, get):
    """6: the map's bytes are those that Welcome means. `get` fetches an address: (status, bytes)."""
    if not welcome["map"]:
        return [] if welcome["map_hash"] == 0 else ["a map_hash without a map"]
    status, body = get(f"/maps/{welcome['map']}")
    mine = int.from_bytes(hashlib.sha256(body).digest()[:8], "little")
    return [] if (status, mine) == (200, welcome["map_hash"]) else [f"map {welcome['map']}: {status}, hash {mine:x}"]
