// A connection against a fake socket and client core: it always ends, with a reason in words.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { SUBPROTOCOL, connect } from "../snapline.js";
import { FakeClient, FakeSocket, schemaBytes } from "./support.mjs";

const WELCOME = { type: "welcome", epoch: 1, tick: 0, tickHz: 60, ticksPerStep: 3, player: 2, game: "swarm", schemaHash: "0", map: "", mapHash: "0", options: [] };

let now = 0;
let client = new FakeClient();
let answers = {};

beforeEach(() => {
  now = 0;
  client = new FakeClient();
  answers = { "/schema.json": () => schemaBytes() };
  FakeSocket.made.length = 0;
});

async function answer(url) {
  const found = answers[url.pathname];
  if (!found) throw new TypeError("fetch failed");
  const body = found();
  return typeof body === "number" ? new Response(null, { status: body }) : new Response(body);
}

function start(options = {}) {
  return connect({
    url: "http://game.test:7777",
    room: "two words",
    fetch: answer,
    socket: FakeSocket,
    clock: () => now,
    load: async () => ({ make: () => client, memory: new WebAssembly.Memory({ initial: 1 }) }),
    ...options,
  });
}

/** Until the socket is there. */
async function joining(options) {
  const game = start(options);
  while (game.state === "loading") await new Promise(setImmediate);
  return { game, socket: FakeSocket.made[0] };
}

async function joined(options) {
  const { game, socket } = await joining(options);
  socket.opens();
  client.events.push(WELCOME);
  socket.says();
  assert.equal(game.state, "open");
  return { game, socket };
}

function ended(game) {
  return new Promise((done) => (game.ending ? done(game.ending) : game.on("end", done)));
}

test("hello, welcome, roster, chat", async () => {
  const { game, socket } = await joined({ name: "Ada" });
  assert.deepEqual([socket.url, socket.protocol], ["ws://game.test:7777/play?room=two%20words", SUBPROTOCOL]);
  assert.equal(socket.sent.length, 1);
  const lines = [];
  game.on("chat", (line) => lines.push(line));
  client.events.push(
    { type: "roster", whole: true, changes: [{ change: "join", player: 2, name: "Ada", bot: false }, { change: "join", player: 5, name: "", bot: true }] },
    { type: "chat", player: 2, text: "hi" },
    { type: "roster", whole: false, changes: [{ change: "away", player: 5, away: true }, { change: "leave", player: 2 }] },
    { type: "chat", player: 5, text: "ho" },
  );
  socket.says();
  assert.deepEqual(lines.map(({ name, text }) => `${name}: ${text}`), ["Ada: hi", "player 5: ho"]);
  assert.deepEqual([...game.players], [[5, { name: "", bot: true, away: true }]]);
  game.leave();
});

test("input goes in by name; a lane that is not there is the caller's mistake and ends nothing", async () => {
  const { game } = await joined();
  game.input({ heading: 64, fast: true, way: [0.5, -1] });
  assert.deepEqual(client.lanes, [["heading", 0, 64], ["fast", 0, 1], ["way", 0, 0.5], ["way", 1, -1]]);
  assert.throws(() => game.input({ nothing: 1 }), /no lane/);
  assert.equal(game.state, "open");
  game.leave();
});

test("a request settles with the game's answer", async () => {
  const { game, socket } = await joined();
  const done = game.request("Buy", [1]);
  client.events.push({ type: "reply", number: 7 });
  socket.says();
  await done;
  const refused = game.request("Buy", [1]);
  client.events.push({ type: "reply", number: 7, refused: "too dear" });
  socket.says();
  await assert.rejects(refused, /too dear/);
  const lost = game.request("Buy", [1]);
  socket.ends(1006);
  await assert.rejects(lost, /lost/);
});

test("a listener that fails stops nobody", async () => {
  const { game, socket } = await joined();
  const thrown = [];
  mock.method(globalThis, "queueMicrotask", (work) => thrown.push(work));
  let heard = 0;
  game.on("words", () => {
    throw new Error("mine");
  });
  game.on("words", () => (heard += 1));
  client.events.push({ type: "words", text: "x" });
  socket.says();
  mock.restoreAll();
  assert.throws(thrown[0], /mine/, "it reaches the console");
  assert.deepEqual([heard, game.state, thrown.length], [1, "open", 1]);
  game.leave();
});

