// The vectors that `cargo test` writes, through the wasm build: one codec, whatever it was compiled to.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, golden, loadWasm, transmits } from "./support.mjs";

const wasm = await loadWasm();
const arena = await loadWasm("arena");
const bytesOf = (text) => new TextEncoder().encode(text);

test("numbers become the same words", () => {
  const { schema, cases } = golden("quantised.json");
  assert.ok(cases.length > 50);
  for (const { kind, numbers, words } of cases) {
    const got = wasm.golden_quantise(bytesOf(schema), kind, Float64Array.from(numbers));
    assert.deepEqual([...got], words, `${kind} ${numbers}`);
  }
});

test("frames become the same rows", () => {
  const { schema, tick_hz: tickHz, ticks_per_step: ticksPerStep, frames } = golden("swarm.json");
  assert.ok(frames.length > 100);
  const replica = new wasm.GoldenReplica(bytesOf(schema), tickHz, ticksPerStep);
  for (const { bytes, rows, step } of frames) {
    assert.deepEqual([...replica.read(fromHex(bytes))], rows, `step ${step}`);
    assert.equal(replica.step, step);
  }
});

test("a frame that does not follow is refused", () => {
  const { schema, tick_hz: tickHz, ticks_per_step: ticksPerStep, frames } = golden("swarm.json");
  const replica = new wasm.GoldenReplica(bytesOf(schema), tickHz, ticksPerStep);
  assert.throws(() => replica.read(fromHex(frames[1].bytes)), Error);
});

test("the server's messages mean the same", () => {
  const { server } = golden("messages.json");
  assert.ok(server.length > 10);
  for (const { bytes, means } of server) {
    assert.deepEqual(wasm.golden_server_message(fromHex(bytes)), means);
    assert.throws(() => wasm.golden_server_message(fromHex(`${bytes}00`)), /left over/);
  }
});

test("the client's messages are the same bytes", () => {
  const { schema, server, client: messages } = golden("messages.json");
  const client = wasm.Client.generic(bytesOf(schema));
  client.message(0, fromHex(server[0].bytes));
  const say = {
    chat: ({ text }) => client.chat(text),
    visibility: ({ visible }) => client.setVisible(visible),
    request: ({ kind, number, numbers }) => assert.equal(client.request(kind, Float64Array.from(numbers)), number),
  };
  const hello = ({ name, bot, resume }) => {
    const newcomer = wasm.Client.generic(bytesOf(schema));
    newcomer.setResumeToken(resume);
    newcomer.open(0, name, bot);
    return newcomer;
  };
  // A Hello with a token or a hash is not this client's; inputs and acks are those of the session below.
  const mine = messages.filter(({ means }) => say[means.type] || (means.type === "hello" && !means.token));
  assert.equal(mine.length, 10);
  for (const { bytes, means } of mine) {
    const speaker = means.type === "hello" ? hello(means) : client;
    say[means.type]?.(means);
    assert.deepEqual(transmits(speaker), [bytes], JSON.stringify(means));
  }
});

test("a ship flies the same way, bit for bit", () => {
  const { tick_hz: tickHz, start, ticks } = golden("arena-motion.json");
  assert.equal(ticks.length, 600);
  const motion = new arena.GoldenMotion(tickHz, 2, Uint32Array.from(start));
  for (const [tick, { input, own }] of ticks.entries()) {
    assert.deepEqual([...motion.advance(Uint32Array.from(input))], own, `tick ${tick}`);
  }
});

/** Lets a client live through the recorded session; gives what it sent in answer to each frame. */
function relive(client, frames) {
  return frames.map(({ us, input, looks, got }, at) => {
    client.setInput(Uint32Array.from(input));
    for (const bytes of got) client.message(us, fromHex(bytes));
    const looked = frames[at - 1]?.looks ?? true;
    if (looks !== looked) client.setVisible(looks);
    if (looks) client.update(us);
    return transmits(client);
  });
}

test("a client of the arena says the same at the same times, and predicts the same", () => {
  const { hello, frames, own, stats } = golden("arena-session.json");
  const client = arena.predicted();
  client.open(1_000_000, "Ada", false);
  assert.deepEqual(transmits(client), [hello]);
  for (const [at, sent] of relive(client, frames).entries()) assert.deepEqual(sent, frames[at].sent, `frame ${at}`);
  assert.deepEqual([...client.ownNumbers()], own);
  const { predicted, ...counted } = client.stats();
  assert.equal(predicted, true);
  for (const [name, count] of Object.entries(stats)) assert.equal(counted[name], count, name);
});

test("a client that does not predict says the same but for its Hello", () => {
  const { schema, hello, frames } = golden("arena-session.json");
  const client = wasm.Client.generic(bytesOf(schema));
  client.open(1_000_000, "Ada", false);
  const [mine] = transmits(client);
  assert.notEqual(mine, hello, "it names no schema");
  for (const [at, sent] of relive(client, frames).entries()) assert.deepEqual(sent, frames[at].sent, `frame ${at}`);
  const { predicted, compared, unexplained } = client.stats();
  assert.deepEqual([predicted, compared, unexplained], [false, 0, 0]);
  const fields = JSON.parse(schema).own.fields;
  const numbers = client.ownNumbers();
  assert.equal(numbers.length, fields.length + fields.filter(({ shape }) => shape === "vec2").length);
  // The seat is told, and is not the first.
  assert.equal(numbers[2 + fields.findIndex(({ name }) => name === "owner")], 3);
});
