// @ts-check
// The built client cores: one that follows any game by its schema, and for each game with a build of its own one that predicts it.

import { local } from "./close.js";
import { Unreachable } from "./server.js";

/**
 * @typedef {import("./pkg/generic/snapline_wasm.js").Client} Client
 * @typedef {{ make(schema: Uint8Array): Client, memory: WebAssembly.Memory }} Core
 */

/** Names that may stand in a path. */
const GAME_NAME = /^[a-z0-9_-]{1,64}$/i;

/**
 * The module of a game's own build, which exports `predicted`: `pkg/GAME/snapline_wasm.js`, GAME being the schema's `game`. No game: the generic one.
 * @param {string | null} game
 */
export function packageOf(game) {
  return `./pkg/${game ?? "generic"}/snapline_wasm.js`;
}

/** By package, so that each is loaded once. @type {Map<string, Promise<Core>>} */
const cores = new Map();

/**
 * The core that predicts `game`; none: the generic one.
 * @param {string | null} game
 * @returns {Promise<Core>}
 */
export function loadCore(game) {
  const path = packageOf(game);
  const core = cores.get(path) ?? (game === null ? loadGeneric() : loadPredicted(game));
  cores.set(path, core);
  // What could not be fetched may come the next time.
  core.catch(() => cores.delete(path));
  return core;
}

/** @returns {Promise<Core>} */
async function loadGeneric() {
  const { default: init, Client } = await import("./pkg/generic/snapline_wasm.js");
  const { memory } = await init();
  return { make: (schema) => Client.generic(schema), memory };
}

/**
 * @param {string} game
 * @returns {Promise<Core>}
 */
async function loadPredicted(game) {
  try {
    if (!GAME_NAME.test(game)) throw new Error(`no path for a game called ${JSON.stringify(game)}`);
    /** @type {typeof import("./pkg/arena/snapline_wasm.js")} */
    const { default: init, predicted } = await import(packageOf(game));
    const { memory } = await init();
    return { make: () => predicted(), memory };
  } catch (error) {
    throw new Unreachable(local("no_prediction", error instanceof Error ? error.message : String(error)));
  }
}
