// @ts-check
// From what has happened to what is seen and heard of it: particles, shaking, sounds, marks.

import { OWN_SLOT, ROW_WORDS } from "../view.js";
import { Alerts } from "./alerts.js";
import { FLAME, HURT, OWN, PICK_UPS, SHIELD, TEXT, WALL_EDGE, colourOf } from "./palette.js";
import { Particles } from "./particles.js";
import { loudness } from "./sound.js";

/** Units beyond which nothing is heard. */
const HEARD = 1000;
/** Units within which an explosion shakes the picture. */
const SHAKEN = 700;
/** Seconds between two puffs of a ship's flame. */
const PUFF_S = 0.045;
const SLOTS = 65_536;

/** An event's value that is a place. @param {unknown} value @returns {[number, number]} */
function place(value) {
  return /** @type {[number, number]} */ (value);
}

export class Effects {
  particles = new Particles();
  alerts = new Alerts();
  /** Generation of the last shot seen in each slot, and one: 0 is none. */
  #shots = new Uint32Array(SLOTS);
  #puffS = 0;

  /**
   * @param {import("./camera.js").Camera} camera
   * @param {import("./sound.js").Sound} sound
   */
  constructor(camera, sound) {
    this.camera = camera;
    this.sound = sound;
  }

  /** @param {boolean} isCalm */
  set calm(isCalm) {
    this.particles.isCalm = isCalm;
  }

  clear() {
    this.particles.clear();
    this.#shots.fill(0);
  }

  /**
   * @param {import("./sound.js").SoundName} name
   * @param {number} x
   * @param {number} y
   */
  #playAt(name, x, y) {
    const [dx, dy] = [x - this.camera.x, y - this.camera.y];
    this.sound.play(name, loudness(Math.hypot(dx, dy), HEARD), dx / HEARD);
  }

  /**
   * An event of the game.
   * @param {string} name
   * @param {Record<string, number | number[]>} values
   * @param {number} me the own seat
   * @param {number} nowMs
   */
  happen(name, values, me, nowMs) {
    const { particles } = this;
    if (name === "Struck") {
      this.alerts.struck(values.killed === 1, nowMs);
      return this.sound.play("struck");
    }
    if (name === "Hurt") {
      this.alerts.hurt(Number(values.from), Number(values.damage), nowMs);
      if (!particles.isCalm) this.camera.shake(0.25);
      return this.sound.play("hurt");
    }
    if (!values.place) return;
    const [x, y] = place(values.place);
    if (name === "Hit") {
      const colour = values.shielded ? SHIELD : values.victim === me ? HURT : FLAME;
      particles.burst({ x, y, count: 9, speed: 260, lifeS: 0.35, size: 4, colour });
      particles.ring(x, y, 4, values.shielded ? 34 : 22, 0.25, colour);
      this.#playAt("hit", x, y);
    } else if (name === "Spark") {
      particles.burst({ x, y, count: 5, speed: 170, lifeS: 0.28, size: 3, colour: WALL_EDGE });
    } else if (name === "Burst") this.#explode(x, y, values, me);
    else if (name === "Taken") {
      const { colour } = PICK_UPS[Number(values.holds)] ?? PICK_UPS[0];
      particles.ring(x, y, 14, 60, 0.45, colour);
      particles.burst({ x, y, count: 10, speed: 120, lifeS: 0.5, size: 3.5, colour });
      this.#playAt("pickUp", x, y);
    }
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {Record<string, number | number[]>} values
   * @param {number} me
   */
  #explode(x, y, values, me) {
    const { particles, camera } = this;
    const [velX, velY] = place(values.vel).map((speed) => speed * 0.5);
    const colour = values.victim === me ? OWN : colourOf(Number(values.victim));
    particles.burst({ x, y, velX, velY, count: 34, speed: 330, lifeS: 0.9, size: 6, colour: FLAME });
    particles.burst({ x, y, velX, velY, count: 22, speed: 210, lifeS: 1.2, size: 8, colour });
    particles.burst({ x, y, velX, velY, count: 10, speed: 480, lifeS: 0.5, size: 3, colour: TEXT });
    particles.ring(x, y, 10, 120, 0.55, FLAME);
    particles.ring(x, y, 4, 70, 0.4, TEXT);
    const near = 1 - Math.hypot(x - camera.x, y - camera.y) / SHAKEN;
    if (!particles.isCalm && near > 0) camera.shake(values.victim === me ? 1 : 0.7 * near);
    this.#playAt("burst", x, y);
  }

  /**
   * What can be seen to begin without an event: shots and flames.
   * @param {import("../snapline.js").View} view
   * @param {import("./kinds.js").Sight} sight
   * @param {number} me the own seat
   * @param {number} seconds since the last frame
   */
  watch(view, sight, me, seconds) {
    this.particles.step(seconds);
    this.#watchShots(view, sight, me);
    this.#puffS += seconds;
    if (this.#puffS < PUFF_S) return;
    this.#puffS = 0;
    const { ships, layout: { ship } } = sight;
    const { rows, values } = view;
    for (let i = 0; i < ships.count; i += 1) {
      const from = rows[ships.indices[i] * ROW_WORDS + 3];
      if (values[from + ship.thrust] > 0) this.#puff(values, from, ship);
    }
  }

  /**
   * @param {Float32Array} values
   * @param {number} from
   * @param {import("./kinds.js").Layout["ship"]} ship
   */
  #puff(values, from, ship) {
    const heading = values[from + ship.heading] + (Math.random() - 0.5) * 0.5;
    const [ahead, aside] = [Math.cos(heading), Math.sin(heading)];
    const [x, y] = [values[from + ship.place] - ahead * 24, values[from + ship.place + 1] - aside * 24];
    if (!this.camera.sees(x, y, 0)) return;
    const [velX, velY] = [values[from + ship.vel] * 0.6 - ahead * 160, values[from + ship.vel + 1] * 0.6 - aside * 160];
    this.particles.add(x, y, velX, velY, 0.4, 5, 1.5, FLAME);
  }

  /**
   * An own shot is heard when it is shown first, not again when the server's row has taken it over.
   * @param {import("../snapline.js").View} view
   * @param {import("./kinds.js").Sight} sight
   * @param {number} me
   */
  #watchShots({ rows, values }, { bolts, layout: { bolt } }, me) {
    for (let i = 0; i < bolts.count; i += 1) {
      const at = bolts.indices[i] * ROW_WORDS;
      const slot = rows[at];
      const generation = rows[at + 1] + 1;
      if (slot === OWN_SLOT ? generation <= this.#shots[slot] : this.#shots[slot] === generation) continue;
      this.#shots[slot] = generation;
      const from = rows[at + 3];
      if (slot !== OWN_SLOT && values[from + bolt.owner] === me) continue;
      this.#playAt("shot", values[from + bolt.place], values[from + bolt.place + 1]);
    }
  }
}
