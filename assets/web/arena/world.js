// @ts-check
// What a connection shows of the arena now: the view with its rows by kind, the map, the match, and whose ship is one's own.

import { View } from "../view.js";
import { number } from "./hud.js";
import { Sight, layoutOf } from "./kinds.js";
import { NO_MAP, readMap } from "./map.js";

export class World {
  /** @type {import("../snapline.js").View} */
  view = new View(null);
  /** The own state. @type {import("../view.js").Values} */
  own = {};
  map = NO_MAP;
  /** Within this distance of the middle ships come; 0: not known yet. */
  zone = 0;
  isOver = false;
  /** Seconds until the match ends. */
  leftS = 0;

  /**
   * @param {import("../snapline.js").Game} game a connection that is open
   * @param {import("../schema.js").Schema} schema
   * @param {import("../snapline.js").Welcome} welcome
   */
  constructor(game, schema, welcome) {
    this.game = game;
    this.me = welcome.player;
    this.tickHz = welcome.tickHz;
    this.sight = new Sight(layoutOf(schema));
    void this.#bringMap();
  }

  async #bringMap() {
    // Without its map the connection ends, and says so.
    const bytes = await this.game.map().catch(() => null);
    if (bytes) this.map = readMap(bytes);
  }

  /** @param {number} nowMs the animation frame's time */
  look(nowMs) {
    this.view = this.game.view(nowMs);
    this.own = this.game.own ?? {};
    this.sight.sort(this.view);
    const { match, layout } = this.sight;
    if (match < 0) return;
    const from = this.view.from(match);
    this.zone = this.view.values[from + layout.match.zone];
    this.isOver = this.view.values[from + layout.match.over] > 0;
    this.leftS = (this.view.values[from + layout.match.ends] - this.view.tick) / this.tickHz;
  }

  get flies() {
    return this.view.own >= 0;
  }

  /** Where the own ship looks. */
  get heading() {
    return number(this.own, "heading");
  }

  /** Seconds until the own ship comes back; 0: it flies. */
  get waitS() {
    return number(this.own, "wait") / this.tickHz;
  }

  /** The own line of the table; null: not ranked yet. @returns {import("./table.js").Line | null} */
  get line() {
    const [rank, score, kills, deaths] = ["rank", "score", "kills", "deaths"].map((name) => number(this.own, name));
    return rank > 0 ? { rank, player: this.me, score, kills, deaths } : null;
  }
}
