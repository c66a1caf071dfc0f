// A page's trace: the lines that trace-join reads.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Trace, inputsOf, traced } from "../trace.js";
import { FakeClient, FakeSocket, fromHex, golden, schemaBytes } from "./support.mjs";

const WELCOME = { type: "welcome", epoch: 9, tick: 500, tickHz: 60, ticksPerStep: 2, player: 3, game: "swarm", schemaHash: "0", map: "", mapHash: "0", options: [] };

test("inputs are found among the messages, with the ticks they are for", () => {
  const messages = golden("messages.json").client;
  const inputs = messages.filter(({ means }) => means.type === "input");
  assert.ok(inputs.length > 2);
  for (const { bytes, now, means } of inputs) {
    assert.deepEqual(inputsOf(fromHex(bytes), now), { tick: (means.first + means.count - 1) >>> 0, count: means.count });
  }
  for (const { bytes, means } of messages) assert.equal(inputsOf(fromHex(bytes), 0) === null, means.type !== "input");
});

test("a page's inputs and snapshots are lines with the keys of the server's", async () => {
  const [trace, client] = [new Trace(), new FakeClient()];
  let now = 100;
  const game = traced(trace, {
    url: "http://game.test",
    room: "lab",
    fetch: async () => new Response(schemaBytes()),
    socket: FakeSocket,
    storage: null,
    clock: () => now,
    load: async () => ({ make: () => client, memory: new WebAssembly.Memory({ initial: 1 }) }),
  });
  while (game.state === "loading") await new Promise(setImmediate);
  const socket = FakeSocket.made.at(-1);
  socket.opens();
  client.events.push(WELCOME);
  socket.says();
  const arrivals = [{ step: 251, bytes: 40, rows: 7, slack: 1, lateMs: 2, bufferedMs: 30 }];
  client.pollArrival = () => arrivals.shift();
  now = 200;
  socket.says();
  // Two inputs, for the ticks 505 and 506, in one message.
  const head = 1 | (505 << 3);
  client.update = () => client.transmits.push(Uint8Array.of(2, head & 255, (head >> 8) & 255, head >> 16));
  client.tick = 498;
  game.view(200);
  now = 250;
  game.view(250);
  game.leave();

  const us = (ms) => Math.round((performance.timeOrigin + ms) * 1000);
  const keys = { room: "lab", player: 3, epoch: 9 };
  assert.deepEqual(trace.lines, [
    { ...keys, tick: 502, snapshot: { arrived_us: us(200), bytes: 40, rows: 7, slack: 1, late_us: 2000, buffered_us: 30_000 } },
    { ...keys, tick: 506, input: { count: 2, sampled_us: us(200), sent_us: us(200), stalled: false, drawn: null } },
    { ...keys, tick: 506, input: { count: 2, sampled_us: us(250), sent_us: us(250), stalled: false, drawn: 501 } },
  ]);
  assert.equal(trace.text().split("\n").length, 4);
});
