// @ts-check
// The graph of a connection: one column a snapshot, newest at the right. Painted only while it is seen, a few times a second.

import { made, writeIn } from "../dom.js";
import { HISTORY, LATE, STALL } from "./history.js";

const GOOD = "#74e39a";
const FAIR = "#ffc95c";
const BAD = "#ff5f6d";
const LINE = "#6fe7ff";
const QUIET = "#8a99b3";
const GRID = "rgb(140 170 220 / 22%)";
/** Of the parts of a frame, kinds first; then own state, events, overhead. */
const KINDS = ["#6fe7ff", "#ffb45c", "#74e39a", "#a99bff", "#ff8fa3", "#9fc3ff"];
const REST = ["#dfe8f5", "#c7a6ff", "#5c6d8c"];
/** Heights of the four bands in pixels, and the gap between them. */
const BANDS = { arrival: 46, slack: 34, buffer: 34, bytes: 52, wrong: 24 };
const GAP = 15;
const GAPS_MAX = 6;
const SLACK_MAX = 8;
/** A correction of so many units fills its band; the root of the size is drawn, so that small ones are seen too. */
const MOVED_MAX = 100;
const WRONG_MIN = 3;

/** Colour of part `i` of a frame with `kinds` kinds. @param {number} i @param {number} kinds */
export function colourOfPart(i, kinds) {
  return i < kinds ? KINDS[i % KINDS.length] : REST[Math.min(REST.length - 1, i - kinds)];
}

/** Height of a correction in pixels, in a band of `band`. @param {number} moved in units @param {number} band */
export function heightOfCorrection(moved, band) {
  return WRONG_MIN + Math.sqrt(Math.min(1, moved / MOVED_MAX)) * (band - WRONG_MIN);
}

/** @param {number} gap in intervals */
export function colourOfGap(gap) {
  return gap < LATE ? GOOD : gap < STALL ? FAIR : BAD;
}

export class NetGraph {
  #canvas = document.createElement("canvas");
  #kinds = made("p", "", "legend");
  /** @type {string} */
  #named = "";

