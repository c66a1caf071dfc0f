// @ts-check
// Sparks, smoke and rings that show what has happened. Their number is bounded, and nothing is allocated while they fly.

const PARTICLES_MAX = 420;
/** Where somebody wants little motion. */
const PARTICLES_CALM = 60;
const RINGS_MAX = 24;
const LINES_MAX = 16;
const LINE_S = 0.14;
/** Numbers of a particle: place, velocity in units a second, age and life in seconds, size in units, drag per second. */
const STRIDE = 8;

/** A soft dot of each colour. @type {Record<string, HTMLCanvasElement>} */
const sparks = {};
const SPARK_SIDE = 32;

/** @param {string} colour */
function makeSpark(colour) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SPARK_SIDE;
  const context = canvas.getContext("2d");
  const middle = SPARK_SIDE / 2;
  const gradient = context?.createRadialGradient(middle, middle, 0, middle, middle, middle);
  if (!context || !gradient) return canvas;
  gradient.addColorStop(0, "#fff");
  gradient.addColorStop(0.25, colour);
  gradient.addColorStop(0.45, `color-mix(in oklab, ${colour} 35%, transparent)`);
  gradient.addColorStop(1, "transparent");
  context.fillStyle = gradient;
  context.fillRect(0, 0, SPARK_SIDE, SPARK_SIDE);
  return canvas;
}

/** @typedef {{ x: number, y: number, from: number, to: number, ageS: number, lifeS: number, colour: string }} Ring */

export class Particles {
  isCalm = false;
  #numbers = new Float32Array(PARTICLES_MAX * STRIDE);
  /** @type {string[]} */
  #colours = new Array(PARTICLES_MAX).fill("");
  #count = 0;
  /** @type {Ring[]} */
  #rings = [];
  /** @type {{ from: readonly [number, number], to: readonly [number, number], ageS: number, colour: string }[]} */
  #lines = [];

  get count() {
    return this.#count;
  }

  clear() {
    this.#count = 0;
    this.#rings.length = 0;
    this.#lines.length = 0;
  }

  /**
   * A bright line for a moment.
   * @param {readonly [number, number]} from
   * @param {readonly [number, number]} to
   * @param {string} colour
   */
  line(from, to, colour) {
    if (this.#lines.length >= LINES_MAX) this.#lines.shift();
    this.#lines.push({ from, to, ageS: 0, colour });
  }

  /**
   * One particle; none when there are too many.
   * @param {number} x
   * @param {number} y
   * @param {number} velX
   * @param {number} velY
   * @param {number} lifeS
   * @param {number} size
   * @param {number} drag
   * @param {string} colour
   */
  add(x, y, velX, velY, lifeS, size, drag, colour) {
    if (this.#count >= (this.isCalm ? PARTICLES_CALM : PARTICLES_MAX)) return;
    this.#numbers.set([x, y, velX, velY, 0, lifeS, size, drag], this.#count * STRIDE);
    this.#colours[this.#count] = colour;
    this.#count += 1;
  }

  /**
   * Particles in all directions.
   * @param {{ x: number, y: number, velX?: number, velY?: number, count: number, speed: number, lifeS: number, size: number, colour: string }} burst
   */
  burst({ x, y, velX = 0, velY = 0, count, speed, lifeS, size, colour }) {
    for (let i = 0; i < (this.isCalm ? count / 4 : count); i += 1) {
      const angle = Math.random() * 7;
      const fast = speed * (0.25 + 0.75 * Math.random());
      const life = lifeS * (0.5 + 0.5 * Math.random());
      this.add(x, y, velX + Math.cos(angle) * fast, velY + Math.sin(angle) * fast, life, size, 2.2, colour);
    }
  }

  /**
   * A ring that widens from one radius to another.
   * @param {number} x
   * @param {number} y
   * @param {number} from
   * @param {number} to
   * @param {number} lifeS
   * @param {string} colour
   */
  ring(x, y, from, to, lifeS, colour) {
    if (this.#rings.length >= RINGS_MAX) this.#rings.shift();
    this.#rings.push({ x, y, from: this.isCalm ? to * 0.6 : from, to: this.isCalm ? to * 0.6 : to, ageS: 0, lifeS, colour });
  }

  /** @param {number} seconds since the last frame */
  step(seconds) {
    const numbers = this.#numbers;
    for (let i = 0; i < this.#count; ) {
      const at = i * STRIDE;
      numbers[at + 4] += seconds;
      if (numbers[at + 4] >= numbers[at + 5]) {
        // The last one takes the place of the one that has ended.
        this.#count -= 1;
        numbers.copyWithin(at, this.#count * STRIDE, (this.#count + 1) * STRIDE);
        this.#colours[i] = this.#colours[this.#count];
        continue;
      }
      const keep = Math.exp(-numbers[at + 7] * seconds);
      numbers[at + 2] *= keep;
      numbers[at + 3] *= keep;
      numbers[at] += numbers[at + 2] * seconds;
      numbers[at + 1] += numbers[at + 3] * seconds;
      i += 1;
    }
    for (const ring of this.#rings) ring.ageS += seconds;
    this.#rings = this.#rings.filter((ring) => ring.ageS < ring.lifeS);
    for (const line of this.#lines) line.ageS += seconds;
    this.#lines = this.#lines.filter((line) => line.ageS < LINE_S);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("./camera.js").Camera} camera
   */
  paint(context, camera) {
    context.globalCompositeOperation = "lighter";
    const numbers = this.#numbers;
    for (let i = 0; i < this.#count; i += 1) {
      const at = i * STRIDE;
      if (!camera.sees(numbers[at], numbers[at + 1], 30)) continue;
      const left = 1 - numbers[at + 4] / numbers[at + 5];
      const size = Math.max(1.5, numbers[at + 6] * camera.scale * (0.4 + 0.6 * left));
      context.globalAlpha = left;
      const spark = (sparks[this.#colours[i]] ??= makeSpark(this.#colours[i]));
      context.drawImage(spark, camera.toX(numbers[at]) - size, camera.toY(numbers[at + 1]) - size, 2 * size, 2 * size);
    }
    for (const { x, y, from, to, ageS, lifeS, colour } of this.#rings) {
      const age = ageS / lifeS;
      const radius = from + (to - from) * (1 - (1 - age) ** 3);
      if (!camera.sees(x, y, radius)) continue;
      context.globalAlpha = (1 - age) ** 1.5;
      context.strokeStyle = colour;
      context.lineWidth = 1 + 3 * (1 - age);
      context.beginPath();
      context.arc(camera.toX(x), camera.toY(y), radius * camera.scale, 0, 7);
      context.stroke();
    }
    for (const { from, to, ageS, colour } of this.#lines) {
      context.globalAlpha = 1 - ageS / LINE_S;
      context.strokeStyle = colour;
      context.lineWidth = 2.5;
      context.beginPath();
      context.moveTo(camera.toX(from[0]), camera.toY(from[1]));
      context.lineTo(camera.toX(to[0]), camera.toY(to[1]));
      context.stroke();
    }
    context.globalCompositeOperation = "source-over";
    context.globalAlpha = 1;
  }
}
