// Where the ship is to point, by keys, pointer and thumb.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Aim, TURN, TURN_RATE, wrapped } from "../arena/aim.js";
import { STICK_REACH, stickOf } from "../arena/touch.js";

const near = (actual, expected) => assert.ok(Math.abs(wrapped(actual - expected)) < 1e-9, `${actual}, not ${expected}`);

test("a key turns at its rate, clockwise for the right one, and the aim stays when it is let go", () => {
  const aim = new Aim();
  for (let frame = 0; frame < 15; frame += 1) aim.turn(1, 1 / 60, aim.angle);
  near(aim.angle, TURN_RATE / 4);
  aim.turn(0, 1, 0);
  near(aim.angle, TURN_RATE / 4);
  for (let frame = 0; frame < 30; frame += 1) aim.turn(-1, 1 / 60, aim.angle);
  near(aim.angle, -TURN_RATE / 4);
  assert.ok(aim.angle >= 0 && aim.angle < TURN, "as the input's lane has it");
});

test("the aim never runs so far ahead that the ship would turn the other way round", () => {
  for (const direction of [1, -1]) {
    const aim = new Aim();
    for (let frame = 0; frame < 120; frame += 1) aim.turn(direction, 1 / 60, 0);
    const lead = wrapped(aim.angle);
    assert.ok(Math.sign(lead) === direction && Math.abs(lead) < Math.PI * 0.8, `${lead}`);
    // The other key takes it back at once.
    aim.turn(-direction, 0.1, 0);
    near(aim.angle, lead - direction * TURN_RATE * 0.1);
  }
});

test("it points at the pointer: right, down, left, up; too near there is no direction", () => {
  const aim = new Aim();
  for (const [dx, dy, angle] of [[9, 0, 0], [0, 9, TURN / 4], [-9, 0, TURN / 2], [0, -9, (TURN * 3) / 4]]) {
    aim.point(dx, dy, 6);
    near(aim.angle, angle);
  }
  aim.point(3, 3, 6);
  near(aim.angle, (TURN * 3) / 4);
});

test("a thumb has no direction where it came down, steers beyond, and thrusts when pushed past half", () => {
  const thumb = (dx, dy) => ({ id: 1, fromX: 50, fromY: 50, dx, dy });
  assert.equal(stickOf(null), null);
  assert.equal(stickOf(thumb(3, 3)), null);
  assert.deepEqual(stickOf(thumb(0, -STICK_REACH * 0.4)), { dx: 0, dy: -STICK_REACH * 0.4, isPushed: false });
  assert.deepEqual(stickOf(thumb(STICK_REACH * 0.6, 0)), { dx: STICK_REACH * 0.6, dy: 0, isPushed: true });
});
