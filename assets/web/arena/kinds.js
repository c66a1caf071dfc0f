// @ts-check
// Where each field of the arena's kinds lies among a row's numbers, from the schema, and which rows of a view are of which kind.

import { HELD, ROW_WORDS } from "../view.js";

/**
 * A kind: its number, and the first number of each of its fields.
 * @template {string} F
 * @typedef {{ kind: number } & Record<F, number>} Offsets
 */

/**
 * @template {string} F
 * @param {readonly import("../schema.js").Kind[]} kinds
 * @param {string} name
 * @param {readonly F[]} fields
 * @returns {Offsets<F>}
 */
function offsets(kinds, name, fields) {
  const kind = kinds.findIndex((kind) => kind.name === name);
  const froms = fields.map((field) => [field, kinds[kind]?.fields.find(({ name }) => name === field)?.from]);
  const missing = froms.filter(([, from]) => from === undefined).map(([field]) => `${name}.${field}`);
  if (missing.length > 0) throw new Error(`the server's game has no ${missing.join(", ")}`);
  return { kind, ...Object.fromEntries(froms) };
}

/** @param {import("../schema.js").Schema} schema */
export function layoutOf({ entities }) {
  return {
    ship: offsets(entities, "Ship", ["place", "vel", "heading", "thrust", "hull", "shielded", "rapid", "safe", "owner"]),
    bolt: offsets(entities, "Bolt", ["place", "vel", "owner"]),
    crate: offsets(entities, "Crate", ["place", "holds"]),
    score: offsets(entities, "Score", ["rank", "player", "score", "kills", "deaths", "x", "y"]),
    match: offsets(entities, "Match", ["ends", "zone", "over"]),
  };
}

/** @typedef {ReturnType<typeof layoutOf>} Layout */

/** The rows of one kind in a view: their indices, in memory that is used again in every frame. */
export class RowList {
  count = 0;
  indices = new Uint16Array(64);

  /** @param {number} row */
  push(row) {
    if (this.count === this.indices.length) {
      const larger = new Uint16Array(this.indices.length * 2);
      larger.set(this.indices);
      this.indices = larger;
    }
    this.indices[this.count] = row;
    this.count += 1;
  }
}

/** A view's rows by kind. */
export class Sight {
  ships = new RowList();
  bolts = new RowList();
  crates = new RowList();
  scores = new RowList();
  /** The row with the match; -1: none. */
  match = -1;

  /** @param {Layout} layout */
  constructor(layout) {
    this.layout = layout;
    /** @type {(RowList | undefined)[]} */
    this.lists = [];
    this.lists[layout.ship.kind] = this.ships;
    this.lists[layout.bolt.kind] = this.bolts;
    this.lists[layout.crate.kind] = this.crates;
    this.lists[layout.score.kind] = this.scores;
  }

  /** @param {import("../snapline.js").View} view */
  sort(view) {
    for (const list of this.lists) if (list) list.count = 0;
    this.match = -1;
    const { rows } = view;
    for (let row = 0; row < view.count; row += 1) {
      const kind = rows[row * ROW_WORDS + 2] & (HELD - 1);
      if (kind === this.layout.match.kind) this.match = row;
      else this.lists[kind]?.push(row);
    }
  }
}
