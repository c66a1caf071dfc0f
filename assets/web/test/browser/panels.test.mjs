// The panels of the arena's page in a real browser: open, close, survive a reload; the tour played through. Pictures are left in ../shots.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { DESK, PATIENCE, PHONE, SHOTS, assertApart, collectErrors, hunt, launch, startServer } from "./chromium.mjs";

const BOXES = ["#match", "#table", "#corner", "#feed", "#gauges", "#foot", "#tools", "#status", "#fire", "#brake", "#side"];
let server, browser;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function play({ query = "?room=panels", from = server, ...options } = {}) {
  const context = await browser.newContext({ ...DESK, ...options });
  const page = await context.newPage();
  const errors = collectErrors(page);
  await page.goto(`${from.url}/${query}`);
  await page.waitForFunction(() => globalThis.snapline?.own(), null, PATIENCE);
  return { page, errors, close: () => context.close() };
}

const tab = (page, name) => page.locator("#side nav").getByRole("button", { name, exact: true });

for (const [name, options] of [["desk", DESK], ["phone", PHONE]]) {
  test(`panels open beside the game, close, and survive a reload: ${name}`, async () => {
    const { page, errors, close } = await play(options);
    await page.locator("#network").click();
    await page.locator("#graph canvas").waitFor(PATIENCE);
    await tab(page, "Bits").click();
    await page.locator("#cost .tree li").first().waitFor(PATIENCE);
    await page.waitForTimeout(1500);
    await assertApart(page, BOXES);
    await page.screenshot({ path: `${SHOTS}panels-${name}.png` });
    await page.reload();
    await page.locator("#cost .tree li").first().waitFor(PATIENCE);
    for (const panel of ["Bits", "Graph", "Conditions"]) await page.getByRole("button", { name: `Close: ${panel}` }).click();
    assert.equal(await page.locator(".panel:visible").count(), 0);
    await tab(page, "Graph").focus();
    await page.keyboard.press("Escape");
    assert.ok(await page.locator("#side").isHidden());
    assert.equal(await page.evaluate(() => document.activeElement.id), "world");
    await page.keyboard.press("KeyN");
    await page.locator("#side").waitFor(PATIENCE);
    assert.deepEqual(errors, []);
    await close();
  });
}

test("the tour plays through", async () => {
  // House bots, to fire at, are in the room main.
  const { page, errors, close } = await play({ query: "" });
  await page.locator("#network").click();
  await tab(page, "Tour").click();
  const tries = [
    () => page.keyboard.press("KeyW", { delay: 300 }),
    () => page.keyboard.press("KeyD", { delay: 300 }),
    () => page.getByRole("button", { name: "Interpolation" }).click(),
    async () => {},
    () => page.getByRole("button", { name: "Freeze 2 s" }).click(),
    () => shootUntilJudged(page),
    () => page.getByRole("button", { name: "Drop socket" }).click(),
    () => page.locator("#cost summary").filter({ hasText: "Ship" }).click(),
  ];
  const seen = page.getByText("You have seen it.");
  for (const [i, attempt] of tries.entries()) {
    await page.locator("#tour h3").filter({ hasText: `${i + 1} of 8` }).waitFor(PATIENCE);
    await page.waitForFunction(() => document.querySelector("#tour pre").textContent.length > 40, null, PATIENCE);
    assert.match(await page.locator("#tour pre").innerText(), /\bfn |#lose|function/);
    // What nobody has tried nobody has seen; step 4 asks for patience alone.
    if (i !== 3) await page.waitForTimeout(600);
    assert.equal(await seen.count(), 0, `step ${i + 1} is seen only when it was tried`);
    await attempt();
    await seen.waitFor(PATIENCE);
    await page.screenshot({ path: `${SHOTS}tour-${i + 1}.png` });
    await page.locator("#tour").getByRole("button", { name: /Next|From the start/ }).click();
  }
  await page.getByRole("button", { name: "Close: Tour" }).click();
  await page.waitForFunction(() => !globalThis.snapline.connection.options.link?.delayMs, null, PATIENCE);
  assert.deepEqual(errors, []);
  await close();
});

/** Hunts with the mouse, and fires, until the server has told how it judged a shot. */
async function shootUntilJudged(page) {
  await page.evaluate(() => {
    globalThis.judged = null;
    globalThis.snapline.connection.on("game", ({ name, values }) => name === "Judged" && (globalThis.judged ??= values));
  });
  await page.mouse.move(400, 300);
  await page.mouse.down();
  await page.mouse.down({ button: "right" });
  const end = Date.now() + 60_000;
  while (!(await page.evaluate(() => globalThis.judged))) {
    assert.ok(Date.now() < end, "no shot came near anybody in a minute");
    await hunt(page);
    await page.waitForTimeout(30);
  }
  await page.mouse.up();
  await page.mouse.up({ button: "right" });
  return page.evaluate(() => globalThis.judged);
}

test("lag compensation is switched on the server, and where it tested a shot is drawn beside the ghosts", async () => {
  const { page, errors, close } = await play({ query: "?delay=150" });
  const compensated = (is) => page.waitForFunction((is) => Boolean(globalThis.snapline.connection.own?.compensated) === is, is, PATIENCE);
  await compensated(true);
  await page.locator("#network").click();
  const toggle = page.getByRole("button", { name: "Lag compensation" });
  await toggle.click();
  await compensated(false);
  await page.reload();
  await compensated(false);
  assert.equal(await toggle.getAttribute("aria-pressed"), "false", "kept over a reload, and asked for again");
  await toggle.click();
  await compensated(true);
  await page.getByRole("button", { name: "Ghosts" }).click();
  const { place } = await shootUntilJudged(page);
  assert.equal(place.length, 2);
  await page.screenshot({ path: `${SHOTS}judged.png` });
  const { unexplained } = await page.evaluate(() => globalThis.snapline.stats);
  assert.equal(unexplained, 0);
  assert.deepEqual(errors, []);
  await close();
});

test("a room that judges in the present says so, and asks the server for nothing", async () => {
  const mine = await startServer(["--house-bots", "0"], { env: { SNAPLINE_OPTIONS__LAG_COMPENSATION: "false" } });
  const { page, errors, close } = await play({ from: mine });
  await page.locator("#network").click();
  const toggle = page.getByRole("button", { name: "Lag compensation" });
  await toggle.waitFor(PATIENCE);
  assert.deepEqual([await toggle.isDisabled(), await toggle.getAttribute("aria-pressed")], [true, "false"]);
  assert.equal(await page.evaluate(() => globalThis.snapline.connection.own.compensated), 0);
  await page.waitForTimeout(500);
  assert.equal(await page.locator("#toast.shown").count(), 0, "nothing was refused");
  assert.deepEqual(errors, []);
  await close();
  await mine.stop();
});

test("a page of under 60 lines shows any game by its schema", async () => {
  const lines = ["minimal.html", "minimal.js"].flatMap((file) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8").trimEnd().split("\n"));
  assert.ok(lines.length < 60, `${lines.length} lines`);
  const context = await browser.newContext(DESK);
  const page = await context.newPage();
  const errors = collectErrors(page);
  await page.goto(`${server.url}/minimal.html`);
  await page.getByText(/^arena: [1-9]\d* in sight$/).waitFor(PATIENCE);
  await page.screenshot({ path: `${SHOTS}minimal.png` });
  assert.deepEqual(errors, []);
  await context.close();
});
