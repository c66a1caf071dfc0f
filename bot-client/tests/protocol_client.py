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
import pathlib
import queue
import struct
import sys
import threading
import time
from collections import Counter

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from protocol import (
    EMPTY, HOLD_ALL, Replica, SLACK_NONE, SNAPSHOT, Wrong, check_golden, check_golden_rows, hello, input_message, integer, layout,
    read_message, text,
)
from protocol_checks import Checks, check_map

NAME = "protocol client"
CHAT = "grüße from Python"

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
    def __init__(self, host, port, room, schema):
        super().__init__(daemon=True)
        self.globals = {number for number, kind in enumerate(schema["entities"]) if kind["at"] is None}
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
        # Those of global kinds are in every view, once their loads have found room.
        everywhere = {slot for slot, row in truth.items() if row["kind"] in self.globals}
        self.stats["steps with all global rows"] += everywhere <= {slot for slot, *_ in rows}

class Player:
    """One connection that goes through a fixed plan."""
    def __init__(self, socket, schema, comparer, seconds):
        self.socket, self.schema, self.comparer, self.seconds = socket, schema, comparer, seconds
        self.input_layout, self.frames, self.stats, self.errors = layout(schema["input"]), Counter(), Counter(), []
        self.welcome = self.replica = self.offset = self.applied = None
        self.sent, self.lead, self.next_input, self.roster, self.seen = {}, 3, None, {}, set()
        self.visible, self.expects_empty, self.checks, self.mine = True, True, Checks(schema), None
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
        self.checks.snapshot(replica, tick, self.welcome["tick_hz"], flags)
        self.check_input(tick)
        if not replica.rows:
            self.seen.add("visible and alone" if self.visible else "hidden")
        elif self.visible and "hidden" in self.seen:
            self.seen.add("refilled")
        if replica.slack != SLACK_NONE:
            self.lead = min(max(self.lead + (replica.slack < 1) - (replica.slack > 4), 0), 30)
        self.comparer.offer(replica, (flags, more, count))
        self.send_inputs()

    def check_input(self, tick):
        """9.1: what is told to be applied was sent; the row that this client steers is known and shows it."""
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
        # In the tick of its birth it has done nothing yet.
        life = mine and not mine[0].held and (mine[0].slot, mine[0].generation)
        if life and life == self.mine and applied == tick:
            self.checks.check_input(tick, mine[0], self.sent[tick])
        self.mine = life

    def handle(self, data):
        if data[0] == SNAPSHOT:
            return self.handle_snapshot(data)
        what, parts = read_message(data)
        self.stats[what] += 1
        if what == "welcome":
            self.expects_empty = True
            self.welcome, self.replica = parts, Replica(self.schema, parts["tick_hz"], parts["ticks_per_step"])
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
            "a step with all global rows": self.comparer.stats["steps with all global rows"],
            "an own value in the row": self.checks.stats["own values"],
            "an input seen in the row": self.checks.stats["inputs seen in the row"],
            "three kinds of rows": len(self.checks.kinds) >= min(3, len(self.schema["entities"])),
            "an event": self.checks.events or not self.schema["events"],
        }  # fmt: skip
        errors = [f"there was not: {what}" for what, came in expected.items() if not came]
        if self.replica and self.replica.failed:
            errors.append(f"{self.replica.failed} checks failed")
        return self.errors + self.checks.errors + self.comparer.errors + errors

def refuse(socket, schema_hash):
    """Another schema than the server's is refused in words."""
    with socket:
        socket.send(hello(NAME, schema_hash))
        try:
            return [f"another schema was answered with {socket.recv(timeout=5)!r}"]
        except ConnectionClosed as closed:
            told = closed.rcvd and (closed.rcvd.code, closed.rcvd.reason.split(":")[0])
            return [] if told == (4000, "bad_message") else [f"another schema was answered with {told}"]

