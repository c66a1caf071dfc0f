// @ts-check
// Networks to try a game on. The client core knows the presets by name; their numbers are for people, and a test compares them with the core's.

/** @typedef {import("./snapline.js").LinkOptions} LinkOptions */

/** By name: what it is called, and the link; none: the network as it is. @type {ReadonlyMap<string, { label: string, link: LinkOptions | null }>} */
export const LINKS = new Map([
  ["none", { label: "As it is", link: null }],
  ["lan", { label: "LAN", link: { preset: "lan", delayMs: 0.2, jitterMs: 0.1, bytesPerS: 12_500_000 } }],
  ["wifi", { label: "Wi-Fi", link: { preset: "wifi", delayMs: 5, jitterMs: 5, lossPerMille: 1, stallMs: 40, bytesPerS: 6_250_000 } }],
  ["4g", { label: "4G", link: { preset: "4g", delayMs: 30, jitterMs: 25, bytesPerS: 1_500_000 } }],
  ["hotel", { label: "Bad hotel", link: { preset: "hotel", delayMs: 65, jitterMs: 20, lossPerMille: 20, stallMs: 190, bytesPerS: 250_000 } }],
  ["satellite", { label: "Satellite", link: { preset: "satellite", delayMs: 290, jitterMs: 20, lossPerMille: 5, stallMs: 750, bytesPerS: 1_250_000 } }],
]);
