// @ts-check
// Thumbs on a phone: a stick wherever the left one comes down, fire anywhere on the right, and two buttons. Both at once, each finger by its id.

/** The stick's reach in pixels. */
export const STICK_REACH = 52;
/** Nearer to where it came down the thumb has no direction, in pixels. */
const STICK_DEAD = 8;
/** Pushed past this part of its reach the stick thrusts. */
const PUSHED = 0.5;

/** @typedef {{ id: number, fromX: number, fromY: number, dx: number, dy: number }} Thumb */

/**
 * What the stick says; nothing inside its dead middle.
 * @param {Thumb | null} thumb
 */
export function stickOf(thumb) {
  const length = thumb ? Math.hypot(thumb.dx, thumb.dy) : 0;
  return thumb && length > STICK_DEAD ? { dx: thumb.dx, dy: thumb.dy, isPushed: length > STICK_REACH * PUSHED } : null;
}

export class Touches {
  /** The thumb that steers. @type {Thumb | null} */
  thumb = null;
  /** Fingers that fire, by id: on the button or on the right half. @type {Set<number>} */
  #firing = new Set();
  /** @type {Set<number>} */
  #braking = new Set();

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{ fire: HTMLElement, brake: HTMLElement }} buttons
   */
  constructor(canvas, buttons) {
    this.canvas = canvas;
    this.buttons = buttons;
    this.#listenButton(buttons.fire, this.#firing);
    this.#listenButton(buttons.brake, this.#braking);
    this.#listen();
  }

  get stick() {
    return stickOf(this.thumb);
  }

  get fires() {
    return this.#firing.size > 0;
  }

  get brakes() {
    return this.#braking.size > 0;
  }

  release() {
    this.thumb = null;
    this.#firing.clear();
    this.#braking.clear();
    this.#show();
  }

  #show() {
    this.buttons.fire.classList.toggle("down", this.fires);
    this.buttons.brake.classList.toggle("down", this.brakes);
  }

  /** @param {HTMLElement} button @param {Set<number>} fingers */
  #listenButton(button, fingers) {
    button.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      button.setPointerCapture(event.pointerId);
      fingers.add(event.pointerId);
      this.#show();
    });
    button.addEventListener("lostpointercapture", ({ pointerId }) => {
      fingers.delete(pointerId);
      this.#show();
    });
    button.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  #listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "touch") return;
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      if (event.offsetX >= canvas.clientWidth / 2) this.#firing.add(event.pointerId);
      else this.thumb ??= { id: event.pointerId, fromX: event.offsetX, fromY: event.offsetY, dx: 0, dy: 0 };
      this.#show();
    });
    canvas.addEventListener("pointermove", ({ pointerId, offsetX, offsetY }) => {
      const { thumb } = this;
      if (thumb?.id !== pointerId) return;
      thumb.dx = offsetX - thumb.fromX;
      thumb.dy = offsetY - thumb.fromY;
    });
    canvas.addEventListener("lostpointercapture", ({ pointerId }) => {
      if (this.thumb?.id === pointerId) this.thumb = null;
      this.#firing.delete(pointerId);
      this.#show();
    });
  }
}

/**
 * Where the thumb came down and where it pulls.
 * @param {CanvasRenderingContext2D} context
 * @param {Thumb | null} thumb
 * @param {string} colour
 */
export function paintStick(context, thumb, colour) {
  if (!thumb) return;
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.globalAlpha = 0.3;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(thumb.fromX, thumb.fromY, STICK_REACH, 0, 7);
  context.stroke();
  const pull = Math.min(1, STICK_REACH / (Math.hypot(thumb.dx, thumb.dy) || 1));
  context.globalAlpha = stickOf(thumb)?.isPushed ? 0.75 : 0.45;
  context.beginPath();
  context.arc(thumb.fromX + thumb.dx * pull, thumb.fromY + thumb.dy * pull, 19, 0, 7);
  context.fill();
  context.globalAlpha = 1;
}
