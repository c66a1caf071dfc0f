// A connection that is lost and found again, against a fake socket and client core.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { connect } from "../snapline.js";
import { FakeClient, FakeSocket, schemaBytes } from "./support.mjs";

const WELCOME = { type: "welcome", epoch: 1, tick: 0, tickHz: 60, ticksPerStep: 3, player: 2, game: "swarm", schemaHash: "0", map: "", mapHash: "0", options: [], resumeS: 30 };

class FakeStorage extends Map {
  getItem(key) {
    return this.get(key) ?? null;
  }
  setItem(key, value) {
    this.set(key, value);
  }
  removeItem(key) {
    this.delete(key);
  }
}

let now, client, storage, tokens;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  [now, client, storage, tokens] = [0, new FakeClient(), new FakeStorage(), 0];
  FakeSocket.made.length = 0;
});

afterEach(() => mock.timers.reset());

/** Time passes, in steps that no timer is longer than. */
function wait(ms) {
  for (let done = 0; done < ms; done += 10) {
    now += 10;
    mock.timers.tick(10);
  }
}

function start(options = {}) {
  client = new FakeClient();
  const game = connect({
    url: "http://game.test:7777",
    fetch: async ({ pathname }) => (pathname === "/schema.json" ? new Response(schemaBytes()) : Promise.reject(new TypeError("down"))),
    socket: FakeSocket,
    clock: () => now,
    random: () => 0.5,
    storage,
    load: async () => ({ make: () => client, memory: new WebAssembly.Memory({ initial: 1 }) }),
    ...options,
  });
  return game;
}

const socket = () => FakeSocket.made.at(-1);

/** The newest socket opens and the server welcomes it, with a new token. */
function welcome() {
  socket().opens();
  tokens += 1;
  client.resumeToken = `token ${tokens}`;
  client.events.push(WELCOME);
  socket().says();
}

async function joined(options) {
  const game = start(options);
  while (game.state === "loading") await new Promise(setImmediate);
  welcome();
  assert.equal(game.state, "open");
  return game;
}

test("it comes back at once, with the newest token and no word of the end", async () => {
  const game = await joined();
  const told = [];
  for (const event of ["open", "lost", "end"]) game.on(event, (value) => told.push([event, value.attempt]));
  socket().ends(1006);
  assert.equal(game.state, "lost");
  wait(10);
  assert.equal(FakeSocket.made.length, 2);
  welcome();
  assert.deepEqual([game.state, client.opened, told], ["open", [undefined, "token 1"], [["lost", 1], ["open", undefined]]]);
  assert.deepEqual([...storage.values()], ["token 2"]);
  game.leave();
  assert.equal(storage.size, 0, "whoever leaves has no seat");
});

test("it goes on trying while the seat is kept, with a countdown, and then ends", async () => {
  const game = await joined();
  const lost = [];
  game.on("lost", (value) => lost.push(value));
  socket().ends(1006);
  let before = 0;
  while (game.state !== "ended") {
    wait(10);
    if (FakeSocket.made.length > before && socket().readyState === 0) {
      before = FakeSocket.made.length;
      socket().ends(1006);
    }
    assert.ok(now < 60_000, "a terminal state is always reached");
  }
  assert.ok(now > 25_000 && now < 30_100, `${now}`);
  assert.deepEqual([game.ending.name, game.ending.way], ["unreachable", "pause"]);
  assert.deepEqual(lost.slice(0, 4).map(({ waitMs }) => waitMs), [0, 250, 500, 1000]);
  assert.ok(lost.every(({ leftMs }, at) => leftMs > 0 && (at === 0 || leftMs < lost[at - 1].leftMs)));
  assert.equal(storage.size, 1, "who knows: a reload may still find it");
});

test("an attempt that nobody answers is given up, not waited for", async () => {
  const game = await joined();
  socket().ends(1006);
  wait(10);
  socket().opens();
  wait(6000);
  assert.deepEqual([game.state, FakeSocket.made.length], ["lost", 3]);
  welcome();
  assert.equal(game.state, "open");
});

test("after a duplicated tab has taken the seat it never tries by itself, nor with the old token", async () => {
  const game = await joined();
  socket().ends(4005, "replaced");
  wait(60_000);
  assert.deepEqual([game.state, game.ending.name, FakeSocket.made.length, storage.size], ["ended", "replaced", 1, 0]);
});

test("a reload comes with the token; a seat that is gone makes it somebody new", async () => {
  await joined();
  const game = start();
  while (game.state === "loading") await new Promise(setImmediate);
  socket().opens();
  assert.deepEqual(client.opened, ["token 1"]);
  socket().ends(4007, "resume_rejected: gone");
  assert.deepEqual([game.state, storage.size, FakeSocket.made.length], ["joining", 0, 3]);
  welcome();
  assert.deepEqual([game.state, client.opened], ["open", ["token 1", undefined]]);
  // A server that goes on refusing is not asked for ever.
  client.resumeToken = undefined;
  socket().ends(4007, "resume_rejected");
  assert.equal(game.state, "ended");
});

test("what a retry cannot mend ends it", async () => {
  for (const [code, seats] of [[1000, 0], [1002, 1], [4000, 0], [4002, 0]]) {
    const game = await joined();
    socket().ends(code);
    assert.deepEqual([game.state, storage.size], ["ended", seats], `${code}`);
  }
});

test("a server that keeps no seats is not come back to", async () => {
  const game = start();
  while (game.state === "loading") await new Promise(setImmediate);
  socket().opens();
  client.events.push({ ...WELCOME, resumeS: 0 });
  socket().says();
  socket().ends(1006);
  assert.equal(game.state, "ended");
});

test("a page that is put away gives up its socket, keeps its seat, and comes back when it is woken", async () => {
  const game = await joined();
  game.suspend();
  assert.deepEqual([socket().closed.code, game.state], [3001, "lost"]);
  wait(120_000);
  assert.deepEqual([FakeSocket.made.length, game.state], [1, "lost"]);
  game.wake();
  assert.equal(FakeSocket.made.length, 2);
  welcome();
  assert.deepEqual([game.state, client.opened], ["open", [undefined, "token 1"]]);
  // Woken while an attempt waits: it is made now.
  socket().ends(1012);
  assert.equal(FakeSocket.made.length, 2, "a restarting server is given a pause");
  game.wake();
  assert.equal(FakeSocket.made.length, 3);
  wait(10_000);
  assert.ok(FakeSocket.made.length > 3, "and a failure after that is tried again");
});

test("a tab without storage plays all the same", async () => {
  const shut = { getItem: () => assert.fail(), setItem: () => assert.fail(), removeItem: () => assert.fail() };
  for (const storage of [null, shut]) {
    const game = await joined({ storage });
    socket().ends(1006);
    wait(10);
    welcome();
    assert.equal(game.state, "open");
  }
});
