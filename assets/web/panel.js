// @ts-check
// Everything about the game that is text: what is measured, who plays, what is said, why it has ended. Text goes in as text, never as markup.

import { colourOf } from "./marks.js";

/** Lines of chat that are kept. */
const LINES_MAX = 60;
/** Players that are listed; a crowd is a number. */
const LISTED_MAX = 60;
const GLOBALS_MAX = 6;
/** After this long without a new line the chat makes room for the game. */
const QUIET_MS = 15_000;

/**
 * @typedef {import("./close.js").Ending} Ending
 * @typedef {import("./players.js").Player} Player
 */

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** @param {string} id */
function inputElement(id) {
  return /** @type {HTMLInputElement} */ (element(id));
}

/**
 * @param {string} tag
 * @param {string} text
 * @param {string} [className]
 */
function made(tag, text, className = "") {
  const node = document.createElement(tag);
  node.textContent = text;
  node.className = className;
  return node;
}

/** @param {string} id @param {string} text */
function write(id, text) {
  const node = element(id);
  // Writing what is there already would still cost a layout.
  if (node.textContent !== text) node.textContent = text;
}

/** What is measured. */
export const stats = {
  /**
   * @param {import("./snapline.js").Game} game
   * @param {import("./view.js").View} view
   */
  show({ status, stats: counters, players }, view) {
    write("ping", status ? `${status.rttMs} ms` : "–");
    write("bytes", counters.bytesPerSecond ? rate(counters.bytesPerSecond) : "–");
    write("rate", status ? `${status.stepHz} Hz` : "–");
    write("tick", view.tick > 0 ? Math.floor(view.tick).toString() : "–");
    const count = Math.max(status?.players ?? 0, players.size);
    write("count", count === 1 ? "1 player" : `${count} players`);
  },

  /** Rows without a place: clocks, flags, scores. @param {import("./view.js").View} view */
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

/** @param {number} bytesPerSecond */
export function rate(bytesPerSecond) {
  if (bytesPerSecond < 1000) return `${Math.round(bytesPerSecond)} B/s`;
  return `${(bytesPerSecond / 1000).toFixed(bytesPerSecond < 99_950 ? 1 : 0)} kB/s`;
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

const WAYS = { now: "Join again", pause: "Join again", reload: "Reload the page", main: "Go to the main room" };

/** What covers the game while there is none. */
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
   * @param {Ending} ending
   * @param {(way: import("./close.js").Way) => void} back
   */
  end(ending, back) {
    this.show(ending.name === "left" ? "You have left" : "Disconnected", ending.words);
    const detail = [ending.detail, ending.code > 0 ? `code ${ending.code}` : ""].filter(Boolean).join(" · ");
    write("cover-detail", detail);
    element("cover-detail").hidden = !detail;
    const button = /** @type {HTMLButtonElement} */ (element("again"));
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

/** @param {string} title */
export function setTitle(title) {
  write("title", title);
  document.title = title;
}

/** How this game is steered. @param {import("./steer.js").Plan} plan */
export function showHelp({ steers, buttons }) {
  const parts = buttons.filter(({ label }) => label).map(({ name, label }) => [label, name.replaceAll("_", " ")]);
  if (steers) parts.unshift(["WASD", "or"], ["arrows", "or hold the mouse to steer"]);
  parts.push(["Enter", "chat"]);
  const nodes = parts.flatMap(([key, use], i) => [i > (steers ? 1 : 0) ? " · " : i ? " " : "", made("kbd", key), ` ${use}`]);
  element("help").replaceChildren(...nodes);
}