def check_resume(again, welcome, schema_hash):
    """2, 8: a lost connection is found again, once; `again` opens a new one."""
    def told(socket, token):
        socket.send(hello(NAME, schema_hash, token))
        try:
            while True:
                what, parts = read_message(socket.recv(timeout=5))
                if what == "welcome":
                    return parts
        except ConnectionClosed as closed:
            return closed.rcvd and closed.rcvd.code
    token = welcome["resume"]
    with again() as lost, again() as socket:
        second = told(lost, token)
        if not isinstance(second, dict) or second["player"] != welcome["player"] or second["resume"] == token:
            return [f"resumed as {second}, not as seat {welcome['player']} with another token"]
        third = told(socket, second["resume"])
        if not isinstance(third, dict) or third["player"] != welcome["player"]:
            return [f"resumed as {third} while the connection before looks alive"]
        try:
            while True:
                lost.recv(timeout=5)
        except ConnectionClosed as closed:
            told_before = closed.rcvd and closed.rcvd.code
        socket.close(1000)
    errors = [] if told_before == 4005 else [f"the connection before was closed with {told_before}, not 4005"]
    for used in (token, token[:-2], "x"):
        with again() as socket:
            answer = told(socket, used)
        errors += [] if answer == 4007 else [f"a used or broken token was answered with {answer}"]
    return errors

def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", default="127.0.0.1:8080", metavar="HOST:PORT")
    parser.add_argument("--room", default="main")
    parser.add_argument("--seconds", type=float, default=10.0, help="8 to 600, and 300 steps at least [default: 10]")
    args = parser.parse_args()
    if not 8 <= args.seconds <= 600:
        parser.error("--seconds takes 8 to 600")
    host, port = args.server.rsplit(":", 1)
    vectors = pathlib.Path(__file__).parents[2] / "assets/golden"
    golden = check_golden(vectors / "quantised.json"), check_golden_rows(vectors / "rows.json")
    _, served = fetch(host, int(port), "/schema.json")
    schema, admission = json.loads(served), json.loads(fetch(host, int(port), f"/api/admit?room={args.room}")[1])
    schema["hash"] = int.from_bytes(hashlib.sha256(served).digest()[:8], "little")
    if not admission["admit"]:
        raise Wrong(f"not admitted: {admission}")
    comparer = Comparer(host, int(port), args.room, schema)
    address = f"ws://{args.server}/play?room={args.room}"
    options = {"subprotocols": ["snapline.v1"], "compression": None}
    refusal = refuse(connect(address, **options), schema["hash"] ^ 1)
    # A queue of one message: while nobody asks for the next, the socket is not read either.
    with connect(address, max_size=1 << 18, max_queue=1, **options) as socket:
        socket.send(hello(NAME, schema["hash"]))
        player = Player(socket, schema, comparer, args.seconds)
        player.errors += refusal
        try:
            player.play()
            # Lost without a word: the seat is kept, and found again below.
            if player.welcome["resume_s"]:
                player.errors += check_resume(lambda: connect(address, **options), player.welcome, schema["hash"])
            with connect(address, **options) as other:
                other.send(hello(NAME, schema["hash"]))
                other.recv(timeout=5)
                other.close(1000)
                closed = other.protocol.close_rcvd
                if closed is None or (closed.code, closed.reason) != (1000, "bye"):
                    player.errors.append(f"the goodbye was answered with {closed}")
        except (ConnectionClosed, ValueError, LookupError) as error:
            player.errors.append(f"the connection ended: {error!r}")
    comparer.waiting.put(None)
    comparer.join(10)
    if player.welcome:
        player.errors += check_map(player.welcome, lambda path: fetch(host, int(port), path))
    print(f"messages        {dict(player.stats)}\nframes by kind  {dict(player.frames)}")
    checks = player.replica.checks if player.replica else 0
    seen = player.checks
    print(f"checked         {dict(seen.stats)}")
    print(f"saw             {len(seen.lives)} rows {dict(seen.kinds)}, {seen.events.total()} events {dict(seen.events)}")
    print(f"compared        {dict(comparer.stats)}, checks {checks}, golden cases {golden[0]}, golden rows {golden[1]}")
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
