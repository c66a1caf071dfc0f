// @ts-check
// The guided tour: each step sets a condition, says what to press and what to notice, and shows the code that does it.

import { made, writeIn } from "../dom.js";
import { keep, kept } from "../storage.js";
import { button } from "./dock.js";
import { fileText, slice } from "./source.js";

const KEY = "snapline.tour";

/**
 * One step.
 * @typedef {object} Step
 * @property {string} title
 * @property {string} press
 * @property {string} notice
 * @property {Partial<import("./conditions.js").Conditions>} conditions
 * @property {string[]} panels that it opens
 * @property {string} file where the code is
 * @property {string} start what its first line contains
 * @property {(seen: Seen) => boolean} done whether it has been tried
 */

/**
 * What can be tried, counted since the page began.
 * @typedef {{ freezes: number, drops: number, joins: number, judged: number, unfolded: number }} Counts
 */

/**
 * What a page tells its tour.
 * @typedef {object} Tried
 * @property {import("./conditions.js").Conditions} conditions
 * @property {Counts} counts
 * @property {(sinceMs: number) => number} stalledMs the longest stall that ended since, in milliseconds; 0: none
 * @property {(id: string) => boolean} opened whether a panel is open
 */

/**
 * What has happened since a step began: its counts are of that time alone.
 * @typedef {{ pressed: ReadonlySet<string>, conditions: import("./conditions.js").Conditions, sinceMs: number, stalledMs: number, opened: (id: string) => boolean } & Counts} Seen
 */

export class Tour {
  #steps;
  #show;
  #at = Math.max(0, Number(kept(KEY)) || 0);
  #title = made("h3", "");
  #press = made("p", "", "press");
  #notice = made("p", "", "notice");
  #done = made("p", "", "done");
  #file = made("p", "", "file");
  #code = made("pre", "");
  #back = button("Back", "", () => this.go(this.#at - 1));
  #next = button("Next", "", () => this.go(this.#at + 1));
  /** @type {Set<string>} */
  #pressed = new Set();
  #sinceMs = 0;
  /** As the step began. @type {Counts | null} */
  #counts = null;
  #isRunning = false;

  /**
   * @param {HTMLElement} body
   * @param {readonly Step[]} steps
   * @param {(step: Step | null) => void} show makes the page as a step says; null: as it was
   */
  constructor(body, steps, show) {
    this.#steps = steps;
    this.#show = show;
    this.#done.setAttribute("role", "status");
    this.#code.tabIndex = 0;
    this.#code.setAttribute("aria-label", "The code that does it");
    const ways = made("div", "", "ways");
    ways.append(this.#back, this.#next);
    body.append(this.#title, this.#press, this.#notice, this.#done, ways, this.#file, this.#code);
    addEventListener("keydown", ({ code, target }) => {
      const isText = target instanceof HTMLElement && target.matches("input, textarea");
      if (!isText) this.#pressed.add(code);
    });
    for (const type of /** @type {const} */ (["pointerdown", "touchstart"])) {
      addEventListener(type, ({ target }) => target instanceof HTMLElement && this.#pressed.add(target.id), { passive: true });
    }
  }

  /** The number of the step, from 0. */
  get at() {
    return this.#at;
  }

  /** Whether the tour sets the conditions now: while its panel is open. @param {boolean} isOpen @param {number} nowMs */
  run(isOpen, nowMs) {
    if (isOpen === this.#isRunning) return;
    this.#isRunning = isOpen;
    if (isOpen) this.#begin(nowMs);
    else this.#show(null);
  }

  /** @param {number} at */
  go(at) {
    if (at === this.#steps.length) at = 0;
    this.#at = Math.min(this.#steps.length - 1, Math.max(0, at));
    keep(KEY, String(this.#at));
    this.#begin(performance.now());
  }

  /** @param {number} nowMs */
  #begin(nowMs) {
    this.#at = Math.min(this.#steps.length - 1, this.#at);
    const step = this.#steps[this.#at];
    this.#sinceMs = nowMs;
    this.#counts = null;
    this.#pressed.clear();
    writeIn(this.#title, `${this.#at + 1} of ${this.#steps.length}: ${step.title}`);
    writeIn(this.#press, step.press);
    writeIn(this.#notice, step.notice);
    writeIn(this.#done, "");
    this.#back.disabled = this.#at === 0;
    writeIn(this.#next, this.#at === this.#steps.length - 1 ? "From the start" : "Next");
    writeIn(this.#file, step.file.replace(/^source\//, ""));
    writeIn(this.#code, "…");
    this.#show(step);
    void this.#bring(step);
  }

  /** @param {Step} step */
  async #bring(step) {
    const text = await fileText(step.file).then((text) => slice(text, step.start), (error) => String(error));
    if (this.#steps[this.#at] === step) writeIn(this.#code, text || `${step.start} is not in ${step.file} any more`);
  }

  /**
   * A few times a second: tells when the step has been tried.
   * @param {Tried} tried
   * @param {number} nowMs
   */
  watch({ conditions, counts, stalledMs, opened }, nowMs) {
    if (!this.#isRunning || this.#done.textContent) return;
    this.#counts ??= counts;
    const seen = { pressed: this.#pressed, sinceMs: nowMs - this.#sinceMs, conditions, stalledMs: stalledMs(this.#sinceMs), opened };
    if (this.#steps[this.#at].done({ ...seen, ...since(this.#counts, counts) })) writeIn(this.#done, "You have seen it.");
  }
}

/** @param {Counts} before @param {Counts} after @returns {Counts} */
function since(before, after) {
  return {
    freezes: after.freezes - before.freezes,
    drops: after.drops - before.drops,
    joins: after.joins - before.joins,
    judged: after.judged - before.judged,
    unfolded: after.unfolded - before.unfolded,
  };
}
