// What a player holds, as the lanes of any game's input.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readKind, readSchema } from "../schema.js";
import { Steering, plan } from "../steer.js";
import { SCHEMA } from "./support.mjs";

const REST = { x: 0, y: 0, buttons: new Set() };
const held = (x, y, ...buttons) => ({ x, y, buttons: new Set(buttons) });

function inputOf(...fields) {
  return readKind({ name: "Input", at: null, drive: null, fields: fields.map(([name, shape, lane, more]) => ({ name, shape, lane, ...more })) });
}

function values(input, holding) {
  return new Steering(plan(input)).values(holding);
}

test("the first game: a heading in 256 steps of a turn, from +x towards +y, and a button on Shift", () => {
  const steering = new Steering(plan(readSchema(JSON.stringify(SCHEMA)).input));
  assert.deepEqual(steering.plan.buttons, [{ name: "fast", keys: ["ShiftLeft", "ShiftRight"], label: "Shift" }]);
  const headings = [[1, 0], [0, 1], [-1, 0], [0, -1], [0.7071, 0.7071]].map(([x, y]) => steering.values(held(x, y)).heading);
  assert.deepEqual(headings, [0, 64, 128, 192, 32]);
  assert.deepEqual(steering.values(REST), { heading: 32, fast: 0 }, "a heading stays when the keys are let go");
  assert.equal(steering.values(held(0, 0, "fast")).fast, 1);
});

test("the last step before a whole turn is not past the lane", () => {
  const input = inputOf(["aim", "integer", "uint", { bits: 8 }]);
  assert.equal(values(input, held(Math.cos(-0.001), Math.sin(-0.001))).aim, 0);
});

test("angles in radians, vectors, axes and motions by name", () => {
  const input = inputOf(
    ["aim", "float", "angle", { bits: 10 }],
    ["drive_way", "vec2", "fixed", { min: -1, max: 1, step: 0.125 }],
    ["move_x", "integer", "int", { bits: 8 }],
    ["dy", "float", "f32"],
    ["thrust", "bool", "uint", { bits: 1 }],
    ["left", "bool", "uint", { bits: 1 }],
    ["fire", "bool", "uint", { bits: 1 }],
    ["colour", "integer", "uint", { bits: 3 }],
  );
  const got = values(input, held(0, -1, "fire"));
  assert.equal(got.aim, 1.5 * Math.PI);
  assert.deepEqual(got.drive_way, [0, -1]);
  assert.deepEqual([got.move_x, got.dy, got.thrust, got.left, got.fire, "colour" in got], [0, -1, 1, 0, 1, false]);
  assert.equal(values(input, held(-1, 0)).move_x, -127);
  assert.equal(values(input, held(-1, 0)).left, 1);
  assert.equal(values(input, REST).thrust, 0);
});

test("buttons get the keys that their names suggest, the rest what is left", () => {
  const bools = (...names) => plan(inputOf(...names.map((name) => [name, "bool", "uint", { bits: 1 }]))).buttons;
  const labels = (...names) => bools(...names).map(({ label }) => label);
  assert.deepEqual(labels("boost", "fire"), ["Shift", "Space"]);
  assert.deepEqual(labels("a", "b"), ["Space", "Shift"]);
  assert.deepEqual(labels("shield", "jump", "sprint", "cloak"), ["E", "Space", "Shift", "Q"]);
  assert.equal(labels(..."abcdefgh").at(-1), "", "more buttons than keys");
});
