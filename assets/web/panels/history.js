// @ts-check
// What the last snapshots were like: the numbers behind the graph, the tree and the verdict. Pure: times and arrivals come in.

/** Snapshots that are remembered: five seconds at 30 Hz. */
export const HISTORY = 150;
/** Arrivals are judged over so many of the last ones. */
const JUDGED_MS = 4000;
/** In intervals: a bar is green below the first, yellow below the second, red above: a stall. */
export const LATE = 1.5;
export const STALL = 3;
/** The server's word for: no input came within a second. */
const SLACK_NONE = -128;

/**
 * One snapshot.
 * @typedef {object} Sample
 * @property {number} atMs when it arrived
 * @property {number} gap since the one before, in intervals of the server; about 1 when nothing was late
 * @property {number} gapMs the same in milliseconds
 * @property {number} lateMs later than the fastest of the last seconds
 * @property {number} slack of the inputs, in ticks
 * @property {number} bufferMs what has arrived and is not drawn yet
 * @property {number} bytes
 * @property {readonly number[]} bits by kind, then own state, events and overhead
 * @property {number} wrong predictions that were wrong since the one before
 * @property {number} moved units by which the own place was moved for that
 */

/**
 * How a connection has done lately.
 * @typedef {{ jitterMs: number, stalledMs: number, slack: number, bufferMs: number, sinceMs: number }} Judged
 */

export class History {
  /** Oldest first. @type {Sample[]} */
  samples = [];
  #intervalMs;
  #step = -1;

  /** @param {number} stepMs between two steps of the server */
  constructor(stepMs) {
    this.#intervalMs = stepMs;
  }

  /**
   * @param {Pick<import("../snapline.js").Arrival, "atMs" | "step" | "slack" | "bytes" | "intervalMs" | "lateMs" | "bufferedMs">} arrival
   * @param {readonly number[]} bits
   * @param {number} wrong
   * @param {number} [moved]
   */
  add({ atMs, step, slack, bytes, intervalMs, lateMs, bufferedMs }, bits, wrong, moved = 0) {
    const steps = this.#step < 0 ? 1 : Math.max(1, step - this.#step);
    this.#step = step;
    const gap = intervalMs > 0 ? intervalMs / (steps * this.#intervalMs) : 1;
    this.samples.push({ atMs, gap, gapMs: intervalMs, lateMs, slack: slack === SLACK_NONE ? 0 : slack, bufferMs: Math.max(0, bufferedMs), bytes, bits, wrong, moved });
    if (this.samples.length > HISTORY) this.samples.shift();
  }

  /** @param {number} nowMs @returns {Judged} */
  judge(nowMs) {
    const recent = this.samples.filter(({ atMs }) => nowMs - atMs <= JUDGED_MS);
    const newest = this.samples.at(-1);
    const late = recent.map(({ lateMs }) => lateMs).sort((a, b) => a - b);
    const stalls = recent.filter(({ gap }) => gap > STALL).map(({ gapMs }) => gapMs);
    return {
      jitterMs: quantile(late, 0.95) - quantile(late, 0.05),
      stalledMs: Math.max(0, ...stalls),
      slack: newest?.slack ?? 0,
      bufferMs: newest?.bufferMs ?? 0,
      sinceMs: newest ? nowMs - newest.atMs : 0,
    };
  }

  /** The longest stall that ended after `sinceMs`; 0: none. @param {number} sinceMs */
  stalledMs(sinceMs) {
    return Math.max(0, ...this.samples.filter(({ atMs, gap }) => atMs > sinceMs && gap > STALL).map(({ gapMs }) => gapMs));
  }

  /** Milliseconds between two steps. */
  get intervalMs() {
    return this.#intervalMs;
  }
}

/** @param {readonly number[]} sorted @param {number} share */
export function quantile(sorted, share) {
  return sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
