// @ts-check
// What covers the game while there is none: joining, and every ending in words with a way back.

import { buttonElement, element, write } from "./dom.js";

const WAYS = { now: "Join again", pause: "Join again", reload: "Reload the page", main: "Go to the main room" };

export const cover = {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  countdown: undefined,

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
    this.set(false);
  },

  /** @param {boolean} isShown */
  set(isShown) {
    element("cover").hidden = !isShown;
    // What lies below the cover takes neither keys nor clicks.
    element("game").inert = isShown;
  },
};
