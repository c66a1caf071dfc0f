// @ts-check
// How the connection does: figures in one line, and a verdict in words from one rule. The panel, the console and the table of symptoms have it
// from here.

import { rate } from "./meter.js";

/**
 * @typedef {object} Measured
 * @property {number} players
 * @property {number} [tickHz]
 * @property {number} [bytesPerSecond]
 * @property {number} [rttMs]
 * @property {number} [tickP99Us]
 */

/** @param {Measured} measured */
export function summary({ players, tickHz, bytesPerSecond, rttMs, tickP99Us }) {
  const parts = [players === 1 ? "1 player" : `${players} players`];
  if (tickHz) parts.push(`${tickHz} Hz`);
  if (bytesPerSecond) parts.push(`${rate(bytesPerSecond)} to you`);
  if (rttMs !== undefined) parts.push(`ping ${rttMs} ms`);
  if (tickP99Us) parts.push(`server tick p99 ${milliseconds(tickP99Us)} ms`);
  return parts.join(", ");
}

/** One digit after the point where it says something. @param {number} us */
function milliseconds(us) {
  return us < 9_950 ? (us / 1000).toFixed(1) : Math.round(us / 1000).toString();
}

/**
 * What a verdict is made of.
 * @typedef {object} Signs
 * @property {number} sinceMs since the last snapshot
 * @property {number} stalledMs the longest gap lately that was a stall; 0: none
 * @property {number} jitterMs by how much arrivals vary
 * @property {number} lateInputs inputs of the last seconds that came too late
 * @property {number} unexplained predictions since joining that were wrong without a cause
 * @property {number} desyncs checks since joining that failed
 * @property {number} tickP99Us
 * @property {number} tickBudgetUs 0: not known
 * @property {number} [stepHz] snapshots a second that the server means to send now
 * @property {number} [stepHzFull] the same when it has time enough
 */

/**
 * A verdict: its name in the table of symptoms, its words, and how bad it is.
 * @typedef {{ name: "silent" | "desynced" | "diverging" | "behind" | "late" | "stalled" | "jitter" | "smooth", words: string, level: "good" | "fair" | "bad" }} Verdict
 */

/** Limits of the rule: a named one for each sign. */
export const RULE = { silentMs: 500, behindShare: 0.85, lateInputs: 3, stalledMs: 150, jitterMs: 25 };

/**
 * The first that holds, the worst first.
 * @param {Signs} signs
 * @returns {Verdict}
 */
export function verdict({ sinceMs, stalledMs, jitterMs, lateInputs, unexplained, desyncs, tickP99Us, tickBudgetUs, stepHz = 0, stepHzFull = 0 }) {
  const ms = Math.round;
  if (sinceMs >= RULE.silentMs) return { name: "silent", level: "bad", words: `silent: nothing has come for ${(sinceMs / 1000).toFixed(1)} s` };
  if (desyncs > 0) return { name: "desynced", level: "bad", words: `desynced: ${count(desyncs, "failed check")}` };
  if (unexplained > 0) return { name: "diverging", level: "bad", words: `diverging: ${count(unexplained, "unexplained correction")}` };
  if (tickBudgetUs > 0 && tickP99Us > tickBudgetUs * RULE.behindShare) {
    return { name: "behind", level: "bad", words: `server behind: tick ${ms(tickP99Us / 1000)} of ${Math.floor(tickBudgetUs / 1000)} ms` };
  }
  // One a second is what rounding may take.
  if (stepHz > 0 && stepHz < stepHzFull - 1) {
    return { name: "behind", level: "bad", words: `server behind: it sends ${stepHz} of ${stepHzFull} snapshots a second` };
  }
  if (stalledMs >= RULE.stalledMs) return { name: "stalled", level: "bad", words: `stalled: nothing came for ${ms(stalledMs)} ms` };
  if (lateInputs >= RULE.lateInputs) return { name: "late", level: "fair", words: `late inputs: ${lateInputs} came too late, the ship may jump` };
  if (jitterMs >= RULE.jitterMs) return { name: "jitter", level: "fair", words: `jitter: the network varies by ${ms(jitterMs)} ms` };
  return { name: "smooth", level: "good", words: "smooth" };
}

/** @param {number} number @param {string} what */
function count(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** For so long an input that came late counts. */
const LATE_MS = 4000;
/** While so long ago joined, a connection finds its pace: its late inputs are not counted. */
const SETTLING_MS = 3000;

/** How a counter has grown lately. */
export class Growth {
  /** @type {{ atMs: number, count: number }[]} */
  #marks = [];
  /** @type {number | undefined} */
  #joinedMs;

  /**
   * @param {number} count as it stands now
   * @param {number} nowMs
   */
  over(count, nowMs) {
    this.#joinedMs ??= nowMs;
    if (nowMs - this.#joinedMs < SETTLING_MS) return 0;
    this.#marks.push({ atMs: nowMs, count });
    this.#marks = this.#marks.filter(({ atMs }) => nowMs - atMs <= LATE_MS);
    return count - this.#marks[0].count;
  }
}
