// @ts-check
// The arena's map, as the server gives it: the world's side and its walls.

/**
 * A wall: the corner with the least coordinates, width and height, in units.
 * @typedef {readonly [x: number, y: number, width: number, height: number]} Wall
 * @typedef {{ name: string, size: number, walls: readonly Wall[] }} ArenaMap
 */

/** Before there is one. @type {ArenaMap} */
export const NO_MAP = { name: "", size: 8192, walls: [] };

/**
 * @param {Uint8Array} bytes
 * @returns {ArenaMap}
 */
export function readMap(bytes) {
  const { name, size, walls } = JSON.parse(new TextDecoder().decode(bytes));
  if (!(size > 0) || !Array.isArray(walls)) throw new Error("the map has no size or no walls");
  return { name: String(name), size, walls };
}
