// @ts-check
// How the server judged the own shots: the place in the past that it tested, and where that ship was by then. It tells only those who ask.

import { ROW_WORDS } from "../view.js";
import { RAPID, REPAIR, TEXT } from "./palette.js";
import { toast } from "./notices.js";

/** A ship's radius in units. */
const RADIUS = 20;
const SHOWN_MS = 1600;
const MARKS_MAX = 24;

/** What the outlines mean, for the panel. @type {readonly (readonly [sample: string, words: string])[]} */
export const GHOST_MARKS = [
  ["newest", "dashed: where the newest snapshot has a ship; a line leads to where it is drawn"],
  ["drawn", "solid: what is drawn, others between two snapshots, your own predicted"],
  ["tested", "circle after a shot: where the server tested it, green for a hit, yellow for a near miss; dashed beside it: where that ship was by then"],
];

/** Whether a room judges shots in the world that their shooters saw. @param {import("../snapline.js").Welcome} welcome */
export function judgesThePast({ options }) {
  return !options.some(([name, value]) => name === "lag_compensation" && value === "false");
}

/**
 * A shot that was judged: the place that was tested, where the ship was when the server said so (null: not in sight), whether it was hit.
 * @typedef {{ tested: readonly [number, number], present: readonly [number, number] | null, hit: boolean, sinceMs: number }} Mark
 */

export class Judgements {
  /** @type {Mark[]} */
  #marks = [];
  /** What was asked for last, and of which stay in a room. @type {{ welcome: object | null, wish: string }} */
  #asked = { welcome: null, wish: "" };

  clear() {
    this.#marks = [];
  }

  /**
   * Asks for the own shots to be judged as the conditions say, and to be told when ghosts are shown.
   * @param {import("../snapline.js").Game} game
   * @param {import("../panels/conditions.js").Conditions} conditions
   */
  ask(game, { compensation, ghosts }) {
    const { welcome } = game;
    if (!welcome || game.state !== "open") return;
    const wish = [Number(compensation && judgesThePast(welcome)), Number(ghosts)];
    if (this.#asked.welcome === welcome && this.#asked.wish === wish.join()) return;
    this.#asked = { welcome, wish: wish.join() };
    game.request("Judge", wish).catch((error) => game.state === "open" && toast.show(error.message, TEXT));
  }

  /**
   * @param {import("./world.js").World} world
   * @param {import("../view.js").Values} values of the event
   * @param {number} nowMs
   */
  add(world, { place, victim, hit }, nowMs) {
    if (this.#marks.length === MARKS_MAX) this.#marks.shift();
    const [x, y] = /** @type {[number, number]} */ (place);
    this.#marks.push({ tested: [x, y], present: presentPlace(world, Number(victim)), hit: hit === 1, sinceMs: nowMs });
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("./camera.js").Camera} camera
   * @param {number} nowMs
   */
  paint(context, camera, nowMs) {
    this.#marks = this.#marks.filter(({ sinceMs }) => nowMs - sinceMs < SHOWN_MS);
    for (const mark of this.#marks) paintMark(context, camera, mark, Math.min(1, 1 - (nowMs - mark.sinceMs) / SHOWN_MS));
    context.globalAlpha = 1;
  }
}

/**
 * Where the newest snapshot has the ship of a seat.
 * @param {import("./world.js").World} world
 * @param {number} seat
 * @returns {readonly [number, number] | null}
 */
function presentPlace({ game, view: { rows, values }, sight: { ships, layout } }, seat) {
  const raw = game.rawPlaces();
  for (let i = 0; i < ships.count; i += 1) {
    const row = ships.indices[i];
    if (values[rows[row * ROW_WORDS + 3] + layout.ship.owner] !== seat) continue;
    return Number.isFinite(raw[row * 2]) ? [raw[row * 2], raw[row * 2 + 1]] : null;
  }
  return null;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import("./camera.js").Camera} camera
 * @param {Mark} mark
 * @param {number} left 0..1
 */
function paintMark(context, camera, { tested, present, hit }, left) {
  const [x, y] = [camera.toX(tested[0]), camera.toY(tested[1])];
  const radius = RADIUS * camera.scale;
  context.strokeStyle = context.fillStyle = hit ? REPAIR : RAPID;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.globalAlpha = 0.22 * left;
  context.fill();
  context.globalAlpha = left;
  context.stroke();
  if (!present) return;
  const [presentX, presentY] = [camera.toX(present[0]), camera.toY(present[1])];
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(presentX, presentY);
  context.stroke();
  context.strokeStyle = TEXT;
  context.setLineDash([4, 3]);
  context.beginPath();
  context.arc(presentX, presentY, radius, 0, 7);
  context.stroke();
  context.setLineDash([]);
}
