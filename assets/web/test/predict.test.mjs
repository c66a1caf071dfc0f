// A connection that predicts: the game's own client core, the map, the own state; events by name; the simulated link.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { connect, packageOf } from "../snapline.js";
import { FakeClient, FakeSocket, SCHEMA, fromHex, golden, loadWasm, schemaBytes, toHex } from "./support.mjs";

const WELCOME = { type: "welcome", epoch: 1, tick: 0, tickHz: 60, ticksPerStep: 2, player: 2, game: "swarm", schemaHash: "0", map: "isles.json", mapHash: "a1", options: [] };
const MEMORY = new WebAssembly.Memory({ initial: 1 });

let now = 0;
let client = new FakeClient();
let answers = {};
let asked = [];

beforeEach(() => {
  now = 0;
  client = new FakeClient();
  asked = [];
  answers = { "/schema.json": () => schemaBytes(), "/maps/isles.json": () => "an isle" };
});
afterEach(() => mock.timers.reset());

async function answer(url) {
  asked.push(url.pathname);
  const body = answers[url.pathname]?.();
  if (body === undefined) throw new TypeError("fetch failed");
  return typeof body === "number" ? new Response(null, { status: body }) : new Response(body);
}

async function joining(options = {}) {
  FakeSocket.made.length = 0;
  const load = async () => ({ make: () => client, memory: MEMORY });
  const game = connect({ url: "http://game.test", fetch: answer, socket: FakeSocket, clock: () => now, load, ...options });
  while (game.state === "loading") await new Promise(setImmediate);
  return { game, socket: FakeSocket.made[0] };
}

async function joined({ welcome = WELCOME, ...options } = {}) {
  const { game, socket } = await joining(options);
  socket.opens();
  client.events.push(welcome);
  socket.says();
  assert.equal(game.state, "open");
  return { game, socket };
}

const settled = () => new Promise(setImmediate);
const textOf = (bytes) => new TextDecoder().decode(bytes);

test("the game's own core is loaded when asked for, under the name in the schema, and any game's else", async () => {
  assert.deepEqual([packageOf("arena"), packageOf(null)], ["./pkg/arena/snapline_wasm.js", "./pkg/generic/snapline_wasm.js"]);
  const loaded = [];
  const load = async (game) => {
    loaded.push(game);
    return { make: () => client, memory: MEMORY };
  };
  (await joining({ load, predict: true })).game.leave();
  (await joining({ load })).game.leave();
  assert.deepEqual(loaded, ["swarm", null]);
});

test("a game without a core of its own ends it, in words, and so does a schema that is none", async () => {
  const withoutCore = await joining({ load: undefined, predict: true });
  assert.deepEqual([withoutCore.game.ending.name, withoutCore.game.ending.way], ["no_prediction", "reload"]);
  answers["/schema.json"] = () => schemaBytes({ ...SCHEMA, game: "../generic" });
  assert.match((await joining({ load: undefined, predict: true })).game.ending.detail, /no path/);
  answers["/schema.json"] = () => "[]";
  assert.equal((await joining({ predict: true })).game.ending.name, "bad_schema");
});

test("the map is fetched once, whoever asks, and again when it is another one of that name", async () => {
  const { game } = await joined();
  const [first, second] = await Promise.all([game.map(), game.map()]);
  assert.deepEqual([textOf(first), textOf(second)], ["an isle", "an isle"]);
  game.leave();
  const again = await joined();
  await again.game.map();
  assert.equal(asked.filter((path) => path === "/maps/isles.json").length, 1);
  again.game.leave();
  const changed = await joined({ welcome: { ...WELCOME, mapHash: "b2" } });
  await changed.game.map();
  assert.equal(asked.filter((path) => path === "/maps/isles.json").length, 2);
  changed.game.leave();
});

test("a map that does not come can be asked for again; a room without one says so", async () => {
  answers["/maps/isles.json"] = () => 404;
  const { game } = await joined({ welcome: { ...WELCOME, mapHash: "c3" } });
  await assert.rejects(game.map(), /404 for the map isles.json/);
  answers["/maps/isles.json"] = () => "an isle";
  assert.equal(textOf(await game.map()), "an isle");
  game.leave();
  const { game: bare } = await joined({ welcome: { ...WELCOME, map: "", mapHash: "0" } });
  assert.equal(await bare.map(), null);
  bare.leave();
  const early = await joining();
  await assert.rejects(early.game.map(), /not in a room/);
  early.game.leave();
});

test("prediction is given the map that it needs", async () => {
  client.needsMap = "isles.json";
  client.setMap = (bytes) => {
    client.gotMap = textOf(bytes);
    client.needsMap = undefined;
  };
  const { game } = await joined({ predict: true, welcome: { ...WELCOME, mapHash: "d4" } });
  await settled();
  assert.deepEqual([client.gotMap, game.state], ["an isle", "open"]);
  game.leave();
});