test("leaving gives up the seat and ends at once, even while loading", async () => {
  const { game, socket } = await joined();
  game.leave();
  assert.deepEqual([game.state, game.ending.name, socket.closed], ["ended", "left", { code: 1000, reason: "left" }]);
  const early = start();
  early.leave();
  await new Promise(setImmediate);
  assert.equal(early.ending.name, "left");
  assert.equal(FakeSocket.made.length, 1, "no socket was opened after it");
});

test("the server's close is told once, with its words", async () => {
  const { game, socket } = await joined();
  const endings = [];
  game.on("end", (ending) => endings.push(ending));
  socket.ends(4103, "room_full");
  game.leave();
  assert.deepEqual(endings.map(({ code, name }) => [code, name]), [[4103, "room_full"]]);
});

test("a socket that does not open asks why", async () => {
  answers["/api/admit"] = () => JSON.stringify({ admit: false, code: 4004, reason: "room_not_found: rooms are closed", retry_after_s: null });
  const { game, socket } = await joining();
  socket.ends(1006);
  const ending = await ended(game);
  assert.deepEqual([ending.name, ending.detail, ending.way], ["room_not_found", "rooms are closed", "main"]);
});

test("… and tells a proxy from a server that is gone", async () => {
  answers["/api/admit"] = () => JSON.stringify({ admit: true, code: null, reason: null });
  const first = await joining();
  first.socket.ends(1006);
  assert.equal((await ended(first.game)).name, "not_opened");
  delete answers["/api/admit"];
  const second = await joining();
  FakeSocket.made.at(-1).ends(1006);
  assert.equal((await ended(second.game)).name, "unreachable");
});

test("no server, no schema, a schema of something else, no client core", async () => {
  delete answers["/schema.json"];
  assert.equal((await ended(start())).name, "unreachable");
  answers["/schema.json"] = () => 503;
  assert.match((await ended(start())).detail, /503/);
  answers["/schema.json"] = () => "[]";
  assert.equal((await ended(start())).name, "bad_schema");
  answers["/schema.json"] = () => schemaBytes();
  assert.equal((await ended(start({ load: () => Promise.reject(new Error("no wasm here")) }))).name, "client_failed");
});

test("bytes that do not decode, and text, end it with a code of this side", async () => {
  const { game, socket } = await joined();
  client.onMessage = () => {
    throw new Error("the server's message does not decode: x");
  };
  socket.says();
  assert.deepEqual([game.ending.name, game.ending.way, socket.closed.code], ["not_understood", "reload", 3000]);
  client = new FakeClient();
  const second = await joining();
  FakeSocket.made.at(-1).onmessage({ data: "hello" });
  assert.equal(second.game.ending.name, "not_understood");
});

test("a trap in the client core ends it, and the core is not called again", async () => {
  const { game } = await joined();
  client.draw = () => {
    throw new WebAssembly.RuntimeError("unreachable");
  };
  game.view(1);
  assert.deepEqual([game.ending.name, game.ending.way], ["client_failed", "reload"]);
  client.setInputLane = () => assert.fail("called after a trap");
  game.input({ heading: 1 });
});

test("a server that never answers, or falls silent while somebody looks, is given up", async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  const wait = (ms) => {
    for (let done = 0; done < ms; done += 1000) {
      now += 1000;
      mock.timers.tick(1000);
    }
  };
  const silent = await joining();
  wait(12_000);
  assert.equal(silent.game.ending?.name, "no_answer");

  client = new FakeClient();
  const { game } = await joining();
  const socket = FakeSocket.made.at(-1);
  socket.opens();
  client.events.push(WELCOME);
  socket.says();
  game.setVisible(false);
  wait(60_000);
  assert.equal(game.state, "open", "a sleeping room says nothing to a page that nobody sees");
  game.setVisible(true);
  wait(8000);
  assert.equal(game.state, "open");
  wait(4000);
  assert.equal(game.ending?.name, "silent");
  mock.timers.reset();
});

test("a page that was hidden before it was let in says so afterwards", async () => {
  const { game, socket } = await joining();
  game.setVisible(false);
  socket.opens();
  client.events.push(WELCOME);
  socket.says();
  assert.equal(client.visible, false);
  game.leave();
});
