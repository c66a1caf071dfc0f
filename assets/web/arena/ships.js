// @ts-check
// Ships: the hull along its heading, flame, shield, safety, damage, name; and the shots they fire.

import { HELD, ROW_WORDS } from "../view.js";
import { FIELD, FLAME, HURT, OWN, QUIET, RAPID, SHIELD, TEXT, colourOf } from "./palette.js";
import { Sprites, makeSprite, showSprite } from "./sprites.js";

/** Units from a ship's middle to its rim. */
const RADIUS = 20;
/** Length of a shot's line, in seconds of its flight. */
const BOLT_S = 0.028;
const HULL = path([[1.15, 0], [0.1, 0.42], [-0.55, 0.95], [-0.95, 0.8], [-0.7, 0.3], [-0.7, -0.3], [-0.95, -0.8], [-0.55, -0.95], [0.1, -0.42]]);
const COCKPIT = path([[0.55, 0], [0.05, 0.22], [-0.25, 0.16], [-0.25, -0.16], [0.05, -0.22]]);

/** @param {readonly (readonly number[])[]} corners */
function path(corners) {
  const made = new Path2D();
  for (const [x, y] of corners) made.lineTo(x, y);
  made.closePath();
  return made;
}

/**
 * What a picture of the ships needs beside the view.
 * @typedef {object} Crew
 * @property {number} me the own seat
 * @property {number} nowMs
 * @property {boolean} calm no blinking, no flicker
 * @property {import("../players.js").Players} players
 */

/** @param {Crew} crew @param {number} owner */
function colourFor({ me }, owner) {
  return owner === me ? OWN : colourOf(owner);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import("./camera.js").Camera} camera
 * @param {import("../snapline.js").View} view
 * @param {import("./kinds.js").Sight} sight
 * @param {Crew} crew
 */
export function paintShips(context, camera, view, sight, crew) {
  const { ships, layout } = sight;
  for (let i = 0; i < ships.count; i += 1) {
    if (ships.indices[i] !== view.own) paintShip(context, camera, view, ships.indices[i], layout.ship, crew);
  }
  // The own ship last, so that nothing hides it.
  if (view.own >= 0) paintShip(context, camera, view, view.own, layout.ship, crew);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import("./camera.js").Camera} camera
 * @param {import("../snapline.js").View} view
 * @param {number} row
 * @param {import("./kinds.js").Layout["ship"]} ship
 * @param {Crew} crew
 */
function paintShip(context, camera, view, row, ship, crew) {
  const { values } = view;
  const from = view.rows[row * ROW_WORDS + 3];
  const [placeX, placeY] = [values[from + ship.place], values[from + ship.place + 1]];
  if (!camera.sees(placeX, placeY, 60)) return;
  const [x, y] = [camera.toX(placeX), camera.toY(placeY)];
  const size = RADIUS * camera.scale;
  const owner = values[from + ship.owner];
  const colour = colourFor(crew, owner);
  const isSafe = values[from + ship.safe] > 0;
  const isHeld = view.rows[row * ROW_WORDS + 2] >= HELD;
  let alpha = isHeld ? 0.4 : 1;
  if (isSafe) alpha *= crew.calm ? 0.6 : 0.65 + 0.35 * Math.sin(crew.nowMs / 70);
  context.globalAlpha = alpha;
  context.save();
  context.translate(x, y);
  context.rotate(values[from + ship.heading]);
  if (values[from + ship.thrust] > 0) paintFlame(context, size, crew, owner);
  showSprite(context, hulls.get(owner, size, colour, row === view.own, values[from + ship.rapid] > 0), 0, 0);
  context.restore();
  context.globalAlpha = isHeld ? 0.4 : 1;
  if (values[from + ship.shielded] > 0) paintRing(context, x, y, size * 1.5, SHIELD, []);
  if (isSafe) paintRing(context, x, y, size * 1.5, TEXT, [4, 5]);
  const hull = values[from + ship.hull];
  if (hull < 100) paintHurt(context, x, y + size * 1.75, size, hull);
  if (row !== view.own) paintName(context, x, y - size * 1.75, owner, colour, crew);
  context.globalAlpha = 1;
}

/**
 * Behind a ship that looks along +x.
 * @param {CanvasRenderingContext2D} context
 * @param {number} size
 * @param {Crew} crew
 * @param {number} owner
 */
function paintFlame(context, size, { nowMs, calm }, owner) {
  const flicker = calm ? 0 : 0.25 * Math.sin(nowMs / 23 + owner) + 0.15 * Math.sin(nowMs / 11);
  const length = size * (1.6 + flicker);
  context.fillStyle = FLAME;
  const alpha = context.globalAlpha;
  for (const [reach, width, part] of /** @type {const} */ ([[1, 0.36, 0.45], [0.6, 0.22, 0.95]])) {
    context.globalAlpha = alpha * part;
    context.beginPath();
    context.moveTo(-size * 0.65, -size * width);
    context.quadraticCurveTo(-size * 0.8 - length * reach * 0.5, -size * width * 0.5, -size * 0.65 - length * reach, 0);
    context.quadraticCurveTo(-size * 0.8 - length * reach * 0.5, size * width * 0.5, -size * 0.65, size * width);
    context.fill();
  }
  context.globalAlpha = alpha;
}

/** Units of a radius from a hull's middle to its sprite's rim, the glow included. */
const HULL_REACH = 1.55;

