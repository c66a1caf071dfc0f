// @ts-check
// What lies still: walls, and crates to pick up, each kind with a shape and a colour of its own.

import { HELD, ROW_WORDS } from "../view.js";
import { FIELD, PICK_UPS, WALL, WALL_EDGE, WALL_STRIPE } from "./palette.js";

/** Units from a crate's middle to its rim. */
const CRATE_SIZE = 18;
/** Pixels from one stripe on the walls to the next. */
const STRIPES = 12;

/** Faint stripes across the walls, painted once. @param {CanvasRenderingContext2D} context */
function makeStripes(context) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = STRIPES;
  const tile = canvas.getContext("2d");
  if (!tile) return null;
  tile.fillStyle = WALL;
  tile.fillRect(0, 0, STRIPES, STRIPES);
  tile.strokeStyle = WALL_STRIPE;
  tile.lineWidth = 3;
  // The stripe goes on in the next tile: its ends are painted from both sides.
  for (const shift of [-STRIPES, 0, STRIPES]) {
    tile.moveTo(shift - 4, STRIPES + 4);
    tile.lineTo(shift + STRIPES + 4, -4);
  }
  tile.stroke();
  return context.createPattern(canvas, "repeat");
}

/** @type {CanvasPattern | null} */
let stripes = null;

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import("./camera.js").Camera} camera
 * @param {readonly import("./map.js").Wall[]} walls
 */
export function paintWalls(context, camera, walls) {
  const outline = new Path2D();
  for (const [x, y, width, height] of walls) {
    if (!camera.sees(x + width / 2, y + height / 2, Math.max(width, height) / 2 + 10)) continue;
    outline.rect(camera.toX(x), camera.toY(y), width * camera.scale, height * camera.scale);
  }
  context.lineJoin = "round";
  context.strokeStyle = WALL_EDGE;
  context.globalAlpha = 0.13;
  context.lineWidth = 10;
  context.stroke(outline);
  context.globalAlpha = 1;
  context.lineWidth = 3.5;
  context.stroke(outline);
  // Filled after the edges, walls that meet are one.
  stripes ??= makeStripes(context);
  stripes?.setTransform(new DOMMatrix().translate(camera.toX(0), camera.toY(0)));
  context.fillStyle = stripes ?? WALL;
  context.fill(outline);
}

const OUTLINES = [
  // Repair: a plus.
  [[-0.34, -1], [0.34, -1], [0.34, -0.34], [1, -0.34], [1, 0.34], [0.34, 0.34], [0.34, 1], [-0.34, 1], [-0.34, 0.34], [-1, 0.34], [-1, -0.34], [-0.34, -0.34]],
  // Rapid fire: a flash.
  [[0.3, -1.1], [-0.75, 0.2], [-0.08, 0.2], [-0.3, 1.1], [0.75, -0.25], [0.08, -0.25]],
  // Shield: a coat of arms.
  [[0, -1.05], [0.9, -0.7], [0.9, 0.1], [0.55, 0.7], [0, 1.1], [-0.55, 0.7], [-0.9, 0.1], [-0.9, -0.7]],
].map((corners) => {
  const path = new Path2D();
  for (const [x, y] of corners) path.lineTo(x, y);
  path.closePath();
  return path;
});

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import("./camera.js").Camera} camera
 * @param {import("../snapline.js").View} view
 * @param {import("./kinds.js").Sight} sight
 * @param {number} pulse 0..1, how far they glow now
 */
export function paintCrates(context, camera, view, sight, pulse) {
  const { crate } = sight.layout;
  const { rows, values } = view;
  for (let i = 0; i < sight.crates.count; i += 1) {
    const row = sight.crates.indices[i];
    const from = rows[row * ROW_WORDS + 3];
    const [x, y] = [values[from + crate.place], values[from + crate.place + 1]];
    if (!camera.sees(x, y, 40)) continue;
    const holds = values[from + crate.holds];
    const size = Math.max(9, CRATE_SIZE * camera.scale);
    context.save();
    context.translate(camera.toX(x), camera.toY(y));
    context.globalAlpha = rows[row * ROW_WORDS + 2] >= HELD ? 0.4 : 1;
    paintPickUp(context, holds, size, pulse);
    context.restore();
  }
}

/**
 * At the origin.
 * @param {CanvasRenderingContext2D} context
 * @param {number} holds
 * @param {number} size pixels from the middle to the rim
 * @param {number} pulse
 */
function paintPickUp(context, holds, size, pulse) {
  const { colour } = PICK_UPS[holds] ?? PICK_UPS[0];
  const alpha = context.globalAlpha;
  context.strokeStyle = colour;
  context.fillStyle = FIELD;
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(0, 0, size * 1.15, 0, 7);
  context.globalAlpha = alpha * 0.75;
  context.fill();
  context.stroke();
  context.globalAlpha = alpha * (0.1 + 0.16 * pulse);
  context.lineWidth = 5;
  context.beginPath();
  context.arc(0, 0, size * 1.15 + 4, 0, 7);
  context.stroke();
  context.globalAlpha = alpha;
  context.fillStyle = colour;
  context.scale(size * 0.62, size * 0.62);
  context.fill(OUTLINES[holds] ?? OUTLINES[0]);
}
