// The built client core, as the page loads it.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { SCHEMA, fromHex, golden, loadWasm, schemaBytes, toHex, transmits } from "./support.mjs";

/** The row coder and its tables take some 50 KB of it; on the way to the browser a proxy's compression halves the whole. */
const BYTES_MAX = 360 * 1024;
const wasm = await loadWasm();
const arena = await loadWasm("arena");

test("both are small", () => {
  for (const name of ["generic", "arena"]) {
    const { size } = statSync(new URL(`../pkg/${name}/snapline_wasm_bg.wasm`, import.meta.url));
    assert.ok(size <= BYTES_MAX, `${name}: ${size} bytes`);
  }
});

test("what is no schema is refused in words", () => {
  assert.throws(() => wasm.Client.generic(new TextEncoder().encode("{}")), /not a schema/);
  const bad = structuredClone(SCHEMA);
  bad.entities[0].fields[2].bits = 65;
  assert.throws(() => wasm.Client.generic(schemaBytes(bad)), /Walker: hp: Uint takes 1 to 64 bits/);
});

test("lanes are set by name, and only those that are there", () => {
  const client = wasm.Client.generic(schemaBytes());
  client.setInputLane("heading", 0, 300);
  client.setInputLane("fast", 0, 1);
  assert.throws(() => client.setInputLane("heading", 1, 0), /no lane heading\[1\]/);
  assert.throws(() => client.setInputLane("sideways", 0, 0), /no lane sideways/);
  assert.throws(() => client.request("Buy", new Float64Array(1)), /no request Buy/);
});

test("opening queues one message, and bytes that are none are refused in words", () => {
  const client = wasm.Client.generic(schemaBytes());
  client.open(0, "Ada", false);
  const hello = client.transmit();
  assert.equal(hello?.[0], 1, "a Hello");
  assert.equal(client.transmit(), undefined);
  assert.throws(() => client.message(1, Uint8Array.of(99)), /does not decode/);
});

test("numbers are quantised as everywhere else", () => {
  const words = (...numbers) => [...wasm.golden_quantise(schemaBytes(), "Walker", Float64Array.from(numbers))];
  assert.deepEqual(words(1, 999.99, Math.PI / 2, 100), [16, 0, 64, 100]);
  assert.deepEqual(words(NaN, -1, -Math.PI / 2, 1e9), [0, 15984, 192, 255]);
});

test("a simulated link holds up both directions, and lets go of everything when it is taken away", () => {
  const { server } = golden("messages.json");
  const client = wasm.Client.generic(schemaBytes());
  client.setLink(70, 0, 0, 0);
  client.open(0, "Ada", false);
  client.pump(69_000);
  assert.deepEqual(transmits(client), []);
  client.pump(70_000);
  assert.equal(transmits(client).length, 1, "Hello");
  client.message(80_000, fromHex(server[0].bytes));
  client.update(149_000);
  assert.equal(client.welcome(), undefined);
  client.update(150_000);
  assert.equal(client.welcome()?.tick, 740);
  client.chat("hi");
  assert.equal(transmits(client).length, 0, "also what is said without a time");
  client.setLink(0, 0, 0, 0);
  // Inputs and the line, in their order.
  assert.deepEqual(transmits(client).map((bytes) => bytes.slice(0, 2)), ["02", "05"]);
});

test("a link beyond its limits is refused in words", () => {
  const client = wasm.Client.generic(schemaBytes());
  client.setLink(10_000, 10_000, 1000, 10_000);
  for (const bad of [[10_001, 0, 0, 0], [0, 10_001, 0, 0], [0, 0, 1001, 0], [0, 0, 0, 10_001], [-1, 0, 0, 0]]) {
    assert.throws(() => client.setLink(...bad), /0 to 10000 ms/);
  }
});

test("a message that does not decode is told when it comes out of the link", () => {
  const client = wasm.Client.generic(schemaBytes());
  client.setLink(5, 0, 0, 0);
  client.message(0, Uint8Array.of(99));
  client.pump(4_000);
  assert.throws(() => client.pump(5_000), /does not decode/);
});

test("a room on another map is predicted once the map has come", () => {
  const map = readFileSync(new URL("../../maps/arena.json", import.meta.url));
  const hashOf = (bytes) => createHash("sha256").update(bytes).digest().subarray(0, 8);
  const { frames } = golden("arena-session.json");
  const welcome = frames.flatMap(({ got }) => got).find((bytes) => bytes.startsWith("01"));
  /** A client in a room that plays on `bytes`. */
  const inRoomOn = (bytes) => {
    const client = arena.predicted();
    assert.ok(welcome.includes(toHex(hashOf(map))));
    client.message(0, fromHex(welcome.replace(toHex(hashOf(map)), toHex(hashOf(bytes)))));
    return client;
  };
  assert.equal(inRoomOn(map).needsMap, undefined, "its own map it has");
  const other = Buffer.concat([map, Buffer.from("\n")]);
  const client = inRoomOn(other);
  assert.equal(client.needsMap, "arena.json");
  assert.equal(client.ownNumbers(), undefined);
  client.setMap(map);
  assert.equal(client.needsMap, "arena.json", "that was another map");
  client.setMap(other);
  assert.equal(client.needsMap, undefined);
  const bad = Buffer.from("{}");
  assert.throws(() => inRoomOn(bad).setMap(bad), /map: /);
  const generic = wasm.Client.generic(schemaBytes());
  generic.message(0, fromHex(welcome));
  assert.equal(generic.needsMap, undefined, "who does not predict needs none");
});
