// @ts-check
// A page that plays the arena, with all that these pages are about. Each part stands in the page of docs that has its name, word for word.

import { connect } from "../snapline.js";
import { Network } from "../panels/network.js";

const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById("world"));
const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

/** @param {string} id @param {string} text */
function say(id, text) {
  const node = document.getElementById(id);
  if (node) node.textContent = text;
}

// part: connect
const room = new URLSearchParams(location.search).get("room") ?? "main";
const game = connect({ room, name: "Ada", predict: true });

game.on("open", ({ player, tickHz }) => say("words", `player ${player}, ${tickHz} ticks a second`));
game.on("end", ({ words, detail }) => say("words", `${words} ${detail}`));
// end

// part: input
/** @type {Set<string>} */
const held = new Set();
addEventListener("keydown", ({ code }) => held.add(code));
addEventListener("keyup", ({ code }) => held.delete(code));
addEventListener("blur", () => held.clear());

function steer() {
  const turn = Number(held.has("KeyD")) - Number(held.has("KeyA"));
  const heading = Number(game.own?.heading ?? 0);
  game.input({ aim: heading + turn, thrust: held.has("KeyW"), fire: held.has("Space") });
}
// end

// part: draw
requestAnimationFrame(function frame(now) {
  requestAnimationFrame(frame);
  if (game.state !== "open") return;
  steer();
  paint(game.view(now));
  showOwn();
  debug(now);
});

/** @param {import("../snapline.js").View} view */
function paint(view) {
  [canvas.width, canvas.height] = [canvas.clientWidth, canvas.clientHeight];
  const scale = canvas.width / 2 / (view.radius || 500);
  const { x: middleX, y: middleY } = view.own < 0 ? view.place : placeOf(view, view.own);
  for (let row = 0; row < view.count; row += 1) {
    // Kinds without a place are clocks, flags, tables.
    if (!view.kind(row)?.place) continue;
    const { x, y } = placeOf(view, row);
    context.globalAlpha = view.isHeld(row) ? 0.4 : 1;
    context.fillStyle = row === view.own ? "#6fe7ff" : "#dfe8f5";
    context.fillRect(canvas.width / 2 + (x - middleX) * scale - 4, canvas.height / 2 + (y - middleY) * scale - 4, 8, 8);
  }
}

/** @param {import("../snapline.js").View} view @param {number} row */
function placeOf(view, row) {
  const from = view.from(row) + (view.kind(row)?.place?.from ?? 0);
  return { x: view.values[from], y: view.values[from + 1] };
}
// end

// part: predict
function showOwn() {
  const { hull = 0, ammo = 0 } = game.own ?? {};
  const { predicted, late = 0, touched = 0, unexplained = 0 } = game.stats;
  const corrections = predicted ? `corrected ${late} times for a late input, ${touched} for a hit or a crate` : "not predicted";
  say("own", `hull ${hull}, ammo ${ammo}; ${corrections}`);
  if (unexplained > 0) console.warn(`${unexplained} corrections without a cause: the rules are not the same on both ends`);
}
// end

// part: events
/** @param {string} text */
function tell(text) {
  const line = document.createElement("li");
  line.textContent = text;
  document.getElementById("log")?.append(line);
}

game.on("game", ({ name, values }) => {
  const nameOf = (/** @type {number | number[]} */ seat) => game.players.nameOf(Number(seat));
  if (name === "Kill") tell(`${nameOf(values.by)} destroyed ${nameOf(values.victim)}`);
});
game.on("chat", ({ name, text }) => tell(`${name}: ${text}`));
game.on("results", (results) => console.log(results));

/** Whether own shots are judged in the world that this player sees: asked once, and answered. @param {boolean} isOn */
function compensate(isOn) {
  return game.request("Judge", [Number(isOn), 0]).then(
    () => tell(`lag compensation is ${isOn ? "on" : "off"}`),
    (refused) => tell(refused.message),
  );
}
addEventListener("keydown", ({ code }) => code === "KeyC" && void compensate(!game.own?.compensated));
// end

// part: reconnect
game.on("lost", ({ ending, waitMs, leftMs }) => {
  say("words", `${ending.words} The next attempt in ${Math.round(waitMs)} ms; the seat is kept for ${Math.round(leftMs / 1000)} s.`);
});
document.addEventListener("visibilitychange", () => game.setVisible(!document.hidden));
addEventListener("pagehide", () => game.suspend());
addEventListener("pageshow", ({ persisted }) => persisted && game.wake());
addEventListener("online", () => game.wake());
// end

// part: debug
const side = /** @type {HTMLElement} */ (document.getElementById("side"));
const button = /** @type {HTMLButtonElement} */ (document.getElementById("network"));
const network = new Network(side, button, canvas, () => game, { switches: ["prediction", "interpolation"] });
network.watch(game);

/** @param {number} now */
function debug(now) {
  network.show(game, now);
  say("verdict", network.verdict.words);
}
// end
