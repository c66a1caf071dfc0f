// Lost connections in a real browser: the same ship with the same score is back after a drop and a reload; a duplicated tab takes it over.

import assert from "node:assert/strict";
import { createServer, connect } from "node:net";
import { after, before, test } from "node:test";
import { DESK, PATIENCE, SHOTS, collectErrors, launch, startServer } from "./chromium.mjs";

/** From the reset of the connection to the first picture after it. */
const BACK_MS_MAX = 1000;

let server, browser;

before(async () => {
  // The map without anybody: no shot from elsewhere changes a score.
  [server, browser] = await Promise.all([startServer(["--house-bots", "3"]), launch()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Something between page and server that resets every connection when told. */
async function reset(url) {
  const { port } = new URL(url);
  const pairs = new Set();
  const between = createServer((near) => {
    const far = connect(Number(port), "127.0.0.1");
    const pair = [near, far];
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near]]) {
      from.on("error", () => to.destroy()).on("close", () => pairs.delete(pair));
      from.pipe(to);
    }
  });
  await new Promise((done) => between.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${between.address().port}`,
    drop: () => pairs.forEach((pair) => pair.forEach((socket) => socket.resetAndDestroy())),
    close: () => {
      between.close();
      pairs.forEach((pair) => pair.forEach((socket) => socket.destroy()));
    },
  };
}

async function play(context, url, room = "main") {
  const page = await context.newPage();
  const errors = collectErrors(page);
  await page.goto(`${url}/arena/?room=${room}`);
  await flying(page);
  return { page, errors };
}

const flying = (page) => page.waitForFunction(() => globalThis.snapline?.connection.state === "open" && globalThis.snapline.own(), null, PATIENCE);

/** Who one is, and what must not be lost. */
const self = (page) =>
  page.evaluate(() => {
    const { own, connection } = globalThis.snapline;
    const { score, kills, shots } = connection.own;
    return { player: connection.welcome.player, slot: own().slot, name: connection.players.nameOf(connection.welcome.player), score, kills, shots };
  });

/** Fires some shots, so that there is something to lose: their number is counted in the own state. */
async function fire(page) {
  await page.keyboard.down("Space");
  await page.waitForFunction(() => globalThis.snapline.connection.own?.shots >= 3, null, PATIENCE);
  await page.keyboard.up("Space");
  await page.waitForTimeout(500);
  return self(page);
}

test("a reset connection is back within a second, with the same ship and score", async () => {
  const between = await reset(server.url);
  const context = await browser.newContext(DESK);
  const { page } = await play(context, between.url, "alone");
  const mine = await fire(page);
  const times = [];
  for (let trial = 0; trial < 5; trial += 1) {
    await page.evaluate(() => {
      const snapshots = globalThis.snapline.stats.snapshots;
      globalThis.backMs = undefined;
      globalThis.snapline.connection.on("lost", () => (globalThis.lostMs ??= performance.now()));
      globalThis.lostMs = undefined;
      const look = () => {
        const { state, snapshots: now } = globalThis.snapline.stats;
        if (globalThis.lostMs && state === "open" && now > snapshots && globalThis.snapline.own()) globalThis.backMs = performance.now();
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    between.drop();
    await page.waitForFunction(() => globalThis.backMs, null, PATIENCE);
    times.push(await page.evaluate(() => globalThis.backMs - globalThis.lostMs));
    assert.deepEqual(await self(page), mine);
    await page.waitForTimeout(300);
  }
  console.log(`lost to first picture, in ms: ${times.map(Math.round).join(" ")}`);
  assert.ok(Math.max(...times) < BACK_MS_MAX, times.join(" "));
  const { unexplained, desyncs } = await page.evaluate(() => globalThis.snapline.stats);
  assert.deepEqual([unexplained, desyncs], [0, 0]);
  await context.close();
  between.close();
});

test("a reload finds the same ship; leaving gives it up", async () => {
  const context = await browser.newContext(DESK);
  const { page, errors } = await play(context, server.url, "reload");
  const mine = await fire(page);
  await page.reload();
  await flying(page);
  assert.deepEqual(await self(page), mine);
  await page.evaluate(() => globalThis.snapline.connection.leave());
  await page.reload();
  await flying(page);
  assert.equal((await self(page)).shots, 0, "somebody new");
  assert.deepEqual(errors, []);
  await context.close();
});

test("a duplicated tab takes the ship over, and the first one stays away", async () => {
  const context = await browser.newContext(DESK);
  const first = await play(context, server.url, "twice");
  const mine = await fire(first.page);
  const kept = await first.page.evaluate(() => Object.entries(sessionStorage));
  const page = await context.newPage();
  await page.addInitScript((kept) => kept.forEach(([key, value]) => sessionStorage.getItem(key) ?? sessionStorage.setItem(key, value)), kept);
  await page.goto(`${server.url}/arena/?room=twice`);
  await flying(page);
  assert.deepEqual(await self(page), mine);
  await first.page.getByText("another tab").waitFor(PATIENCE);
  await first.page.screenshot({ path: `${SHOTS}arena-replaced.png` });
  await first.page.waitForTimeout(3000);
  assert.deepEqual(await first.page.evaluate(() => [globalThis.snapline.connection.state, sessionStorage.length]), ["ended", 0]);
  assert.equal(await page.evaluate(() => globalThis.snapline.connection.state), "open");
  // Its own way back is a ship of its own.
  await first.page.getByRole("button", { name: "Join again" }).click();
  await flying(first.page);
  assert.notEqual((await self(first.page)).player, mine.player);
  await context.close();
});

test("a frozen page, and one from the page cache, come back by themselves", async () => {
  const context = await browser.newContext(DESK);
  const { page, errors } = await play(context, server.url, "frozen");
  const mine = await fire(page);
  const session = await context.newCDPSession(page);
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  await new Promise((done) => setTimeout(done, 1500));
  await session.send("Page.setWebLifecycleState", { state: "active" });
  await flying(page);
  assert.deepEqual(await self(page), mine);
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
  await page.waitForFunction(() => globalThis.snapline.connection.state === "lost", null, PATIENCE);
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  await flying(page);
  assert.deepEqual(await self(page), mine);
  assert.deepEqual(errors, []);
  await context.close();
});
