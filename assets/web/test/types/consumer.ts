// A game's page in TypeScript, as it uses the library: it is compiled, never run. What must not compile is marked.

import { connect, type Arrival, type Ending, type Game, type Lost, type View } from "../../snapline.js";

const game: Game = connect({ url: "http://127.0.0.1:8080", room: "main", predict: true, link: { preset: "hotel" } });

const stop: () => void = game.on("snapshot", ({ step, bytes, atMs }: Arrival) => console.log(step, bytes, atMs));
game.on("lost", ({ attempt, waitMs, leftMs }: Lost) => console.log(attempt, waitMs, leftMs));
game.on("end", (ending: Ending) => console.log(ending.words, ending.way === "pause" ? ending.retryAfterS : 0));
game.on("game", ({ name, values }) => console.log(name, values.place));
game.on("open", ({ player, tickHz, options }) => console.log(player, tickHz, options.length));

// @ts-expect-error there is no such event
game.on("opened", () => {});
// @ts-expect-error a link has no such number
game.setLink({ delay: 75 });
// @ts-expect-error a request's values are numbers
void game.request("Judge", ["yes"]);
// @ts-expect-error made by `connect` and known by its class: nothing else is one
const fake: Game = { state: "open" };

requestAnimationFrame(function frame(now: number) {
  requestAnimationFrame(frame);
  if (game.state !== "open") return;
  game.input({ thrust: true, aim: 1.5 });
  const view: View = game.view(now);
  for (let row = 0; row < view.count; row += 1) {
    const place = view.kind(row)?.place;
    if (place) console.log(view.values[view.from(row) + place.from], view.isHeld(row), row === view.own);
  }
  console.log(game.own?.score, game.stats.late, game.players.nameOf(0), game.welcome?.resumeS, fake);
});

void game.request("Judge", [1, 1]).then(stop, (refused: Error) => console.log(refused.message));
