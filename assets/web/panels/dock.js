// @ts-check
// The side of the page: panels one below the other, each with a button that opens it and one that closes it. What is open is kept for the next visit.

import { made } from "../dom.js";
import { keep, kept } from "../storage.js";

const KEY = "snapline.panels";

/**
 * One panel.
 * @typedef {object} Panel
 * @property {string} id
 * @property {string} title
 * @property {HTMLElement} section
 * @property {HTMLElement} body
 * @property {HTMLButtonElement} tab
 */

/** What is kept. @typedef {{ open: boolean, panels: string[] }} Kept */

export class Dock {
  /** @type {Panel[]} */
  #panels = [];
  #tabs = document.createElement("nav");
  #kept = readKept();

  /**
   * @param {HTMLElement} side what holds the panels
   * @param {HTMLButtonElement} button opens and closes the whole side
   * @param {HTMLElement} back where the focus goes when it closes
   */
  constructor(side, button, back) {
    this.side = side;
    this.button = button;
    this.back = back;
    this.#tabs.setAttribute("aria-label", "Panels");
    side.append(this.#tabs);
    button.addEventListener("click", () => this.set(this.side.hidden !== false));
    side.addEventListener("keydown", (event) => this.#escape(event));
    // A pointer that presses a button is no reason to take the keys away from the game; the keyboard's focus stays where it is.
    side.addEventListener("click", (event) => {
      if (event.detail > 0 && event.target instanceof HTMLElement && event.target.closest("button")) back.focus({ preventScroll: true });
    });
    side.addEventListener("change", (event) => {
      if (event.target instanceof HTMLInputElement && event.target.type === "range") back.focus({ preventScroll: true });
    });
  }

  /**
   * @param {string} id
   * @param {string} title
   * @returns {HTMLElement} its body
   */
  add(id, title) {
    const section = made("section", "", "panel");
    section.id = id;
    section.setAttribute("aria-labelledby", `${id}-title`);
    const heading = made("h2", title);
    heading.id = `${id}-title`;
    const close = button("×", `Close: ${title}`, () => this.setPanel(id, false));
    close.className = "close";
    const body = made("div", "", "body");
    section.append(heading, close, body);
    const tab = button(title, "", () => this.setPanel(id, section.hidden !== false));
    tab.setAttribute("aria-controls", id);
    this.#tabs.append(tab);
    this.side.append(section);
    this.#panels.push({ id, title, section, body, tab });
    return body;
  }

  /** Shows what was open the last time; to be called when all panels are there. */
  restore() {
    const close = button("×", "Close the panels", () => this.set(false));
    close.className = "close";
    this.#tabs.append(close);
    for (const panel of this.#panels) this.#show(panel, this.#kept.panels.includes(panel.id));
    this.#showSide(this.#kept.open);
  }

  /** @param {string} id */
  isOpen(id) {
    return !this.side.hidden && this.#panels.some((panel) => panel.id === id && !panel.section.hidden);
  }

  /** @param {string} id @param {boolean} isOpen */
  setPanel(id, isOpen) {
    const panel = this.#panels.find((panel) => panel.id === id);
    if (!panel) return;
    this.#show(panel, isOpen);
    if (isOpen) {
      if (this.side.hidden) this.#showSide(true);
      panel.section.scrollIntoView({ block: "nearest" });
    } else if (panel.section.contains(document.activeElement)) panel.tab.focus();
    this.#keep();
  }

  /** Opens or closes the whole side. @param {boolean} isOpen */
  set(isOpen) {
    this.#showSide(isOpen);
    if (isOpen) this.#panels[0]?.tab.focus({ preventScroll: true });
    else this.back.focus({ preventScroll: true });
    this.#keep();
  }

  /** @param {Panel} panel @param {boolean} isOpen */
  #show({ section, tab }, isOpen) {
    section.hidden = !isOpen;
    tab.setAttribute("aria-expanded", String(isOpen));
  }

  /** @param {boolean} isOpen */
  #showSide(isOpen) {
    this.side.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
    document.body.classList.toggle("with-side", isOpen);
  }

  #keep() {
    this.#kept = { open: !this.side.hidden, panels: this.#panels.filter(({ section }) => !section.hidden).map(({ id }) => id) };
    keep(KEY, JSON.stringify(this.#kept));
  }

  /** Escape closes the panel that has the focus, then the side. @param {KeyboardEvent} event */
  #escape(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    const panel = this.#panels.find(({ section }) => section.contains(document.activeElement));
    if (panel) this.setPanel(panel.id, false);
    else this.set(false);
  }
}

/** What was kept; the first visit finds the side closed, and the conditions and the graph in it. @returns {Kept} */
function readKept() {
  try {
    const { open, panels } = JSON.parse(kept(KEY) ?? "");
    if (Array.isArray(panels)) return { open: open === true, panels };
  } catch {
    // Nothing, or something else's.
  }
  return { open: false, panels: ["conditions", "graph"] };
}

/**
 * @param {string} text
 * @param {string} label said by a screen reader; empty: the text
 * @param {() => void} press
 */
export function button(text, label, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", press);
  return made;
}
