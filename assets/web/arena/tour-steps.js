// @ts-check
// The arena's tour: what each step sets, what to press, what to notice, and the function that does it.

const GAME_KEYS = ["KeyW", "KeyA", "KeyD", "ArrowUp", "ArrowLeft", "ArrowRight", "world"];
/** A second of a graph shows little. */
const WATCHED_MS = 3000;
/** Of the two seconds that a freeze takes; the rest is what was on its way. */
const FROZEN_MS = 1500;

/** @param {import("../panels/tour.js").Seen} seen @param {readonly string[]} keys */
const pressed = (seen, keys) => keys.some((key) => seen.pressed.has(key));

/** What a step leaves as it is. */
const PLAIN = { prediction: true, interpolation: true, compensation: true, ghosts: false };

/** @type {readonly import("../panels/tour.js").Step[]} */
export const STEPS = [
  {
    title: "Your ship does not wait",
    press: "Turn and thrust: A, D, W, or your left thumb.",
    notice: "The network is 150 ms long there and back, yet the ship answers with the next tick: your browser runs the server's own rules ahead.",
    conditions: { ...PLAIN, preset: "own", link: { delayMs: 75 } },
    panels: [],
    file: "source/shared/src/client/predict.rs",
    start: "fn run_ahead(",
    done: (seen) => pressed(seen, GAME_KEYS),
  },
  {
    title: "Without prediction",
    press: "The same again, prediction is off now.",
    notice: "The ship answers when the server's snapshot has come back. This is what every game on this network feels like that does not predict.",
    conditions: { ...PLAIN, preset: "own", link: { delayMs: 75 }, prediction: false },
    panels: [],
    file: "source/shared/src/client/predict.rs",
    start: "fn reconcile(",
    done: (seen) => pressed(seen, GAME_KEYS),
  },
  {
    title: "Others are shown a little late, and smooth",
    press: "Look at the others; then switch Interpolation off, under Conditions.",
    notice: "Dashed: the newest snapshot. Solid: what is drawn, between two snapshots. Switched off, ships move in jerks, 30 a second.",
    conditions: { ...PLAIN, preset: "4g", ghosts: true },
    panels: ["conditions"],
    file: "source/shared/src/client/timeline.rs",
    start: "fn draw_row(",
    done: (seen) => !seen.conditions.interpolation,
  },
  {
    title: "A bad hotel: nothing is lost, it stalls",
    press: "Watch the graph for a few seconds.",
    notice: "A red bar is a lost segment: TCP holds back all behind it, then it comes at once. The buffered playback grows to hide it.",
    conditions: { ...PLAIN, preset: "hotel" },
    panels: ["graph"],
    file: "source/shared/src/link.rs",
    start: "pub fn send(",
    done: ({ conditions, opened, sinceMs, stalledMs }) => conditions.preset === "hotel" && opened("graph") && sinceMs > WATCHED_MS && stalledMs > 0,
  },
  {
    title: "The network freezes",
    press: "Press Freeze 2 s, under Conditions.",
    notice: "Others fly on for 100 ms, then stand still, dimmed. When it is over they close the gap at no more than twice their speed.",
    conditions: { ...PLAIN, preset: "wifi" },
    panels: ["conditions"],
    file: "source/shared/src/client/playback.rs",
    start: "fn advance(",
    done: ({ freezes, stalledMs }) => freezes > 0 && stalledMs > FROZEN_MS,
  },
  {
    title: "Shots hit what you saw",
    press: "Fire at somebody: Space, or your right thumb.",
    notice: "You aim at ships as they were up to 0.2 s ago. The server judges your shot in the world that you saw, up to 450 ms back: the circle is where it tested, green when you hit; dashed beside it, where that ship was by then.",
    conditions: { ...PLAIN, preset: "own", link: { delayMs: 75 }, ghosts: true },
    panels: [],
    file: "source/shared/arena/src/judge.rs",
    start: "pub(crate) fn judge(",
    done: ({ judged }) => judged > 0,
  },
  {
    title: "A lost connection comes back",
    press: "Press Drop socket, under Conditions.",
    notice: "The seat is kept: same ship, same score, in well under a second. A reload does the same.",
    conditions: { ...PLAIN, preset: "wifi" },
    panels: ["conditions"],
    file: "snapline.js",
    start: "#lose(ending) {",
    done: ({ drops, joins }) => drops > 0 && joins > 0,
  },
  {
    title: "What it costs",
    press: "Unfold a kind in the tree of bits.",
    notice: "Every bit has its field. A field that moves as predicted costs nothing; what is not data stands under overhead.",
    conditions: { ...PLAIN, preset: "none" },
    panels: ["cost"],
    file: "panels/bandwidth.js",
    start: "export function tree(",
    done: ({ opened, unfolded }) => opened("cost") && unfolded > 0,
  },
];
