// @ts-check
// From what a player holds (a direction, some buttons) to the lanes of any game's input, by their names and shapes alone.

import { TURN, turns } from "./space.js";

/**
 * What a player holds now.
 * @typedef {object} Held
 * @property {number} x direction, a unit vector; 0, 0: none
 * @property {number} y
 * @property {ReadonlySet<string>} buttons names of the lanes whose button is down
 */

/**
 * A lane that is a button, and the keys (`KeyboardEvent.code`) that press it.
 * @typedef {{ name: string, keys: string[], label: string }} Button
 */

/**
 * What each lane of an input takes.
 * @typedef {"turn" | "vector" | "x" | "y" | "go" | "left" | "right" | "up" | "down" | "button"} Use
 * @typedef {{ lanes: { field: import("./schema.js").Field, use: Use }[], buttons: Button[], steers: boolean }} Plan
 */

const TURN_NAMES = /(^|_)(heading|aim|angle|direction|dir|yaw|bearing|facing|course)$/i;
const X_NAMES = /(^|_)(d?x|horizontal|strafe|steer)$/i;
const Y_NAMES = /(^|_)(d?y|vertical)$/i;
const GO_NAMES = /^(go|forward|forwards|thrust|throttle|walk|move|moving|accelerate|drive)$/i;
const SPACE_NAMES = /^(fire|shoot|shot|attack|jump|use|action|act|trigger|drop)$/i;
const SHIFT_NAMES = /^(fast|sprint|run|boost|hurry|dash|turbo|brake|slow|sneak)$/i;
const KEYS = [
  { keys: ["Space"], label: "Space" },
  { keys: ["ShiftLeft", "ShiftRight"], label: "Shift" },
  { keys: ["KeyE"], label: "E" },
  { keys: ["KeyQ"], label: "Q" },
  { keys: ["KeyF"], label: "F" },
  { keys: ["KeyR"], label: "R" },
];

/**
 * How the input of this kind is steered.
 * @param {import("./schema.js").Kind} input
 * @returns {Plan}
 */
export function plan(input) {
  const lanes = [];
  for (const field of input.fields) {
    const use = useOf(field);
    if (use) lanes.push({ field, use });
  }
  const buttons = giveKeys(lanes.filter((lane) => lane.use === "button").map((lane) => lane.field.name));
  return { lanes, buttons, steers: lanes.some((lane) => lane.use !== "button") };
}

/**
 * @param {import("./schema.js").Field} field
 * @returns {Use | null}
 */
function useOf({ name, shape }) {
  if (shape === "bool") {
    if (/^(left|right|up|down)$/i.test(name)) return /** @type {Use} */ (name.toLowerCase());
    return GO_NAMES.test(name) ? "go" : "button";
  }
  if (shape === "vec2") return "vector";
  if (shape !== "integer" && shape !== "float") return null;
  if (TURN_NAMES.test(name)) return "turn";
  if (X_NAMES.test(name)) return "x";
  if (Y_NAMES.test(name)) return "y";
  return GO_NAMES.test(name) ? "go" : null;
}

/**
 * Gives each button its keys: the ones its name suggests, else the first that are left.
 * @param {string[]} names
 * @returns {Button[]}
 */
function giveKeys(names) {
  const left = [...KEYS];
  /** @param {number} at */
  const take = (at) => (at >= 0 ? left.splice(at, 1)[0] : undefined);
  /** @type {Map<string, (typeof KEYS)[number]>} */
  const given = new Map();
  for (const [pattern, label] of /** @type {const} */ ([[SPACE_NAMES, "Space"], [SHIFT_NAMES, "Shift"]])) {
    const name = names.find((name) => pattern.test(name));
    const key = name === undefined ? undefined : take(left.findIndex((key) => key.label === label));
    if (name !== undefined && key) given.set(name, key);
  }
  for (const name of names) {
    const key = given.has(name) ? undefined : take(0);
    if (key) given.set(name, key);
  }
  return names.map((name) => ({ name, ...(given.get(name) ?? { keys: [], label: "" }) }));
}

/** Holds the last direction, because a heading has no place of rest. */
export class Steering {
  /** @param {Plan} plan */
  constructor(plan) {
    this.plan = plan;
    this.turn = 0;
  }

  /**
   * The input to hold, by name; lanes that nothing steers are left out.
   * @param {Held} held
   * @returns {Record<string, number | number[]>}
   */
  values(held) {
    const { x, y } = held;
    const directed = x !== 0 || y !== 0;
    if (directed) this.turn = turns(x, y);
    /** @type {Record<string, number | number[]>} */
    const values = {};
    for (const { field, use } of this.plan.lanes) {
      const end = fullDeflection(field);
      const by = /** @type {Record<Use, () => number | number[]>} */ ({
        turn: () => turnInLane(field, this.turn),
        vector: () => [x * end, y * end],
        x: () => x * end,
        y: () => y * end,
        go: () => (directed ? end : 0),
        left: () => Number(x < -0.38),
        right: () => Number(x > 0.38),
        up: () => Number(y < -0.38),
        down: () => Number(y > 0.38),
        button: () => Number(held.buttons.has(field.name)),
      });
      values[field.name] = by[use]();
    }
    return values;
  }
}

/**
 * A direction in a lane's own unit: integer lanes divide the turn into as many steps as they have values, all others take radians.
 * @param {import("./schema.js").Field} field
 * @param {number} turn 0..1
 */
export function turnInLane({ lane, bits = 8 }, turn) {
  if (lane === "uint") return Math.round(turn * 2 ** bits) % 2 ** bits;
  // Two's complement: the second half of the turn is negative.
  if (lane === "int") return Math.round((turn < 0.5 ? turn : turn - 1) * 2 ** bits);
  return turn * TURN;
}

/**
 * What a fully pushed stick means: the lane's end, or 1 where it has none.
 * @param {import("./schema.js").Field} field
 */
function fullDeflection({ shape, lane, bits = 1, max }) {
  if (shape === "bool") return 1;
  if (lane === "int") return 2 ** (bits - 1) - 1;
  if (lane === "uint") return 2 ** bits - 1;
  return lane === "fixed" && max !== undefined ? max : 1;
}
