// @ts-check
// The panels about the network on a page of any game: conditions, graph, tree of bits, and a tour when the game has one. It listens to the
// connection and paints a few times a second, and only what is open.

import { writeIn } from "../dom.js";
import { Growth, verdict } from "../verdict.js";
import { addParts, bitsOf, noParts, tree } from "./bandwidth.js";
import { ConditionsPanel } from "./conditions.js";
import { CostTree } from "./cost.js";
import { Dock } from "./dock.js";
import { History } from "./history.js";
import { NetGraph } from "./netgraph.js";
import { Tour } from "./tour.js";

const GRAPH_MS = 100;
const TREE_MS = 500;
const TREE_WINDOW_MS = 2500;
const VERDICT_MS = 250;

/** @typedef {import("../snapline.js").Game} Game */

export class Network {
  conditions;
  dock;
  tour;
  /** @type {import("../verdict.js").Verdict} */
  verdict = { name: "smooth", words: "", level: "good" };
  #graph;
  #cost;
  #history = new History(1000 / 30);
  #stepHzFull = 0;
  #parts = noParts();
  #bytes = 0;
  #frames = 0;
  /** @type {number[]} */
  #kindBits = [];
  #wrong = 0;
  #corrected = 0;
  /** @type {import("./bandwidth.js").Totals[]} */
  #marks = [];
  #late = new Growth();
  #joins = 0;
  /** Own shots of which the server has told how it judged them. */
  #judged = 0;
  #graphMs = 0;
  #treeMs = 0;
  #verdictMs = 0;
  /** What the tour has put aside. @type {import("./conditions.js").Conditions | null} */
  #before = null;

