// The arena's rows by kind, its map, the corner map's scale, and bounded particles.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Sight, layoutOf } from "../arena/kinds.js";
import { readMap } from "../arena/map.js";
import { leaderPlace, toMap } from "../arena/minimap.js";
import { colourOf } from "../arena/palette.js";
import { Particles } from "../arena/particles.js";
import { linesOf } from "../arena/table.js";
import { unseenFrom } from "../arena/trace-hit.js";

const fields = (...names) => names.map((name, from) => ({ name, from }));
const ENTITIES = [
  { name: "Ship", fields: fields("place", "vel", "heading", "thrust", "hull", "shielded", "rapid", "safe", "owner") },
  { name: "Bolt", fields: fields("place", "vel", "owner") },
  { name: "Crate", fields: fields("place", "holds") },
  { name: "Score", fields: fields("rank", "player", "score", "kills", "deaths", "x", "y") },
  { name: "Match", fields: fields("ends", "zone", "over") },
];

/** A view of rows given as kind and numbers. */
function viewOf(...rows) {
  const words = rows.flatMap(([kind], i) => [i, 0, kind, rows.slice(0, i).flatMap(([, ...numbers]) => numbers).length]);
  return { count: rows.length, rows: Uint32Array.from(words), values: Float32Array.from(rows.flatMap(([, ...numbers]) => numbers)) };
}

test("rows are sorted by kind, held ones too, and sorted anew in every picture", () => {
  const sight = new Sight(layoutOf({ entities: ENTITIES }));
  const many = Array.from({ length: 200 }, () => [1, 0, 0, 0]);
  sight.sort(viewOf([0, 1], [256, 2], [2, 3], [4, 9, 8, 1], ...many));
  assert.deepEqual([sight.ships.count, sight.bolts.count, sight.crates.count, sight.match], [2, 200, 1, 3]);
  assert.deepEqual([...sight.ships.indices.slice(0, 2)], [0, 1]);
  assert.equal(sight.bolts.indices[199], 203, "the list has grown");
  sight.sort(viewOf([2, 1]));
  assert.deepEqual([sight.ships.count, sight.bolts.count, sight.crates.count, sight.match], [0, 0, 1, -1]);
});

test("the table's lines come by rank, whatever the order of the rows", () => {
  const sight = new Sight(layoutOf({ entities: ENTITIES }));
  const view = viewOf([3, 2, 11, 40, 4, 5, 0, 0], [3, 1, 12, 50, 5, 6, 0, 0]);
  sight.sort(view);
  assert.deepEqual(linesOf(view, sight), [
    { rank: 1, player: 12, score: 50, kills: 5, deaths: 6 },
    { rank: 2, player: 11, score: 40, kills: 4, deaths: 5 },
  ]);
});

test("a game without what the page draws is named", () => {
  const entities = ENTITIES.map((kind) => (kind.name === "Crate" ? { ...kind, fields: fields("place") } : kind));
  assert.throws(() => layoutOf({ entities }), /Crate\.holds/);
});

test("a place of the world goes to the same part of the corner map", () => {
  assert.deepEqual([0, 4096, 8192].map((place) => toMap(place, 8192, 150)), [0, 75, 150]);
  assert.equal(leaderPlace(0, 8192), 64, "the middle of the first part");
  assert.equal(leaderPlace(63, 8192), 8192 - 64);
});

test("a map is read from its bytes, and what is none is refused", () => {
  const bytes = (value) => new TextEncoder().encode(JSON.stringify(value));
  assert.deepEqual(readMap(bytes({ name: "A", size: 8192, walls: [[1, 2, 3, 4]], crates: [] })), { name: "A", size: 8192, walls: [[1, 2, 3, 4]] });
  assert.throws(() => readMap(bytes({ name: "A", walls: [] })), /size/);
});

test("neighbouring seats have colours that lie apart, and none has the own ship's", () => {
  const hue = (seat) => Number(/ ([\d.]+)\)$/.exec(colourOf(seat))[1]);
  for (let seat = 0; seat < 200; seat += 1) {
    assert.ok(Math.abs(hue(seat) - hue(seat + 1)) > 30, `${seat}`);
    assert.ok(hue(seat) < 170 || hue(seat) > 250, `${seat}: ${hue(seat)}`);
  }
});

test("particles are bounded, end, and are few where somebody wants little motion", () => {
  const particles = new Particles();
  const burst = (count) => particles.burst({ x: 0, y: 0, count, speed: 100, lifeS: 1, size: 3, colour: "#fff" });
  for (let i = 0; i < 100; i += 1) burst(40);
  const most = particles.count;
  assert.ok(most > 100 && most <= 500, `${most}`);
  particles.step(0.4);
  assert.equal(particles.count, most, "none has ended yet");
  particles.step(0.7);
  assert.equal(particles.count, 0);
  particles.isCalm = true;
  for (let i = 0; i < 100; i += 1) burst(40);
  assert.ok(particles.count <= 100, `${particles.count}`);
});

test("a hit whose shot is not to be seen is traced from its shooter", () => {
  const sight = new Sight(layoutOf({ entities: ENTITIES }));
  // Place, then what lies between it and the owner, the ninth number of a ship and the third of a shot.
  const ship = [0, 100, 200, 0, 0, 0, 0, 0, 0, 7];
  const from = (...rows) => {
    const view = viewOf(...rows);
    sight.sort(view);
    return unseenFrom({ view, sight }, 7, [300, 200]);
  };
  assert.deepEqual(from(ship), [100, 200]);
  assert.equal(from(ship, [1, 250, 200, 7]), null, "its shot is there");
  assert.deepEqual(from(ship, [1, 250, 200, 8]), [100, 200], "somebody else's is not it");
  assert.deepEqual(from(ship, [1, 900, 200, 7]), [100, 200], "another one of the same shooter, far away");
  assert.equal(from([1, 900, 200, 7]), null, "nobody knows where it came from");
});
