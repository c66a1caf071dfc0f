// @ts-check
// The world as it is to be drawn now: rows and numbers where the client core has them in its memory.

import { named } from "./schema.js";

/** Words of a row: slot, generation, kind (with `HELD` added when its data is old), index of its first number. */
export const ROW_WORDS = 4;
export const HELD = 256;

/** @typedef {import("./pkg/generic/snapline_wasm.js").Client} Client */
/** @typedef {Record<string, number | number[]>} Values */

/**
 * Slot of own rows that are shown before the server knows them: shots of a game that is predicted. Each has a generation of its own, which rises
 * with every shot; once the server's row has come, the own one goes on being shown in its place until their times have met, and only then the row
 * has the server's slot and generation. So the same shot is seen under both names, one after the other.
 */
export const OWN_SLOT = 65535;

export class View {
  /** @param {import("./schema.js").Schema | null} schema */
  constructor(schema) {
    this.schema = schema;
    this.count = 0;
    /** Index of the row that this player steers; -1: none. */
    this.own = -1;
    /** Centre of the view when nothing is steered. */
    this.place = { x: 0, y: 0 };
    /** Half the side of what can be seen; 0: not known yet. */
    this.radius = 0;
    /** The tick that is drawn, with its fraction. */
    this.tick = 0;
  }

  #rows = new Uint32Array(0);
  #values = new Float32Array(0);
  /** @type {Client | null} */
  #client = null;
  /** @type {WebAssembly.Memory | null} */
  #memory = null;

  /** Four words a row. */
  get rows() {
    if (this.#memory && this.#rows.buffer !== this.#memory.buffer) this.#look();
    return this.#rows;
  }

  /** Numbers of all rows, in schema order. */
  get values() {
    if (this.#memory && this.#values.buffer !== this.#memory.buffer) this.#look();
    return this.#values;
  }

  /** Memory that grows ends every array over it; what it holds stays where it is until the next `draw`. */
  #look() {
    if (!this.#client || !this.#memory) return;
    this.#rows = new Uint32Array(this.#memory.buffer, this.#client.rowsAt, this.count * ROW_WORDS);
    this.#values = new Float32Array(this.#memory.buffer, this.#client.valuesAt, this.#client.valueCount);
  }

  /**
   * Takes what `client.draw` has made. Valid until the next call.
   * @param {Client} client
   * @param {WebAssembly.Memory} memory
   */
  take(client, memory) {
    this.count = client.rowCount;
    this.own = client.own;
    this.place.x = client.placeX;
    this.place.y = client.placeY;
    this.radius = client.radius;
    this.tick = client.tick;
    this.#client = client;
    this.#memory = memory;
    this.#look();
  }

  /** Which place in the server's list the row has; `OWN_SLOT`: the server does not know it yet. @param {number} row */
  slot(row) {
    return this.rows[row * ROW_WORDS];
  }

  /** Tells the uses of a slot apart: low 8 bits of the server's count, or for `OWN_SLOT` the number of the shot. @param {number} row */
  generation(row) {
    return this.rows[row * ROW_WORDS + 1];
  }

  /** The row's kind. @param {number} row */
  kind(row) {
    return this.schema?.entities[this.rows[row * ROW_WORDS + 2] & (HELD - 1)];
  }

  /** Whether the row's newest data is old. @param {number} row */
  isHeld(row) {
    return this.rows[row * ROW_WORDS + 2] >= HELD;
  }

  /** Index of the row's first number in `values`. @param {number} row */
  from(row) {
    return this.rows[row * ROW_WORDS + 3];
  }

  /**
   * The row's values by name. Makes objects: for panels and tests, not for every row of every frame.
   * @param {number} row
   * @returns {{ slot: number, generation: number, kind: string, held: boolean, values: Values } | null}
   */
  read(row) {
    const kind = row >= 0 && row < this.count ? this.kind(row) : undefined;
    if (!kind) return null;
    const values = named(kind, this.values, this.from(row));
    return { slot: this.slot(row), generation: this.generation(row), kind: kind.name, held: this.isHeld(row), values };
  }
}
