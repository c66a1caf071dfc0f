// What browser tests share: a headless Chromium, the server as a process of its own, and what a page complained about.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
/** Where pictures go. */
export const SHOTS = fileURLToPath(new URL("../shots/", import.meta.url));
export const DESK = { viewport: { width: 1280, height: 720 } };
export const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
/** Rendered by the CPU on a busy machine, a frame may take a while. */
export const PATIENCE = { timeout: 30_000 };
const READY_MS_MAX = 20_000;
const STOP_MS_MAX = 5_000;
const OUTPUT_CHARACTERS_MAX = 64 * 1024;

/**
 * Starts the system's Chromium, or the one that CHROMIUM names. It runs as root too, and calls home for nothing.
 * @param {import("playwright-core").LaunchOptions} [options]
 * @returns {Promise<import("playwright-core").Browser>}
 */
export function launch(options = {}) {
  mkdirSync(SHOTS, { recursive: true });
  const { args = [], ...rest } = options;
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...args,
    ],
    ...rest,
  });
}

/**
 * Starts the server on a free port and waits until it answers. It is the release build; for the demo game what SNAPLINE_BIN names, if it is set.
 * @param {string[]} [args] arguments beside `--listen`
 * @param {{ example?: string, env?: Record<string, string> }} [more] an example that serves another game than the demo; settings
 * @returns {Promise<{ url: string, output: () => string, stop: () => Promise<void> }>}
 */
export async function startServer(args = [], { example = "", env = {} } = {}) {
  const address = `127.0.0.1:${await freePort()}`;
  const server = spawn(binary(example), ["--listen", address, ...args], { cwd: ROOT, env: { ...serverEnv(), ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => server.kill("SIGKILL");
  process.once("exit", kill);

  let output = "";
  const keep = (/** @type {string} */ text) => (output = (output + text).slice(-OUTPUT_CHARACTERS_MAX));
  server.stdout.setEncoding("utf8").on("data", keep);
  server.stderr.setEncoding("utf8").on("data", keep);

  let running = true;
  const ended = new Promise((done) => {
    server.once("error", (error) => done(keep(`${error}\n`)));
    server.once("exit", (code, signal) => done(keep(`ended: ${signal ?? code}\n`)));
  }).then(() => {
    running = false;
    process.off("exit", kill);
  });

  const stop = async () => {
    if (!running) return;
    server.kill("SIGTERM");
    const timer = setTimeout(kill, STOP_MS_MAX);
    await ended;
    clearTimeout(timer);
  };

  const url = `http://${address}`;
  const deadline = Date.now() + READY_MS_MAX;
  while (!(await answers(`${url}/livez`))) {
    if (!running || Date.now() > deadline) {
      await stop();
      throw new Error(`the server did not start:\n${output}`);
    }
    await sleep(50);
  }
  return { url, output: () => output, stop };
}

/**
 * The list of what goes wrong in a page from now on: exceptions, console errors, a crash. It grows by itself.
 * @param {import("playwright-core").Page} page
 * @returns {string[]}
 */
export function collectErrors(page) {
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.stack ?? String(error)));
  page.on("crash", () => errors.push("the page crashed"));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(`${message.text()} (${message.location().url})`);
  });
  return errors;
}

/**
 * What lies over the world is pairwise apart and inside the window.
 * @param {import("playwright-core").Page} page
 * @param {string[]} selectors those that show nothing now are left out
 */
export async function assertApart(page, selectors) {
  const boxes = await page.evaluate(
    (selectors) =>
      selectors.flatMap((selector) => {
        const { left, top, right, bottom, width, height } = document.querySelector(selector).getBoundingClientRect();
        return width && height ? [{ selector, left, top, right, bottom }] : [];
      }),
    selectors,
  );
  const { width, height } = page.viewportSize();
  for (const [i, a] of boxes.entries()) {
    assert.ok(a.left >= 0 && a.top >= 0 && a.right <= width && a.bottom <= height, `${a.selector} leaves the window`);
    for (const b of boxes.slice(i + 1)) {
      const overlap = a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
      assert.ok(!overlap, `${a.selector} lies over ${b.selector}`);
    }
  }
}

/**
 * Points the mouse at the nearest other ship of the arena, ahead of it by its flight.
 * @param {import("playwright-core").Page} page
 */
export async function hunt(page) {
  const at = await page.evaluate(() => {
    const own = globalThis.snapline.own();
    if (!own) return null;
    const [x, y] = own.values.place;
    const ships = globalThis.snapline.rows().filter((row) => row.kind === "Ship" && row.slot !== own.slot && !row.values.safe);
    const near = ships.map(({ values: { place, vel } }) => {
      const seconds = Math.hypot(place[0] - x, place[1] - y) / 900;
      return [0, 1].map((axis) => place[axis] - [x, y][axis] + (vel[axis] - own.values.vel[axis]) * seconds);
    });
    near.sort((a, b) => Math.hypot(...a) - Math.hypot(...b));
    const { left, top, width, height } = document.getElementById("world").getBoundingClientRect();
    // Nobody in sight: most are in the middle of the world.
    return { way: near[0] ?? [4096 - x, 4096 - y], middle: [left + width / 2, top + height / 2] };
  });
  if (!at) return;
  const { way, middle } = at;
  const far = Math.hypot(...way) || 1;
  await page.mouse.move(middle[0] + (way[0] / far) * 200, middle[1] + (way[1] / far) * 200);
}

/** The environment without what is for the tests: the server takes every SNAPLINE_* for a setting, and refuses those it does not know. */
function serverEnv() {
  const { SNAPLINE_BIN, SNAPLINE_LONG, ...env } = process.env;
  return env;
}

/** @param {string} example */
function binary(example) {
  if (!example && process.env.SNAPLINE_BIN) return resolve(process.env.SNAPLINE_BIN);
  const path = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? "target", example ? `release/examples/${example}` : "release/snapline");
  if (!existsSync(path)) {
    const target = example ? ["--example", example] : ["--bin", "snapline"];
    const built = spawnSync("cargo", ["build", "--release", "--locked", "-p", "snapline-server", ...target], {
      cwd: ROOT,
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (built.status !== 0) throw new Error(`cargo build --release ${target.join(" ")} failed`);
  }
  return path;
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((done, failed) => {
    const probe = createServer().once("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const bound = /** @type {import("node:net").AddressInfo} */ (probe.address());
      probe.close(() => done(bound.port));
    });
  });
}

/** @param {string} url */
async function answers(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

// Being told to end must not leave a server behind: an exit runs the handlers above, a signal would not.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
