// The arena's page against the real server with its house bots, in a real browser. Pictures of it are left in ../shots.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { DESK, PATIENCE, PHONE, SHOTS, assertApart, collectErrors, hunt, launch, startServer } from "./chromium.mjs";

/** What lies over the picture at any time. */
const BOXES = ["#match", "#table", "#corner", "#feed", "#gauges", "#foot", "#tools", "#status", "#fire", "#brake"];
/** Seconds of play against nobody. */
const ALONE_S = process.env.SNAPLINE_LONG ? 600 : 60;

let server, browser;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
  if (server) writeFileSync(`${SHOTS}arena-server.log`, server.output());
});

/** Opens the page and waits until a ship flies; `from` is another server than the one that all share. */
async function play({ query = "", name = "", from = server, ...options } = {}) {
  const context = await browser.newContext({ ...DESK, ...options });
  // Once: a reload must find what the page has kept.
  await context.addInitScript((name) => localStorage.getItem("snapline.name") ?? localStorage.setItem("snapline.name", name), name);
  const page = await context.newPage();
  const errors = collectErrors(page);
  await page.goto(`${from.url}/${query}`);
  await flying(page);
  return { page, errors, close: () => context.close() };
}

const flying = (page) => page.waitForFunction(() => globalThis.snapline?.own(), null, PATIENCE);
const ownState = (page) => page.evaluate(() => globalThis.snapline.connection.own);

