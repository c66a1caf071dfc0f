// The panels' pure parts: the tree of bits, the history of arrivals, what is kept, slices of code.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { LINKS } from "../links.js";
import { golden } from "./support.mjs";
import { judgesThePast } from "../arena/judged.js";
import { STEPS } from "../arena/tour-steps.js";
import { noParts, tree } from "../panels/bandwidth.js";
import { readConditions, usual } from "../panels/conditions.js";
import { History } from "../panels/history.js";
import { heightOfCorrection } from "../panels/netgraph.js";
import { slice } from "../panels/source.js";

const root = new URL("../../../", import.meta.url);

test("every step of the tour shows code that is there", () => {
  assert.equal(STEPS.length, 8);
  for (const { file, start } of STEPS) {
    const path = file.startsWith("source/") ? file.slice(7) : `assets/web/${file}`;
    const code = slice(readFileSync(new URL(path, root), "utf8"), start);
    assert.ok(code.split("\n").length > 3 && code.trimEnd().endsWith("}"), `${start} in ${path}:\n${code}`);
    assert.ok(code.split("\n").length < 80, `${start} in ${path} is one function`);
  }
});

test("a step of the tour is done by what it asks for, and by nothing less", () => {
  const counts = { freezes: 0, drops: 0, joins: 0, judged: 0, unfolded: 0 };
  const idle = { pressed: new Set(), conditions: { ...usual() }, sinceMs: 60_000, stalledMs: 0, opened: () => true, ...counts };
  const hotel = { ...usual(), preset: "hotel" };
  const asked = [
    { pressed: new Set(["KeyW"]) },
    { pressed: new Set(["KeyD"]) },
    { conditions: { ...usual(), interpolation: false } },
    { conditions: hotel, stalledMs: 200 },
    { freezes: 1, stalledMs: 1900 },
    { judged: 1 },
    { drops: 1, joins: 1 },
    { unfolded: 1 },
  ];
  const less = [
    [{ pressed: new Set(["KeyQ"]) }],
    [{ pressed: new Set() }],
    [{ conditions: hotel }],
    [{ conditions: hotel }, { stalledMs: 200 }, { conditions: hotel, stalledMs: 200, sinceMs: 500 }, { conditions: hotel, stalledMs: 200, opened: () => false }],
    [{ freezes: 1 }, { stalledMs: 1900 }, { freezes: 1, stalledMs: 300 }],
    [{ pressed: new Set(["Space"]) }],
    [{ joins: 1 }, { drops: 1 }],
    [{}, { unfolded: 1, opened: () => false }],
  ];
  for (const [i, { title, done }] of STEPS.entries()) {
    assert.ok(done({ ...idle, ...asked[i] }), title);
    for (const more of less[i]) assert.ok(!done({ ...idle, ...more }), `${title}: ${JSON.stringify(more)}`);
  }
});

test("a room tells whether it judges shots in the past", () => {
  const allows = (...options) => judgesThePast({ options });
  assert.deepEqual([allows(), allows(["lag_compensation", "true"]), allows(["match_s", "60"], ["lag_compensation", "false"])], [true, true, false]);
});

test("a correction is drawn by its size, and never beyond its band", () => {
  const heights = [0, 1, 25, 100, 9000].map((moved) => heightOfCorrection(moved, 24));
  assert.deepEqual([heights[0], heights[3], heights[4]], [3, 24, 24]);
  assert.ok(heights[1] > heights[0] && heights[2] > heights[1] + 5);
});

test("all bits of the frames are in the tree, once", () => {
  const kinds = [{ kind: "Ship", modes: 10, loads: 20, fields: [["place", 60], ["vel", 10]] }];
  const parts = { ...noParts(), runs: 80, enters: 30, own: 50, events: 5 };
  const after = { atMs: 1, kinds, parts, bytes: 30, frames: 1 };
  const lines = tree({ atMs: 0, kinds: [], parts: noParts(), bytes: 0, frames: 0 }, after);
  assert.equal(lines.reduce((sum, { bits }) => sum + bits, 0), 240);
  const [ship, own, events, overhead] = lines;
  assert.deepEqual([ship.bits, own.bits, events.bits, overhead.bits], [100, 50, 5, 85]);
});

test("a gap is measured in the server's steps, and a stall is told", () => {
  const history = new History(33);
  const add = (atMs, step, intervalMs, lateMs) => history.add({ atMs, step, slack: 1, bytes: 100, intervalMs, lateMs, bufferedMs: 40 }, [], 0);
  add(0, 1, 0, 0);
  add(66, 3, 66, 0);
  add(266, 4, 200, 167);
  assert.deepEqual(history.samples.map(({ gap }) => Math.round(gap * 10) / 10), [1, 1, 6.1]);
  const { stalledMs, jitterMs, sinceMs } = history.judge(300);
  assert.deepEqual([stalledMs, jitterMs, sinceMs], [200, 167, 34]);
  assert.equal(history.judge(9000).stalledMs, 0, "it has passed");
  assert.deepEqual([history.stalledMs(100), history.stalledMs(266)], [200, 0], "since a moment");
});

test("conditions that make no sense are as usual", () => {
  for (const text of [null, "", "{", "7", '{"preset":"moon"}']) assert.deepEqual(readConditions(text), usual());
  const { link, preset } = readConditions('{"preset":"own","link":{"delayMs":1e9,"jitterMs":-3,"lossPerMille":"x","more":1}}');
  assert.deepEqual([preset, link], ["own", { delayMs: 400, jitterMs: 0, lossPerMille: 0, stallMs: 0 }]);
});

test("the links that people choose from are the client core's", () => {
  const numbers = { jitterMs: 0, lossPerMille: 0, stallMs: 0 };
  const shown = [...LINKS.values()].flatMap(({ link }) => (link ? [{ ...numbers, ...link }] : []));
  assert.deepEqual(shown, golden("links.json").links);
});
