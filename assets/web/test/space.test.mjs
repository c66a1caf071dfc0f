// Where things are on the screen, wrapping worlds above all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { firstCopy, gridLines, gridStep, scaleFor, shortest, turns } from "../space.js";

function copies(delta, reach, range) {
  const found = [];
  for (let x = firstCopy(delta, reach, range); x <= reach; x += range || Infinity) found.push(x);
  return found;
}

test("the short way leads across the edge", () => {
  assert.equal(shortest(990, 1000), -10);
  assert.equal(shortest(-600, 1000), 400);
  assert.equal(shortest(990, 0), 990);
});

test("a thing is seen wherever the screen shows its place, and nowhere else", () => {
  assert.deepEqual(copies(990, 100, 1000), [-10]);
  assert.deepEqual(copies(500, 100, 1000), []);
  assert.deepEqual(copies(90, 100, 0), [90]);
  assert.deepEqual(copies(-101, 100, 0), []);
});

test("at the edge of a screen as wide as the world a thing is seen on both sides", () => {
  assert.deepEqual(copies(495, 510, 1000), [-505, 495]);
  assert.deepEqual(copies(-505, 510, 1000), [-505, 495]);
  assert.deepEqual(copies(0, 1500, 1000), [-1000, 0, 1000]);
});

test("crossing the edge moves nothing on the screen", () => {
  const other = 20;
  const seen = (own) => copies(other - own, 500, 1000)[0];
  assert.equal(seen(999.5), seen(0.5) + 1);
  assert.equal(seen(999.999) - seen(0.001) < 0.01, true);
});

test("the screen never shows more than the server sends, and the grid goes evenly round the world", () => {
  assert.equal(scaleFor(1280, 720, 500, 1), 1.28);
  assert.equal(scaleFor(360, 640, 500, 2), 1.28);
  assert.ok(Number.isFinite(scaleFor(360, 640, 0, 1)));
  for (const wanted of [3, 47, 65, 131, 999, 5000]) {
    const lines = 1000 / gridStep(wanted, 1000);
    assert.ok(Math.abs(lines - Math.round(lines)) < 1e-9 && lines >= 1, `${wanted}`);
  }
  assert.equal(gridStep(47, 0), 50);
  assert.equal(gridStep(0.13, 0), 0.1);
});

test("the grid stays on the world, ends with it, and marks where it meets itself", () => {
  const wrapping = { from: 0, min: 0, max: 1000, range: 1000 };
  assert.deepEqual(gridLines(950, 100, 50, wrapping), [[-100, false], [-50, false], [0, false], [50, true], [100, false]]);
  const ending = { from: 0, min: -100, max: 100, range: 0 };
  assert.deepEqual(gridLines(80, 60, 50, ending).map(([offset]) => offset), [-30]);
  assert.deepEqual(gridLines(0, 60, 50, null).map(([offset]) => offset), [-50, 0, 50]);
});

test("turns go from +x towards +y, which is down", () => {
  assert.deepEqual([turns(1, 0), turns(0, 1), turns(-1, 0), turns(0, -1)], [0, 0.25, 0.5, 0.75]);
});
