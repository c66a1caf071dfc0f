// @ts-check
// A connection to a room: the socket and the loop around the client core, which holds the protocol, the clock and the interpolation.
//
//   const game = connect({ url: location.origin, room: "main", name: "Ada" });
//   game.on("end", (ending) => show(ending.words));
//   each animation frame: game.input({ heading: 64 }); draw(game.view());
//
// A lost connection is found again by itself, with the same seat, while the server keeps it: see the event "lost".
//
// With `predict: true` the own entity answers at once: the game's own build of the client core runs its rules ahead of the server.
//
// It always ends in the state "ended", with the reason in words.

import { comesBack, explain, local, losesSeat } from "./close.js";
import { loadCore, packageOf } from "./core.js";
import { Listeners } from "./listeners.js";
import { Meter } from "./meter.js";
import { Players } from "./players.js";
import { Retry } from "./retry.js";
import { named, readSchema } from "./schema.js";
import { Seat } from "./seat.js";
import { Server, Unreachable } from "./server.js";
import { parsed, us, wordsOf } from "./values.js";
import { View } from "./view.js";

/** The subprotocol is the version. */
export const SUBPROTOCOL = "snapline.v1";
/** From the socket's making to Welcome. */
const JOIN_MS_MAX = 10_000;
/** The same when coming back: the seat is not kept for ever. */
const RETURN_MS_MAX = 4_000;
/** Without any message, while somebody looks: the server says something every second. */
const SILENCE_MS_MAX = 10_000;
/** How often a simulated link is looked at: no message is later by more. */
const PUMP_MS = 4;

export { packageOf };

/**
 * @typedef {import("./close.js").Ending} Ending
 * @typedef {import("./pkg/generic/snapline_wasm.js").Client} Client
 * @typedef {import("./pkg/generic/snapline_wasm.js").ClientEvent} ClientEvent
 * @typedef {import("./pkg/generic/snapline_wasm.js").WelcomeEvent} Welcome
 * @typedef {import("./pkg/generic/snapline_wasm.js").StatusEvent} Status
 * @typedef {import("./pkg/generic/snapline_wasm.js").GameEvent} GameEvent
 * @typedef {import("./core.js").Core} Core
 * @typedef {import("./view.js").Values} Values
 */

/**
 * A simulated link in front of the socket, the same in both directions.
 * @typedef {object} LinkOptions
 * @property {string} [preset] `lan`, `wifi`, `4g`, `hotel` or `satellite`: then the numbers below are not looked at
 * @property {number} [delayMs] one way
 * @property {number} [jitterMs] up to this much more; it never reorders
 * @property {number} [lossPerMille] messages in 1,000 that are lost once
 * @property {number} [stallMs] by how much such a loss delays its message and all behind it
 * @property {number} [bytesPerS] at most so many pass; none: no limit
 */

/**
 * A snapshot that has arrived, for those who measure.
 * @typedef {import("./pkg/generic/snapline_wasm.js").ClientArrival & { atMs: number }} Arrival
 */

/**
 * Where to, as whom; and what tests put in the browser's place.
 * @typedef {object} Options
 * @property {string} [url] the server's origin; the page's own unless told
 * @property {string} [room]
 * @property {string} [name]
 * @property {boolean} [bot]
 * @property {boolean} [predict] runs the own state ahead of the server, for which the page needs the game's own build (see `packageOf`)
 * @property {LinkOptions} [link]
 * @property {(game: string | null) => Promise<Core>} [load] the core that predicts a game; null: the one for any
 * @property {new (url: string, protocol: string) => WebSocket} [socket]
 * @property {typeof globalThis.fetch} [fetch]
 * @property {Storage | null} [storage] where the token for one's seat is kept: the tab's own unless told; null: nowhere, a reload is somebody new
 * @property {() => number} [random] from 0 to less than 1
 * @property {() => number} [clock] milliseconds of a steady clock, as in animation frames
 */

/**
 * A lost connection that is tried again.
 * @typedef {object} Lost
 * @property {Ending} ending why it was lost, or why the last attempt failed
 * @property {number} attempt number of the attempt to come, from 1
 * @property {number} waitMs until it is made
 * @property {number} leftMs until the last one; then "end" comes
 */

