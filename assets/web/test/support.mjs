// What the tests share: a schema like the first game's, a fake socket and a fake client core, the wasm build.

import { readFileSync } from "node:fs";

const field = (name, shape, lane, more = {}) => ({ name, shape, lane, blend: "snap", ...more });
const kind = (name, fields, more = {}) => ({ name, fields, at: null, drive: null, teleport: null, weight: 1, ...more });
const PLACE = { min: 0, max: 1000, step: 0.0625, wrap: true };

/** As `/schema.json` has it. */
export const SCHEMA = {
  game: "swarm",
  entities: [
    kind(
      "Walker",
      [
        field("place", "vec2", "fixed", PLACE),
        field("heading", "float", "angle", { bits: 8 }),
        field("hp", "integer", "uint", { bits: 8 }),
      ],
      { at: 0, drive: { along: 1 }, teleport: 64 },
    ),
  ],
  events: [],
  requests: [],
  input: kind("Input", [field("heading", "integer", "uint", { bits: 8 }), field("fast", "bool", "uint", { bits: 1 })]),
  own: kind("nothing", []),
  tables: "",
};

export const schemaBytes = (schema = SCHEMA) => new TextEncoder().encode(JSON.stringify(schema));

/** A wasm build, as the page loads it but for the fetch. */
export async function loadWasm(name = "generic") {
  const wasm = await import(`../pkg/${name}/snapline_wasm.js`);
  const { memory } = wasm.initSync({ module: readFileSync(new URL(`../pkg/${name}/snapline_wasm_bg.wasm`, import.meta.url)) });
  return { ...wasm, memory };
}

/** A file that `cargo test` writes. */
export const golden = (name) => JSON.parse(readFileSync(new URL(`../../golden/${name}`, import.meta.url), "utf8"));

export const fromHex = (text) => Uint8Array.from(Buffer.from(text, "hex"));
export const toHex = (bytes) => Buffer.from(bytes).toString("hex");

/** All that a client core has to send. */
export function transmits(client) {
  const all = [];
  for (let bytes = client.transmit(); bytes; bytes = client.transmit()) all.push(toHex(bytes));
  return all;
}

/** A socket that a test plays the other end of. */
export class FakeSocket {
  /** @type {FakeSocket[]} */
  static made = [];
  readyState = 0;
  sent = [];
  closed = null;

  constructor(url, protocol) {
    Object.assign(this, { url, protocol });
    FakeSocket.made.push(this);
  }

  send(bytes) {
    this.sent.push(bytes);
  }

  close(code, reason) {
    this.readyState = 2;
    this.closed = { code, reason };
  }

  // The other end.
  opens() {
    this.readyState = 1;
    this.onopen?.();
  }

  says(bytes = [0]) {
    this.onmessage?.({ data: Uint8Array.from(bytes).buffer });
  }

  ends(code, reason = "") {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}

/** A client core that does what a test tells it to. */
export class FakeClient {
  transmits = [];
  events = [];
  lanes = [];
  onMessage = () => {};
  rowCount = 0;
  rowsAt = 0;
  valuesAt = 0;
  valueCount = 0;
  own = -1;

  resumeToken = undefined;

  open() {
    this.opened = [...(this.opened ?? []), this.resumeToken];
    this.transmits.push(Uint8Array.of(1));
  }
  close() {
    this.transmits.length = 0;
  }
  setResumeToken(token) {
    this.resumeToken = token;
  }
  message(now, bytes) {
    this.onMessage(now, bytes);
  }
  pump() {}
  pollArrival() {}
  ownNumbers() {}
  update() {}
  draw() {}
  transmit() {
    return this.transmits.shift();
  }
  pollEvent() {
    return this.events.shift();
  }
  setInputLane(...lane) {
    if (lane[0] === "nothing") throw new Error("the game's input has no lane nothing[0]");
    this.lanes.push(lane);
  }
  chat() {}
  request() {
    return 7;
  }
  setVisible(visible) {
    this.visible = visible;
  }
  stats() {
    return {};
  }
}
