// @ts-check
// How much comes in a second, over windows of a second.

const WINDOW_MS = 1000;

export class Meter {
  bytesPerSecond = 0;
  messagesPerSecond = 0;
  #fromMs = NaN;
  #bytes = 0;
  #messages = 0;

  /**
   * @param {number} nowMs
   * @param {number} bytes
   */
  add(nowMs, bytes) {
    if (Number.isNaN(this.#fromMs)) this.#fromMs = nowMs;
    this.#bytes += bytes;
    this.#messages += 1;
    const ms = nowMs - this.#fromMs;
    if (ms < WINDOW_MS) return;
    this.bytesPerSecond = (this.#bytes * 1000) / ms;
    this.messagesPerSecond = (this.#messages * 1000) / ms;
    this.#fromMs = nowMs;
    this.#bytes = 0;
    this.#messages = 0;
  }
}

/** @param {number} bytesPerSecond */
export function rate(bytesPerSecond) {
  if (bytesPerSecond < 1000) return `${Math.round(bytesPerSecond)} B/s`;
  return `${(bytesPerSecond / 1000).toFixed(bytesPerSecond < 99_950 ? 1 : 0)} kB/s`;
}