test("it opens straight into play, within a second of the socket's opening", async () => {
  const context = await browser.newContext(DESK);
  await context.addInitScript(() => {
    globalThis.WebSocket = class extends WebSocket {
      constructor(...args) {
        super(...args);
        this.addEventListener("open", () => (globalThis.openedMs = performance.now()));
      }
    };
    const look = () => {
      if (globalThis.snapline?.own()) globalThis.flownMs = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  const page = await context.newPage();
  const errors = collectErrors(page);
  await page.goto(server.url);
  assert.equal(new URL(page.url()).pathname, "/arena/");
  await page.waitForFunction(() => globalThis.flownMs, null, PATIENCE);
  const ms = await page.evaluate(() => globalThis.flownMs - globalThis.openedMs);
  assert.ok(ms < 1000, `${ms} ms from the socket's opening to the first picture with a ship`);
  await page.locator("#map-name").getByText("Arena").waitFor(PATIENCE);
  await page.waitForFunction(() => /^\d+ players, 60 Hz, .*B\/s to you, ping \d+ ms, server tick p99 [\d.]+ ms$/.test(document.getElementById("summary").textContent), null, PATIENCE);
  assert.deepEqual(errors, []);
  await context.close();
});

test("at 150 ms a key moves the own ship with the next tick that is drawn", async () => {
  const { page, errors, close } = await play({ query: "?room=alone&delay=150" });
  // The first inputs have made their way: from here on everything is predicted.
  await page.waitForFunction(() => globalThis.snapline.stats.predicted && globalThis.snapline.stats.rttMs > 100, null, PATIENCE);
  const frames = await page.evaluate(async () => {
    const frame = () => new Promise(requestAnimationFrame);
    const look = () => globalThis.snapline.own().values;
    await frame();
    const before = look();
    dispatchEvent(new KeyboardEvent("keydown", { code: "KeyW" }));
    dispatchEvent(new KeyboardEvent("keydown", { code: "KeyD" }));
    for (let frames = 1; frames <= 30; frames += 1) {
      await frame();
      const now = look();
      const isMoved = now.place[0] !== before.place[0] || now.place[1] !== before.place[1];
      if (isMoved && now.heading !== before.heading) return frames;
    }
    return Infinity;
  });
  // Pictures and ticks are not in step: where no tick begins between key and picture, the next one shows it.
  assert.ok(frames <= 2, `${frames} pictures until the ship has moved`);
  assert.deepEqual(errors, []);
  await close();
});

test("others move smoothly: no step back, none longer than a ship is fast", async () => {
  const { page, errors, close } = await play({ query: "?delay=100" });
  const { steps, wrong } = await page.evaluate(async () => {
    const SPEED_MAX = 420;
    const seen = new Map();
    const wrong = [];
    let [steps, lastTick] = [0, 0];
    // Whoever comes where nobody is meets somebody after a while.
    for (let frame = 0; frame < 420 || (steps < 400 && frame < 2400); frame += 1) {
      await new Promise(requestAnimationFrame);
      const { tick } = globalThis.snapline.stats;
      const seconds = (tick - lastTick) / 60;
      const own = globalThis.snapline.own();
      for (const row of globalThis.snapline.rows()) {
        if (row.kind !== "Ship" || row.held || row.slot === own?.slot) continue;
        const last = seen.get(row.slot);
        seen.set(row.slot, { ...row, frame });
        if (!last || last.generation !== row.generation || last.frame !== frame - 1 || seconds > 0.2) continue;
        const [dx, dy] = [0, 1].map((axis) => row.values.place[axis] - last.values.place[axis]);
        const [velX, velY] = last.values.vel;
        const speed = Math.hypot(velX, velY);
        const along = speed > 60 ? (dx * velX + dy * velY) / speed : 0;
        steps += 1;
        // A ship that meets a wall turns round within a picture: by no more than it was fast.
        const back = SPEED_MAX * seconds * 0.4 + 0.5;
        if (seconds < 0 || along < -back || Math.hypot(dx, dy) > SPEED_MAX * seconds * 1.25 + 1) wrong.push({ dx, dy, along, speed, seconds });
      }
      lastTick = tick;
    }
    return { steps, wrong };
  });
  assert.ok(steps > 200, `only ${steps} steps of others were seen`);
  assert.deepEqual(wrong, []);
  assert.deepEqual(errors, []);
  await close();
});

test("with the mouse a shot hits a house bot, and the score rises", async () => {
  const { page, errors, close } = await play({ name: "Hunter" });
  await page.mouse.move(700, 300);
  await page.mouse.down();
  await page.mouse.down({ button: "right" });
  const end = Date.now() + 90_000;
  while ((await ownState(page)).score === 0) {
    assert.ok(Date.now() < end, "no hit in a minute and a half");
    await hunt(page);
    await page.waitForTimeout(30);
  }
  await page.mouse.up();
  await page.mouse.up({ button: "right" });
  await page.waitForFunction(() => /[1-9]\d* points?/.test(document.getElementById("standing").textContent), null, PATIENCE);
  await page.screenshot({ path: `${SHOTS}arena-desk.png` });
  await assertApart(page, BOXES);
  const { shotsConfirmed, unexplained } = await page.evaluate(() => globalThis.snapline.stats);
  assert.ok(shotsConfirmed > 0, "the server has confirmed shots that were shown at once");
  assert.equal(unexplained, 0);
  await page.keyboard.down("Tab");
  await page.waitForFunction(() => document.querySelectorAll("#lines tr").length >= 15, null, PATIENCE);
  assert.ok(await page.locator("#lines tr.me").isVisible(), "the own line is in the table");
  await page.screenshot({ path: `${SHOTS}arena-table.png` });
  await page.keyboard.up("Tab");
  await page.waitForFunction(() => document.querySelectorAll("#lines tr").length <= 6, null, PATIENCE);
  assert.deepEqual(errors, []);
  await close();
});

test("a line of chat reaches a second tab, and its letters steer nothing", async () => {
  const [ada, bob] = [await play({ query: "?room=talk", name: "Ada" }), await play({ query: "?room=talk", name: "Bob" })];
  await ada.page.keyboard.press("Enter");
  await ada.page.keyboard.down("w");
  await ada.page.keyboard.type("ards <i>and</i> more");
  assert.deepEqual(await ada.page.evaluate(() => [...globalThis.snapline.controls.keys]), []);
  await ada.page.keyboard.up("w");
  await ada.page.keyboard.press("Enter");
  await bob.page.getByText("wards <i>and</i> more").waitFor(PATIENCE);
  assert.match(await bob.page.locator("#log").innerText(), /Ada/);
  assert.ok(await ada.page.evaluate(() => document.activeElement.id === "world"), "the keys are the ship's again");
  await bob.page.screenshot({ path: `${SHOTS}arena-chat.png` });
  assert.deepEqual([...ada.errors, ...bob.errors], []);
  await Promise.all([ada.close(), bob.close()]);
});

test("a name is given once: it is kept over a reload", async () => {
  const { page, errors, close } = await play({ query: "?room=names", name: "Ada" });
  const named = (name) => page.waitForFunction((name) => {
    const { players, welcome } = globalThis.snapline.connection;
    return welcome && players.nameOf(welcome.player) === name;
  }, name, PATIENCE);
  await named("Ada");
  await page.getByRole("button", { name: "Settings and help" }).click();
  await page.getByLabel("Your name").fill("Countess");
  await page.getByRole("button", { name: "Rejoin" }).click();
  await named("Countess");
  await page.reload();
  await flying(page);
  await named("Countess");
  assert.deepEqual(errors, []);
  await close();
});

test("a friend is invited by a link to the room, without what is one's own", async () => {
  const { page, errors, close } = await play({ query: "?room=party&delay=20", permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByRole("button", { name: "Invite a friend" }).click();
  await page.getByText("Link copied").waitFor(PATIENCE);
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${server.url}/arena/?room=party`);
  assert.deepEqual(errors, []);
  await close();
});

test("sound is off until somebody turns it on, and stays on over a reload", async () => {
  const { page, errors, close } = await play();
  const isOn = () => page.getByRole("button", { name: "Sound" }).getAttribute("aria-pressed");
  assert.equal(await isOn(), "false");
  await page.getByRole("button", { name: "Sound" }).click();
  await page.keyboard.down("Space");
  await page.waitForTimeout(1500);
  await page.reload();
  await flying(page);
  assert.equal(await isOn(), "true");
  assert.deepEqual(errors, []);
  await close();
});

test("whoever loses the focus holds nothing", async () => {
  const { page, errors, close } = await play({ query: "?room=focus", reducedMotion: "reduce" });
  const thrusts = (is) => page.waitForFunction((is) => Boolean(globalThis.snapline.connection.own?.thrust) === is, is, PATIENCE);
  for (const lose of [() => dispatchEvent(new Event("blur")), hide]) {
    await page.keyboard.down("KeyW");
    await page.keyboard.down("Space");
    await thrusts(true);
    await page.evaluate(lose);
    assert.deepEqual(await page.evaluate(() => [...globalThis.snapline.controls.keys]), []);
    await page.evaluate(show);
    await thrusts(false);
    await page.keyboard.up("KeyW");
    await page.keyboard.up("Space");
  }
  assert.deepEqual(errors, []);
  await close();

  function hide() {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }
  function show() {
    Object.defineProperty(document, "hidden", { value: false, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }
});

test("on a phone both thumbs play at once, and nothing lies over anything", async () => {
  const { page, errors, close } = await play({ ...PHONE, name: "Grace" });
  const touch = await page.context().newCDPSession(page);
  const fingers = (type, ...points) => touch.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  const held = () => page.evaluate(() => globalThis.snapline.controls.held(0, 0));
  await fingers("touchStart", [80, 500]);
  await fingers("touchMove", [80, 455]);
  await fingers("touchStart", [80, 455], [300, 570]);
  const { aim, thrust, fire } = await held();
  assert.ok(Math.abs(aim - 1.5 * Math.PI) < 0.01 && thrust && fire, JSON.stringify({ aim, thrust, fire }));
  await page.waitForTimeout(1200);
  await page.screenshot({ path: `${SHOTS}arena-phone.png` });
  await assertApart(page, BOXES);
  await fingers("touchEnd");
  assert.deepEqual({ ...(await held()), aim: 0 }, { aim: 0, thrust: false, brake: false, fire: false });
  await page.getByRole("button", { name: "Scores" }).click();
  await page.waitForFunction(() => document.querySelectorAll("#lines tr").length >= 15, null, PATIENCE);
  await page.screenshot({ path: `${SHOTS}arena-phone-table.png` });
  assert.deepEqual(errors, []);
  await close();
});

test("nothing lies over anything in a window of any size", async () => {
  const { page, errors, close } = await play({ name: "A name of twenty-four .." });
  await page.waitForFunction(() => document.querySelectorAll("#lines tr").length >= 5, null, PATIENCE);
  for (const [width, height] of [[1280, 720], [1140, 640], [1139, 800], [768, 1024], [740, 360], [360, 640]]) {
    await page.setViewportSize({ width, height });
    await page.waitForTimeout(400);
    await page.evaluate(() => {
      document.getElementById("verdict").textContent = "server behind: it sends 15 of 30 snapshots a second";
      document.getElementById("summary").textContent = "223 players, 60 Hz, 123 kB/s to you, ping 1183 ms, server tick p99 12.5 ms";
    });
    await assertApart(page, BOXES);
  }
  assert.deepEqual(errors, []);
  await close();
});

test("a match ends with a table, and the next one begins on the same connection", async () => {
  const mine = await startServer([], { env: { SNAPLINE_OPTIONS__MATCH_S: "10", SNAPLINE_RESTART_S: "3" } });
  const { page, errors, close } = await play({ from: mine, name: "Ada" });
  const epoch = () => page.evaluate(() => globalThis.snapline.connection.welcome.epoch);
  const first = await epoch();
  await page.locator("#results").waitFor(PATIENCE);
  assert.match(await page.locator("#results-title").innerText(), /won$/);
  assert.match(await page.locator("#results-lines tr.me").innerText(), /Ada/);
  // Of ten seconds, as it is unless set, it would say so for a second at most.
  assert.match(await page.locator("#results-next").innerText(), /in [1-3] s$|about to begin$/);
  await page.screenshot({ path: `${SHOTS}arena-results.png` });
  await page.locator("#results").waitFor({ state: "hidden", ...PATIENCE });
  await flying(page);
  assert.equal(await epoch(), first + 1);
  assert.deepEqual(errors, []);
  await close();
  await mine.stop();
});

test("a server that stops is told in words, with a way back", async () => {
  const mine = await startServer([], { env: { SNAPLINE_RESUME_S: "4" } });
  const { page, close } = await play({ from: mine });
  // It may take seconds until it has said goodbye to everybody, and the seat is kept for four.
  const stopped = mine.stop();
  await page.getByText("Connection lost").waitFor(PATIENCE);
  assert.match(await page.locator("#cover-words").innerText(), /(restart|reached).*kept for \d s\.$/is);
  await page.screenshot({ path: `${SHOTS}arena-lost.png` });
  await page.getByText("Disconnected").waitFor(PATIENCE);
  await stopped;
  await page.screenshot({ path: `${SHOTS}arena-closed.png` });
  await page.getByRole("button", { name: "Join again", exact: true }).click(PATIENCE);
  await page.getByText("cannot be reached").waitFor(PATIENCE);
  await close();
});

test(`${ALONE_S} s alone at 150 ms: nothing is predicted wrong without a cause`, async () => {
  const { page, errors, close } = await play({ query: "?room=quiet&delay=150" });
  const keys = ["KeyW", "KeyA", "KeyD", "KeyS", "Space"];
  const end = Date.now() + ALONE_S * 1000;
  for (let turn = 0; Date.now() < end; turn += 1) {
    // Every key in a rhythm of its own: each pair comes together and apart.
    const key = keys[turn % keys.length];
    if (Math.floor(turn / keys.length) % (2 + (turn % keys.length)) === 0) await page.keyboard.down(key);
    else await page.keyboard.up(key);
    await page.waitForTimeout(70);
  }
  const stats = await page.evaluate(() => globalThis.snapline.stats);
  assert.ok(stats.compared > ALONE_S * 20, `${stats.compared} own states were compared`);
  assert.deepEqual([stats.unexplained, stats.desyncs], [0, 0], JSON.stringify(stats));
  assert.ok(stats.rttMs > 100, `a round trip of ${stats.rttMs} ms`);
  assert.deepEqual(errors, []);
  await close();
});
