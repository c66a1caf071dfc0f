// @ts-check
// Where things are on the screen. World and screen share their axes: x grows to the right, y grows DOWN, and an angle turns from +x towards +y,
// clockwise as seen. So heading 0 looks right, a quarter turn looks down.

export const TURN = 2 * Math.PI;

/**
 * The short way from one place to another along one axis; `range` 0: the world does not wrap.
 * @param {number} delta
 * @param {number} range
 */
export function shortest(delta, range) {
  return range > 0 ? delta - range * Math.round(delta / range) : delta;
}

/**
 * The first offset from the centre at which something can be seen along one axis; the others follow at every `range`, up to `reach`. Where a
 * world wraps, what stands at its edge is seen at both sides, and a screen wider than the world shows it again.
 *
 *   for (let x = firstCopy(delta, reach, range); x <= reach; x += range || Infinity) ...
 *
 * @param {number} delta from the centre to the thing
 * @param {number} reach half of what the screen shows, and how far the thing itself reaches
 * @param {number} range the world's length; 0: it does not wrap
 * @returns {number} past `reach`: it is not seen
 */
export function firstCopy(delta, reach, range) {
  if (range > 0) return delta - range * Math.floor((delta + reach) / range);
  return Math.abs(delta) <= reach ? delta : Infinity;
}

/**
 * Pixels for one unit. The longer side of the screen shows what the server sends (twice the radius) at zoom 1, and never more.
 * @param {number} width in pixels
 * @param {number} height
 * @param {number} radius half the side of what can be seen; 0: not known yet
 * @param {number} zoom
 */
export function scaleFor(width, height, radius, zoom) {
  return (Math.max(width, height) / (2 * (radius > 0 ? radius : 500))) * zoom;
}

/**
 * Distance of the grid's lines, in units: near `wanted`, a round number, and a whole part of the world where that wraps.
 * @param {number} wanted
 * @param {number} range
 */
export function gridStep(wanted, range) {
  if (range > 0) return range / Math.max(1, Math.round(range / round(wanted)));
  return round(wanted);
}

/** 1, 2 or 5 times a power of ten, near `wanted`. @param {number} wanted */
function round(wanted) {
  const power = 10 ** Math.floor(Math.log10(wanted));
  const part = wanted / power;
  return power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
}

/** Lines of the grid along one axis at most. */
const LINES_MAX = 500;

/**
 * The grid's lines that the screen shows along one axis, as offsets from the centre in units, and whether a line is the world's edge.
 * @param {number} centre
 * @param {number} half
 * @param {number} step
 * @param {import("./schema.js").Place | null} place
 * @returns {[offset: number, edge: boolean][]}
 */
export function gridLines(centre, half, step, place) {
  const { min = 0, max, range = 0 } = place ?? {};
  /** @type {[number, boolean][]} */
  const lines = [];
  const first = Math.ceil((centre - half - min) / step);
  // Bounded: far out, whole numbers no longer have a next one.
  const count = Math.min(Math.floor((centre + half - min) / step) - first + 1, LINES_MAX);
  for (let n = 0; n < count; n += 1) {
    const i = first + n;
    const at = min + i * step;
    const isEdge = range > 0 ? Math.abs(shortest(at - min, range)) < step / 2 : false;
    if (range > 0 || max === undefined || (at > min && at < max)) lines.push([at - centre, isEdge]);
  }
  return lines;
}

/**
 * A direction as a number of turns in 0..1, from +x towards +y.
 * @param {number} x
 * @param {number} y
 */
export function turns(x, y) {
  const turn = Math.atan2(y, x) / TURN;
  return turn < 0 ? turn + 1 : turn;
}
