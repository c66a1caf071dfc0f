// @ts-check
// Ghosts: an outline where the newest snapshot has each ship, beside the solid one, which is interpolated or, one's own, predicted.

import { ROW_WORDS } from "../view.js";
import { OWN, TEXT } from "./palette.js";

const RADIUS = 20;

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import("./camera.js").Camera} camera
 * @param {import("./world.js").World} world
 */
export function paintGhosts(context, camera, { game, view, sight }) {
  const raw = game.rawPlaces();
  const { rows, values } = view;
  const { ships, layout } = sight;
  context.lineWidth = 1.5;
  context.setLineDash([4, 3]);
  for (let i = 0; i < ships.count; i += 1) {
    const row = ships.indices[i];
    const [x, y] = [raw[row * 2], raw[row * 2 + 1]];
    if (!Number.isFinite(x) || !camera.sees(x, y, 60)) continue;
    const from = rows[row * ROW_WORDS + 3] + layout.ship.place;
    context.strokeStyle = row === view.own ? OWN : TEXT;
    context.globalAlpha = 0.85;
    context.beginPath();
    context.arc(camera.toX(x), camera.toY(y), RADIUS * camera.scale, 0, 7);
    context.moveTo(camera.toX(x), camera.toY(y));
    context.lineTo(camera.toX(values[from]), camera.toY(values[from + 1]));
    context.stroke();
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
}
