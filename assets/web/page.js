// @ts-check
// The page: draws and steers any game by its schema alone. `?room=` says where.

import { Painter } from "./draw.js";
import { Controls } from "./input.js";
import { chat, cover, roster, setTitle, showHelp, stats } from "./panel.js";
import { connect } from "./snapline.js";
import { Steering, plan } from "./steer.js";
import { View } from "./view.js";

const NAME_KEY = "snapline.name";
/** Between two writings of what is measured, and of the list of players. */
const PANEL_MS = 250;

const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById("world"));
const nameField = /** @type {HTMLInputElement} */ (document.getElementById("name"));
const renameButton = /** @type {HTMLButtonElement} */ (document.getElementById("rename"));
const playersPanel = /** @type {HTMLDetailsElement} */ (document.getElementById("players"));
const painter = new Painter(canvas);
const controls = new Controls(canvas, /** @type {HTMLElement} */ (document.getElementById("buttons")));
const calm = matchMedia("(prefers-reduced-motion: reduce)");

let room = new URLSearchParams(location.search).get("room") || "main";
/** @type {import("./snapline.js").Game} */
let game;
/** @type {Steering | null} */
let steering = null;
let view = new View(null);
let panelMs = 0;
let rosterChanged = false;

function join() {
  cover.show("Joining", `Joining room ${room} …`);
  chat.clear();
  controls.release();
  steering = null;
  view = new View(null);
  const name = storedName();
  nameField.value = name;
  renameButton.hidden = true;
  const mine = connect({ room, name });
  game = mine;
  mine.setVisible(!document.hidden);
  mine.on("open", open);
  mine.on("roster", () => (rosterChanged = true));
  mine.on("chat", ({ name, text }) => chat.say(name, text));
  mine.on("words", (text) => chat.tell(text));
  mine.on("results", () => chat.tell("The match is over."));
  mine.on("game", showEvent);
  mine.on("end", (ending) => mine === game && cover.end(ending, goBack));
}

function open() {
  cover.hide();
  // A new epoch in the middle of a sentence takes nobody's focus away.
  if (!document.activeElement?.matches("input")) canvas.focus();
  if (!game.schema) return;
  setTitle(`${game.schema.game} · ${room}`);
  const steers = plan(game.schema.input);
  steering = new Steering(steers);
  controls.setButtons(steers.buttons);
  showHelp(steers);
}

/** @param {import("./close.js").Way} way */
function goBack(way) {
  if (way === "reload") return location.reload();
  if (way === "main") {
    room = "main";
    history.replaceState(null, "", location.pathname);
  }
  join();
}

/** @param {import("./pkg/generic/snapline_wasm.js").GameEvent} event */
function showEvent({ kind, numbers }) {
  const place = game.schema?.events[kind]?.place;
  if (place) painter.ring(kind, numbers[place.from], numbers[place.from + 1], performance.now());
}

/** @param {number} now */
function frame(now) {
  requestAnimationFrame(frame);
  if (game.state === "open") {
    if (steering) game.input(steering.values(controls.held()));
    view = game.view(now);
  }
  painter.paint(view, { nowMs: now, calm: calm.matches, nameOf: (seat) => game.players.nameOf(seat), stick: controls.stick() });
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

function storedName() {
  try {
    return localStorage.getItem(NAME_KEY) ?? "";
  } catch {
    return nameField.value; // Storage may be shut; then the name lasts as long as the page.
  }
}

function listen() {
  new ResizeObserver(() => painter.resize()).observe(canvas);
  painter.resize();
  document.addEventListener("visibilitychange", () => game.setVisible(!document.hidden));
  addEventListener("pagehide", () => game.leave());
  // Back from the page cache: the connection has not survived it.
  addEventListener("pageshow", ({ persisted }) => persisted && join());
  canvas.addEventListener("wheel", ({ deltaY }) => painter.zoomBy(deltaY < 0 ? 1.1 : 1 / 1.1), { passive: true });
  canvas.addEventListener("keydown", ({ key }) => {
    if (key === "+" || key === "=") painter.zoomBy(1.25);
    if (key === "-") painter.zoomBy(0.8);
  });
  chat.listen((text) => game.chat(text));
  nameField.addEventListener("input", () => (renameButton.hidden = nameField.value.trim() === storedName()));
  document.getElementById("name-form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    rename(nameField.value.trim());
  });
  document.getElementById("leave")?.addEventListener("click", () => game.leave());
  playersPanel.open = matchMedia("(min-width: 721px)").matches;
}

/** A name is given when joining, so a new one joins anew. @param {string} name */
function rename(name) {
  if (name === storedName()) return canvas.focus();
  try {
    localStorage.setItem(NAME_KEY, name);
  } catch {
    // See `storedName`.
  }
  const before = game;
  join();
  before.leave();
}

/** For tests and the curious: the connection, and what this page shows as plain values. */
const debug = {
  get connection() {
    return game;
  },
  own: () => view.read(view.own),
  rows: () => Array.from({ length: view.count }, (_, row) => view.read(row)),
  get stats() {
    return { state: game.state, tick: view.tick, rows: view.count, radius: view.radius, ...game.stats, ...game.status };
  },
};
Object.assign(globalThis, { snapline: debug });

join();
listen();
requestAnimationFrame(frame);
