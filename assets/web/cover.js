// @ts-check
// What covers the game while there is none: joining, and every ending in words with a way back.

import { buttonElement, element, write } from "./dom.js";

const WAYS = { now: "Join again", pause: "Join again", reload: "Reload the page", main: "Go to the main room" };

/** A connection that comes back sooner than this is not worth a word; and how often the words are written. */
const LOST_MS = 400;

export const cover = {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  countdown: undefined,
  /** When the connection was lost that is being tried again; 0: none is. */
  lostMs: 0,

  /** @param {string} title @param {string} words */
  show(title, words) {
    clearInterval(this.countdown);
    write("cover-title", title);
    write("cover-words", words);
    element("cover-detail").hidden = true;
    element("again").hidden = true;
    this.set(true);
  },

  /**
   * Why it has ended, and the way back.
   * @param {import("./close.js").Ending} ending
   * @param {(way: import("./close.js").Way) => void} back
   */
  end(ending, back) {
    this.lostMs = 0;
    this.show(ending.name === "left" ? "You have left" : "Disconnected", ending.words);
    const detail = [ending.detail, ending.code > 0 ? `code ${ending.code}` : ""].filter(Boolean).join(" · ");
    write("cover-detail", detail);
    element("cover-detail").hidden = !detail;
    const button = buttonElement("again");
    button.hidden = false;
    button.onclick = () => back(ending.way);
    this.wait(button, WAYS[ending.way], ending.retryAfterS);
    button.focus();
  },

  /**
   * The connection is lost and tried again; shown once it takes a while, for most are back before anybody could read it.
   * @param {import("./snapline.js").Lost} lost
   * @param {() => void} tryNow
   */
  lose({ ending, waitMs, leftMs }, tryNow) {
    const from = performance.now();
    const button = buttonElement("again");
    const show = () => {
      const passedMs = performance.now() - from;
      const [wait, left] = [waitMs - passedMs, leftMs - passedMs].map((ms) => Math.max(0, Math.ceil(ms / 1000)));
      write("cover-title", "Connection lost");
      write("cover-words", `${ending.words} Your seat is kept for ${left} s.`);
      element("cover-detail").hidden = true;
      button.hidden = button.disabled = false;
      button.textContent = wait > 0 ? `Next try in ${wait} s: try now` : "Trying …";
      button.onclick = tryNow;
      this.set(true);
    };
    clearInterval(this.countdown);
    // From the first loss on: attempts that fail soon one after the other must not put it off for ever.
    this.lostMs ||= from;
    const isShown = !element("cover").hidden || from - this.lostMs >= LOST_MS;
    this.countdown = setInterval(show, LOST_MS);
    if (isShown) show();
  },

  /**
   * Keeps the button shut for as long as trying again makes no sense.
   * @param {HTMLButtonElement} button
   * @param {string} label
   * @param {number} seconds
   */
  wait(button, label, seconds) {
    let left = Math.ceil(seconds);
    const show = () => {
      button.disabled = left > 0;
      button.textContent = left > 0 ? `${label} in ${left} s` : label;
      if (left <= 0) {
        clearInterval(this.countdown);
        if (document.activeElement === document.body) button.focus();
      }
      left -= 1;
    };
    this.countdown = setInterval(show, 1000);
    show();
  },

  hide() {
    clearInterval(this.countdown);
    this.lostMs = 0;
    this.set(false);
  },

  /** @param {boolean} isShown */
  set(isShown) {
    element("cover").hidden = !isShown;
    // What lies below the cover takes neither keys nor clicks.
    element("game").inert = isShown;
  },
};
