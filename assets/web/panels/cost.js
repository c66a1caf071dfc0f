// @ts-check
// The tree of bits on the page: kind, field, what is not data. Kinds fold; which are open survives the next writing.

import { made, writeIn } from "../dom.js";
import { bitRate } from "./bandwidth.js";

export class CostTree {
  #total = made("p", "", "total");
  #tree = made("ul", "", "tree");
  /** How often a line was unfolded. */
  unfolded = 0;

  /** @param {HTMLElement} body */
  constructor(body) {
    body.append(this.#total, this.#tree, made("p", "Counted by the decoder, so it includes every bit. What a sleeping row does not send costs nothing.", "note"));
    // A toggle does not bubble, but is seen on its way down.
    this.#tree.addEventListener("toggle", ({ target }) => target instanceof HTMLDetailsElement && target.open && (this.unfolded += 1), { capture: true });
  }

  /**
   * @param {readonly import("./bandwidth.js").Line[]} lines
   * @param {number} seconds over which they were counted
   * @param {number} frames
   */
  show(lines, seconds, frames) {
    const all = lines.reduce((sum, { bits }) => sum + bits, 0);
    const perFrame = frames > 0 ? Math.round(all / 8 / frames) : 0;
    writeIn(this.#total, `${bitRate(all / seconds)} in ${Math.round(frames / seconds)} frames a second, ${perFrame} B each`);
    this.#write(this.#tree, lines, all, seconds);
  }

  /**
   * @param {HTMLElement} list
   * @param {readonly import("./bandwidth.js").Line[]} lines
   * @param {number} all
   * @param {number} seconds
   */
  #write(list, lines, all, seconds) {
    const items = new Map([...list.children].map((item) => [/** @type {HTMLElement} */ (item).dataset.name, /** @type {HTMLElement} */ (item)]));
    for (const [i, line] of lines.entries()) {
      const item = items.get(line.name) ?? makeItem(line);
      items.delete(line.name);
      if (list.children[i] !== item) list.insertBefore(item, list.children[i] ?? null);
      const head = /** @type {HTMLElement} */ (item.querySelector(".line"));
      const share = all > 0 ? line.bits / all : 0;
      writeIn(/** @type {HTMLElement} */ (head.children[1]), bitRate(line.bits / seconds));
      writeIn(/** @type {HTMLElement} */ (head.children[2]), `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)} %`);
      head.style.setProperty("--share", `${(share * 100).toFixed(1)}%`);
      const inner = item.querySelector("ul");
      if (inner && item.querySelector("details")?.open) this.#write(inner, line.parts, all, seconds);
    }
    for (const item of items.values()) item.remove();
  }
}

/** @param {import("./bandwidth.js").Line} line */
function makeItem({ name, parts }) {
  const item = document.createElement("li");
  item.dataset.name = name;
  const line = made(parts.length > 0 ? "summary" : "p", "", "line");
  line.append(made("span", name), made("span", "", "rate"), made("span", "", "share"));
  if (parts.length === 0) {
    item.append(line);
    return item;
  }
  const details = document.createElement("details");
  details.append(line, document.createElement("ul"));
  item.append(details);
  return item;
}
