// @ts-check
// What is said: its lines and the field to write one. Its line is read out by screen readers, for the log is a live region.

import { element, inputElement, made } from "./dom.js";

/** Lines that are kept. */
const LINES_MAX = 60;
/** After this long without a new line the chat makes room for the game. */
const QUIET_MS = 15_000;

/** What is said. */
export const chat = {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  quiet: undefined,

  /** @param {(text: string) => void} send */
  listen(send) {
    const field = inputElement("chat");
    element("chat-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (text) send(text);
      field.value = "";
      element("world").focus();
    });
    field.addEventListener("keydown", ({ key }) => key === "Escape" && element("world").focus());
    element("world").addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      field.focus();
    });
  },

  /** @param {string} name @param {string} text */
  say(name, text) {
    const line = made("li", "");
    line.append(made("b", name), ` ${text}`);
    this.add(line);
  },

  /** What the server says. @param {string} text */
  tell(text) {
    this.add(made("li", text, "told"));
  },

  /** @param {HTMLElement} line */
  add(line) {
    const log = element("log");
    const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 30;
    log.append(line);
    while (log.childElementCount > LINES_MAX) log.firstElementChild?.remove();
    if (isAtEnd) log.scrollTop = log.scrollHeight;
    log.classList.remove("quiet");
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => log.classList.add("quiet"), QUIET_MS);
  },

  clear() {
    element("log").replaceChildren();
  },
};
