// @ts-check
// Who has destroyed whom: the newest few, each for some seconds.

import { element, made } from "../dom.js";
import { OWN, colourOf } from "./palette.js";

export const KILLS_MAX = 5;
export const KILL_MS = 7000;

/** @typedef {{ by: number, victim: number, sinceMs: number }} Kill */

/**
 * The kills that are still to be seen, the newest last.
 * @param {readonly Kill[]} kills
 * @param {number} nowMs
 */
export function recent(kills, nowMs) {
  return kills.filter(({ sinceMs }) => nowMs - sinceMs < KILL_MS).slice(-KILLS_MAX);
}

export class Feed {
  #list = element("feed");
  /** @type {Kill[]} */
  #kills = [];

  clear() {
    this.#kills = [];
    this.#list.replaceChildren();
  }

  /**
   * @param {number} by
   * @param {number} victim
   * @param {number} me the own seat
   * @param {(seat: number) => string} nameOf
   * @param {number} nowMs
   */
  add(by, victim, me, nameOf, nowMs) {
    this.#kills.push({ by, victim, sinceMs: nowMs });
    const line = made("li", "", by === me || victim === me ? "me" : "");
    line.append(name(by, me, nameOf), made("i", ""), name(victim, me, nameOf));
    this.#list.append(line);
    this.fade(nowMs);
  }

  /** Takes away what is old. @param {number} nowMs */
  fade(nowMs) {
    const kills = recent(this.#kills, nowMs);
    for (let gone = this.#kills.length - kills.length; gone > 0; gone -= 1) this.#list.firstElementChild?.remove();
    this.#kills = kills;
  }
}

/** @param {number} seat @param {number} me @param {(seat: number) => string} nameOf */
function name(seat, me, nameOf) {
  const node = made("b", seat === me ? "you" : nameOf(seat));
  node.style.color = seat === me ? OWN : colourOf(seat);
  return node;
}
