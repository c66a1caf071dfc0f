// @ts-check
// Pictures that are painted once and shown in many frames: a hull's glow or the rim of a name take far longer to paint than to copy. One is kept for
// each seat, and painted anew when anything about it has changed.

/** More pixels than two for each of the page's cost much and show little. */
const DENSITY_MAX = 2;

/** Pixels of a canvas for one of the page's. */
export function pixelDensity() {
  return Math.min(globalThis.devicePixelRatio || 1, DENSITY_MAX);
}

/** A picture, and its size in the page's pixels. @typedef {{ image: CanvasImageSource, width: number, height: number }} Sprite */

/**
 * @param {number} width in the page's pixels
 * @param {number} height
 * @param {(context: OffscreenCanvasRenderingContext2D) => void} paint from the middle, in the page's pixels
 * @returns {Sprite}
 */
export function makeSprite(width, height, paint) {
  const density = pixelDensity();
  const canvas = new OffscreenCanvas(Math.ceil(width * density), Math.ceil(height * density));
  const size = { width: canvas.width / density, height: canvas.height / density };
  const context = canvas.getContext("2d");
  if (!context) return { image: canvas, ...size };
  context.setTransform(density, 0, 0, density, canvas.width / 2, canvas.height / 2);
  paint(context);
  // An image that cannot change is copied faster than a canvas.
  return { image: canvas.transferToImageBitmap(), ...size };
}

/** @param {CanvasRenderingContext2D} context @param {Sprite} sprite @param {number} x of its middle @param {number} y */
export function showSprite(context, { image, width, height }, x, y) {
  context.drawImage(image, x - width / 2, y - height / 2, width, height);
}

/**
 * Sprites by seat, each with what it was painted from.
 * @template {readonly unknown[]} From
 */
export class Sprites {
  /** @type {({ from: From, density: number, sprite: Sprite } | undefined)[]} */
  #kept = [];
  #make;

  /** @param {(...from: From) => Sprite} make */
  constructor(make) {
    this.#make = make;
  }

  /**
   * @param {number} seat
   * @param {From} from
   */
  get(seat, ...from) {
    const kept = this.#kept[seat];
    const density = pixelDensity();
    if (kept && kept.density === density && from.every((value, i) => value === kept.from[i])) return kept.sprite;
    const sprite = this.#make(...from);
    this.#kept[seat] = { from, density, sprite };
    return sprite;
  }
}
