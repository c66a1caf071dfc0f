// The vectors that `cargo test` writes, through the wasm build: one codec, whatever it was compiled to.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { loadWasm } from "./support.mjs";

const wasm = await loadWasm();
const golden = (name) => JSON.parse(readFileSync(new URL(`../../golden/${name}`, import.meta.url), "utf8"));
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
  const { schema, ticks_per_step: ticksPerStep, frames } = golden("swarm.json");
  assert.ok(frames.length > 100);
  const replica = new wasm.GoldenReplica(bytesOf(schema), ticksPerStep);
  for (const { bytes, rows, step } of frames) {
    assert.deepEqual([...replica.read(Buffer.from(bytes, "hex"))], rows, `step ${step}`);
    assert.equal(replica.step, step);
  }
});

test("a frame that does not follow is refused", () => {
  const { schema, ticks_per_step: ticksPerStep, frames } = golden("swarm.json");
  const replica = new wasm.GoldenReplica(bytesOf(schema), ticksPerStep);
  assert.throws(() => replica.read(Buffer.from(frames[1].bytes, "hex")), Error);
});
