// @ts-check
// Paints any game by its schema alone, onto a 2D canvas: the place from the `at` field, the heading from an angle, small numbers as a bar or a
// label, a colour for each player. It knows neither socket nor clock: what to paint and the time come in.

import { paintGround } from "./ground.js";
import { colourOf, headingOf, hueOf, outline } from "./marks.js";
import { firstCopy, scaleFor } from "./space.js";

/**
 * @typedef {import("./schema.js").Kind} Kind
 * @typedef {import("./schema.js").Field} Field
 * @typedef {import("./snapline.js").View} View
 * @typedef {{ x: number, y: number, hue: string, sinceMs: number }} Ring
 */

/**
 * What a picture needs beside the world.
 * @typedef {object} Scene
 * @property {number} nowMs
 * @property {boolean} calm without motion that is not the game's own
 * @property {(seat: number) => string} nameOf
 * @property {{ fromX: number, fromY: number, x: number, y: number } | null} stick the finger that steers, in pixels
 */

const HALO = "#10151b";
const EMPTY = "#2f3c49";
const TEXT = "#c9d3dd";
const OWN_LINE = "#f4f8fb";
const RING_MS = 600;
const ZOOM_MAX = 6;
/** A gauge fuller than this is not worth a bar. */
const GAUGE_FULL = 0.9;
/** More rows than this are too dense for names, labels and bars. */
const LABELLED_ROWS_MAX = 60;

