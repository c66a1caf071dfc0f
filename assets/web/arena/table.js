// @ts-check
// The score table: its first lines as everybody gets them, and the own line from what only this player gets.

import { element, made, writeIn } from "../dom.js";
import { ROW_WORDS } from "../view.js";
import { OWN, colourOf } from "./palette.js";

/** Lines while the table is short. */
const SHORT = 5;

/**
 * A line of the table.
 * @typedef {object} Line
 * @property {number} rank from 1
 * @property {number} player the seat
 * @property {number} score
 * @property {number} kills
 * @property {number} deaths
 */

/**
 * The lines in a view, by rank.
 * @param {import("../snapline.js").View} view
 * @param {import("./kinds.js").Sight} sight
 * @returns {Line[]}
 */
export function linesOf({ rows, values }, { scores, layout: { score } }) {
  const lines = [];
  for (let i = 0; i < scores.count; i += 1) {
    const from = rows[scores.indices[i] * ROW_WORDS + 3];
    lines.push({
      rank: values[from + score.rank],
      player: values[from + score.player],
      score: values[from + score.score],
      kills: values[from + score.kills],
      deaths: values[from + score.deaths],
    });
  }
  return lines.sort((a, b) => a.rank - b.rank);
}

/**
 * The lines to show: the first ones, and the own one below them when it is not among them. The own figures are newer than those that all get.
 * @param {readonly Line[]} lines by rank
 * @param {Line | null} own
 * @param {number} count of lines at most, the own one not counted
 */
export function shownLines(lines, own, count) {
  const shown = lines.slice(0, count);
  if (!own || own.rank <= 0) return shown;
  const at = shown.findIndex(({ player }) => player === own.player);
  if (at < 0) shown.push(own);
  else shown[at] = { ...own, rank: shown[at].rank };
  return shown;
}

/** 1st, 2nd, 3rd, 4th ... @param {number} rank */
export function ordinal(rank) {
  const teens = rank % 100 >= 11 && rank % 100 <= 13;
  return `${rank}${teens ? "th" : (["th", "st", "nd", "rd"][rank % 10] ?? "th")}`;
}

/**
 * Writes lines into a table's body; what has not changed is not touched.
 * @param {HTMLElement} body
 * @param {readonly Line[]} lines
 * @param {number} me the own seat
 * @param {(seat: number) => string} nameOf
 */
export function writeLines(body, lines, me, nameOf) {
  while (body.childElementCount > lines.length) body.lastElementChild?.remove();
  for (const [i, line] of lines.entries()) {
    const row = /** @type {HTMLElement} */ (body.children[i] ?? body.appendChild(makeRow()));
    const { rank, player, score, kills, deaths } = line;
    const texts = [String(rank), nameOf(player), String(score), String(kills), String(deaths)];
    for (const [column, text] of texts.entries()) writeIn(/** @type {HTMLElement} */ (row.children[column]), text);
    const colour = player === me ? OWN : colourOf(player);
    if (row.dataset.colour !== colour) {
      row.dataset.colour = colour;
      row.style.setProperty("--player", colour);
    }
    row.classList.toggle("me", player === me);
  }
}

function makeRow() {
  const row = document.createElement("tr");
  row.append(made("td", "", "rank"), made("td", "", "who"), made("td", "", "score"), made("td", "", "more"), made("td", "", "more"));
  return row;
}

export class ScoreTable {
  #panel = element("table");
  #toggle = element("table-toggle");
  #body = element("lines");
  /** Pinned open by a tap. */
  #isPinned = false;
  #isHeld = false;

  constructor() {
    this.#toggle.addEventListener("click", () => {
      this.#isPinned = !this.#isPinned;
      this.#open();
    });
    // Tab shows the table only where it would move no focus that somebody has moved: on the world. Shift and Tab leaves the world.
    addEventListener("keydown", (event) => {
      if (event.code !== "Tab" || event.shiftKey || !(event.target instanceof HTMLElement) || !event.target.matches("#world, body")) return;
      event.preventDefault();
      this.#hold(true);
    });
    addEventListener("keyup", ({ code }) => code === "Tab" && this.#hold(false));
    addEventListener("blur", () => this.#hold(false));
  }

  /** @param {boolean} isHeld */
  #hold(isHeld) {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    this.#open();
  }

  get isOpen() {
    return this.#isPinned || this.#isHeld;
  }

  #open() {
    this.#panel.classList.toggle("open", this.isOpen);
    this.#toggle.setAttribute("aria-expanded", String(this.isOpen));
  }

  /**
   * @param {readonly Line[]} lines
   * @param {Line | null} own
   * @param {number} me
   * @param {(seat: number) => string} nameOf
   * @param {boolean} isSmall a phone: fewer lines while it is short
   */
  show(lines, own, me, nameOf, isSmall) {
    writeLines(this.#body, shownLines(lines, own, this.isOpen ? lines.length : isSmall ? 3 : SHORT), me, nameOf);
  }
}
