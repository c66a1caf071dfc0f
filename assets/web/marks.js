// @ts-check
// What an entity looks like: its colour, its heading, its outline.

/** @typedef {import("./schema.js").Kind} Kind */

/** A calm colour for each number: neighbours lie far apart on the wheel. @param {number} number */
export function colourOf(number) {
  return `oklch(0.78 0.095 ${hueOf(number)})`;
}

/** @param {number} number */
export function hueOf(number) {
  return ((210 + number * 137.508) % 360).toFixed(1);
}

/**
 * The angle an entity looks along; undefined: it has none.
 * @param {Kind} kind
 * @param {Float32Array} values
 * @param {number} from
 */
export function headingOf({ heading, velocity }, values, from) {
  if (heading) return values[from + heading.from];
  if (!velocity) return undefined;
  const [x, y] = [values[from + velocity.from], values[from + velocity.from + 1]];
  return x || y ? Math.atan2(y, x) : undefined;
}

/**
 * The outline of an entity: a dart when it looks somewhere, else a disc, a diamond, a square or a hexagon by its kind.
 * @param {CanvasRenderingContext2D} context
 * @param {number} kind 0..3
 * @param {number | undefined} heading
 * @param {number} x
 * @param {number} y
 * @param {number} size
 */
export function outline(context, kind, heading, x, y, size) {
  if (heading === undefined && kind === 0) {
    context.arc(x, y, size, 0, 7);
    return;
  }
  const corners = heading === undefined ? CORNERS[kind] : DART;
  const [cos, sin] = [Math.cos(heading ?? 0) * size, Math.sin(heading ?? 0) * size];
  for (const [ahead, aside] of corners) context.lineTo(x + ahead * cos - aside * sin, y + ahead * sin + aside * cos);
  context.closePath();
}

const DART = [[1.3, 0], [-0.95, 0.9], [-0.5, 0], [-0.95, -0.9]];
const CORNERS = [[], [[1, 0], [0, 1], [-1, 0], [0, -1]], [[0.8, 0.8], [-0.8, 0.8], [-0.8, -0.8], [0.8, -0.8]],
  Array.from({ length: 6 }, (_, i) => [Math.cos((i * Math.PI) / 3), Math.sin((i * Math.PI) / 3)])];
