// What a page can draw a kind from.

import assert from "node:assert/strict";
import { test } from "node:test";
import { named, readKind, readSchema } from "../schema.js";
import { SCHEMA } from "./support.mjs";

const field = (name, shape, lane, more = {}) => ({ name, shape, lane, ...more });

test("the first game's walker: a wrapping place, a heading, a gauge", () => {
  const [walker] = readSchema(JSON.stringify(SCHEMA)).entities;
  assert.deepEqual(walker.place, { from: 0, min: 0, max: 1000, range: 1000 });
  assert.deepEqual([walker.heading?.from, walker.gauge?.from, walker.size], [2, 3, 4]);
  assert.deepEqual([walker.player, walker.velocity, walker.labels], [null, null, []]);
  assert.deepEqual(named(walker, [9, 9, 1, 2, 3, 4], 2), { place: [1, 2], heading: 3, hp: 4 });
});

test("owners, velocities and labels are told apart", () => {
  const ship = readKind({
    name: "Ship",
    at: 1,
    drive: { by: 2 },
    fields: [
      field("turn", "quat", "quat", { bits: 9 }),
      field("pos", "vec2", "fixed", { min: -64, max: 64, step: 0.5, wrap: false }),
      field("vel", "vec2", "fixed", { min: -8, max: 8, step: 0.5, wrap: false }),
      field("owner", "integer", "uint", { bits: 12 }),
      field("hull", "integer", "uint", { bits: 7 }),
      field("score", "integer", "uint", { bits: 16 }),
      field("seed", "integer", "uint", { bits: 32 }),
    ],
  });
  assert.deepEqual(ship.place, { from: 4, min: -64, max: 64, range: 0 });
  assert.deepEqual([ship.heading, ship.velocity?.from, ship.player?.from, ship.gauge?.name], [null, 6, 8, "hull"]);
  assert.deepEqual(ship.labels.map(({ name }) => name), ["score"]);
});

test("a kind without a place is global", () => {
  const clock = readKind({ name: "Clock", at: null, drive: null, fields: [field("seconds", "integer", "uint", { bits: 12 })] });
  assert.equal(clock.place, null);
});
