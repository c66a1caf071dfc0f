// @ts-check
// When a lost connection is tried again: at once, then after waits of random length (full jitter), so that those who lost it together do not come
// back together; never beyond the time for which the server keeps the seat.

/** The longest second wait; each later one may be twice as long, up to the last. */
const WAIT_MS = 500;
const WAIT_MS_MAX = 5_000;

export class Retry {
  #lostMs;
  #random;
  #doublings;
  /** Attempts so far. */
  attempts = 0;

  /**
   * @param {object} lost
   * @param {number} lost.nowMs when the connection was lost
   * @param {number} lost.keptMs how long the seat is kept
   * @param {boolean} [lost.atOnce] whether the first attempt waits for nothing; not when the server asks for a pause
   * @param {() => number} [lost.random] from 0 to less than 1
   */
  constructor({ nowMs, keptMs, atOnce = true, random = Math.random }) {
    this.#lostMs = nowMs;
    this.#random = random;
    this.#doublings = atOnce ? -1 : 0;
    this.untilMs = nowMs + keptMs;
  }

  /**
   * Milliseconds to wait before the next attempt; null: the seat is given up before that, so there is none.
   * @param {number} nowMs
   */
  next(nowMs) {
    const most = this.#doublings < 0 ? 0 : Math.min(WAIT_MS_MAX, WAIT_MS * 2 ** this.#doublings);
    const waitMs = this.#random() * most;
    const isFirst = this.attempts === 0 && nowMs <= this.#lostMs;
    if (nowMs + waitMs >= this.untilMs && !isFirst) return null;
    this.attempts += 1;
    this.#doublings += 1;
    return waitMs;
  }
}
