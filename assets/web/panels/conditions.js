// @ts-check
// What is between this page and the server, and what this page does against it: links with a name, sliders, faults, switches.

import { made } from "../dom.js";
import { LINKS } from "../links.js";
import { keep, kept } from "../storage.js";
import { button } from "./dock.js";

const KEY = "snapline.conditions";
const FREEZE_MS = 2000;

/**
 * The sliders: name of the link's number, what it is called, its largest value, its unit.
 * @type {readonly (readonly [keyof import("../links.js").LinkOptions, string, number, string])[]}
 */
const SLIDERS = [
  ["delayMs", "delay, one way", 400, "ms"],
  ["jitterMs", "jitter", 200, "ms"],
  ["lossPerMille", "lost segments", 100, "‰"],
  ["stallMs", "each costs", 1000, "ms"],
];

/** @typedef {"prediction" | "interpolation" | "compensation" | "ghosts"} Switch */

/** What each switch is called, and what it shows. @type {Readonly<Record<Switch, readonly [label: string, words: string]>>} */
const SWITCHES = {
  prediction: ["Prediction", "Off: your own ship moves when the server's answer has come"],
  interpolation: ["Interpolation", "Off: others are drawn as the newest snapshot has them"],
  compensation: ["Lag compensation", "Off: your shots are judged in the server's present, not in the world that you saw"],
  ghosts: ["Ghosts", "Outlines: where the newest snapshot has everybody, and where the server tested your shots (G)"],
};

/** Whether each switch is on. @typedef {Record<Switch, boolean>} Switches */

/** @typedef {{ preset: string, link: import("../links.js").LinkOptions | null } & Switches} Conditions */

/**
 * What a page has a use for.
 * @typedef {object} Uses
 * @property {readonly Switch[]} [switches] which ones it shows; all unless told
 * @property {readonly (readonly [sample: string, words: string])[]} [marks] what its ghosts look like, in words
 * @property {(game: import("../snapline.js").Game, conditions: Conditions) => void} [applied] does what only the page can
 */

/** @returns {Conditions} */
export function usual() {
  return { preset: "none", link: null, prediction: true, interpolation: true, compensation: true, ghosts: false };
}

/**
 * What was kept, as far as it makes sense.
 * @param {string | null} text
 * @returns {Conditions}
 */
export function readConditions(text) {
  const conditions = usual();
  try {
    const { preset, link, prediction, interpolation, compensation, ghosts } = JSON.parse(text ?? "{}");
    Object.assign(conditions, { prediction: prediction !== false, interpolation: interpolation !== false });
    Object.assign(conditions, { compensation: compensation !== false, ghosts: ghosts === true });
    const known = LINKS.get(preset);
    if (known) Object.assign(conditions, { preset, link: known.link });
    else if (preset === "own" && link) Object.assign(conditions, { preset, link: cleaned(link) });
  } catch {
    // Something else's: as usual.
  }
  return conditions;
}

/** @param {Record<string, unknown>} link */
function cleaned(link) {
  const numbers = SLIDERS.map(([name, , max]) => [name, Math.min(max, Math.max(0, Math.round(Number(link[name]) || 0)))]);
  return Object.fromEntries(numbers);
}

export class ConditionsPanel {
  conditions = readConditions(kept(KEY));
  #game;
  #applied;
  #presets = made("div", "", "presets");
  /** @type {Map<string, HTMLInputElement>} */
  #sliders = new Map();
  /** @type {Map<Switch, HTMLButtonElement>} */
  #switches = new Map();
  /** Switches that have no effect in this room. @type {Set<Switch>} */
  #idle = new Set();
  /** How often a fault was asked for. */
  faults = { freezes: 0, drops: 0 };

