// @ts-check
// The token that leads back to one's seat, kept for this tab alone: it survives a reload and is no other tab's. (The browser copies it when a tab is
// duplicated: then the copy takes the seat over.)

export class Seat {
  #key;
  #storage;

  /**
   * @param {URL} origin
   * @param {string} room
   * @param {Storage | null} [storage] the browser's for this tab unless told; null: the token lasts as long as the connection object
   */
  constructor(origin, room, storage) {
    this.#key = `snapline.seat ${origin.host} ${room}`;
    this.#storage = storage === undefined ? sessionOf() : storage;
  }

  /** The token; undefined: there is none. */
  get token() {
    try {
      return this.#storage?.getItem(this.#key) ?? undefined;
    } catch {
      return undefined;
    }
  }

  /** @param {string | undefined} token undefined forgets it */
  set token(token) {
    try {
      if (token === undefined) this.#storage?.removeItem(this.#key);
      else this.#storage?.setItem(this.#key, token);
    } catch {
      // Storage is shut or full: then a reload takes a new seat.
    }
  }
}

/** Reading the property alone may throw where storage is shut. */
function sessionOf() {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}