  /**
   * @param {HTMLElement} side
   * @param {HTMLButtonElement} button
   * @param {HTMLElement} world
   * @param {() => Game} game
   * @param {{ steps?: readonly import("./tour.js").Step[] } & import("./conditions.js").Uses} [page] its tour, and what it has a use for
   */
  constructor(side, button, world, game, { steps = [], ...uses } = {}) {
    this.dock = new Dock(side, button, world);
    const tour = steps.length > 0 ? this.dock.add("tour", "Tour") : null;
    this.conditions = new ConditionsPanel(this.dock.add("conditions", "Conditions"), game, uses);
    this.#graph = new NetGraph(this.dock.add("graph", "Graph"));
    this.#cost = new CostTree(this.dock.add("cost", "Bits"));
    this.tour = tour && new Tour(tour, steps, (step) => this.#follow(step));
    this.dock.restore();
    side.append(docsLink());
    world.addEventListener("keydown", ({ code, ctrlKey, altKey, metaKey }) => {
      if (ctrlKey || altKey || metaKey) return;
      if (code === "KeyN") this.dock.set(side.hidden !== false);
      if (code === "KeyG") this.conditions.set({ ghosts: !this.conditions.conditions.ghosts });
    });
  }

  /** A new connection. @param {Game} game */
  watch(game) {
    // Its counters go on when it comes back, and begin anew with a connection of its own.
    this.#wrong = this.#corrected = 0;
    game.on("open", ({ tickHz, ticksPerStep }) => {
      this.#history = new History((1000 * ticksPerStep) / tickHz);
      this.#stepHzFull = Math.floor(tickHz / ticksPerStep);
      this.#parts = noParts();
      this.#bytes = this.#frames = 0;
      this.#kindBits = [];
      this.#marks = [];
      this.#late = new Growth();
      this.#joins += 1;
      this.conditions.apply(game);
    });
    game.on("snapshot", (arrival) => this.#arrive(game, arrival));
  }

  /** @param {Game} game @param {import("../snapline.js").Arrival} arrival */
  #arrive(game, arrival) {
    addParts(this.#parts, arrival.parts);
    this.#bytes += arrival.bytes;
    this.#frames += 1;
    const { late = 0, touched = 0, unexplained = 0, corrected = 0 } = game.stats;
    const wrong = late + touched + unexplained;
    this.#history.add(arrival, this.#split(game, arrival), Math.max(0, wrong - this.#wrong), Math.max(0, corrected - this.#corrected));
    this.#wrong = wrong;
    this.#corrected = corrected;
  }

  /** Bits of one frame by kind, own state, events, overhead; empty while nobody looks. @param {Game} game @param {import("../snapline.js").Arrival} arrival */
  #split(game, { parts, bytes }) {
    if (!this.dock.isOpen("graph")) {
      this.#kindBits = [];
      return [];
    }
    const totals = game.profile().map(bitsOf);
    const before = this.#kindBits;
    this.#kindBits = totals;
    if (before.length !== totals.length) return [];
    const kinds = totals.map((bits, i) => Math.max(0, bits - before[i]));
    const data = kinds.reduce((sum, bits) => sum + bits, 0);
    return [...kinds, parts.own, parts.events, Math.max(0, bytes * 8 - data - parts.own - parts.events)];
  }

  /**
   * In every frame; writes what is due.
   * @param {Game} game one that is open
   * @param {number} nowMs
   */
  show(game, nowMs) {
    const seesTour = this.dock.isOpen("tour");
    this.tour?.run(seesTour, nowMs);
    if (nowMs - this.#verdictMs >= VERDICT_MS) {
      this.#verdictMs = nowMs;
      this.#judge(game, nowMs);
    }
    if (nowMs - this.#graphMs >= GRAPH_MS && this.dock.isOpen("graph")) {
      this.#graphMs = nowMs;
      const kinds = game.schema?.entities.map(({ name }) => name) ?? [];
      this.#graph.paint(this.#history, [...kinds, "own state", "events", "overhead"], kinds.length);
    }
    if (nowMs - this.#treeMs < TREE_MS) return;
    this.#treeMs = nowMs;
    if (this.dock.isOpen("cost")) this.#writeTree(game, nowMs);
    else this.#marks = [];
  }

  /** @param {Game} game @param {number} atMs */
  #writeTree(game, atMs) {
    this.#marks.push({ atMs, kinds: game.profile(), parts: { ...this.#parts }, bytes: this.#bytes, frames: this.#frames });
    while (this.#marks.length > 2 && this.#marks[0].atMs < atMs - TREE_WINDOW_MS) this.#marks.shift();
    const [first, last] = [this.#marks[0], this.#marks[this.#marks.length - 1]];
    const seconds = (last.atMs - first.atMs) / 1000;
    if (seconds > 0) this.#cost.show(tree(first, last), seconds, last.frames - first.frames);
  }

  /** @param {Game} game @param {number} nowMs */
  #judge({ stats, status }, nowMs) {
    const { late = 0, unexplained = 0, desyncs = 0 } = stats;
    const { tickP99Us = 0, tickBudgetUs = 0, stepHz = 0 } = status ?? {};
    const judged = this.#history.judge(nowMs);
    const before = this.verdict.name;
    const lateInputs = this.#late.over(late, nowMs);
    const server = { tickP99Us, tickBudgetUs, stepHz, stepHzFull: this.#stepHzFull };
    this.verdict = verdict({ ...judged, lateInputs, unexplained, desyncs, ...server });
    const { name, words } = this.verdict;
    if (name !== before && (name === "diverging" || name === "desynced")) console.warn(`snapline: ${words}`);
    this.tour?.watch(this.#tried(), nowMs);
  }

  /** All that can be tried in a tour. @returns {import("./tour.js").Tried} */
  #tried() {
    const { conditions, faults } = this.conditions;
    const counts = { ...faults, joins: this.#joins, judged: this.#judged, unfolded: this.#cost.unfolded };
    return { conditions, counts, stalledMs: (sinceMs) => this.#history.stalledMs(sinceMs), opened: (id) => this.dock.isOpen(id) };
  }

  /** The server has told how it judged an own shot: the tour waits for it. */
  noteJudged() {
    this.#judged += 1;
  }

  /** @param {import("./tour.js").Step | null} step */
  #follow(step) {
    if (!step) {
      if (this.#before) this.conditions.set(this.#before);
      this.#before = null;
      return;
    }
    this.#before ??= { ...this.conditions.conditions };
    for (const id of step.panels) this.dock.setPanel(id, true);
    this.conditions.set(step.conditions, false);
    this.dock.setPanel("tour", true);
  }

  /** Writes the verdict. @param {HTMLElement} node */
  write(node) {
    writeIn(node, this.verdict.words);
    // Where there is no room for all of it, it can be read by pointing.
    if (node.title !== this.verdict.words) node.title = this.verdict.words;
    if (node.dataset.level !== this.verdict.level) node.dataset.level = this.verdict.level;
  }
}

/** What a verdict comes from, and all the rest. */
function docsLink() {
  const link = document.createElement("a");
  link.href = new URL("../docs/?page=symptoms", import.meta.url).href;
  link.textContent = "What a symptom comes from, and how the page is made";
  link.target = "_blank";
  link.className = "docs";
  return link;
}
