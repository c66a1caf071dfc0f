// The built client core, as the page loads it.

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { test } from "node:test";
import { SCHEMA, loadWasm, schemaBytes } from "./support.mjs";

const BYTES_MAX = 250 * 1024;
const wasm = await loadWasm();

test("it is small", () => {
  const { size } = statSync(new URL("../pkg/generic/snapline_wasm_bg.wasm", import.meta.url));
  assert.ok(size <= BYTES_MAX, `${size} bytes`);
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
