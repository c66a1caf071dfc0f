// @ts-check
// How to steer, until somebody does.

import { element, made } from "../dom.js";

/** After this long it is in the way. */
const SHOWN_MS = 15_000;

const KEYS = [["W", "thrust"], ["A D", "turn"], ["Space", "fire"]];
const THUMBS = "Left thumb steers, right thumb fires";

export class Hint {
  #node = element("hint");
  #sinceMs = 0;

  /** @param {boolean} hasThumbs steered by fingers on the screen */
  constructor(hasThumbs) {
    this.used = { turned: false, thrust: false, fired: false };
    if (hasThumbs) this.#node.textContent = THUMBS;
    else this.#node.append(...KEYS.flatMap(([key, use]) => [made("kbd", key), ` ${use} · `]), "or the mouse");
  }

  /**
   * @param {import("./controls.js").Held} held
   * @param {number} heading of the own ship
   * @param {number} nowMs
   */
  watch({ aim, thrust, fire }, heading, nowMs) {
    if (this.#node.childNodes.length === 0) return;
    this.#sinceMs ||= nowMs;
    this.used.thrust ||= thrust;
    this.used.fired ||= fire;
    this.used.turned ||= Math.abs(Math.sin((aim - heading) / 2)) > 0.1;
    const hasLearnt = this.used.thrust && this.used.fired && this.used.turned;
    if (hasLearnt || nowMs - this.#sinceMs > SHOWN_MS) this.#node.replaceChildren();
  }
}
