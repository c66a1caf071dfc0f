// @ts-check
// The picture: everything on the large canvas, from the field below to the marks on top.

import { Camera } from "./camera.js";
import { Effects } from "./effects.js";
import { TEXT } from "./palette.js";
import { paintCrates, paintWalls } from "./scenery.js";
import { paintBolts, paintShips } from "./ships.js";
import { Sky } from "./sky.js";
import { pixelDensity } from "./sprites.js";
import { paintStick } from "./touch.js";

export class Picture {
  camera = new Camera();
  #sky = new Sky();

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import("./sound.js").Sound} sound
   */
  constructor(canvas, sound) {
    const context = canvas.getContext("2d", { alpha: false });
    if (!context) throw new Error("this browser has no 2D canvas");
    this.canvas = canvas;
    this.context = context;
    this.effects = new Effects(this.camera, sound);
    new ResizeObserver(() => this.#resize()).observe(canvas);
    this.#resize();
  }

  #resize() {
    const density = pixelDensity();
    const [width, height] = [Math.max(1, this.canvas.clientWidth), Math.max(1, this.canvas.clientHeight)];
    Object.assign(this.camera, { width, height });
    this.canvas.width = Math.round(width * density);
    this.canvas.height = Math.round(height * density);
    this.context.setTransform(density, 0, 0, density, 0, 0);
  }

  /**
   * @param {import("./world.js").World} world
   * @param {import("./controls.js").Controls} controls
   * @param {number} nowMs
   * @param {number} seconds since the last picture
   * @param {boolean} calm without motion that is not the game's own
   */
  paint(world, controls, nowMs, seconds, calm) {
    const { context, camera, effects } = this;
    const { view, sight, map } = world;
    // Before the first snapshot nobody knows where to look.
    if (view.radius <= 0) return;
    effects.calm = calm;
    camera.follow(view, sight.layout.ship.place);
    camera.settle(seconds * 1000);
    effects.watch(view, sight, world.me, seconds);
    this.#sky.paint(context, camera, map.size, world.zone);
    paintWalls(context, camera, map.walls);
    paintCrates(context, camera, view, sight, calm ? 0.5 : 0.5 + 0.5 * Math.sin(nowMs / 380));
    const crew = { me: world.me, nowMs, calm, players: world.game.players };
    paintBolts(context, camera, view, sight, crew);
    paintShips(context, camera, view, sight, crew);
    effects.particles.paint(context, camera);
    effects.alerts.paint(context, camera, controls.isPointing ? controls.mouse : null, nowMs);
    paintStick(context, controls.touches.thumb, TEXT);
  }
}