export class Painter {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    const context = canvas.getContext("2d", { alpha: false });
    if (!context) throw new Error("this browser has no 2D canvas");
    this.canvas = canvas;
    this.context = context;
    this.zoom = 1;
    /** @type {import("./ground.js").Camera} */
    this.camera = { x: 0, y: 0, scale: 1, width: 1, height: 1 };
    /** The largest value seen in each gauge: a full bar. @type {Map<Field, number>} */
    this.gaugeEnds = new Map();
    /** @type {Ring[]} */
    this.rings = [];
    /** @type {string[]} */
    this.colours = [];
  }

  /** Fits the canvas to its place on the page. */
  resize() {
    const { clientWidth, clientHeight } = this.canvas;
    const density = Math.min(globalThis.devicePixelRatio || 1, 2);
    const [width, height] = [Math.max(1, clientWidth), Math.max(1, clientHeight)];
    Object.assign(this.camera, { width, height });
    this.canvas.width = Math.round(width * density);
    this.canvas.height = Math.round(height * density);
    this.context.setTransform(density, 0, 0, density, 0, 0);
  }

  /** @param {number} factor */
  zoomBy(factor) {
    this.zoom = Math.min(ZOOM_MAX, Math.max(1, this.zoom * factor));
  }

  /**
   * Shows for a moment that something has happened at a place.
   * @param {number} kind
   * @param {number} x
   * @param {number} y
   * @param {number} nowMs
   */
  ring(kind, x, y, nowMs) {
    this.rings.push({ x, y, hue: hueOf(kind + 3), sinceMs: nowMs });
  }

  /**
   * @param {View} view
   * @param {Scene} scene
   */
  paint(view, scene) {
    const { context, camera } = this;
    camera.scale = scaleFor(camera.width, camera.height, view.radius, this.zoom);
    const place = this.follow(view) ?? view.schema?.entities.find((kind) => kind.place)?.place ?? null;
    paintGround(context, camera, place);
    const isLabelled = view.count <= LABELLED_ROWS_MAX;
    for (let row = 0; row < view.count; row += 1) {
      if (row !== view.own) this.paintRow(view, row, scene, isLabelled);
    }
    // The own entity last, so that nothing hides it.
    if (view.own >= 0) this.paintRow(view, view.own, scene, true);
    this.paintRings(scene, place?.range ?? 0);
    this.paintStick(scene);
    context.globalAlpha = 1;
  }

  /**
   * Puts the picture's centre onto the own entity, or onto the view's when nothing is steered.
   * @param {View} view
   */
  follow(view) {
    const place = view.own >= 0 ? view.kind(view.own)?.place : null;
    if (place) {
      const from = view.from(view.own) + place.from;
      this.camera.x = view.values[from];
      this.camera.y = view.values[from + 1];
    } else if (view.radius > 0) {
      Object.assign(this.camera, view.place);
    }
    return place;
  }

  /**
   * One entity, at each place where the screen shows it.
   * @param {View} view
   * @param {number} row
   * @param {Scene} scene
   * @param {boolean} isLabelled
   */
  paintRow(view, row, scene, isLabelled) {
    const kind = view.kind(row);
    if (!kind?.place) return;
    const { x: cx, y: cy, scale, width, height } = this.camera;
    const from = view.from(row);
    const { range } = kind.place;
    const size = this.sizeOf(row === view.own);
    const margin = (size * 4) / scale;
    const [reachX, reachY] = [width / 2 / scale + margin, height / 2 / scale + margin];
    const [dx, dy] = [view.values[from + kind.place.from] - cx, view.values[from + kind.place.from + 1] - cy];
    for (let x = firstCopy(dx, reachX, range); x <= reachX; x += range || Infinity) {
      for (let y = firstCopy(dy, reachY, range); y <= reachY; y += range || Infinity) {
        const [atX, atY] = [width / 2 + x * scale, height / 2 + y * scale];
        this.paintEntity(view, row, kind, atX, atY, size);
        if (!isLabelled) continue;
        if (kind.gauge) this.paintGauge(kind.gauge, view.values[from + kind.gauge.from], atX, atY, size);
        this.paintLabel(view, row, kind, atX, atY, size, scene);
      }
    }
  }

  /** Pixels from an entity's middle to its rim: smaller on a phone, larger when zoomed. @param {boolean} isOwn */
  sizeOf(isOwn) {
    const base = Math.min(this.camera.width, this.camera.height) < 500 ? 7 : 9;
    return base * Math.sqrt(this.zoom) * (isOwn ? 1.15 : 1);
  }

  /**
   * @param {View} view
   * @param {number} row
   * @param {Kind} kind
   * @param {number} x
   * @param {number} y
   * @param {number} size
   */
  paintEntity(view, row, kind, x, y, size) {
    const { context } = this;
    const from = view.from(row);
    const number = kind.player ? view.values[from + kind.player.from] : view.slot(row);
    context.globalAlpha = view.isHeld(row) ? 0.35 : 1;
    context.fillStyle = this.colours[number] ??= colourOf(number);
    context.beginPath();
    outline(context, (view.schema?.entities.indexOf(kind) ?? 0) & 3, headingOf(kind, view.values, from), x, y, size);
    context.fill();
    // A halo of the ground's colour keeps a crowd apart; the own entity is the one with the bright line.
    context.strokeStyle = row === view.own ? OWN_LINE : HALO;
    context.lineWidth = row === view.own ? 2 : 1.25;
    context.stroke();
    if (row !== view.own) return;
    context.globalAlpha = 0.35;
    context.lineWidth = 1;
    context.beginPath();
    context.arc(x, y, size * 2.1, 0, 7);
    context.stroke();
  }

  /**
   * A thin bar below the entity; none while it is about full, so that a crowd stays calm.
   * @param {Field} field
   * @param {number} value
   * @param {number} x
   * @param {number} y
   * @param {number} size
   */
  paintGauge(field, value, x, y, size) {
    const end = Math.max(value, this.gaugeEnds.get(field) ?? 0);
    this.gaugeEnds.set(field, end);
    if (value >= end * GAUGE_FULL) return;
    const { context } = this;
    const [left, top, width] = [x - size * 1.1, y + size * 1.7, size * 2.2];
    context.globalAlpha = 0.7;
    context.fillStyle = EMPTY;
    context.fillRect(left, top, width, 2);
    context.fillStyle = TEXT;
    context.fillRect(left, top, (width * value) / end, 2);
  }

  /**
   * Whose it is, and small numbers.
   * @param {View} view
   * @param {number} row
   * @param {Kind} kind
   * @param {number} x
   * @param {number} y
   * @param {number} size
   * @param {Scene} scene
   */
  paintLabel(view, row, kind, x, y, size, scene) {
    const from = view.from(row);
    const words = [];
    if (row === view.own) words.push("you");
    else if (kind.player) words.push(scene.nameOf(view.values[from + kind.player.from]));
    for (const field of kind.labels.slice(0, 2)) words.push(`${field.name} ${view.values[from + field.from]}`);
    if (words.length === 0) return;
    const { context } = this;
    context.globalAlpha = row === view.own ? 0.95 : 0.6;
    context.fillStyle = TEXT;
    context.font = "11px system-ui, sans-serif";
    context.textAlign = "center";
    context.fillText(words.join(" · "), x, y - size * 2.1 - 5);
  }

  /**
   * @param {Scene} scene
   * @param {number} range
   */
  paintRings({ nowMs, calm }, range) {
    const { context } = this;
    const { x: cx, y: cy, scale, width, height } = this.camera;
    this.rings = this.rings.filter((ring) => nowMs - ring.sinceMs < RING_MS);
    context.lineWidth = 2;
    for (const { x, y, hue, sinceMs } of this.rings) {
      const age = Math.max(0, (nowMs - sinceMs) / RING_MS);
      const [reachX, reachY] = [width / 2 / scale, height / 2 / scale];
      const [atX, atY] = [firstCopy(x - cx, reachX, range), firstCopy(y - cy, reachY, range)];
      if (atX > reachX || atY > reachY) continue;
      context.globalAlpha = 0.8 * (1 - age);
      context.strokeStyle = `oklch(0.8 0.1 ${hue})`;
      context.beginPath();
      context.arc(width / 2 + atX * scale, height / 2 + atY * scale, calm ? 14 : 6 + 22 * age, 0, 7);
      context.stroke();
    }
  }

  /** Where the finger came down, and where it pulls. @param {Scene} scene */
  paintStick({ stick }) {
    if (!stick) return;
    const { context } = this;
    context.globalAlpha = 0.4;
    context.strokeStyle = TEXT;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(stick.fromX, stick.fromY, 36, 0, 7);
    context.stroke();
    const [dx, dy] = [stick.x - stick.fromX, stick.y - stick.fromY];
    const pull = Math.min(1, 36 / (Math.hypot(dx, dy) || 1));
    context.fillStyle = TEXT;
    context.beginPath();
    context.arc(stick.fromX + dx * pull, stick.fromY + dy * pull, 13, 0, 7);
    context.fill();
  }
}