const hulls = new Sprites((/** @type {number} */ size, /** @type {string} */ colour, /** @type {boolean} */ isOwn, /** @type {boolean} */ isRapid) =>
  makeSprite(2 * HULL_REACH * size, 2 * HULL_REACH * size, (context) => paintHull(context, size, colour, isOwn, isRapid)),
);

/**
 * A hull that looks along +x.
 * @param {OffscreenCanvasRenderingContext2D} context
 * @param {number} size
 * @param {string} colour
 * @param {boolean} isOwn
 * @param {boolean} isRapid
 */
function paintHull(context, size, colour, isOwn, isRapid) {
  context.scale(size, size);
  context.lineJoin = "round";
  context.fillStyle = FIELD;
  context.fill(HULL);
  context.fillStyle = colour;
  context.globalAlpha = isOwn ? 0.5 : 0.32;
  context.fill(HULL);
  context.globalAlpha = 0.22;
  context.strokeStyle = colour;
  context.lineWidth = 7 / size;
  context.stroke(HULL);
  context.globalAlpha = 1;
  context.lineWidth = (isOwn ? 2.2 : 1.7) / size;
  context.stroke(HULL);
  context.fillStyle = isRapid ? RAPID : isOwn ? TEXT : colour;
  context.fill(COCKPIT);
  if (!isRapid) return;
  // Two hot barrels.
  context.fillRect(0.15, 0.42, 0.55, 0.12);
  context.fillRect(0.15, -0.54, 0.55, 0.12);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 * @param {string} colour
 * @param {number[]} dash
 */
function paintRing(context, x, y, radius, colour, dash) {
  const alpha = context.globalAlpha;
  context.strokeStyle = colour;
  context.setLineDash(dash);
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.globalAlpha = alpha * 0.2;
  context.lineWidth = 6;
  context.stroke();
  context.globalAlpha = alpha * 0.85;
  context.lineWidth = 1.5;
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = alpha;
}

/**
 * A bar below a ship that is not whole.
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {number} hull 0..100
 */
function paintHurt(context, x, y, size, hull) {
  const width = Math.max(26, size * 2);
  context.fillStyle = "#05080dcc";
  context.fillRect(x - width / 2 - 1, y - 1, width + 2, 5);
  context.fillStyle = hull > 60 ? "#9fd8a8" : hull > 30 ? RAPID : HURT;
  context.fillRect(x - width / 2, y, (width * hull) / 100, 3);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y its base line
 * @param {number} owner
 * @param {string} colour
 * @param {Crew} crew
 */
function paintName(context, x, y, owner, colour, { players }) {
  const player = players.get(owner);
  // The list of players may come a moment after their ships.
  if (!player) return;
  // Half a pixel aside letters blur, and more they are not moved.
  showSprite(context, names.get(owner, players.nameOf(owner), player.bot ? QUIET : colour, player.bot), Math.round(x), Math.round(y));
}

const NAME_HEIGHT = 30;
/** Pixels beside a name for its rim. */
const NAME_RIM = 8;
const ruler = new OffscreenCanvas(1, 1).getContext("2d");

/** Names with a dark rim; the base line goes through the middle. */
const names = new Sprites((/** @type {string} */ name, /** @type {string} */ colour, /** @type {boolean} */ isBot) => {
  const font = isBot ? "500 11px system-ui, sans-serif" : "600 12px system-ui, sans-serif";
  if (ruler) ruler.font = font;
  return makeSprite((ruler?.measureText(name).width ?? 0) + NAME_RIM, NAME_HEIGHT, (context) => {
    context.font = font;
    context.textAlign = "center";
    context.lineJoin = "round";
    context.strokeStyle = FIELD;
    context.lineWidth = 3;
    context.fillStyle = colour;
    context.strokeText(name, 0, 0);
    context.fillText(name, 0, 0);
  });
});

/**
 * Shots: short glowing lines along their flight.
 * @param {CanvasRenderingContext2D} context
 * @param {import("./camera.js").Camera} camera
 * @param {import("../snapline.js").View} view
 * @param {import("./kinds.js").Sight} sight
 * @param {Crew} crew
 */
export function paintBolts(context, camera, view, sight, crew) {
  const { bolts, layout } = sight;
  const { rows, values } = view;
  context.lineCap = "round";
  context.globalCompositeOperation = "lighter";
  for (let i = 0; i < bolts.count; i += 1) {
    const from = rows[bolts.indices[i] * ROW_WORDS + 3];
    const [placeX, placeY] = [values[from + layout.bolt.place], values[from + layout.bolt.place + 1]];
    if (!camera.sees(placeX, placeY, 40)) continue;
    const reach = BOLT_S * camera.scale;
    const [x, y] = [camera.toX(placeX), camera.toY(placeY)];
    context.strokeStyle = colourFor(crew, values[from + layout.bolt.owner]);
    context.beginPath();
    context.moveTo(x - values[from + layout.bolt.vel] * reach, y - values[from + layout.bolt.vel + 1] * reach);
    context.lineTo(x, y);
    context.globalAlpha = 0.28;
    context.lineWidth = 7;
    context.stroke();
    context.globalAlpha = 1;
    context.lineWidth = 2.5;
    context.stroke();
  }
  context.globalCompositeOperation = "source-over";
  context.lineCap = "butt";
}
