// What is drawn lies in memory that may grow.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readSchema } from "../schema.js";
import { View } from "../view.js";
import { FakeClient, SCHEMA } from "./support.mjs";

test("rows are read where they lie, also after the memory has grown", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const client = Object.assign(new FakeClient(), { rowCount: 2, rowsAt: 64, valuesAt: 128, valueCount: 8, own: 1, radius: 500, tick: 7.5, placeX: 1, placeY: 2 });
  new Uint32Array(memory.buffer, 64, 8).set([3, 1, 0, 0, 9, 2, 256, 4]);
  new Float32Array(memory.buffer, 128, 8).set([10, 20, 0.5, 99, 30, 40, 1.5, 88]);
  const view = new View(readSchema(JSON.stringify(SCHEMA)));
  assert.equal(view.read(0), null);
  view.take(client, memory);
  const held = { slot: 9, generation: 2, kind: "Walker", held: true, values: { place: [30, 40], heading: 1.5, hp: 88 } };
  assert.deepEqual(view.read(view.own), held);
  assert.deepEqual([view.count, view.tick, view.place, view.isHeld(0)], [2, 7.5, { x: 1, y: 2 }, false]);
  memory.grow(1);
  assert.deepEqual(view.read(1), held);
  assert.equal(view.read(2), null);
});
