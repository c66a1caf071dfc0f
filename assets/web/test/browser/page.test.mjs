// The page of any game, with the smallest game, against the real server in a real browser. Pictures of it, and the server's log, are left in ../shots.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { DESK, PATIENCE, PHONE, SHOTS, assertApart, collectErrors, launch, startServer } from "./chromium.mjs";

const SIDE = 1000;

let server, browser;

before(async () => {
  [server, browser] = await Promise.all([startServer([], { example: "swarm" }), launch()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
  // When a test has failed, what the server said is half of the answer.
  if (server) writeFileSync(`${SHOTS}server.log`, server.output());
});

/** Opens the page and waits until it plays. */
async function play({ room = "main", name = "", ...options } = {}) {
  const context = await browser.newContext({ ...DESK, ...options });
  await context.addInitScript((name) => localStorage.setItem("snapline.name", name), name);
  const page = await context.newPage();
  const errors = collectErrors(page);
  await page.goto(`${server.url}/index.html?room=${room}`);
  await page.waitForFunction(() => globalThis.snapline?.own(), null, PATIENCE);
  return { page, errors, close: () => context.close() };
}

const own = (page) => page.evaluate(() => ({ ...globalThis.snapline.own(), tick: globalThis.snapline.stats.tick }));
const short = (delta) => delta - SIDE * Math.round(delta / SIDE);

/** How the own entity moves, in units a tick, over the next `ticks` drawn ticks. */
async function motion(page, ticks = 20) {
  const from = await own(page);
  await page.waitForFunction((tick) => globalThis.snapline.stats.tick > tick, from.tick + ticks, PATIENCE);
  const to = await own(page);
  return [0, 1].map((axis) => short(to.values.place[axis] - from.values.place[axis]) / (to.tick - from.tick));
}

/** Waits until the own entity looks along `turn` (0..1). */
async function facing(page, turn) {
  const looks = (turn) => Math.abs(globalThis.snapline.own().values.heading / (2 * Math.PI) - turn) < 0.01;
  await page.waitForFunction(looks, turn, PATIENCE);
}

test("it opens into play, and keys steer the own entity", async () => {
  const { page, errors, close } = await play({ name: "Ada" });
  assert.equal(await page.title(), "swarm · main");
  await page.keyboard.down("ArrowDown");
  await facing(page, 0.25);
  const [across, down] = await motion(page);
  assert.ok(down > 0.5 && Math.abs(across) < 0.1, `y grows downwards: ${across}, ${down}`);
  await page.keyboard.up("ArrowDown");
  await page.keyboard.down("KeyA");
  await facing(page, 0.5);

  const walk = Math.hypot(...(await motion(page)));
  await page.keyboard.down("Shift");
  await page.waitForTimeout(500);
  const run = Math.hypot(...(await motion(page)));
  assert.ok(run > walk * 1.3, `Shift is fast: ${walk}, ${run}`);
  await page.evaluate(() => dispatchEvent(new Event("blur")));
  await page.waitForTimeout(500);
  const released = Math.hypot(...(await motion(page)));
  assert.ok(released < walk * 1.15, `the focus is gone, so are the keys: ${walk}, ${released}`);

  await page.waitForFunction(() => document.getElementById("ping").textContent.endsWith("ms"), null, PATIENCE);
  await page.waitForFunction(() => document.getElementById("bytes").textContent.endsWith("B/s"), null, PATIENCE);
  assert.deepEqual(errors, []);
  await close();
});

test("the pointer steers towards itself", async () => {
  const { page, errors, close } = await play();
  await page.mouse.move(640, 500);
  await page.mouse.down();
  await facing(page, 0.25);
  await page.mouse.move(300, 360);
  await facing(page, 0.5);
  await page.mouse.up();
  assert.deepEqual(errors, []);
  await close();
});

test("a second tab sees the first: its entity, its name, what it says", async () => {
  const ada = await play({ name: "Ada" });
  const bob = await play({ name: "Bob" });
  const { slot } = await own(ada.page);
  const seen = () => bob.page.evaluate((slot) => globalThis.snapline.rows().find((row) => row.slot === slot)?.values.place, slot);
  const first = await seen();
  assert.ok(first, "Bob sees Ada's entity");
  await ada.page.keyboard.down("ArrowUp");
  await bob.page.waitForFunction(
    ([slot, y]) => {
      const place = globalThis.snapline.rows().find((row) => row.slot === slot)?.values.place;
      const moved = place ? place[1] - y : 0;
      return Math.abs(moved - 1000 * Math.round(moved / 1000)) > 40;
    },
    [slot, first[1]],
    PATIENCE,
  );
  const [here, there] = await Promise.all([own(ada.page), seen()]);
  assert.ok(Math.hypot(...[0, 1].map((axis) => short(here.values.place[axis] - there[axis]))) < 100, "at about the same place");
  await ada.page.keyboard.up("ArrowUp");

  await bob.page.getByText("Ada", { exact: true }).first().waitFor(PATIENCE);
  await ada.page.keyboard.press("Enter");
  await ada.page.keyboard.type("hello <b>Bob</b> wasd");
  await ada.page.keyboard.press("Enter");
  await bob.page.getByText("hello <b>Bob</b> wasd").waitFor(PATIENCE);
  await assertApart(bob.page, ["#bar", "#players", "#foot", "#help"]);
  await bob.page.screenshot({ path: `${SHOTS}desk.png` });

  await ada.page.getByRole("button", { name: "Leave" }).click();
  await ada.page.getByRole("button", { name: "Join again" }).waitFor(PATIENCE);
  await bob.page.waitForFunction((slot) => !globalThis.snapline.rows().some((row) => row.slot === slot), slot, PATIENCE);
  assert.deepEqual([...ada.errors, ...bob.errors], []);
  await Promise.all([ada.close(), bob.close()]);
});

test("on a phone a finger steers, and nothing lies over anything", async () => {
  const others = await Promise.all([play(), play()]);
  const { page, errors, close } = await play({ ...PHONE, name: "Grace" });
  const touch = await page.context().newCDPSession(page);
  const finger = (type, ...points) => touch.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  await finger("touchStart", [180, 420]);
  await finger("touchMove", [180, 370]);
  await facing(page, 0.75);
  await page.screenshot({ path: `${SHOTS}phone.png` });
  await finger("touchEnd");
  await assertApart(page, ["#bar", "#players", "#foot"]);
  await page.getByText(/\d players?/).click();
  await assertApart(page, ["#bar", "#players"]);
  await page.screenshot({ path: `${SHOTS}phone-players.png` });
  assert.deepEqual(errors, []);
  await Promise.all([close(), ...others.map((other) => other.close())]);
});

test("a page that nobody sees costs next to nothing, and comes back at once", async () => {
  const [hidden, other] = await Promise.all([play({ name: "Hidden" }), play({ name: "Other" })]);
  const { slot } = await own(hidden.page);
  const look = (isHidden) =>
    hidden.page.evaluate((isHidden) => {
      Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, isHidden);
  const snapshots = () => hidden.page.evaluate(() => globalThis.snapline.stats.snapshots);
  await look(true);
  await other.page.locator("li", { hasText: "Hidden" }).getByText("away").waitFor(PATIENCE);
  const before = await snapshots();
  await hidden.page.waitForTimeout(2500);
  assert.ok((await snapshots()) - before <= 5, "at most a few snapshots");
  await look(false);
  await hidden.page.waitForFunction(() => globalThis.snapline.rows().length > 1, null, PATIENCE);
  assert.equal((await own(hidden.page)).slot, slot, "the seat was kept");
  await hidden.page.keyboard.down("ArrowDown");
  await facing(hidden.page, 0.25);
  assert.deepEqual([...hidden.errors, ...other.errors], []);
  await Promise.all([hidden.close(), other.close()]);
});

test("the panels show what the network does with a game that has no page of its own", async () => {
  const [ada, bob] = [await play({ room: "panels", name: "Ada" }), await play({ room: "panels", name: "Bob" })];
  const { page } = bob;
  await page.keyboard.press("KeyN");
  const names = await page.locator("#side nav button").allInnerTexts();
  assert.deepEqual(names, ["Conditions", "Graph", "Bits", "×"], "no tour: it tells of rules that this game may not have");
  assert.equal(await page.getByRole("button", { name: "Prediction" }).count(), 0, "nothing is predicted here");
  await page.getByRole("button", { name: "Ghosts" }).click();
  await page.getByRole("button", { name: "Bad hotel" }).click();
  await page.locator("#side nav").getByRole("button", { name: "Bits" }).click();
  await page.locator("#cost .tree li").filter({ hasText: "Walker" }).waitFor(PATIENCE);
  await page.waitForFunction(() => globalThis.snapline.stats.rttMs > 100, null, PATIENCE);
  await page.waitForFunction(() => document.getElementById("verdict").textContent.length > 3, null, PATIENCE);
  await assertApart(page, ["#bar", "#players", "#foot", "#help", "#side"]);
  // Walking, one is drawn behind the newest snapshot: the outline stands apart from it.
  await page.keyboard.down("ArrowRight");
  await facing(page, 0);
  await page.screenshot({ path: `${SHOTS}any-game-panels.png` });
  await page.keyboard.press("KeyN");
  assert.ok(await page.locator("#side").isHidden());
  assert.deepEqual([...ada.errors, ...bob.errors], []);
  await Promise.all([ada.close(), bob.close()]);
});

test("a name is kept, and a new one joins anew", async () => {
  const { page, errors, close } = await play({ name: "Ada" });
  const before = await page.evaluate(() => globalThis.snapline.connection.players.nameOf(globalThis.snapline.connection.welcome.player));
  assert.equal(before, "Ada");
  await page.getByLabel("Your name").fill("Countess");
  await page.getByRole("button", { name: "Rejoin" }).click();
  const isNamed = () => {
    const { players, welcome } = globalThis.snapline.connection;
    return welcome && players.nameOf(welcome.player) === "Countess";
  };
  await page.waitForFunction(isNamed, null, PATIENCE);
  assert.equal(await page.evaluate(() => localStorage.getItem("snapline.name")), "Countess");
  assert.deepEqual(errors, []);
  await close();
});

test("a room that cannot be says so, with a way back", async () => {
  const context = await browser.newContext(DESK);
  const page = await context.newPage();
  await page.goto(`${server.url}/index.html?room=No+Such+Room!`);
  await page.getByText("There is no such room.").waitFor(PATIENCE);
  await page.getByRole("button", { name: "Go to the main room" }).click();
  await page.waitForFunction(() => globalThis.snapline.own(), null, PATIENCE);
  assert.equal(new URL(page.url()).search, "");
  await context.close();
});

test("a server that stops is told in words, with a way back", async () => {
  const mine = await startServer([], { example: "swarm", env: { SNAPLINE_RESUME_S: "4" } });
  const context = await browser.newContext(DESK);
  const page = await context.newPage();
  await page.goto(`${mine.url}/index.html`);
  await page.waitForFunction(() => globalThis.snapline.own(), null, PATIENCE);
  // It may take seconds until it has said goodbye to everybody, and the seat is kept for four.
  const stopped = mine.stop();
  await page.getByText("Connection lost").waitFor(PATIENCE);
  assert.match(await page.locator("#cover-words").innerText(), /(restart|reached).*kept for \d s\.$/is);
  await page.getByText("Disconnected").waitFor(PATIENCE);
  await stopped;
  await page.screenshot({ path: `${SHOTS}closed.png` });
  const again = page.getByRole("button", { name: "Join again", exact: true });
  await again.click(PATIENCE);
  await page.getByText("cannot be reached").waitFor(PATIENCE);
  assert.ok(await page.getByRole("button", { name: /Join again/ }).isVisible());
  await context.close();
});
