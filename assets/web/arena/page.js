// @ts-check
// The arena's page: opens straight into play. `?room=` says where, `?delay=` puts so many milliseconds of round trip between page and server.

import { chat } from "../chat.js";
import { expose } from "../debug.js";
import { buttonElement, canvasElement, element } from "../dom.js";
import { Network } from "../panels/network.js";
import { View } from "../view.js";
import { Visit } from "../visit.js";
import { Controls } from "./controls.js";
import { paintGhosts } from "./ghosts.js";
import { Hint } from "./hint.js";
import { GHOST_MARKS, Judgements, judgesThePast } from "./judged.js";
import { death, results, toast } from "./notices.js";
import { PICK_UPS } from "./palette.js";
import { Panels } from "./panels.js";
import { Picture } from "./picture.js";
import { Sound } from "./sound.js";
import { listenTools } from "./tools.js";
import { traceHit } from "./trace-hit.js";
import { STEPS } from "./tour-steps.js";
import { World } from "./world.js";

/** A longer pause between two frames is no motion to show. */
const FRAME_S_MAX = 0.1;
const DELAY_MS_MAX = 2000;

const canvas = canvasElement("world");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const sound = new Sound();
const picture = new Picture(canvas, sound);
const controls = new Controls(canvas, { fire: buttonElement("fire"), brake: buttonElement("brake") });
const panels = new Panels(canvasElement("minimap"));
const hint = new Hint(matchMedia("(pointer: coarse)").matches);
const nothing = new View(null);

/** @type {World | null} */
let world = null;
let hasFlown = false;
let lastMs = 0;
const judgements = new Judgements();
const network = new Network(element("side"), buttonElement("network"), canvas, () => visit.game, {
  steps: STEPS,
  marks: GHOST_MARKS,
  applied: (game, conditions) => judgements.ask(game, conditions),
});
const link = simulatedLink();
if (link) network.conditions.startWith(link);
const visit = new Visit(begin, { predict: true, ...(link && { link }) });

/** A round trip that the address asks for. */
function simulatedLink() {
  const delayMs = Number(new URLSearchParams(location.search).get("delay"));
  return delayMs > 0 && delayMs <= DELAY_MS_MAX ? { delayMs: delayMs / 2 } : null;
}

/** @param {import("../snapline.js").Game} game */
function begin(game) {
  chat.clear();
  controls.release();
  clear();
  network.watch(game);
  game.on("open", (welcome) => open(game, welcome));
  game.on("chat", ({ name, text }) => chat.say(name, text));
  game.on("words", (text) => chat.tell(text));
  game.on("results", (value) => results.show(value, world?.me ?? -1, performance.now()));
  game.on("game", ({ name, values }) => happen(name, values));
}

function clear() {
  world = null;
  hasFlown = false;
  picture.effects.clear();
  judgements.clear();
  panels.clear();
  death.show(0, "");
}

/**
 * The room has taken us in, or a new match begins.
 * @param {import("../snapline.js").Game} game
 * @param {import("../snapline.js").Welcome} welcome
 */
function open(game, welcome) {
  // A new match in the middle of a sentence takes nobody's focus away.
  if (!document.activeElement?.matches("input")) canvas.focus();
  if (!game.schema) return;
  clear();
  world = new World(game, game.schema, welcome);
  network.conditions.setIdle("compensation", !judgesThePast(welcome), "This room judges shots in the present");
  void game.listed().then((room) => (results.restartS = room?.restart_s ?? 0));
  document.title = game.room === "main" ? "Arena · Snapline" : `Arena · ${game.room} · Snapline`;
}

/**
 * @param {string} name
 * @param {import("../view.js").Values} values
 */
function happen(name, values) {
  if (!world) return;
  const { me, game } = world;
  const now = performance.now();
  picture.effects.happen(name, values, me, now);
  if (name === "Hit") traceHit(picture.effects.particles, world, values);
  if (name === "Judged") {
    judgements.add(world, values, now);
    network.noteJudged();
  }
  if (name === "Kill") panels.feed.add(Number(values.by), Number(values.victim), me, (seat) => game.players.nameOf(seat), now);
  if (name === "Taken" && values.by === me) {
    const { words, colour } = PICK_UPS[Number(values.holds)] ?? PICK_UPS[0];
    toast.show(words, colour);
  }
  if (name !== "Hurt") return;
  panels.killer = game.players.nameOf(Number(values.by));
  if (!calm.matches) element("flash").animate({ opacity: [0.9, 0] }, { duration: 380, easing: "ease-out" });
}

/** @param {number} now */
function frame(now) {
  requestAnimationFrame(frame);
  const seconds = Math.min(FRAME_S_MAX, Math.max(0, (now - lastMs) / 1000));
  lastMs = now;
  if (!world) return;
  if (visit.game.state === "open") steer(world, seconds, now);
  // The world may have ended, or a new one begun, in what has just come.
  if (!world) return;
  picture.paint(world, controls, now, seconds, calm.matches);
  if (network.conditions.conditions.ghosts) {
    paintGhosts(picture.context, picture.camera, world);
    judgements.paint(picture.context, picture.camera, now);
  }
  if (visit.game.state !== "open") return;
  panels.show(world, now);
  network.show(visit.game, now);
  network.write(element("verdict"));
}

/**
 * @param {World} mine
 * @param {number} seconds
 * @param {number} now
 */
function steer(mine, seconds, now) {
  const held = controls.held(seconds, mine.heading);
  mine.game.input(held);
  mine.look(now);
  if (mine.flies && !hasFlown) {
    controls.face(mine.heading);
    sound.play("respawn");
  }
  hasFlown = mine.flies;
  hint.watch(held, mine.heading, now);
}

chat.listen((text) => visit.game.chat(text));
listenTools(sound, () => visit.room);
expose(() => visit.game, () => world?.view ?? nothing, { controls });
requestAnimationFrame(frame);
