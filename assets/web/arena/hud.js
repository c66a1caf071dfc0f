// @ts-check
// The own ship's instruments, the match clock and one's standing. Each element is written only when what it shows has changed.

import { element, writeIn } from "../dom.js";
import { ordinal } from "./table.js";

const AMMO_MAX = 24;
const LOW_HULL = 30;

/** The own state, as far as the instruments show it. @typedef {Record<string, number | number[]>} Own */

/** @param {Own} own @param {string} name */
export function number(own, name) {
  const value = own[name];
  return typeof value === "number" ? value : 0;
}

/** Minutes and seconds. @param {number} seconds */
export function clock(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** A bar that fills from the left. */
class Bar {
  #node;
  #shown = -1;

  /** @param {string} id */
  constructor(id) {
    this.#node = element(id);
  }

  /** @param {number} part 0..1 */
  set(part) {
    const shown = Math.round(Math.min(1, Math.max(0, part)) * 500) / 500;
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#node.style.transform = `scaleX(${shown})`;
  }
}

export class Hud {
  #hull = new Bar("hull");
  #shield = new Bar("shield");
  #ammo = new Bar("ammo");
  #hullText = element("hull-text");
  #ammoText = element("ammo-text");
  #gauges = element("gauges");
  #clock = element("clock");
  #standing = element("standing");
  #rapid = element("rapid");
  /** Ticks that one shot takes to be made: the largest seen. */
  #refillTicks = 1;

  /**
   * @param {Own} own
   * @param {number} tickHz
   */
  showShip(own, tickHz) {
    const hull = number(own, "hull");
    const shield = number(own, "shield");
    const ammo = number(own, "ammo");
    const refill = number(own, "refill");
    this.#refillTicks = Math.max(this.#refillTicks, refill);
    this.#hull.set(hull / 100);
    this.#shield.set(shield / 100);
    this.#ammo.set((ammo + (ammo < AMMO_MAX && hull > 0 ? 1 - refill / this.#refillTicks : 0)) / AMMO_MAX);
    writeIn(this.#hullText, shield > 0 ? `${hull} + ${shield}` : String(hull));
    const rapidS = number(own, "rapid") / tickHz;
    writeIn(this.#ammoText, rapidS > 0 ? "free" : String(ammo));
    writeIn(this.#rapid, rapidS > 0 ? `rapid fire ${rapidS.toFixed(1)} s` : "");
    this.#gauges.classList.toggle("low", hull > 0 && hull <= LOW_HULL);
    this.#gauges.classList.toggle("empty", ammo === 0 && rapidS <= 0 && hull > 0);
    this.#gauges.classList.toggle("rapid", rapidS > 0);
  }

  /**
   * @param {number} seconds until the match ends
   * @param {boolean} isOver
   */
  showClock(seconds, isOver) {
    writeIn(this.#clock, isOver ? "0:00" : clock(seconds));
    this.#clock.classList.toggle("ending", !isOver && seconds < 20);
  }

  /**
   * @param {Own} own
   * @param {number} players
   */
  showStanding(own, players) {
    const rank = number(own, "rank");
    const score = number(own, "score");
    const points = score === 1 ? "1 point" : `${score} points`;
    writeIn(this.#standing, rank > 0 ? `${ordinal(rank)} of ${Math.max(rank, players)} · ${points}` : points);
  }
}
