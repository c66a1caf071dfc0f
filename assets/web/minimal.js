// @ts-nocheck
// The least page that shows any game by its schema: arrow keys steer. Unchecked, for types would be half of it.
import { connect } from "./snapline.js";
import { plan, Steering } from "./steer.js";

const canvas = document.querySelector("canvas");
const context = canvas.getContext("2d");
const words = document.querySelector("p");
const held = new Set();
const game = connect({ name: "minimal" });
let steering = null;

addEventListener("keydown", ({ code }) => held.add(code));
addEventListener("keyup", ({ code }) => held.delete(code));
game.on("open", () => (steering = new Steering(plan(game.schema.input))));
game.on("end", (ending) => (words.textContent = ending.words));

const axis = (more, less) => Number(held.has(more)) - Number(held.has(less));

requestAnimationFrame(function frame(now) {
  requestAnimationFrame(frame);
  if (game.state !== "open" || !steering) return;
  const [x, y] = [axis("ArrowRight", "ArrowLeft"), axis("ArrowDown", "ArrowUp")];
  game.input(steering.values({ x, y, buttons: new Set() }));
  const view = game.view(now);
  [canvas.width, canvas.height] = [innerWidth, innerHeight];
  const scale = Math.max(innerWidth, innerHeight) / 2 / (view.radius || 500);
  const rows = Array.from({ length: view.count }, (_, row) => row).filter((row) => view.kind(row)?.place);
  const place = (row) => [0, 1].map((part) => view.values[view.from(row) + view.kind(row).place.from + part]);
  const [cx, cy] = view.own >= 0 ? place(view.own) : [view.place.x, view.place.y];
  for (const row of rows) {
    const [px, py] = place(row);
    context.fillStyle = row === view.own ? "#f4f8fb" : `oklch(0.78 0.1 ${(view.slot(row) * 137.5) % 360})`;
    context.fillRect(innerWidth / 2 + (px - cx) * scale - 5, innerHeight / 2 + (py - cy) * scale - 5, 10, 10);
  }
  words.textContent = `${game.schema.game}: ${rows.length} in sight`;
});
