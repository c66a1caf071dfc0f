// @ts-check
// Where the bits go, as a tree: kind, field, and what is not data. From the decoder's own counters, so it costs nothing to count.

/**
 * @typedef {import("../pkg/generic/snapline_wasm.js").KindBits} KindBits
 * @typedef {import("../pkg/generic/snapline_wasm.js").FrameParts} FrameParts
 */

/**
 * A line of the tree: what, and its bits.
 * @typedef {{ name: string, bits: number, parts: Line[] }} Line
 */

/** All that has been counted up to a moment. @typedef {{ atMs: number, kinds: KindBits[], parts: FrameParts, bytes: number, frames: number }} Totals */

const PARTS = /** @type {const} */ (["left", "held", "woken", "runs", "reloads", "enters", "eye", "own", "events", "check"]);

/** @returns {FrameParts} */
export function noParts() {
  return { left: 0, held: 0, woken: 0, runs: 0, reloads: 0, enters: 0, eye: 0, own: 0, events: 0, check: 0 };
}

/** @param {FrameParts} sum @param {FrameParts} more */
export function addParts(sum, more) {
  for (const part of PARTS) sum[part] += more[part];
}

/** Bits of all rows of a kind. @param {KindBits} kind */
export function bitsOf({ modes, loads, fields }) {
  return fields.reduce((sum, [, bits]) => sum + bits, modes + loads);
}

/**
 * What has come between two moments: kinds by size, then own state, events and what is not data.
 * @param {Totals} before
 * @param {Totals} after
 * @returns {Line[]}
 */
export function tree(before, after) {
  const kinds = after.kinds.map((kind, i) => kindLine(before.kinds[i], kind));
  const part = (/** @type {keyof FrameParts} */ name) => after.parts[name] - before.parts[name];
  const all = (after.bytes - before.bytes) * 8;
  const known = PARTS.reduce((sum, name) => sum + part(name), 0);
  const loads = kinds.reduce((sum, { parts }) => sum + parts[1].bits, 0);
  const overhead = group("overhead", [
    { name: "header", bits: Math.max(0, all - known), parts: [] },
    { name: "rows that leave", bits: part("left"), parts: [] },
    { name: "rows held back", bits: part("held"), parts: [] },
    { name: "rows that wake", bits: part("woken"), parts: [] },
    { name: "which rows enter", bits: Math.max(0, part("enters") + part("reloads") - loads), parts: [] },
    { name: "view", bits: part("eye"), parts: [] },
    { name: "check", bits: part("check"), parts: [] },
  ]);
  const lines = kinds.filter(({ bits }) => bits > 0).sort((a, b) => b.bits - a.bits);
  return [...lines, { name: "own state", bits: part("own"), parts: [] }, { name: "events", bits: part("events"), parts: [] }, overhead];
}

/** @param {KindBits | undefined} before @param {KindBits} after @returns {Line} */
function kindLine(before, after) {
  const fields = after.fields.map(([name, bits], i) => ({ name, bits: bits - (before?.fields[i]?.[1] ?? 0), parts: [] }));
  return group(after.kind, [
    { name: "which fields deviate", bits: after.modes - (before?.modes ?? 0), parts: [] },
    { name: "whole, when it enters", bits: after.loads - (before?.loads ?? 0), parts: [] },
    ...fields,
  ]);
}

/** @param {string} name @param {Line[]} parts @returns {Line} */
function group(name, parts) {
  return { name, bits: parts.reduce((sum, { bits }) => sum + bits, 0), parts };
}

/** @param {number} bitsPerS */
export function bitRate(bitsPerS) {
  return bitsPerS < 1000 ? `${Math.round(bitsPerS)} bit/s` : `${(bitsPerS / 1000).toFixed(bitsPerS < 99_950 ? 1 : 0)} kbit/s`;
}
