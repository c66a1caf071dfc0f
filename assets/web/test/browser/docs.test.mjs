// The docs as the server shows them, and their example as it plays, in a real browser.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESK, PATIENCE, PHONE, SHOTS, collectErrors, launch, startServer } from "./chromium.mjs";

let server, browser;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("every page of the docs is shown, with its code and its table", async () => {
  const context = await browser.newContext(DESK);
  const page = await context.newPage();
  const errors = collectErrors(page);
  await page.goto(`${server.url}/docs`);
  await page.getByRole("heading", { name: "The client library" }).waitFor(PATIENCE);
  const count = await page.locator("nav a").count();
  assert.equal(count, 9);
  for (let i = 0; i < count; i += 1) {
    const link = page.locator("nav a").nth(i);
    const name = await link.innerText();
    await link.click();
    await page.locator("nav a[aria-current]").getByText(name, { exact: true }).waitFor(PATIENCE);
    await page.locator("h1").waitFor(PATIENCE);
    assert.doesNotMatch(await page.locator("main").evaluate((main) => main.textContent.replace(main.querySelector("pre")?.textContent ?? "", "")), /`|\*\*|\]\(/, `${name}: no marks are left`);
    if (!["start", "symptoms"].includes(name)) assert.match(await page.locator("main pre code").innerText(), /\bgame\b/);
  }
  assert.ok((await page.locator("main tr").count()) > 10, "the table of symptoms");
  await page.screenshot({ path: `${SHOTS}docs-symptoms.png` });
  await page.getByRole("link", { name: "connect", exact: true }).click();
  await page.locator("pre").waitFor(PATIENCE);
  await page.screenshot({ path: `${SHOTS}docs-connect.png` });
  await page.setViewportSize(PHONE.viewport);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing is wider than a phone");
  assert.deepEqual(errors, []);
  await context.close();
});

test("the example plays: it turns, draws, asks, listens, and comes back", async () => {
  const context = await browser.newContext(DESK);
  const page = await context.newPage();
  const errors = collectErrors(page);
  await page.goto(`${server.url}/docs/example.html`);
  const words = (id, what) => page.waitForFunction(([id, what]) => new RegExp(what).test(document.getElementById(id).textContent), [id, what], PATIENCE);
  await words("words", "^player \\d+, 60 ticks a second$");
  await words("own", "^hull \\d+, ammo 24; corrected \\d+ times");
  // The words may be there a picture before the first ship is.
  const isDrawn = () => {
    const { width, height } = document.getElementById("world");
    const { data } = document.getElementById("world").getContext("2d").getImageData(0, 0, width, height);
    return data.some((part, i) => i % 4 === 3 && part > 200);
  };
  await page.waitForFunction(isDrawn, undefined, PATIENCE);
  await page.keyboard.down("Space");
  await words("own", "ammo (1\\d|2[0-3]);");
  await page.keyboard.up("Space");
  await page.keyboard.press("KeyC");
  await words("log", "lag compensation is off");
  await page.locator("#network").click();
  await page.getByRole("button", { name: "Drop socket" }).click();
  await words("words", "The next attempt in \\d+ ms|^player");
  await words("words", "^player \\d+");
  await words("verdict", "\\w");
  await page.screenshot({ path: `${SHOTS}docs-example.png` });
  assert.deepEqual(errors, []);
  await context.close();
});