/**
 * What can be listened to.
 * @typedef {object} Events
 * @property {Welcome} open the room took us in, or has begun a new epoch
 * @property {Lost} lost the connection is lost, and is tried again after a while; "open" or "end" follows
 * @property {Players} roster the list of players has changed
 * @property {Status} status once a second
 * @property {{ player: number, name: string, text: string }} chat
 * @property {string} words the server says something to people
 * @property {unknown} results the match is over
 * @property {GameEvent & { values: Values }} game an event of the game, its numbers also by name
 * @property {Arrival} snapshot one has arrived
 * @property {Ending} end the connection has ended; comes once, and last
 */

/**
 * Joins a room.
 * @param {Options} [options]
 */
export function connect(options = {}) {
  return new Game(options);
}

/** A connection to a room, made by `connect`. */
export class Game {
  /** @type {"loading" | "joining" | "open" | "lost" | "ended"} */
  state = "loading";
  /** @type {import("./schema.js").Schema | null} */
  schema = null;
  /** @type {Welcome | null} */
  welcome = null;
  /** @type {Status | null} */
  status = null;
  players = new Players();
  /** @type {Ending | null} */
  ending = null;
  /**
   * The own state by name as of the last `view`: predicted up to the newest input and exact, or as last received where nothing is predicted.
   * @type {Values | null}
   */
  own = null;

  /** @type {Listeners<Events>} */
  #listeners = new Listeners();
  /** @type {Map<number, { done: () => void, refused: (error: Error) => void }>} */
  #requests = new Map();
  /** @type {Client | null} */
  #client = null;
  /** @type {WebAssembly.Memory | null} */
  #memory = null;
  /** @type {WebSocket | null} */
  #socket = null;
  #view = new View(null);
  #visible = true;
  #heardMs = 0;
  #meter = new Meter();
  /** @type {Retry | null} */
  #retry = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #watch;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #pump;
  /** Whether a link is or was simulated: it may still hold messages. */
  #isSimulated = false;
  #clock;
  #server;
  #seat;

  /** @param {Options} options */
  constructor(options) {
    this.options = options;
    this.room = options.room || "main";
    this.#clock = options.clock ?? (() => performance.now());
    const ask = options.fetch ?? ((url, init) => fetch(url, init));
    this.#server = new Server(options.url ?? globalThis.location.origin, this.room, ask);
    this.#seat = new Seat(this.#server.origin, this.room, options.storage);
    this.#join().catch((error) => this.#end(error instanceof Unreachable ? error.ending : local("client_failed", wordsOf(error))));
  }

  /**
   * Listens; gives the function that stops listening.
   * @template {keyof Events} E
   * @param {E} event
   * @param {(value: Events[E]) => void} listener
   */
  on(event, listener) {
    return this.#listeners.add(event, listener);
  }

