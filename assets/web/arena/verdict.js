// @ts-check
// How the connection does, in one line of figures, and in a sentence when something is wrong.

import { rate } from "../meter.js";

/**
 * @typedef {object} Measured
 * @property {number} players
 * @property {number} [tickHz]
 * @property {number} [bytesPerSecond]
 * @property {number} [rttMs]
 * @property {number} [tickP99Us]
 */

/** @param {Measured} measured */
export function verdict({ players, tickHz, bytesPerSecond, rttMs, tickP99Us }) {
  const parts = [players === 1 ? "1 player" : `${players} players`];
  if (tickHz) parts.push(`${tickHz} Hz`);
  if (bytesPerSecond) parts.push(rate(bytesPerSecond));
  if (rttMs !== undefined) parts.push(`ping ${rttMs} ms`);
  if (tickP99Us) parts.push(`server tick p99 ${milliseconds(tickP99Us)} ms`);
  return parts.join(", ");
}

/** One digit after the point where it says something. @param {number} us */
function milliseconds(us) {
  return us < 9_950 ? (us / 1000).toFixed(1) : Math.round(us / 1000).toString();
}

/** Wrong predictions by cause, as the connection counts them. @typedef {{ late?: number, unexplained?: number, starvedTicks?: number, stepHz?: number, stepHzFull?: number }} Counters
 * `stepHz` of `stepHzFull` snapshots a second are meant for this player.
 */

/** For so long a warning stays after the last input that was late. */
const WARNING_MS = 4000;
/** Late inputs within that time that are worth a word. */
const LATE_MIN = 3;
/** While so long ago joined, a connection finds its pace and is not judged. */
const SETTLING_MS = 3000;

/** Tells when inputs arrive late: it watches the counters and says how they have grown lately. */
export class Warner {
  /** @type {{ atMs: number, late: number }[]} */
  #marks = [];
  /** @type {number | undefined} */
  #joinedMs;

  /**
   * The sentence to show now; empty: all is well.
   * @param {Counters} counters
   * @param {number} nowMs
   */
  words({ late = 0, stepHz, stepHzFull }, nowMs) {
    this.#joinedMs ??= nowMs;
    this.#marks.push({ atMs: nowMs, late });
    this.#marks = this.#marks.filter(({ atMs }) => nowMs - atMs <= WARNING_MS);
    const grown = late - this.#marks[0].late;
    // One snapshot a second is what rounding may take.
    if (stepHz && stepHzFull && stepHz < stepHzFull - 1) {
      return `The server has too much to do: it sends ${stepHz} of ${stepHzFull} snapshots a second.`;
    }
    if (grown < LATE_MIN || nowMs - this.#joinedMs < SETTLING_MS) return "";
    return "Your inputs reach the server too late: the connection is unsteady, and the ship may jump.";
  }
}
