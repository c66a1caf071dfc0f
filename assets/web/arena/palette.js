// @ts-check
// The arena's colours on the canvas. The page's style sheet has the same for what lies over it.

export const FIELD = "#0a0f18";
export const BEYOND = "#05080d";
export const GRID = "rgb(140 172 232 / 5%)";
export const GRID_MAJOR = "rgb(140 172 232 / 9%)";
export const WALL = "#17223a";
export const WALL_STRIPE = "#1b2843";
export const WALL_EDGE = "#6f8fc4";
export const BORDER = "#d3596b";
export const ZONE = "#7f98c8";
export const OWN = "#6fe7ff";
export const TEXT = "#dfe8f5";
export const QUIET = "#8a99b3";
export const SHIELD = "#a99bff";
export const RAPID = "#ffc95c";
export const REPAIR = "#74e39a";
export const HURT = "#ff5f6d";
export const FLAME = "#ffb45c";

/** What a crate holds: its name, its colour, what it says when taken. */
export const PICK_UPS = [
  { name: "repair", colour: REPAIR, words: "Repaired" },
  { name: "rapid", colour: RAPID, words: "Rapid fire" },
  { name: "shield", colour: SHIELD, words: "Shield up" },
];

/** Hues of other players: the wheel without the own ship's blue-green. */
const HUE_FROM = 268;
const HUE_RANGE = 235;

/** @type {string[]} */
const colours = [];

/** A player's colour: neighbouring seats lie far apart on the wheel. @param {number} seat */
export function colourOf(seat) {
  return (colours[seat] ??= `oklch(0.78 0.145 ${((HUE_FROM + ((seat * 0.618034) % 1) * HUE_RANGE) % 360).toFixed(1)})`);
}
