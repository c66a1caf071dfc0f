// @ts-check
// Ghosts of any game: an outline where the newest snapshot has each row, and a line to where it is drawn.

import { firstCopy, shortest } from "./space.js";

const OUTLINE = "#c9d3dd";
const RADIUS = 10;
/** More of them hide what they are about. */
const GHOSTS_MAX = 200;

/** What the outlines mean, for the panel. @type {readonly (readonly [sample: string, words: string])[]} */
export const GHOST_MARKS = [
  ["newest", "dashed: where the newest snapshot has it; a line leads to where it is drawn"],
  ["drawn", "solid: what is drawn, between two snapshots"],
];

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import("./ground.js").Camera} camera
 * @param {import("./snapline.js").View} view
 * @param {Float32Array} places where the newest snapshot has the view's rows, two numbers each
 */
export function paintGhosts(context, { x: cx, y: cy, scale, width, height }, view, places) {
  context.strokeStyle = OUTLINE;
  context.lineWidth = 1.5;
  context.globalAlpha = 0.85;
  context.setLineDash([4, 3]);
  const [reachX, reachY] = [width / 2 / scale, height / 2 / scale];
  for (let row = 0, painted = 0; row < view.count && painted < GHOSTS_MAX; row += 1) {
    const place = view.kind(row)?.place;
    const [rawX, rawY] = [places[row * 2], places[row * 2 + 1]];
    if (!place || !Number.isFinite(rawX)) continue;
    const [x, y] = [firstCopy(rawX - cx, reachX, place.range), firstCopy(rawY - cy, reachY, place.range)];
    if (x > reachX || y > reachY) continue;
    const from = view.from(row) + place.from;
    const [dx, dy] = [shortest(view.values[from] - rawX, place.range), shortest(view.values[from + 1] - rawY, place.range)];
    const [atX, atY] = [width / 2 + x * scale, height / 2 + y * scale];
    context.beginPath();
    context.arc(atX, atY, RADIUS, 0, 7);
    context.moveTo(atX, atY);
    context.lineTo(atX + dx * scale, atY + dy * scale);
    context.stroke();
    painted += 1;
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
}
