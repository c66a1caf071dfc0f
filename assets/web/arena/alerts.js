// @ts-check
// What concerns the own ship, over the picture: from where it was hit, and that a shot of one's own has struck.

import { HURT, TEXT } from "./palette.js";

const HURT_MS = 900;
const STRUCK_MS = 260;
/** Pixels from the own ship to the arc that says from where. */
const ARC_RADIUS = 92;
const ARC = 0.42;
const HURTS_MAX = 6;

export class Alerts {
  /** @type {{ from: number, strength: number, sinceMs: number }[]} */
  #hurts = [];
  #struckMs = -Infinity;
  #hasKilled = false;

  /**
   * @param {number} from angle towards the one who fired
   * @param {number} damage 0..100
   * @param {number} nowMs
   */
  hurt(from, damage, nowMs) {
    if (this.#hurts.length >= HURTS_MAX) this.#hurts.shift();
    this.#hurts.push({ from, strength: Math.min(1, 0.45 + damage / 40), sinceMs: nowMs });
  }

  /** @param {boolean} hasKilled @param {number} nowMs */
  struck(hasKilled, nowMs) {
    // A kill is not to be hidden by the hit after it.
    this.#hasKilled = hasKilled || (this.#hasKilled && nowMs - this.#struckMs < STRUCK_MS);
    this.#struckMs = nowMs;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("./camera.js").Camera} camera
   * @param {{ x: number, y: number } | null} pointer where the mouse aims; none: the mark is about the ship
   * @param {number} nowMs
   */
  paint(context, { width, height }, pointer, nowMs) {
    this.#hurts = this.#hurts.filter(({ sinceMs }) => nowMs - sinceMs < HURT_MS);
    context.strokeStyle = HURT;
    context.lineCap = "round";
    for (const { from, strength, sinceMs } of this.#hurts) {
      const left = Math.min(1, 1 - (nowMs - sinceMs) / HURT_MS);
      context.globalAlpha = left * strength;
      context.lineWidth = 5;
      context.beginPath();
      context.arc(width / 2, height / 2, ARC_RADIUS, from - ARC, from + ARC);
      context.stroke();
      context.globalAlpha = left * strength * 0.3;
      context.lineWidth = 14;
      context.stroke();
    }
    const age = (nowMs - this.#struckMs) / STRUCK_MS;
    if (age < 1) this.#paintStruck(context, pointer?.x ?? width / 2, pointer?.y ?? height / 2, pointer ? 9 : 40, Math.max(0, age));
    context.lineCap = "butt";
    context.globalAlpha = 1;
  }

  /**
   * Four strokes that point to the middle.
   * @param {CanvasRenderingContext2D} context
   * @param {number} x
   * @param {number} y
   * @param {number} near
   * @param {number} age 0..1
   */
  #paintStruck(context, x, y, near, age) {
    context.globalAlpha = 1 - age;
    context.strokeStyle = this.#hasKilled ? HURT : TEXT;
    context.lineWidth = this.#hasKilled ? 3 : 2;
    context.beginPath();
    for (const [dx, dy] of [[1, 1], [-1, 1], [-1, -1], [1, -1]]) {
      context.moveTo(x + dx * near * 0.7, y + dy * near * 0.7);
      context.lineTo(x + dx * (near * 0.7 + 7), y + dy * (near * 0.7 + 7));
    }
    context.stroke();
  }
}
