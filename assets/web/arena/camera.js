// @ts-check
// What the screen shows of the world: the own ship in the middle, the longer side as wide as what the server sends, closer where ships would be
// too small to read.

import { scaleFor } from "../space.js";

/** Pixels for one unit at least: a ship is 40 units wide. */
const LEGIBLE = 0.62;
/** How far an explosion shakes the picture, in pixels, and how fast that ends. */
const SHAKE_MAX = 9;
const SHAKE_MS = 90;

export class Camera {
  x = 0;
  y = 0;
  /** Pixels for one unit. */
  scale = 1;
  width = 1;
  height = 1;
  #shake = 0;
  #shakeX = 0;
  #shakeY = 0;

  /**
   * Looks at the own ship, or where it burst.
   * @param {import("../snapline.js").View} view
   * @param {number} place first number of a ship's place
   */
  follow(view, place) {
    if (view.radius <= 0) return;
    this.scale = Math.max(LEGIBLE, scaleFor(this.width, this.height, view.radius, 1));
    if (view.own < 0) {
      this.x = view.place.x;
      this.y = view.place.y;
      return;
    }
    const from = view.from(view.own) + place;
    this.x = view.values[from];
    this.y = view.values[from + 1];
  }

  /** @param {number} strength 0..1 */
  shake(strength) {
    this.#shake = Math.min(1, this.#shake + strength);
  }

  /** @param {number} ms since the last frame */
  settle(ms) {
    this.#shake *= Math.exp(-ms / SHAKE_MS);
    const reach = this.#shake < 0.02 ? 0 : this.#shake * SHAKE_MAX;
    this.#shakeX = (Math.random() * 2 - 1) * reach;
    this.#shakeY = (Math.random() * 2 - 1) * reach;
  }

  /** Pixels from the left. @param {number} x in units */
  toX(x) {
    return this.width / 2 + this.#shakeX + (x - this.x) * this.scale;
  }

  /** Pixels from the top. @param {number} y in units */
  toY(y) {
    return this.height / 2 + this.#shakeY + (y - this.y) * this.scale;
  }

  /**
   * Whether something that reaches `reach` units about a place is on the screen.
   * @param {number} x
   * @param {number} y
   * @param {number} reach
   */
  sees(x, y, reach) {
    return Math.abs(x - this.x) <= this.width / 2 / this.scale + reach && Math.abs(y - this.y) <= this.height / 2 / this.scale + reach;
  }
}
