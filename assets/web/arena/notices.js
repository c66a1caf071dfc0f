// @ts-check
// What is said large over the picture: that one's ship was destroyed and comes back, what was picked up, and how a match has ended.

import { element, write } from "../dom.js";
import { ordinal, shownLines, writeLines } from "./table.js";

const TOAST_MS = 1800;
/** Lines of the results that fit a phone. */
const RESULTS_LINES = 10;

/** @param {string} id @param {boolean} isShown */
function show(id, isShown) {
  const node = element(id);
  if (node.hidden === isShown) node.hidden = !isShown;
}

/** The own ship is destroyed. */
export const death = {
  /**
   * @param {number} waitS seconds until it comes back; 0: it flies
   * @param {string} by who destroyed it; empty: not known
   */
  show(waitS, by) {
    show("death", waitS > 0);
    if (waitS <= 0) return;
    write("death-by", by ? `Destroyed by ${by}` : "Destroyed");
    write("death-wait", `Back in ${waitS.toFixed(1)} s`);
  },
};

/** A word for a moment. */
export const toast = {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer: undefined,

  /** @param {string} text @param {string} colour */
  show(text, colour) {
    const node = element("toast");
    node.textContent = text;
    node.style.color = colour;
    node.classList.add("shown");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => node.classList.remove("shown"), TOAST_MS);
  },
};

/**
 * A match's results as the game sends them.
 * @typedef {{ player: number, name: string, score: number, kills: number, deaths: number }} ResultRow
 */

/**
 * The rows of a match's results; none when they are not as this page knows them.
 * @param {unknown} value
 * @returns {ResultRow[]}
 */
export function resultRows(value) {
  const rows = value && typeof value === "object" && "rows" in value ? value.rows : null;
  return Array.isArray(rows) ? rows.filter((row) => typeof row?.name === "string" && Number.isFinite(row.score)) : [];
}

/** The results of a match, until the next one begins. */
export const results = {
  sinceMs: 0,
  /** Seconds from the results to the next match, as the server says; 0: it has not. */
  restartS: 0,

  /**
   * @param {unknown} value
   * @param {number} me the own seat
   * @param {number} nowMs
   */
  show(value, me, nowMs) {
    this.sinceMs = nowMs;
    const rows = resultRows(value);
    const names = new Map(rows.map(({ player, name }) => [player, name]));
    const lines = rows.map((row, i) => ({ rank: i + 1, player: row.player, score: row.score, kills: row.kills, deaths: row.deaths }));
    const own = lines.find(({ player }) => player === me) ?? null;
    /** @param {number} seat */
    const nameOf = (seat) => names.get(seat) || `player ${seat}`;
    write("results-title", rows.length === 0 ? "The match is over" : own?.rank === 1 ? "You have won" : `${nameOf(lines[0].player)} has won`);
    write("results-own", own && own.rank > 1 ? `You came ${ordinal(own.rank)}, with ${own.score} points` : "");
    writeLines(element("results-lines"), shownLines(lines, own, RESULTS_LINES), me, nameOf);
    this.tick(nowMs);
    show("results", true);
  },

  /** @param {number} nowMs */
  tick(nowMs) {
    const left = Math.ceil(this.restartS - (nowMs - this.sinceMs) / 1000);
    write("results-next", left > 0 ? `The next match begins in ${left} s` : "The next match is about to begin");
  },

  get isShown() {
    return !element("results").hidden;
  },

  hide() {
    show("results", false);
  },
};
