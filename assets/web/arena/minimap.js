// @ts-check
// The whole world in a corner: walls, the zone, what is in sight, and where the leaders about are.

import { ROW_WORDS } from "../view.js";
import { FIELD, OWN, PICK_UPS, TEXT, WALL_EDGE, ZONE, colourOf } from "./palette.js";
import { pixelDensity } from "./sprites.js";

/** A leader's place comes in so many parts of the world's side. */
const PARTS = 64;

/**
 * From a place in the world to pixels of a square map.
 * @param {number} place
 * @param {number} worldSide
 * @param {number} mapSide
 */
export function toMap(place, worldSide, mapSide) {
  return (place / worldSide) * mapSide;
}

/** The middle of the part that a leader's coarse place names, in units. @param {number} part @param {number} worldSide */
export function leaderPlace(part, worldSide) {
  return ((part + 0.5) / PARTS) * worldSide;
}

export class Minimap {
  /** @type {import("./map.js").ArenaMap | null} */
  #map = null;
  #walls = document.createElement("canvas");
  #side = 0;
  #wide = 0;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    // Asked in every picture, its size would make the browser lay out the page each time.
    new ResizeObserver(([{ contentRect }]) => (this.#wide = contentRect.width)).observe(canvas);
    this.context = canvas.getContext("2d");
  }

  /**
   * @param {import("./map.js").ArenaMap} map
   * @param {import("../snapline.js").View} view
   * @param {import("./kinds.js").Sight} sight
   * @param {number} me the own seat
   * @param {number} zone
   */
  paint(map, view, sight, me, zone) {
    const { context, canvas } = this;
    if (!context) return;
    this.#fit(map);
    const side = this.#side;
    context.setTransform(canvas.width / side, 0, 0, canvas.width / side, 0, 0);
    context.clearRect(0, 0, side, side);
    context.drawImage(this.#walls, 0, 0, side, side);
    if (zone > 0) paintCircle(context, side / 2, toMap(zone, map.size, side));
    this.#paintLeaders(map, view, sight, me);
    this.#paintSeen(map, view, sight, me);
    if (view.own >= 0) this.#paintOwn(map, view, sight.layout.ship);
  }

  /** Paints the walls when map or size are new. @param {import("./map.js").ArenaMap} map */
  #fit(map) {
    const { canvas } = this;
    const side = Math.max(1, this.#wide);
    if (map === this.#map && side === this.#side) return;
    this.#map = map;
    this.#side = side;
    const density = pixelDensity();
    for (const each of [canvas, this.#walls]) each.width = each.height = Math.round(side * density);
    const context = this.#walls.getContext("2d");
    if (!context) return;
    context.scale(this.#walls.width / side, this.#walls.width / side);
    context.fillStyle = WALL_EDGE;
    context.globalAlpha = 0.75;
    for (const [x, y, width, height] of map.walls) {
      const [left, top] = [toMap(x, map.size, side), toMap(y, map.size, side)];
      context.fillRect(left, top, Math.max(1, toMap(width, map.size, side)), Math.max(1, toMap(height, map.size, side)));
    }
  }

  /**
   * @param {import("./map.js").ArenaMap} map
   * @param {import("../snapline.js").View} view
   * @param {import("./kinds.js").Sight} sight
   * @param {number} me
   */
  #paintLeaders({ size }, { rows, values }, { scores, layout: { score } }, me) {
    for (let i = 0; i < scores.count; i += 1) {
      const from = rows[scores.indices[i] * ROW_WORDS + 3];
      const player = values[from + score.player];
      if (player === me) continue;
      const [x, y] = [leaderPlace(values[from + score.x], size), leaderPlace(values[from + score.y], size)];
      this.#dot(x, y, size, values[from + score.rank] === 1 ? 2.6 : 1.8, colourOf(player), 0.55);
    }
  }

  /**
   * @param {import("./map.js").ArenaMap} map
   * @param {import("../snapline.js").View} view
   * @param {import("./kinds.js").Sight} sight
   * @param {number} me
   */
  #paintSeen({ size }, { rows, values }, { ships, crates, layout: { ship, crate } }, me) {
    for (let i = 0; i < crates.count; i += 1) {
      const from = rows[crates.indices[i] * ROW_WORDS + 3];
      this.#dot(values[from + crate.place], values[from + crate.place + 1], size, 1.4, (PICK_UPS[values[from + crate.holds]] ?? PICK_UPS[0]).colour, 0.9);
    }
    for (let i = 0; i < ships.count; i += 1) {
      const from = rows[ships.indices[i] * ROW_WORDS + 3];
      const owner = values[from + ship.owner];
      if (owner !== me) this.#dot(values[from + ship.place], values[from + ship.place + 1], size, 2.1, colourOf(owner), 1);
    }
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} worldSide
   * @param {number} radius
   * @param {string} colour
   * @param {number} alpha
   */
  #dot(x, y, worldSide, radius, colour, alpha) {
    const { context } = this;
    if (!context) return;
    context.globalAlpha = alpha;
    context.fillStyle = colour;
    context.beginPath();
    context.arc(toMap(x, worldSide, this.#side), toMap(y, worldSide, this.#side), radius, 0, 7);
    context.fill();
    context.globalAlpha = 1;
  }

  /**
   * @param {import("./map.js").ArenaMap} map
   * @param {import("../snapline.js").View} view
   * @param {import("./kinds.js").Layout["ship"]} ship
   */
  #paintOwn({ size }, view, ship) {
    const { context } = this;
    if (!context) return;
    const from = view.from(view.own);
    const [x, y] = [toMap(view.values[from + ship.place], size, this.#side), toMap(view.values[from + ship.place + 1], size, this.#side)];
    const reach = toMap(view.radius, size, this.#side);
    context.strokeStyle = TEXT;
    context.globalAlpha = 0.22;
    context.lineWidth = 1;
    context.strokeRect(x - reach, y - reach, 2 * reach, 2 * reach);
    context.globalAlpha = 1;
    context.save();
    context.translate(x, y);
    context.rotate(view.values[from + ship.heading]);
    context.fillStyle = OWN;
    context.strokeStyle = FIELD;
    context.beginPath();
    for (const [ahead, aside] of [[6, 0], [-4, 4], [-2, 0], [-4, -4]]) context.lineTo(ahead, aside);
    context.closePath();
    context.stroke();
    context.fill();
    context.restore();
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} middle
 * @param {number} radius
 */
function paintCircle(context, middle, radius) {
  context.globalAlpha = 0.5;
  context.strokeStyle = ZONE;
  context.lineWidth = 1;
  context.setLineDash([2, 3]);
  context.beginPath();
  context.arc(middle, middle, radius, 0, 7);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
}
