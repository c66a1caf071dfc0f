// What a picture of the arena costs in script with 300 ships in it: milliseconds, and as a share of a fixed loop that runs in the same page in the
// same minute, so that figures of two machines, or of a busy one, can be compared.
//
//   node assets/web/test/bench/frame.mjs             five rounds of four seconds
//   node assets/web/test/bench/frame.mjs --profile   and the functions that took most of it
//   node assets/web/test/bench/frame.mjs --assets DIR   of another tree's page, to compare
//
// It needs Chromium and the release build of the server (built when it is missing). Everything that the page's thread runs counts (V8's own
// ScriptDuration): messages, the client core, the picture. What the browser does with the picture afterwards does not. No room has 300 ships in one
// window: the ships in sight are real, and each is shown so often, at other places and with other names, that there are 300.

import { DESK, collectErrors, launch, startServer } from "../browser/chromium.mjs";

const SHIPS = 300;
const SETTLE_MS = 6_000;
const ROUNDS = 5;
const ROUND_MS = 4_000;
const LINES = 25;

const assetsAt = process.argv.indexOf("--assets");
const assets = assetsAt > 0 ? process.argv[assetsAt + 1] : "assets/web";
const wantsProfile = process.argv.includes("--profile");

/** The fixed loop: as a picture's script, numbers from one array to another, some objects, a call a step. Milliseconds, the least of some runs. */
function calibrate() {
  const numbers = Float64Array.from({ length: 4096 }, (_, i) => Math.sin(i) * 1000);
  const turn = (x, y) => ({ x: x * 0.8 - y * 0.6, y: x * 0.6 + y * 0.8 });
  let least = Infinity;
  let sum = 0;
  for (let run = 0; run < 7; run += 1) {
    const fromMs = performance.now();
    for (let i = 0; i < 400_000; i += 1) {
      const { x, y } = turn(numbers[i & 4095], numbers[(i * 7) & 4095]);
      sum += Math.hypot(x, y) + Math.cos(x);
    }
    least = Math.min(least, performance.now() - fromMs);
  }
  return { ms: least, sum };
}

/** Counts pictures, and what their own callbacks take. */
function watchFrames() {
  globalThis.frames = { count: 0, ms: 0 };
  const ask = globalThis.requestAnimationFrame.bind(globalThis);
  globalThis.requestAnimationFrame = (work) =>
    ask((now) => {
      const fromMs = performance.now();
      work(now);
      globalThis.frames.ms += performance.now() - fromMs;
      globalThis.frames.count += 1;
    });
}

/** Shows the ships in sight again and again about the own one, until there are `wanted`. */
function crowd(wanted) {
  const [WORDS, SEAT_FROM] = [4, 1000];
  const { connection } = globalThis.snapline;
  const look = connection.view.bind(connection);
  const kind = connection.schema.entities.findIndex(({ name }) => name === "Ship");
  const { fields, size } = connection.schema.entities[kind];
  const [place, owner, rapid] = ["place", "owner", "rapid"].map((name) => fields.find((field) => field.name === name).from);
  const [columns, apart] = [24, 56];
  globalThis.crowdMs = 0;
  // As in a room of so many, each ship has a seat of its own, and a name.
  const named = connection.players.nameOf.bind(connection.players);
  connection.players.get = (seat) => ({ name: `Pilot ${seat}`, bot: seat % 2 > 0, away: false });
  connection.players.nameOf = (seat) => (seat >= SEAT_FROM ? `Pilot ${seat}` : named(seat));
  // Used again in every picture, as the client core's own: what the measurement throws away must not be collected in the page's time.
  const [allRows, allValues, ships] = [new Uint32Array(8192 * WORDS), new Float32Array(1 << 17), []];
  connection.view = (now) => {
    const fromMs = performance.now();
    const view = look(now);
    globalThis.crowdMs += performance.now() - fromMs;
    ships.length = 0;
    for (let row = 0; row < view.count; row += 1) if (view.rows[row * WORDS + 2] === kind && row !== view.own) ships.push(row);
    if (ships.length === 0) return view;
    const rows = allRows.subarray(0, (view.count + wanted - ships.length) * WORDS);
    const values = allValues.subarray(0, view.values.length + (wanted - ships.length) * size);
    rows.set(view.rows);
    values.set(view.values);
    const own = view.own < 0 ? -1 : view.from(view.own) + place;
    const [middleX, middleY] = own < 0 ? [view.place.x, view.place.y] : [values[own], values[own + 1]];
    for (let i = 0, count = view.count, from = view.values.length; i < wanted; i += 1) {
      const ship = ships[i % ships.length];
      let at = view.rows[ship * WORDS + 3];
      if (i >= ships.length) {
        rows.copyWithin(count * WORDS, ship * WORDS, (ship + 1) * WORDS);
        rows[count * WORDS + 3] = from;
        values.copyWithin(from, at, at + size);
        at = from;
        from += size;
        count += 1;
      }
      // In a grid about the own ship, wherever it really flies.
      values[at + place] = middleX + ((i % columns) - columns / 2) * apart + (values[at + place] % 40);
      values[at + place + 1] = middleY + (Math.floor(i / columns) - wanted / columns / 2) * apart + (values[at + place + 1] % 40);
      values[at + owner] = SEAT_FROM + i;
      values[at + rapid] = Number(i % 10 === 0);
    }
    return Object.create(view, {
      count: { value: rows.length / WORDS },
      rows: { value: rows },
      values: { value: values },
    });
  };
}

