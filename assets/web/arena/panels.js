// @ts-check
// What is written over the picture, each part at a pace of its own: the instruments ten times a second, tables and figures less often.

import { write } from "../dom.js";
import { Feed } from "./feed.js";
import { Hud } from "./hud.js";
import { Minimap } from "./minimap.js";
import { death, results } from "./notices.js";
import { ScoreTable, linesOf } from "./table.js";
import { Warner, verdict } from "./verdict.js";

const QUICK_MS = 100;
const SLOW_MS = 300;
const FIGURES_MS = 1000;

export class Panels {
  feed = new Feed();
  #hud = new Hud();
  #table = new ScoreTable();
  #minimap;
  #warner = new Warner();
  #stepHzFull = 0;
  /** Who destroyed the own ship last; empty: not known. */
  killer = "";
  /** As in the style sheet. */
  #small = matchMedia("(max-width: 1139px), (max-height: 519px)");
  #quickMs = 0;
  #slowMs = 0;
  #figuresMs = 0;

  /** @param {HTMLCanvasElement} minimap */
  constructor(minimap) {
    this.#minimap = new Minimap(minimap);
  }

  /** A new connection, or a new match on the same one. */
  clear() {
    this.feed.clear();
    this.#warner = new Warner();
    this.killer = "";
    results.hide();
  }

  /**
   * In every frame; writes what is due.
   * @param {import("./world.js").World} world
   * @param {number} nowMs
   */
  show(world, nowMs) {
    if (nowMs - this.#quickMs >= QUICK_MS) {
      this.#quickMs = nowMs;
      this.#hud.showShip(world.own, world.tickHz);
      this.#hud.showClock(world.leftS, world.isOver);
      death.show(world.isOver ? 0 : world.waitS, this.killer);
      this.#minimap.paint(world.map, world.view, world.sight, world.me, world.zone);
    }
    if (nowMs - this.#slowMs >= SLOW_MS) {
      this.#slowMs = nowMs;
      this.#showTable(world);
      this.feed.fade(nowMs);
      if (results.isShown) results.tick(nowMs);
    }
    if (nowMs - this.#figuresMs < FIGURES_MS) return;
    this.#figuresMs = nowMs;
    this.#showFigures(world, nowMs);
  }

  /** @param {import("./world.js").World} world */
  #showTable({ view, sight, own, line, me, game }) {
    this.#table.show(linesOf(view, sight), line, me, (seat) => game.players.nameOf(seat), this.#small.matches);
    this.#hud.showStanding(own, playersOf(game));
  }

  /**
   * @param {import("./world.js").World} world
   * @param {number} nowMs
   */
  #showFigures({ game, tickHz }, nowMs) {
    const { stats, status } = game;
    const { bytesPerSecond } = stats;
    const line = { players: playersOf(game), tickHz, bytesPerSecond, rttMs: status?.rttMs, tickP99Us: status?.tickP99Us };
    write("verdict", verdict(line));
    // The server says what it means to send now; the most it ever meant to is the whole.
    this.#stepHzFull = Math.max(this.#stepHzFull, status?.stepHz ?? 0);
    write("warning", this.#warner.words({ ...stats, stepHz: status?.stepHz, stepHzFull: this.#stepHzFull }, nowMs));
  }
}

/** @param {import("../snapline.js").Game} game */
function playersOf({ status, players }) {
  return Math.max(status?.players ?? 0, players.size);
}
