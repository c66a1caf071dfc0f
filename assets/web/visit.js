// @ts-check
// A page's stay in a room: under which name, joining, joining anew, and the way back from every ending. It keeps the page's own events (hidden,
// left, back from the page cache) and the form with the name; what is drawn and steered is the page's.

import { cover } from "./cover.js";
import { buttonElement, element, inputElement } from "./dom.js";
import { connect } from "./trace.js";
import { kept, keep } from "./storage.js";

const NAME_KEY = "snapline.name";

export class Visit {
  /** @type {import("./snapline.js").Game} */
  game;
  room = new URLSearchParams(location.search).get("room") || "main";
  #begin;
  #more;

  /**
   * Joins.
   * @param {(game: import("./snapline.js").Game) => void} begin is given every new connection, to listen to it
   * @param {import("./snapline.js").Options} [more] options of the connection beside room and name
   */
  constructor(begin, more = {}) {
    this.#begin = begin;
    this.#more = more;
    this.game = this.join();
    this.#listen();
  }

  join() {
    cover.show("Joining", `Joining room ${this.room} …`);
    const name = kept(NAME_KEY) ?? "";
    inputElement("name").value = name;
    buttonElement("rename").hidden = true;
    const game = connect({ ...this.#more, room: this.room, name });
    this.game = game;
    game.setVisible(!document.hidden);
    game.on("open", () => cover.hide());
    game.on("lost", (lost) => game === this.game && cover.lose(lost, () => game.wake()));
    game.on("end", (ending) => game === this.game && cover.end(ending, (way) => this.#goBack(way)));
    this.#begin(game);
    return game;
  }

  /** @param {import("./close.js").Way} way */
  #goBack(way) {
    if (way === "reload") return location.reload();
    if (way === "main") {
      this.room = "main";
      history.replaceState(null, "", location.pathname);
    }
    this.join();
  }

  /** The browser has taken the page out again. */
  #return() {
    if (this.game.state === "ended") this.join();
    else this.game.wake();
  }

  #listen() {
    document.addEventListener("visibilitychange", () => this.game.setVisible(!document.hidden));
    // Neither a page in the cache nor a frozen one can play. The seat is kept: for the page itself, or for the one that a reload makes of it.
    addEventListener("pagehide", () => this.game.suspend());
    document.addEventListener("freeze", () => this.game.suspend());
    addEventListener("pageshow", ({ persisted }) => persisted && this.#return());
    document.addEventListener("resume", () => this.#return());
    addEventListener("online", () => this.game.wake());
    const field = inputElement("name");
    field.addEventListener("input", () => (buttonElement("rename").hidden = field.value.trim() === (kept(NAME_KEY) ?? "")));
    element("name-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#rename(field.value.trim());
    });
    element("leave").addEventListener("click", () => this.game.leave());
  }

  /** A name is given when joining, so a new one joins anew. @param {string} name */
  #rename(name) {
    if (name === (kept(NAME_KEY) ?? "")) return element("world").focus();
    keep(NAME_KEY, name);
    this.game.leave();
    this.join();
  }
}
