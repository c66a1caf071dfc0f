// @ts-check
// The field under everything: colour clouds and stars that move slower than the world, a grid that moves with it, the zone where ships come, and
// the world's border.

import { BEYOND, BORDER, FIELD, GRID, GRID_MAJOR, ZONE } from "./palette.js";

/** Stars repeat after so many pixels. */
const TILE = 720;
/** How far each layer moves with the world, how large its stars are, how bright. */
const LAYERS = [
  { depth: 0.12, size: 1, alpha: 0.45, count: 70 },
  { depth: 0.24, size: 1, alpha: 0.7, count: 40 },
  { depth: 0.4, size: 2, alpha: 0.6, count: 16 },
];
const STAR = "#b9cdf2";
const MINOR = 128;
const MAJOR = 512;
const CLOUDS = [
  { x: 0.05, y: 0.1, size: 1100, colour: "46 84 190" },
  { x: 0.4, y: 0.32, size: 900, colour: "128 52 150" },
  { x: 0.72, y: 0.05, size: 1000, colour: "22 112 140" },
  { x: 0.2, y: 0.6, size: 1000, colour: "20 104 128" },
  { x: 0.62, y: 0.62, size: 1200, colour: "52 70 186" },
  { x: 0.9, y: 0.75, size: 900, colour: "140 48 120" },
];
/** How far clouds move with the world. */
const CLOUD_DEPTH = 0.08;
/** Clouds repeat after so many pixels: wider than most screens and a cloud together. */
const CLOUD_TILE = 2600;

/** Places in 0..1 that are the same at every visit. @param {number} n */
function spread(n) {
  const at = Math.sin(n * 127.1 + 311.7) * 43_758.545;
  return at - Math.floor(at);
}

/** @param {number} value @param {number} range */
function modulo(value, range) {
  return value - range * Math.floor(value / range);
}

export class Sky {
  #clouds = CLOUDS.map(({ colour }) => cloud(colour));
  #stars = LAYERS.map(({ count }, layer) =>
    Array.from({ length: count }, (_, i) => [spread(layer * 100 + i) * TILE, spread(layer * 100 + i + 0.5) * TILE]),
  );

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("./camera.js").Camera} camera
   * @param {number} side of the world
   * @param {number} zone within this distance of the middle ships come
   */
  paint(context, camera, side, zone) {
    context.fillStyle = FIELD;
    context.fillRect(0, 0, camera.width, camera.height);
    this.#paintClouds(context, camera);
    paintGrid(context, camera, side);
    this.#paintStars(context, camera);
    if (zone > 0) paintZone(context, camera, side / 2, zone);
    paintBorder(context, camera, side);
  }

  /** @param {CanvasRenderingContext2D} context @param {import("./camera.js").Camera} camera */
  #paintClouds(context, { x, y, width, height }) {
    for (const [i, { x: atX, y: atY, size }] of CLOUDS.entries()) {
      const left = modulo(atX * CLOUD_TILE - x * CLOUD_DEPTH + size, CLOUD_TILE) - size;
      const top = modulo(atY * CLOUD_TILE - y * CLOUD_DEPTH + size, CLOUD_TILE) - size;
      if (left < width && top < height) context.drawImage(this.#clouds[i], left, top, size, size);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {import("./camera.js").Camera} camera */
  #paintStars(context, { x, y, scale, width, height }) {
    context.fillStyle = STAR;
    for (const [i, { depth, size, alpha }] of LAYERS.entries()) {
      context.globalAlpha = alpha;
      const [shiftX, shiftY] = [x * scale * depth, y * scale * depth];
      for (const [starX, starY] of this.#stars[i]) {
        for (let left = modulo(starX - shiftX, TILE); left < width; left += TILE) {
          for (let top = modulo(starY - shiftY, TILE); top < height; top += TILE) context.fillRect(left, top, size, size);
        }
      }
    }
    context.globalAlpha = 1;
  }
}

/** A soft cloud, painted once. @param {string} colour */
function cloud(colour) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 256;
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  const gradient = context.createRadialGradient(128, 128, 0, 128, 128, 128);
  gradient.addColorStop(0, `rgb(${colour} / 30%)`);
  gradient.addColorStop(0.5, `rgb(${colour} / 12%)`);
  gradient.addColorStop(1, `rgb(${colour} / 0%)`);
  context.fillStyle = gradient;
  context.fillRect(0, 0, 256, 256);
  return canvas;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import("./camera.js").Camera} camera
 * @param {number} side
 */
function paintGrid(context, camera, side) {
  const [halfX, halfY] = [camera.width / 2 / camera.scale, camera.height / 2 / camera.scale];
  for (const [step, colour] of /** @type {const} */ ([[MINOR, GRID], [MAJOR, GRID_MAJOR]])) {
    context.fillStyle = colour;
    for (let x = Math.max(0, Math.ceil((camera.x - halfX) / step) * step); x <= Math.min(side, camera.x + halfX); x += step) {
      context.fillRect(Math.round(camera.toX(x)), 0, 1, camera.height);
    }
    for (let y = Math.max(0, Math.ceil((camera.y - halfY) / step) * step); y <= Math.min(side, camera.y + halfY); y += step) {
      context.fillRect(0, Math.round(camera.toY(y)), camera.width, 1);
    }
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import("./camera.js").Camera} camera
 * @param {number} middle
 * @param {number} zone
 */
function paintZone(context, camera, middle, zone) {
  context.globalAlpha = 0.28;
  context.strokeStyle = ZONE;
  context.lineWidth = 1.5;
  context.setLineDash([3, 11]);
  context.beginPath();
  context.arc(camera.toX(middle), camera.toY(middle), zone * camera.scale, 0, 7);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
}

/**
 * The world's end: a bright line, and darkness beyond it.
 * @param {CanvasRenderingContext2D} context
 * @param {import("./camera.js").Camera} camera
 * @param {number} side
 */
function paintBorder(context, camera, side) {
  const { width, height } = camera;
  const [left, top, right, bottom] = [camera.toX(0), camera.toY(0), camera.toX(side), camera.toY(side)];
  if (left < 0 && top < 0 && right > width && bottom > height) return;
  context.fillStyle = BEYOND;
  if (left > 0) context.fillRect(0, 0, left, height);
  if (top > 0) context.fillRect(0, 0, width, top);
  if (right < width) context.fillRect(right, 0, width - right, height);
  if (bottom < height) context.fillRect(0, bottom, width, height - bottom);
  context.strokeStyle = BORDER;
  context.globalAlpha = 0.16;
  context.lineWidth = 12;
  context.strokeRect(left, top, right - left, bottom - top);
  context.globalAlpha = 0.9;
  context.lineWidth = 2;
  context.strokeRect(left, top, right - left, bottom - top);
  context.globalAlpha = 1;
}
