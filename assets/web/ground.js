// @ts-check
// The ground under the entities: a grid that moves with the world, and where the world ends.

import { gridLines, gridStep } from "./space.js";

const GROUND = "#10151b";
const BEYOND = "#0b0f13";
const GRID = "#1b232c";
const EDGE = "#2f3c49";
/** Between two lines, about, in pixels. */
const GRID_PIXELS = 84;

/** @typedef {{ x: number, y: number, scale: number, width: number, height: number }} Camera world place at the middle, and the screen about it */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Camera} camera
 * @param {import("./schema.js").Place | null} place what the entities say of their world
 */
export function paintGround(context, camera, place) {
  const { x, y, scale, width, height } = camera;
  context.fillStyle = GROUND;
  context.fillRect(0, 0, width, height);
  if (place && !place.range) paintBounds(context, camera, place);
  const step = gridStep(GRID_PIXELS / scale, place?.range ?? 0);
  for (const [offset, isEdge] of gridLines(x, width / 2 / scale, step, place)) {
    context.fillStyle = isEdge ? EDGE : GRID;
    context.fillRect(Math.round(width / 2 + offset * scale), 0, isEdge ? 2 : 1, height);
  }
  for (const [offset, isEdge] of gridLines(y, height / 2 / scale, step, place)) {
    context.fillStyle = isEdge ? EDGE : GRID;
    context.fillRect(0, Math.round(height / 2 + offset * scale), width, isEdge ? 2 : 1);
  }
}

/**
 * A world with ends: what lies beyond them is dark.
 * @param {CanvasRenderingContext2D} context
 * @param {Camera} camera
 * @param {import("./schema.js").Place} place
 */
function paintBounds(context, { x, y, scale, width, height }, { min, max }) {
  if (min === undefined || max === undefined) return;
  const [left, top] = [width / 2 + (min - x) * scale, height / 2 + (min - y) * scale];
  const side = (max - min) * scale;
  context.fillStyle = BEYOND;
  context.fillRect(0, 0, width, height);
  context.fillStyle = GROUND;
  context.fillRect(left, top, side, side);
  context.strokeStyle = EDGE;
  context.lineWidth = 2;
  context.strokeRect(left, top, side, side);
}