  /**
   * What is held from now on, by the names of the input's lanes; lanes that are not named stay as they are.
   * @param {Record<string, number | boolean | readonly number[]>} values
   */
  input(values) {
    this.#call((client) => {
      for (const [name, value] of Object.entries(values)) {
        const numbers = typeof value === "object" ? value : [Number(value)];
        numbers.forEach((number, component) => client.setInputLane(name, component, number));
      }
    });
  }

  /**
   * The world as it is to be drawn at `now`, the animation frame's time; to be called in every frame. Valid until the next call.
   * @param {number} [now]
   */
  view(now = this.#clock()) {
    this.#hear((client) => client.update(us(this.#clock())));
    this.#call((client) => {
      client.draw(us(now));
      if (this.#memory) this.#view.take(client, this.#memory);
      const numbers = client.ownNumbers();
      this.own = numbers && this.schema ? named(this.schema.own, numbers, 0) : null;
      this.#drain(client);
    });
    return this.#view;
  }

  /** Says a line to everybody in the room. @param {string} text */
  chat(text) {
    this.#call((client) => {
      client.chat(text);
      this.#flush(client);
    });
  }

  /**
   * Asks the game for something once; settles when it answers, rejects with its words when it refuses.
   * @param {string} kind a kind of the schema's requests
   * @param {readonly number[]} [numbers] its values, in schema order
   * @returns {Promise<void>}
   */
  request(kind, numbers = []) {
    return new Promise((done, refused) => {
      if (this.state !== "open") return refused(new Error("not in a room"));
      this.#call((client) => {
        this.#requests.set(client.request(kind, Float64Array.from(numbers)), { done, refused });
        this.#flush(client);
      });
    });
  }

  /** Tells whether anybody looks: a page that nobody sees costs the server next to nothing. @param {boolean} visible */
  setVisible(visible) {
    if (visible && !this.#visible) this.#heardMs = this.#clock();
    this.#visible = visible;
    this.#pumpWhileSeen();
    if (this.state !== "open") return;
    this.#call((client) => {
      client.setVisible(visible);
      this.#flush(client);
    });
  }

  /**
   * The bytes of the room's map, fetched once; null: it plays without one.
   * @returns {Promise<Uint8Array | null>}
   */
  async map() {
    if (!this.welcome) throw new Error("not in a room");
    const { map, mapHash } = this.welcome;
    return map === "" ? null : this.#server.map(map, mapHash);
  }

  /** What the server's list of rooms says of this one; null: nothing. */
  listed() {
    return this.#server.listed();
  }

  /**
   * Puts another simulated link between the socket and the client; none: the network as it is. What is on its way loses no place.
   * @param {LinkOptions | null} link
   */
  setLink(link) {
    this.options = { ...this.options, link: link ?? undefined };
    this.#call((client) => this.#simulate(client));
  }

  /** Lets nothing pass, either way, for so long; then comes all of it. @param {number} ms */
  freeze(ms) {
    this.#call((client) => {
      client.freeze(us(this.#clock()), ms);
      this.#isSimulated = true;
      this.#pumpWhileSeen();
    });
  }

  /** Whether the own entity is drawn where it is predicted, else where the server last had it. @param {boolean} isOn */
  setPrediction(isOn) {
    this.#call((client) => client.setPrediction(isOn));
  }

  /** Whether others are drawn between two snapshots, else as the newest has them. @param {boolean} isOn */
  setInterpolation(isOn) {
    this.#call((client) => client.setInterpolation(isOn));
  }

  /** Where the newest snapshot has the rows of the last `view`, two numbers each; NaN: it has not. */
  rawPlaces() {
    /** @type {Float32Array | null} */
    let places = null;
    this.#call((client) => (places = client.rawPlaces()));
    return places ?? new Float32Array(0);
  }

  /** Bits that rows have taken since the room took us in, by kind and field. */
  profile() {
    /** @type {import("./pkg/generic/snapline_wasm.js").KindBits[] | undefined} */
    let kinds;
    this.#call((client) => (kinds = client.profile()));
    return kinds ?? [];
  }

  /** Gives up the seat. */
  leave() {
    this.#end(local("left"));
  }

  /** Gives up the socket but not the seat: for a page that the browser puts away (`pagehide`, `freeze`). `wake` comes back. */
  suspend() {
    if (this.state !== "open" && this.state !== "joining" && this.state !== "lost") return;
    this.#drop(3001, "suspended");
    this.state = "lost";
  }

  /** As if the network had failed: the connection is lost, and comes back by itself. */
  drop() {
    if (this.state === "open") this.#lose(explain(1006));
  }

  /** Comes back now: after `suspend`, or when it is known that a lost connection can be had again. */
  wake() {
    if (this.state !== "lost") return;
    this.#retry = null;
    this.#drop(3001, "again");
    this.#open();
  }

  /** Counters of this connection, those of prediction among them. */
  get stats() {
    const { bytesPerSecond, messagesPerSecond } = this.#meter;
    return { ...this.#client?.stats(), bytesPerSecond, messagesPerSecond };
  }

  async #join() {
    const load = this.options.load ?? loadCore;
    const schema = this.#server.schema();
    // Which game there is to predict, only the schema tells.
    const loading = this.options.predict ? schema.then((bytes) => load(schemaOf(bytes).game)) : load(null);
    const [core, bytes] = await Promise.all([loading, schema]);
    if (this.state === "ended") return;
    this.schema = schemaOf(bytes);
    try {
      this.#client = core.make(bytes);
    } catch (error) {
      return this.#end(local("bad_schema", wordsOf(error)));
    }
    if (this.options.link) this.#simulate(this.#client);
    this.#client.setResumeToken(this.#seat.token);
    this.#memory = core.memory;
    this.#view = new View(this.schema);
    this.#open();
  }

  #open() {
    const Socket = this.options.socket ?? WebSocket;
    const socket = new Socket(this.#server.socketUrl, SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    let hasOpened = false;
    socket.onopen = () => {
      hasOpened = true;
      this.#call((client) => {
        client.open(us(this.#clock()), this.options.name ?? "", this.options.bot ?? false);
        this.#flush(client);
      });
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => {
      if (hasOpened) this.#lose(explain(code, reason));
      // Whoever has a seat need not ask whether there is one.
      else if (this.state === "lost") this.#lose(local("unreachable"));
      else void this.#server.whyNot().then((ending) => this.#socket === socket && this.#lose(ending));
    };
    this.#socket = socket;
    if (this.state !== "lost") this.state = "joining";
    this.#heardMs = this.#clock();
    clearInterval(this.#watch);
    this.#watch = setInterval(() => this.#checkSilence(), 1000);
    this.#pumpWhileSeen();
  }

  /** @param {Client} client */
  #simulate(client) {
    const { preset, delayMs = 0, jitterMs = 0, lossPerMille = 0, stallMs = 0, bytesPerS = 0 } = this.options.link ?? {};
    if (preset) client.setLinkPreset(preset);
    else client.setLink(delayMs, jitterMs, lossPerMille, stallMs, bytesPerS);
    this.#isSimulated = true;
    this.#pumpWhileSeen();
  }

  /**
   * The connection has ended without our will: comes back to the seat, or ends.
   * @param {Ending} ending
   */
  #lose(ending) {
    if (this.state === "ended") return;
    this.#drop(3000, ending.name);
    if (ending.name === "resume_rejected" && this.#client?.resumeToken !== undefined) {
      // The seat is another's or nobody's: then as somebody new.
      this.#seat.token = undefined;
      this.#client.setResumeToken(undefined);
      [this.#retry, this.state] = [null, "joining"];
      return this.#open();
    }
    if (!this.welcome?.resumeS || !comesBack(ending)) return this.#end(ending);
    const now = this.#clock();
    const { random } = this.options;
    this.#retry ??= new Retry({ nowMs: now, keptMs: this.welcome.resumeS * 1000, atOnce: ending.way === "now", random });
    const waitMs = this.#retry.next(now);
    if (waitMs === null) return this.#end(ending);
    this.state = "lost";
    this.#again = setTimeout(() => this.#open(), waitMs);
    this.#listeners.tell("lost", { ending, attempt: this.#retry.attempts, waitMs, leftMs: this.#retry.untilMs - now });
  }

  /** Lets go of the socket, and of an attempt that waits. @param {number} code @param {string} reason */
  #drop(code, reason) {
    clearInterval(this.#watch);
    clearInterval(this.#pump);
    clearTimeout(this.#again);
    this.#call((client) => client.close());
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (socket.readyState <= 1) socket.close(code, reason);
  }

  /** A simulated link hands over what is due between two animation frames too; while nobody looks, the next message is soon enough. */
  #pumpWhileSeen() {
    clearInterval(this.#pump);
    if (!this.#isSimulated || !this.#visible || !this.#socket || this.state === "ended") return;
    this.#pump = setInterval(() => this.#hear((client) => client.pump(us(this.#clock()))), PUMP_MS);
  }

  #checkSilence() {
    const silentMs = this.#clock() - this.#heardMs;
    if (this.state === "open") {
      if (this.#visible && silentMs > SILENCE_MS_MAX) this.#lose(local("silent"));
    } else if (silentMs > (this.state === "lost" ? RETURN_MS_MAX : JOIN_MS_MAX)) this.#lose(local("no_answer"));
  }

  /** @param {unknown} data */
  #receive(data) {
    if (!(data instanceof ArrayBuffer)) return this.#end(local("not_understood", "a text frame"));
    const now = this.#clock();
    this.#heardMs = now;
    this.#meter.add(now, data.byteLength);
    this.#hear((client) => client.message(us(now), new Uint8Array(data)));
  }

  /** A call that takes in messages: what does not decode ends the connection. @param {(client: Client) => void} work */
  #hear(work) {
    this.#call((client) => {
      try {
        work(client);
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) throw error;
        return this.#end(local("not_understood", wordsOf(error)));
      }
      this.#flush(client);
      this.#measure(client);
      this.#drain(client);
    });
  }

  /** Tells what snapshots have brought; when nobody asks, that costs next to nothing. @param {Client} client */
  #measure(client) {
    for (let arrival = client.pollArrival(); arrival && this.state === "open"; arrival = client.pollArrival()) {
      this.#listeners.tell("snapshot", { ...arrival, atMs: this.#clock() });
    }
  }

  /** Sends what is to be sent. @param {Client} client */
  #flush(client) {
    for (let bytes = client.transmit(); bytes; bytes = client.transmit()) {
      if (this.#socket?.readyState === 1) this.#socket.send(bytes);
    }
  }

  /** Tells what has happened. @param {Client} client */
  #drain(client) {
    for (let event = client.pollEvent(); event && this.state !== "ended"; event = client.pollEvent()) this.#happen(event);
  }

  /** @param {ClientEvent} event */
  #happen(event) {
    switch (event.type) {
      case "welcome":
        this.welcome = event;
        this.state = "open";
        this.#retry = null;
        this.#seat.token = this.#client?.resumeToken;
        if (!this.#visible) this.setVisible(false);
        if (this.#client?.needsMap !== undefined) void this.#bringMap(event);
        return this.#listeners.tell("open", event);
      case "roster":
        this.players.apply(event);
        return this.#listeners.tell("roster", this.players);
      case "status":
        this.status = event;
        return this.#listeners.tell("status", event);
      case "chat":
        return this.#listeners.tell("chat", { player: event.player, name: this.players.nameOf(event.player), text: event.text });
      case "words":
        return this.#listeners.tell("words", event.text);
      case "results":
        return this.#listeners.tell("results", parsed(event.json));
      case "reply":
        return this.#settle(event);
      case "game":
        return this.#listeners.tell("game", this.#byName(event));
    }
  }

  /** @param {GameEvent} event */
  #byName(event) {
    const kind = this.schema?.events[event.kind];
    return { ...event, values: kind ? named(kind, event.numbers, 0) : {} };
  }

  /** Prediction cannot begin without the room's map. @param {Welcome} welcome */
  async #bringMap(welcome) {
    try {
      const bytes = await this.#server.map(welcome.map, welcome.mapHash);
      // By then a new epoch may play on another map, and has asked for it.
      if (this.welcome !== welcome) return;
      this.#call((client) => {
        client.setMap(bytes);
        if (client.needsMap !== undefined) throw new Error(`the map ${welcome.map} is not the one that the room plays on`);
      });
    } catch (error) {
      this.#end(local("bad_map", wordsOf(error)));
    }
  }

  /** @param {import("./pkg/generic/snapline_wasm.js").ReplyEvent} reply */
  #settle({ number, refused }) {
    const request = this.#requests.get(number);
    this.#requests.delete(number);
    if (refused === undefined) request?.done();
    else request?.refused(new Error(refused));
  }

  /**
   * Every call of the client core. What it throws is the caller's mistake, but a trap: after that there is nothing left to call.
   * @param {(client: Client) => void} work
   */
  #call(work) {
    if (!this.#client || this.state === "ended") return;
    try {
      work(this.#client);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      this.#end(local("client_failed", error.message));
    }
  }

  /** The one way into the state "ended". @param {Ending} ending */
  #end(ending) {
    if (this.state === "ended") return;
    this.state = "ended";
    this.ending = ending;
    // 1000 gives up the seat; whatever this side stumbled over is told as a code of its own.
    this.#drop(ending.name === "left" ? 1000 : 3000, ending.name);
    if (losesSeat(ending)) this.#seat.token = undefined;
    for (const { refused } of this.#requests.values()) refused(new Error(ending.words));
    this.#requests.clear();
    this.#listeners.tell("end", ending);
  }
}

/**
 * @param {Uint8Array} bytes
 * @returns {import("./schema.js").Schema}
 */
function schemaOf(bytes) {
  try {
    return readSchema(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new Unreachable(local("bad_schema", wordsOf(error)));
  }
}
