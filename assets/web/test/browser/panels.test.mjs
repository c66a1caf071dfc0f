// The panels of the arena's page in a real browser: open, close, survive a reload; the tour played through. Pictures are left in ../shots.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { DESK, PATIENCE, PHONE, SHOTS, assertApart, collectErrors, launch, startServer } from "./chromium.mjs";

const BOXES = ["#match", "#table", "#corner", "#feed", "#gauges", "#foot", "#tools", "#status", "#fire", "#brake", "#side"];
let server, browser;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function play(options = {}) {
  const context = await browser.newContext({ ...DESK, ...options });
  const page = await context.newPage();
  const errors = collectErrors(page);
  await page.goto(`${server.url}/?room=panels`);
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
  const { page, errors, close } = await play();
  await page.locator("#network").click();
  await tab(page, "Tour").click();
  const tries = [
    () => page.keyboard.press("KeyW", { delay: 300 }),
    () => page.keyboard.press("KeyD", { delay: 300 }),
    () => page.getByRole("button", { name: "Interpolation" }).click(),
    async () => {},
    () => page.getByRole("button", { name: "Freeze 2 s" }).click(),
    () => page.keyboard.press("Space", { delay: 300 }),
    () => page.getByRole("button", { name: "Drop socket" }).click(),
    async () => {},
  ];
  for (const [i, attempt] of tries.entries()) {
    await page.locator("#tour h3").filter({ hasText: `${i + 1} of 8` }).waitFor(PATIENCE);
    await page.waitForFunction(() => document.querySelector("#tour pre").textContent.length > 40, null, PATIENCE);
    assert.match(await page.locator("#tour pre").innerText(), /\bfn |#lose|function/);
    await attempt();
    await page.getByText("You have seen it.").waitFor(PATIENCE);
    await page.screenshot({ path: `${SHOTS}tour-${i + 1}.png` });
    await page.locator("#tour").getByRole("button", { name: /Next|From the start/ }).click();
  }
  await page.getByRole("button", { name: "Close: Tour" }).click();
  await page.waitForFunction(() => !globalThis.snapline.connection.options.link?.delayMs, null, PATIENCE);
  assert.deepEqual(errors, []);
  await close();
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