/** Ships that one picture shows: each is turned where it flies. */
async function shipsSeen() {
  const { prototype } = CanvasRenderingContext2D;
  const { rotate } = prototype;
  let count = 0;
  prototype.rotate = function (angle) {
    if (this.canvas.id === "world") count += 1;
    rotate.call(this, angle);
  };
  await new Promise(requestAnimationFrame);
  count = 0;
  await new Promise(requestAnimationFrame);
  prototype.rotate = rotate;
  return count;
}

/** Functions by the time spent in themselves, from V8's samples. */
function mostOf({ nodes, samples, timeDeltas }) {
  const names = new Map(nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
    return [id, `${functionName || "(anonymous)"} ${url.split("/").slice(3).join("/")}:${lineNumber + 1}`];
  }));
  const times = new Map();
  samples.forEach((id, i) => times.set(names.get(id), (times.get(names.get(id)) ?? 0) + timeDeltas[i]));
  return [...times].filter(([name]) => !/^\((idle|program)\)|^calibrate /.test(name)).sort(([, a], [, b]) => b - a);
}

const server = await startServer(["--house-bots", "200", "--assets", assets]);
const browser = await launch();
try {
  const page = await browser.newPage(DESK);
  const errors = collectErrors(page);
  await page.addInitScript(watchFrames);
  await page.goto(server.url);
  await page.waitForFunction(() => globalThis.snapline?.own(), null, { timeout: 30_000 });
  await page.evaluate(crowd, SHIPS);
  await page.waitForTimeout(SETTLE_MS);
  const session = await page.context().newCDPSession(page);
  // Of this thread alone: what it waits for on a busy machine is not its cost.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const scriptMs = async () => (await session.send("Performance.getMetrics")).metrics.find(({ name }) => name === "ScriptDuration").value * 1000;
  const rounds = [];
  if (wantsProfile) {
    await session.send("Profiler.enable");
    await session.send("Profiler.setSamplingInterval", { interval: 200 });
    await session.send("Profiler.start");
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    const loop = await page.evaluate(calibrate);
    const ships = await page.evaluate(shipsSeen);
    const read = () => page.evaluate(() => ({ ...globalThis.frames, core: globalThis.crowdMs }));
    const [before, from] = [await scriptMs(), await read()];
    await page.waitForTimeout(ROUND_MS);
    const [after, until] = [await scriptMs(), await read()];
    const frames = until.count - from.count;
    const all = (after - before) / frames;
    rounds.push({ ships, frames, all, picture: (until.ms - from.ms) / frames, core: (until.core - from.core) / frames, loop: loop.ms, ratio: all / loop.ms });
  }
  for (const { ships, frames, all, picture, core, loop, ratio } of rounds) {
    console.log(`${ships} ships, ${frames} pictures: ${all.toFixed(2)} ms of script each (${picture.toFixed(2)} for the picture, of which client core ${core.toFixed(2)}), loop ${loop.toFixed(2)} ms, ratio ${ratio.toFixed(3)}`);
  }
  // Where nobody is in sight there is nobody to show again.
  const full = rounds.filter(({ ships }) => ships >= SHIPS);
  if (full.length === 0) throw new Error("no round had ships in sight");
  const of = (name) => full.map((round) => round[name]);
  const median = (name) => of(name).sort((a, b) => a - b)[Math.floor(full.length / 2)];
  console.log(`median of ${full.length} rounds: ${median("ships")} ships, ${median("all").toFixed(2)} ms of script a picture, ratio ${median("ratio").toFixed(3)}`);
  if (wantsProfile) {
    const { profile } = await session.send("Profiler.stop");
    const times = mostOf(profile);
    const all = times.reduce((sum, [, us]) => sum + us, 0);
    for (const [name, us] of times.slice(0, LINES)) console.log(`${((100 * us) / all).toFixed(1).padStart(5)} %  ${name}`);
  }
  for (const error of errors) console.log(error);
} finally {
  await browser.close();
  await server.stop();
}
