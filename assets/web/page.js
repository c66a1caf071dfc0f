// @ts-check
// The page: draws and steers any game by its schema alone. `?room=` says where.

import { chat } from "./chat.js";
import { expose } from "./debug.js";
import { buttonElement, canvasElement, element } from "./dom.js";
import { Painter } from "./draw.js";
import { GHOST_MARKS, paintGhosts } from "./ghosts.js";
import { Controls } from "./input.js";
import { roster, setTitle, showHelp, stats } from "./panel.js";
import { Network } from "./panels/network.js";
import { Steering, plan } from "./steer.js";
import { View } from "./view.js";
import { Visit } from "./visit.js";

/** Between two writings of what is measured, and of the list of players. */
const PANEL_MS = 250;

const canvas = canvasElement("world");
const playersPanel = /** @type {HTMLDetailsElement} */ (element("players"));
const painter = new Painter(canvas);
const controls = new Controls(canvas, element("buttons"));
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** @type {Steering | null} */
let steering = null;
/** @type {import("./snapline.js").View} */
let view = new View(null);
let panelMs = 0;
let rosterChanged = false;
// Nothing is predicted here, and what a game does about lag its own page can switch.
const network = new Network(element("side"), buttonElement("network"), canvas, () => visit.game, { switches: ["interpolation", "ghosts"], marks: GHOST_MARKS });
const visit = new Visit(begin);

/** @param {import("./snapline.js").Game} game */
function begin(game) {
  chat.clear();
  controls.release();
  steering = null;
  view = new View(null);
  network.watch(game);
  game.on("open", () => open(game));
  game.on("roster", () => (rosterChanged = true));
  game.on("chat", ({ name, text }) => chat.say(name, text));
  game.on("words", (text) => chat.tell(text));
  game.on("results", () => chat.tell("The match is over."));
  game.on("game", ({ kind, numbers }) => {
    const place = game.schema?.events[kind]?.place;
    if (place) painter.ring(kind, numbers[place.from], numbers[place.from + 1], performance.now());
  });
}

/** @param {import("./snapline.js").Game} game */
function open({ schema, room }) {
  // A new epoch in the middle of a sentence takes nobody's focus away.
  if (!document.activeElement?.matches("input")) canvas.focus();
  if (!schema) return;
  setTitle(`${schema.game} · ${room}`);
  const steers = plan(schema.input);
  steering = new Steering(steers);
  controls.setButtons(steers.buttons);
  showHelp(steers);
}

/** @param {number} now */
function frame(now) {
  requestAnimationFrame(frame);
  const { game } = visit;
  if (game.state === "open") {
    if (steering) game.input(steering.values(controls.held()));
    view = game.view(now);
  }
  painter.paint(view, { nowMs: now, calm: calm.matches, nameOf: (seat) => game.players.nameOf(seat), stick: controls.stick() });
  if (game.state === "open") {
    if (network.conditions.conditions.ghosts) paintGhosts(painter.context, painter.camera, view, game.rawPlaces());
    network.show(game, now);
    network.write(element("verdict"));
  }
  if (now - panelMs < PANEL_MS) return;
  panelMs = now;
  if (game.state !== "open") return;
  stats.show(game, view);
  stats.showGlobals(view);
  if (!rosterChanged) return;
  rosterChanged = false;
  const coloured = game.schema?.entities.some((kind) => kind.player) ?? false;
  roster.show(game.players, game.welcome?.player ?? -1, coloured);
}

function listen() {
  new ResizeObserver(() => painter.resize()).observe(canvas);
  painter.resize();
  canvas.addEventListener("wheel", ({ deltaY }) => painter.zoomBy(deltaY < 0 ? 1.1 : 1 / 1.1), { passive: true });
  canvas.addEventListener("keydown", ({ key }) => {
    if (key === "+" || key === "=") painter.zoomBy(1.25);
    if (key === "-") painter.zoomBy(0.8);
  });
  chat.listen((text) => visit.game.chat(text));
  playersPanel.open = matchMedia("(min-width: 721px)").matches;
}

expose(() => visit.game, () => view);
listen();
requestAnimationFrame(frame);
