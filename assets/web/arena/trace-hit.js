// @ts-check
// A hit whose shot nobody has seen. A shot that is judged in the past may meet its target before there is a row of it: then a line from the shooter
// to the hit shows for a moment where it came from.

import { ROW_WORDS } from "../view.js";
import { OWN, colourOf } from "./palette.js";

/** A shot of the shooter within so many units of the hit is the one that hit. */
const NEAR = 170;

/**
 * Whose shot it was and where it was fired; null: the shot is to be seen, or its shooter is not.
 * @param {Pick<import("./world.js").World, "view" | "sight">} world
 * @param {number} by seat of the shooter
 * @param {readonly [number, number]} place of the hit
 * @returns {[number, number] | null}
 */
export function unseenFrom({ view: { rows, values }, sight: { ships, bolts, layout } }, by, [x, y]) {
  for (let i = 0; i < bolts.count; i += 1) {
    const from = rows[bolts.indices[i] * ROW_WORDS + 3];
    const at = from + layout.bolt.place;
    if (values[from + layout.bolt.owner] === by && Math.hypot(values[at] - x, values[at + 1] - y) < NEAR) return null;
  }
  for (let i = 0; i < ships.count; i += 1) {
    const from = rows[ships.indices[i] * ROW_WORDS + 3];
    if (values[from + layout.ship.owner] === by) return [values[from + layout.ship.place], values[from + layout.ship.place + 1]];
  }
  return null;
}

/**
 * @param {import("./particles.js").Particles} particles
 * @param {import("./world.js").World} world
 * @param {import("../view.js").Values} values of the event
 */
export function traceHit(particles, world, values) {
  const [by, place] = [Number(values.by), /** @type {[number, number]} */ (values.place)];
  const from = unseenFrom(world, by, place);
  if (from) particles.line(from, place, by === world.me ? OWN : colourOf(by));
}
