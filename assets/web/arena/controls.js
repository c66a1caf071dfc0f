// @ts-check
// What the player holds: keys, the mouse, fingers. Whichever moved last aims.

import { Aim } from "./aim.js";
import { Touches } from "./touch.js";

const LEFT = ["KeyA", "ArrowLeft"];
const RIGHT = ["KeyD", "ArrowRight"];
const THRUST = ["KeyW", "ArrowUp"];
const BRAKE = ["KeyS", "ArrowDown"];
const FIRE = ["Space"];
const USED = new Set([LEFT, RIGHT, THRUST, BRAKE, FIRE].flat());
/** Nearer to the own ship than this the pointer has no direction, in pixels. */
const POINTER_DEAD = 6;
/** The mouse takes over again only when it was really moved, in pixels. */
const MOUSE_MOVED = 5;
const FIRE_BUTTON = 1;
const THRUST_BUTTON = 2;

/** @typedef {{ aim: number, thrust: boolean, brake: boolean, fire: boolean }} Held lanes of the arena's input */

export class Controls {
  aim = new Aim();
  /** Codes of the keys that are down. @type {Set<string>} */
  keys = new Set();
  /** Where the mouse is, in pixels from the canvas's corner. */
  mouse = { x: 0, y: 0, buttons: 0 };
  /** Whether the mouse aims. */
  isPointing = false;
  /** Of the canvas, in pixels. */
  #middle = { x: 0, y: 0 };
  /** Where the mouse was when keys took over. */
  #restX = 0;
  #restY = 0;

  /**
   * @param {HTMLCanvasElement} canvas the own ship is at its centre
   * @param {{ fire: HTMLElement, brake: HTMLElement }} buttons for thumbs
   */
  constructor(canvas, buttons) {
    this.canvas = canvas;
    // Asked in every picture, the canvas's size would make the browser lay out the page each time.
    new ResizeObserver(([{ contentRect }]) => Object.assign(this.#middle, { x: contentRect.width / 2, y: contentRect.height / 2 })).observe(canvas);
    this.touches = new Touches(canvas, buttons);
    this.#listen();
  }

  /** Lets everything go: the page has lost the focus, or nobody looks. */
  release() {
    this.keys.clear();
    this.mouse.buttons = 0;
    this.touches.release();
  }

  /**
   * The input to hold now.
   * @param {number} seconds since the last frame
   * @param {number} heading of the own ship
   * @returns {Held}
   */
  held(seconds, heading) {
    const { stick } = this.touches;
    if (stick) this.aim.point(stick.dx, stick.dy, 0);
    else if (this.isPointing) {
      this.aim.point(this.mouse.x - this.#middle.x, this.mouse.y - this.#middle.y, POINTER_DEAD);
    } else this.aim.turn(Number(this.#isDown(RIGHT)) - Number(this.#isDown(LEFT)), seconds, heading);
    const { buttons } = this.mouse;
    return {
      aim: this.aim.angle,
      thrust: this.#isDown(THRUST) || (buttons & THRUST_BUTTON) !== 0 || (stick?.isPushed ?? false),
      brake: this.#isDown(BRAKE) || this.touches.brakes,
      fire: this.#isDown(FIRE) || (buttons & FIRE_BUTTON) !== 0 || this.touches.fires,
    };
  }

  /** The ship has come anew: where it looks is where it is to look. @param {number} heading */
  face(heading) {
    this.aim.set(heading);
  }

  /** @param {readonly string[]} codes */
  #isDown(codes) {
    return codes.some((code) => this.keys.has(code));
  }

  #listen() {
    const { canvas } = this;
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || !USED.has(event.code) || isBusy(event)) return;
      event.preventDefault();
      this.keys.add(event.code);
      if (LEFT.includes(event.code) || RIGHT.includes(event.code)) this.#takeOver();
    });
    addEventListener("keyup", ({ code }) => this.keys.delete(code));
    addEventListener("blur", () => this.release());
    document.addEventListener("visibilitychange", () => document.hidden && this.release());
    // Further buttons of a mouse that has one down come as moves.
    for (const type of /** @type {const} */ (["pointerdown", "pointermove", "pointerup"])) {
      canvas.addEventListener(type, (event) => event.pointerType !== "touch" && this.#point(event));
    }
    canvas.addEventListener("lostpointercapture", () => (this.mouse.buttons = 0));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  #takeOver() {
    this.isPointing = false;
    this.#restX = this.mouse.x;
    this.#restY = this.mouse.y;
  }

  /** @param {PointerEvent} event */
  #point({ type, pointerId, offsetX, offsetY, buttons }) {
    Object.assign(this.mouse, { x: offsetX, y: offsetY, buttons });
    if (type === "pointerdown") {
      this.canvas.focus({ preventScroll: true });
      this.canvas.setPointerCapture(pointerId);
    }
    const isMoved = Math.hypot(offsetX - this.#restX, offsetY - this.#restY) > MOUSE_MOVED;
    if (isMoved || type === "pointerdown") this.isPointing = true;
  }
}

/** Whether the key belongs to what has the focus: text fields take all, buttons what presses them. @param {KeyboardEvent} event */
function isBusy({ target, code }) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches("input, textarea, select, [contenteditable]")) return true;
  return target.matches("button, summary, a") && (code === "Space" || code === "Enter");
}
