// @ts-check
// What is written over the picture, each part at a pace of its own: the instruments ten times a second, tables and figures less often.

import { element, write } from "../dom.js";
import { summary } from "../verdict.js";
import { Feed } from "./feed.js";
import { Hud } from "./hud.js";
import { Minimap } from "./minimap.js";
import { death, results } from "./notices.js";
import { ScoreTable, linesOf } from "./table.js";

const QUICK_MS = 100;
const SLOW_MS = 300;
const FIGURES_MS = 1000;

export class Panels {
  feed = new Feed();
  #hud = new Hud();
  #table = new ScoreTable();
  #minimap;
  /** Who destroyed the own ship last; empty: not known. */
  killer = "";
  /** Whether the game has little room, as in the style sheet. */
  #isSmall = false;
  #quickMs = 0;
  #slowMs = 0;
  #figuresMs = 0;

  /** @param {HTMLCanvasElement} minimap */
  constructor(minimap) {
    this.#minimap = new Minimap(minimap);
    new ResizeObserver(([{ contentRect }]) => (this.#isSmall = contentRect.width < 1140 || contentRect.height < 520)).observe(element("game"));
  }

  /** A new connection, or a new match on the same one. */
  clear() {
    this.feed.clear();
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
    this.#showFigures(world);
  }

  /** @param {import("./world.js").World} world */
  #showTable({ view, sight, own, line, me, game }) {
    this.#table.show(linesOf(view, sight), line, me, (seat) => game.players.nameOf(seat), this.#isSmall);
    this.#hud.showStanding(own, playersOf(game));
  }

  /** @param {import("./world.js").World} world */
  #showFigures({ game, tickHz, map }) {
    const { stats, status } = game;
    const { bytesPerSecond } = stats;
    const line = { players: playersOf(game), tickHz, bytesPerSecond, rttMs: status?.rttMs, tickP99Us: status?.tickP99Us };
    write("summary", summary(line));
    write("map-name", map.name);
  }
}

/** @param {import("../snapline.js").Game} game */
function playersOf({ status, players }) {
  return Math.max(status?.players ?? 0, players.size);
}