  /** @param {HTMLElement} body */
  constructor(body) {
    this.#canvas.setAttribute("role", "img");
    this.#canvas.setAttribute("aria-label", "One column a snapshot: when it came, input slack, buffered playback, bytes by kind, size of corrections");
    body.append(this.#canvas, this.#kinds, legend());
  }

  /**
   * @param {import("./history.js").History} history
   * @param {readonly string[]} names of a frame's parts, in the order of a sample's bits
   * @param {number} kinds how many of them are kinds
   */
  paint(history, names, kinds) {
    this.#nameParts(names, kinds);
    const context = this.#fit();
    if (!context) return;
    const { samples } = history;
    const width = this.#canvas.clientWidth;
    const column = width / HISTORY;
    const left = width - samples.length * column;
    const x = (/** @type {number} */ i) => left + i * column;
    let top = this.#title(context, 0, "arrival", `${Math.round(history.intervalMs)} ms apart`);
    for (const [i, { gap }] of samples.entries()) {
      const height = Math.max(2, (Math.min(gap, GAPS_MAX) / GAPS_MAX) * BANDS.arrival);
      context.fillStyle = colourOfGap(gap);
      context.fillRect(x(i), top + BANDS.arrival - height, Math.max(1, column - 0.5), height);
    }
    const newest = samples.at(-1);
    top = this.#title(context, top + BANDS.arrival, "input slack", newest ? ticks(newest.slack) : "–");
    this.#line(context, samples.map(({ slack }) => slack), x, top, BANDS.slack, -SLACK_MAX / 2, SLACK_MAX, true);
    top = this.#title(context, top + BANDS.slack, "buffered playback", newest ? `${Math.round(newest.bufferMs)} ms` : "–");
    const most = Math.max(100, ...samples.map(({ bufferMs }) => bufferMs));
    this.#line(context, samples.map(({ bufferMs }) => bufferMs), x, top, BANDS.buffer, 0, most, false);
    top = this.#title(context, top + BANDS.buffer, "bytes by kind", newest ? `${newest.bytes} B` : "–");
    this.#stack(context, samples, x, column, top, kinds);
    const wrongs = samples.filter(({ wrong }) => wrong > 0);
    top = this.#title(context, top + BANDS.bytes, "corrections", corrections(wrongs));
    context.fillStyle = GRID;
    context.fillRect(0, top + BANDS.wrong - 1, width, 1);
    context.fillStyle = BAD;
    for (const [i, { wrong, moved }] of samples.entries()) {
      if (wrong === 0) continue;
      const height = heightOfCorrection(moved, BANDS.wrong);
      context.fillRect(x(i), top + BANDS.wrong - height, Math.max(2, column), height);
    }
  }

  #fit() {
    const canvas = this.#canvas;
    const height = Object.values(BANDS).reduce((sum, band) => sum + band + GAP, 0);
    const density = Math.min(globalThis.devicePixelRatio || 1, 2);
    const [wide, high] = [Math.round(canvas.clientWidth * density), Math.round(height * density)];
    if (canvas.width !== wide || canvas.height !== high) {
      Object.assign(canvas, { width: wide, height: high });
      canvas.style.height = `${height}px`;
    }
    const context = canvas.getContext("2d");
    context?.setTransform(density, 0, 0, density, 0, 0);
    context?.clearRect(0, 0, canvas.clientWidth, height);
    return context;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} top
   * @param {string} title
   * @param {string} figure
   * @returns {number} where the band begins
   */
  #title(context, top, title, figure) {
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "bottom";
    context.fillStyle = QUIET;
    context.textAlign = "left";
    context.fillText(title, 0, top + GAP - 1);
    context.textAlign = "right";
    context.fillStyle = "#dfe8f5";
    context.fillText(figure, this.#canvas.clientWidth, top + GAP - 1);
    return top + GAP;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {readonly number[]} values
   * @param {(i: number) => number} x
   * @param {number} top
   * @param {number} height
   * @param {number} min
   * @param {number} max
   * @param {boolean} marksZero below it is late
   */
  #line(context, values, x, top, height, min, max, marksZero) {
    const y = (/** @type {number} */ value) => top + height - ((Math.min(max, Math.max(min, value)) - min) / (max - min)) * height;
    context.fillStyle = GRID;
    context.fillRect(0, y(0) - (marksZero ? 0 : 1), this.#canvas.clientWidth, 1);
    if (marksZero) {
      context.fillStyle = QUIET;
      context.textAlign = "left";
      context.textBaseline = "middle";
      context.fillText("0", 1, y(0) - 6);
    }
    context.beginPath();
    for (const [i, value] of values.entries()) context.lineTo(x(i), y(value));
    context.strokeStyle = LINE;
    context.lineWidth = 1.5;
    context.stroke();
    if (!marksZero) return;
    context.fillStyle = BAD;
    for (const [i, value] of values.entries()) if (value < 0) context.fillRect(x(i), y(0), 2, y(value) - y(0));
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {readonly import("./history.js").Sample[]} samples
   * @param {(i: number) => number} x
   * @param {number} column
   * @param {number} top
   * @param {number} kinds
   */
  #stack(context, samples, x, column, top, kinds) {
    const most = Math.max(1, ...samples.map(({ bytes }) => bytes)) * 8;
    for (const [i, { bits }] of samples.entries()) {
      let below = top + BANDS.bytes;
      for (const [part, count] of bits.entries()) {
        const height = (count / most) * BANDS.bytes;
        if (height < 0.2) continue;
        below -= height;
        context.fillStyle = colourOfPart(part, kinds);
        context.fillRect(x(i), below, Math.max(1, column - 0.3), height);
      }
    }
  }

  /** @param {readonly string[]} names @param {number} kinds */
  #nameParts(names, kinds) {
    const text = names.join();
    if (text === this.#named) return;
    this.#named = text;
    this.#kinds.replaceChildren(...names.map((name, i) => swatch(colourOfPart(i, kinds), name)));
  }
}

/** @param {number} slack */
function ticks(slack) {
  if (slack === 0) return "just in time";
  return slack < 0 ? `${-slack} tick${slack === -1 ? "" : "s"} too late` : `${slack} tick${slack === 1 ? "" : "s"} early`;
}

/** How many, and the largest. @param {readonly import("./history.js").Sample[]} wrongs */
function corrections(wrongs) {
  if (wrongs.length === 0) return "none";
  const largest = Math.max(...wrongs.map(({ moved }) => moved));
  if (largest < 0.05) return `${wrongs.length}, none of your place`;
  return `${wrongs.length}, largest ${largest < 9.95 ? largest.toFixed(1) : Math.round(largest)} units`;
}

/** @param {string} colour @param {string} text */
function swatch(colour, text) {
  const node = made("span", "", "swatch");
  const mark = made("i", "");
  mark.style.background = colour;
  node.append(mark);
  const words = made("span", "");
  writeIn(words, text);
  node.append(words);
  return node;
}

/** What the graph says, in words. */
function legend() {
  const node = made("details", "", "legend");
  node.append(made("summary", "What the colours mean"));
  const list = document.createElement("ul");
  const lines = [
    [GOOD, "arrival: on time, within 1.5 intervals of the snapshot before"],
    [FAIR, "late: up to 3 intervals; the playback buffer hides it"],
    [BAD, "a stall: over 3 intervals. TCP loses nothing: it waits for a lost segment, then all comes at once"],
    [LINE, "input slack: how many ticks before its turn your last input reached the server, the least of a second. Below 0 it came too late and was not used"],
    [LINE, "buffered playback: how far behind the newest snapshot others are drawn. It grows when arrivals vary"],
    [BAD, "a correction: the server's own state was not as predicted here (a hit, a crate, a late input). As high as your place was moved for it, full at 100 units; a stub: not your place was wrong, but hull, shots or the like. It fades in the picture"],
  ];
  for (const [colour, text] of lines) {
    const item = document.createElement("li");
    item.append(swatch(colour, text));
    list.append(item);
  }
  node.append(list);
  return node;
}