  /**
   * @param {HTMLElement} body
   * @param {() => import("../snapline.js").Game} game
   * @param {Uses} [uses]
   */
  constructor(body, game, { switches: shown = ["prediction", "interpolation", "compensation", "ghosts"], marks = [], applied } = {}) {
    this.#game = game;
    this.#applied = applied;
    this.#presets.setAttribute("role", "group");
    this.#presets.setAttribute("aria-label", "A simulated network");
    for (const [name, { label }] of LINKS) this.#presets.append(this.#preset(name, label));
    const sliders = made("div", "", "sliders");
    for (const slider of SLIDERS) sliders.append(this.#slider(...slider));
    const faults = made("div", "", "presets");
    faults.append(
      button("Freeze 2 s", "", () => this.#fail("freezes", () => game().freeze(FREEZE_MS))),
      button("Drop socket", "", () => this.#fail("drops", () => game().drop())),
    );
    const switches = made("div", "", "switches");
    for (const name of shown) switches.append(this.#switch(name, ...SWITCHES[name]));
    const note = made("p", "The link is simulated as TCP would be: a lost segment stalls all behind it.", "note");
    body.append(this.#presets, sliders, faults, switches, ghostLegend(marks), note);
    this.#write();
  }

  /** @param {"freezes" | "drops"} name @param {() => void} work */
  #fail(name, work) {
    this.faults[name] += 1;
    work();
  }

  /** A switch that the room knows nothing of is shown so. @param {Switch} name @param {boolean} isIdle @param {string} why */
  setIdle(name, isIdle, why) {
    if (isIdle) this.#idle.add(name);
    else this.#idle.delete(name);
    const node = this.#switches.get(name);
    if (!node) return;
    node.disabled = isIdle;
    node.title = isIdle ? why : SWITCHES[name][1];
    this.#write();
  }

  /** The address asks for a link: this visit has it, the next one what was kept. @param {import("../links.js").LinkOptions} link */
  startWith(link) {
    Object.assign(this.conditions, { preset: "own", link });
    this.#write();
  }

  /** Makes a new connection as this panel says. @param {import("../snapline.js").Game} game */
  apply(game) {
    const { link, prediction, interpolation } = this.conditions;
    if (link || game.options.link) game.setLink(link);
    game.setPrediction(prediction);
    game.setInterpolation(interpolation);
    this.#applied?.(game, this.conditions);
  }

  /** Changes some of it. @param {Partial<Conditions>} more @param {boolean} [isKept] whether the next visit has it too */
  set(more, isKept = true) {
    const preset = more.preset !== undefined && more.link === undefined ? LINKS.get(more.preset) : undefined;
    Object.assign(this.conditions, more, preset ? { link: preset.link } : {});
    this.apply(this.#game());
    this.#write();
    if (isKept) keep(KEY, JSON.stringify(this.conditions));
  }

  #write() {
    const { preset, link } = this.conditions;
    for (const node of this.#presets.children) node.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (node).dataset.preset === preset));
    for (const [name, , , unit] of SLIDERS) this.#writeSlider(name, Number(link?.[name] ?? 0), unit);
    for (const [name, node] of this.#switches) node.setAttribute("aria-pressed", String(this.conditions[name] && !this.#idle.has(name)));
  }

  /** @param {string} name @param {number} value @param {string} unit */
  #writeSlider(name, value, unit) {
    const input = this.#sliders.get(name);
    if (!input) return;
    input.value = String(value);
    input.setAttribute("aria-valuetext", `${value} ${unit}`);
    const figure = input.parentElement?.querySelector("output");
    if (figure) figure.textContent = `${value} ${unit}`;
  }

  /** @param {string} name @param {string} label */
  #preset(name, label) {
    const made = button(label, "", () => this.set({ preset: name }));
    made.dataset.preset = name;
    return made;
  }

  /** @param {keyof import("../links.js").LinkOptions} name @param {string} label @param {number} max @param {string} unit */
  #slider(name, label, max, unit) {
    const row = made("label", "", "slider");
    const input = document.createElement("input");
    Object.assign(input, { type: "range", min: "0", max: String(max), step: name === "lossPerMille" ? "1" : "5" });
    input.addEventListener("input", () => this.set({ preset: "own", link: { ...this.conditions.link, preset: undefined, [name]: Number(input.value) } }));
    this.#sliders.set(name, input);
    row.append(made("span", label), input, document.createElement("output"));
    row.title = `${label}, in ${unit}`;
    return row;
  }

  /** @param {Switch} name @param {string} label @param {string} words */
  #switch(name, label, words) {
    const made = button(label, "", () => this.set({ [name]: !this.conditions[name] }));
    made.className = "switch";
    made.title = words;
    this.#switches.set(name, made);
    return made;
  }
}

/** @param {readonly (readonly [sample: string, words: string])[]} marks */
function ghostLegend(marks) {
  const list = made("ul", "", "marks");
  for (const [sample, words] of marks) {
    const line = document.createElement("li");
    line.append(made("i", "", sample), made("span", words));
    list.append(line);
  }
  return list;
}
