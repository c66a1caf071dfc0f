// When a lost connection is tried again: at once, then at random, never beyond the seat's time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Retry } from "../retry.js";

/** All waits of attempts that fail at once, with this random number. */
function waits(random, options = {}) {
  const retry = new Retry({ nowMs: 1000, keptMs: 30_000, random: () => random, ...options });
  const all = [];
  let now = 1000;
  for (let wait = retry.next(now); wait !== null; wait = retry.next(now)) {
    all.push(wait);
    now += wait + 1;
    assert.ok(now <= 31_001 && all.length < 100_000);
  }
  assert.equal(retry.attempts, all.length);
  return all;
}

test("the first attempt is made at once, the others within limits that double", () => {
  const all = waits(0.999);
  assert.equal(all[0], 0);
  const most = [500, 1000, 2000, 4000, 5000, 5000];
  assert.ok(most.every((limit, at) => all[at + 1] > 0.99 * limit && all[at + 1] < limit), all.join(" "));
});

test("waits are spread over the whole of it", () => {
  assert.deepEqual(waits(0.5).slice(0, 4), [0, 250, 500, 1000]);
  assert.equal(waits(0.001)[3], 2);
});

test("a server that asks for a pause gets one", () => {
  assert.ok(waits(0.5, { atOnce: false })[0] > 0);
});

test("it ends with the seat, and a seat that is kept for no time is tried once", () => {
  for (const random of [0.1, 0.5, 0.9]) {
    const total = waits(random).reduce((sum, wait) => sum + wait + 1, 0);
    assert.ok(total <= 30_001 && total > 24_000, `${total}`);
  }
  assert.deepEqual(waits(0.5, { keptMs: 0 }), [0]);
});
