// @ts-check
// What the page of any game tells in words: what is measured, who plays, how it is steered.

import { element, made, write } from "./dom.js";
import { colourOf } from "./marks.js";
import { rate } from "./meter.js";

/** Players that are listed; a crowd is a number. */
const LISTED_MAX = 60;
const GLOBALS_MAX = 6;

/** @typedef {import("./players.js").Player} Player */

/** What is measured. */
export const stats = {
  /**
   * @param {import("./snapline.js").Game} game
   * @param {import("./snapline.js").View} view
   */
  show({ status, stats: counters, players }, view) {
    write("ping", status ? `${status.rttMs} ms` : "–");
    write("bytes", counters.bytesPerSecond ? rate(counters.bytesPerSecond) : "–");
    write("rate", status ? `${status.stepHz} Hz` : "–");
    write("tick", view.tick > 0 ? Math.floor(view.tick).toString() : "–");
    const count = Math.max(status?.players ?? 0, players.size);
    write("count", count === 1 ? "1 player" : `${count} players`);
  },

  /** Rows without a place: clocks, flags, scores. @param {import("./snapline.js").View} view */
  showGlobals(view) {
    const lines = [];
    for (let row = 0; row < view.count && lines.length < GLOBALS_MAX; row += 1) {
      if (view.kind(row)?.place) continue;
      const { kind = "", values = {} } = view.read(row) ?? {};
      lines.push(`${kind}: ${Object.entries(values).map(([name, value]) => `${name} ${short(value)}`).join(", ")}`);
    }
    element("globals").hidden = lines.length === 0;
    write("globals", lines.join("\n"));
  },
};

/** @param {number | number[]} value @returns {string} */
function short(value) {
  return typeof value === "number" ? String(Math.round(value * 100) / 100) : value.map(short).join(" ");
}

/** Who plays. */
export const roster = {
  /**
   * @param {ReadonlyMap<number, Player>} players
   * @param {number} own
   * @param {boolean} coloured whether the game tells which entity is whose, so that a player's colour means something
   */
  show(players, own, coloured) {
    const seats = [...players.keys()].sort((a, b) => Number(b === own) - Number(a === own) || a - b);
    const lines = seats.slice(0, LISTED_MAX).map((seat) => this.line(seat, players.get(seat), seat === own, coloured));
    if (seats.length > LISTED_MAX) lines.push(made("li", `and ${seats.length - LISTED_MAX} more`));
    element("roster").replaceChildren(...lines);
  },

  /**
   * @param {number} seat
   * @param {Player | undefined} player
   * @param {boolean} isOwn
   * @param {boolean} coloured
   */
  line(seat, player, isOwn, coloured) {
    const line = made("li", "", player?.away ? "away" : "");
    if (coloured) {
      const swatch = made("i", "");
      swatch.style.background = colourOf(seat);
      line.append(swatch);
    }
    line.append(made("span", player?.name || `player ${seat}`, "who"));
    const tag = isOwn ? "you" : player?.bot ? "bot" : player?.away ? "away" : "";
    if (tag) line.append(made("span", tag, "tag"));
    return line;
  },
};

/** @param {string} title */
export function setTitle(title) {
  write("title", title);
  document.title = title;
}

/** How this game is steered. @param {import("./steer.js").Plan} plan */
export function showHelp({ steers, buttons }) {
  const parts = buttons.filter(({ label }) => label).map(({ name, label }) => [label, name.replaceAll("_", " ")]);
  if (steers) parts.unshift(["WASD", "or"], ["arrows", "or hold the mouse to steer"]);
  parts.push(["Enter", "chat"], ["N", "network"]);
  const nodes = parts.flatMap(([key, use], i) => [i > (steers ? 1 : 0) ? " · " : i ? " " : "", made("kbd", key), ` ${use}`]);
  element("help").replaceChildren(...nodes);
}
