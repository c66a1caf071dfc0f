// @ts-check
// What a connection asks the server over HTTP: the game's schema, its map, why it was not let in, and where its socket is.

import { explain, local } from "./close.js";

const FETCH_MS_MAX = 8_000;

/**
 * A line of the server's list of rooms, as far as a page has a use for it.
 * @typedef {object} Listed
 * @property {string} name
 * @property {number} players house bots are not counted
 * @property {number} players_max
 * @property {number} tick_hz
 * @property {number} restart_s seconds from a match's results to the next match
 * @property {string} game
 */

/** Thrown when there is nothing to connect to; carries the reason for the player. */
export class Unreachable extends Error {
  /** @param {import("./close.js").Ending} ending */
  constructor(ending) {
    super(ending.words);
    this.ending = ending;
  }
}

/** The map that was fetched last, and where it came from: joining again does not fetch it again. @type {{ from: string, bytes: Promise<Uint8Array> } | null} */
let lastMap = null;

export class Server {
  /**
   * @param {string} origin
   * @param {string} room
   * @param {typeof globalThis.fetch} fetch
   */
  constructor(origin, room, fetch) {
    this.origin = new URL(origin);
    this.room = encodeURIComponent(room);
    this.fetch = fetch;
  }

  /** The bytes of the game's schema. */
  async schema() {
    const answer = await this.ask("schema.json").catch(() => {
      throw new Unreachable(local("unreachable"));
    });
    if (!answer.ok) throw new Unreachable(local("unreachable", `it answered ${answer.status} for the game's schema`));
    return new Uint8Array(await answer.arrayBuffer());
  }

  /**
   * The bytes of a map, fetched once.
   * @param {string} name
   * @param {string} hash tells maps of one name apart
   */
  map(name, hash) {
    const from = `${this.origin.href} ${name} ${hash}`;
    if (lastMap?.from === from) return lastMap.bytes;
    const bytes = this.#fetchMap(name);
    const mine = { from, bytes };
    lastMap = mine;
    // A failure is not kept.
    bytes.catch(() => {
      if (lastMap === mine) lastMap = null;
    });
    return bytes;
  }

  /** @param {string} name */
  async #fetchMap(name) {
    const answer = await this.ask(`maps/${encodeURIComponent(name)}`);
    if (!answer.ok) throw new Error(`the server answered ${answer.status} for the map ${name}`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  /** Why the socket did not open: a browser does not tell, but the same admission answers over HTTP. */
  async whyNot() {
    try {
      const answer = await this.ask(`api/admit?room=${this.room}`);
      const { admit, code, reason, retry_after_s: retryAfterS } = await answer.json();
      return admit ? local("not_opened") : explain(code, reason ?? "", retryAfterS ?? 0);
    } catch {
      return local("unreachable");
    }
  }

  /**
   * The room's line in the server's list of rooms.
   * @returns {Promise<Listed | null>} null: there is no such room, or the list is not to be had
   */
  async listed() {
    try {
      const answer = await this.ask("api/rooms");
      const rooms = /** @type {Listed[]} */ (await answer.json());
      return rooms.find(({ name }) => encodeURIComponent(name) === this.room) ?? null;
    } catch {
      return null;
    }
  }

  /** Where the room's socket is. */
  get socketUrl() {
    const url = new URL(`play?room=${this.room}`, this.origin);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return url.href;
  }

  /** @param {string} path */
  ask(path) {
    return this.fetch(new URL(path, this.origin), { cache: "no-store", signal: AbortSignal.timeout(FETCH_MS_MAX) });
  }
}
