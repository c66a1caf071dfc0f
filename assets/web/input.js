// @ts-check
// What the player holds: keys, the pointer, a finger, buttons on the screen.

const DIRECTIONS = new Map([
  ["ArrowRight", [1, 0]], ["KeyD", [1, 0]], ["ArrowLeft", [-1, 0]], ["KeyA", [-1, 0]],
  ["ArrowDown", [0, 1]], ["KeyS", [0, 1]], ["ArrowUp", [0, -1]], ["KeyW", [0, -1]],
]);
/** A finger has to move this far before it steers, in pixels. */
const STICK_DEAD = 10;
/** Closer to the own entity than this a pointer has no direction. */
const POINTER_DEAD = 4;

/** @typedef {{ id: number, isTouch: boolean, fromX: number, fromY: number, x: number, y: number }} Press */

export class Controls {
  /**
   * @param {HTMLCanvasElement} canvas the own entity is at its centre
   * @param {HTMLElement} panel where the buttons for fingers go
   */
  constructor(canvas, panel) {
    this.canvas = canvas;
    this.panel = panel;
    /** @type {readonly import("./steer.js").Button[]} */
    this.buttons = [];
    /** Codes of the keys that are down. @type {Set<string>} */
    this.keys = new Set();
    /** Names of the lanes whose button on the screen is down. @type {Set<string>} */
    this.touched = new Set();
    /** @type {Press | null} */
    this.press = null;
    this.listen();
  }

  /** Lets everything go: the page has lost the focus, or nobody looks. */
  release() {
    this.keys.clear();
    this.touched.clear();
    this.press = null;
    for (const button of this.panel.children) button.classList.remove("down");
  }

  /** @returns {import("./steer.js").Held} */
  held() {
    const [x, y] = this.pressDirection() ?? this.keyDirection();
    const down = this.buttons.filter(({ name, keys }) => this.touched.has(name) || keys.some((key) => this.keys.has(key)));
    return { x, y, buttons: new Set(down.map(({ name }) => name)) };
  }

  /** The finger that steers. */
  stick() {
    return this.press?.isTouch ? this.press : null;
  }

  /** @param {readonly import("./steer.js").Button[]} buttons */
  setButtons(buttons) {
    this.buttons = buttons;
    this.panel.replaceChildren(...buttons.map(({ name }) => this.makeButton(name)));
  }

  /** @param {string} name */
  makeButton(name) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name.replaceAll("_", " ");
    /** @param {boolean} isDown */
    const set = (isDown) => {
      button.classList.toggle("down", isDown);
      if (isDown) this.touched.add(name);
      else this.touched.delete(name);
    };
    button.addEventListener("pointerdown", (event) => {
      button.setPointerCapture(event.pointerId);
      set(true);
    });
    button.addEventListener("lostpointercapture", () => set(false));
    button.addEventListener("keydown", ({ code }) => (code === "Enter" || code === "Space") && set(true));
    button.addEventListener("keyup", () => set(false));
    button.addEventListener("contextmenu", (event) => event.preventDefault());
    return button;
  }

  keyDirection() {
    let [x, y] = [0, 0];
    for (const key of this.keys) {
      const [dx, dy] = DIRECTIONS.get(key) ?? [0, 0];
      x += dx;
      y += dy;
    }
    return unit(Math.sign(x), Math.sign(y), 0) ?? [0, 0];
  }

  pressDirection() {
    const { press, canvas } = this;
    if (!press) return null;
    if (press.isTouch) return unit(press.x - press.fromX, press.y - press.fromY, STICK_DEAD);
    return unit(press.x - canvas.clientWidth / 2, press.y - canvas.clientHeight / 2, POINTER_DEAD);
  }

  listen() {
    const { canvas } = this;
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || isBusy(event) || !this.isUsed(event.code)) return;
      event.preventDefault();
      this.keys.add(event.code);
    });
    addEventListener("keyup", ({ code }) => this.keys.delete(code));
    addEventListener("blur", () => this.release());
    document.addEventListener("visibilitychange", () => document.hidden && this.release());
    canvas.addEventListener("pointerdown", (event) => {
      if (this.press || event.button !== 0) return;
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      const [x, y] = [event.offsetX, event.offsetY];
      this.press = { id: event.pointerId, isTouch: event.pointerType === "touch", fromX: x, fromY: y, x, y };
    });
    canvas.addEventListener("pointermove", ({ pointerId, offsetX, offsetY }) => {
      if (this.press?.id === pointerId) Object.assign(this.press, { x: offsetX, y: offsetY });
    });
    canvas.addEventListener("lostpointercapture", ({ pointerId }) => {
      if (this.press?.id === pointerId) this.press = null;
    });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /** @param {string} code */
  isUsed(code) {
    return DIRECTIONS.has(code) || this.buttons.some(({ keys }) => keys.includes(code));
  }
}

/**
 * The unit vector along x, y; none when it is not longer than `dead`.
 * @param {number} x
 * @param {number} y
 * @param {number} dead
 * @returns {[number, number] | null}
 */
export function unit(x, y, dead) {
  const length = Math.hypot(x, y);
  return length > dead ? [x / length, y / length] : null;
}

/** Whether the key belongs to what has the focus: text fields take all, buttons what presses them. @param {KeyboardEvent} event */
function isBusy({ target, code }) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches("input, textarea, select, [contenteditable]")) return true;
  return target.matches("button, summary, a") && (code === "Space" || code === "Enter");
}