test("a map that cannot be had, is another one or is of no use ends it", async () => {
  const withMap = async (setMap) => {
    client = Object.assign(new FakeClient(), { needsMap: "isles.json", setMap });
    const { game } = await joined({ predict: true, welcome: { ...WELCOME, mapHash: "e5" } });
    for (let turn = 0; turn < 10 && !game.ending; turn += 1) await settled();
    return game.ending;
  };
  assert.match((await withMap(() => {})).detail, /not the one/);
  const useless = () => {
    throw new Error("map: no walls");
  };
  const ending = await withMap(useless);
  assert.deepEqual([ending.name, ending.detail], ["bad_map", "map: no walls"]);
  answers["/maps/isles.json"] = undefined;
  client.needsMap = "isles.json";
  const { game } = await joined({ predict: true, welcome: { ...WELCOME, mapHash: "f6" } });
  await settled();
  assert.equal(game.ending?.name, "bad_map");
});

test("the map of an epoch that is over is not used", async () => {
  let release;
  answers["/maps/isles.json"] = () => new ReadableStream({ start: (controller) => (release = () => controller.close()) });
  client.needsMap = "isles.json";
  client.setMap = () => assert.fail("an old map");
  const { game, socket } = await joined({ predict: true, welcome: { ...WELCOME, mapHash: "07" } });
  while (!release) await settled();
  client.needsMap = undefined;
  client.events.push({ ...WELCOME, epoch: 2, mapHash: "08" });
  socket.says();
  release();
  await settled();
  assert.equal(game.state, "open");
  game.leave();
});

test("events of the game tell their numbers by name", async () => {
  const kind = { name: "Hit", at: 0, drive: null, fields: [{ name: "place", shape: "vec2", lane: "f32" }, { name: "by", shape: "integer", lane: "uint", bits: 12 }] };
  answers["/schema.json"] = () => schemaBytes({ ...SCHEMA, events: [kind] });
  const { game, socket } = await joined();
  const heard = [];
  game.on("game", (event) => heard.push(event));
  const event = { type: "game", tick: 9, kind: 0, name: "Hit", numbers: Float64Array.of(1, 2, 3) };
  client.events.push(event);
  socket.says();
  assert.deepEqual(heard, [{ ...event, values: { place: [1, 2], by: 3 } }]);
  game.leave();
});

test("a link is pumped every few milliseconds while somebody looks, and not after the end", async () => {
  const link = { delayMs: 75, jitterMs: 5, lossPerMille: 10, stallMs: 200 };
  client.setLink = (...spec) => (client.link = spec);
  client.pump = (us) => (client.pumps ??= []).push(us);
  const { game } = await joining({ link });
  assert.deepEqual(client.link, [75, 5, 10, 200, 0]);
  game.leave();
  client.pumps = [];
  mock.timers.enable({ apis: ["setInterval"] });
  const second = await joined({ link: { delayMs: 75 } });
  assert.deepEqual(client.link, [75, 0, 0, 0, 0]);
  const pass = (ms) => {
    const before = client.pumps.length;
    mock.timers.tick(ms);
    return client.pumps.length - before;
  };
  now = 12;
  assert.equal(pass(40), 10);
  assert.equal(client.pumps.at(-1), 12_000);
  second.game.setVisible(false);
  assert.equal(pass(40), 0);
  second.game.setVisible(true);
  assert.equal(pass(40), 10);
  client.pump = () => {
    throw new Error("the server's message does not decode: x");
  };
  pass(4);
  assert.equal(second.game.ending?.name, "not_understood");
  client.pump = () => assert.fail("pumped after the end");
  pass(40);
});

test("the recorded session, played through a connection: the same sent, the own state by name, the counters", async () => {
  const { schema, hello, frames, own, stats } = golden("arena-session.json");
  const wasm = await loadWasm("arena");
  answers["/schema.json"] = () => schema;
  now = 1000;
  const load = async (game) => (assert.equal(game, "arena"), { make: () => wasm.predicted(), memory: wasm.memory });
  const { game, socket } = await joining({ predict: true, name: "Ada", load });
  socket.opens();
  assert.deepEqual([socket.sent.splice(0).map(toHex), game.own], [[hello], null]);
  let shots = 0;
  for (const [at, { us, input, looks, got, sent }] of frames.entries()) {
    now = us / 1000;
    const [aim, thrust, brake, fire] = input;
    game.input({ aim: (aim * 2 * Math.PI) / 1024, thrust, brake, fire });
    for (const bytes of got) socket.says(fromHex(bytes));
    if (looks !== (frames[at - 1]?.looks ?? true)) game.setVisible(looks);
    if (looks) {
      const view = game.view(now);
      for (let row = 0; row < view.count; row += 1) shots += Number(view.slot(row) === 65535);
    }
    assert.deepEqual(socket.sent.splice(0).map(toHex), sent, `frame ${at}`);
  }
  assert.deepEqual(game.own.place, own.slice(0, 2));
  assert.deepEqual([game.own.owner, game.own.hull], [3, own[6]]);
  for (const [name, count] of Object.entries(stats)) assert.equal(game.stats[name], count, name);
  assert.ok(game.stats.predicted && shots > 50, `${shots} rows that the server did not know yet`);
  game.leave();
});
