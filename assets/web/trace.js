// @ts-check
// `?trace` in a page's address: a line for each message of inputs and each snapshot, as `bot-client --trace` writes them, for trace-join with the
// server's. On the console `snaplineTrace.save()` downloads them; `snaplineTrace.lines` has them.
//
// A message is seen when it reaches the socket: behind a simulated link that is later than it was sent.

import { connect as connectPlain } from "./snapline.js";

/** An hour and a half of 60 inputs and 30 snapshots a second; later ones are left out and counted. */
const LINES_MAX = 500_000;
/** First byte of a message of inputs. */
const INPUT = 2;

/**
 * Which ticks a message has inputs for; null: it is another message.
 * @param {Uint8Array} bytes
 * @param {number} near a tick that is not far from them: the message has the low 16 bits
 */
export function inputsOf(bytes, near) {
  if (bytes[0] !== INPUT || bytes.length < 4) return null;
  const head = bytes[1] | (bytes[2] << 8) | (bytes[3] << 16);
  const count = (head & 3) + 1;
  const first = near + ((((head >> 3) - near) << 16) >> 16);
  return { tick: (first + count - 1) >>> 0, count };
}

/** The lines of a page. */
export class Trace {
  /** @type {object[]} */
  lines = [];
  dropped = 0;

  /** @param {object} line */
  add(line) {
    if (this.lines.length < LINES_MAX) this.lines.push(line);
    else this.dropped++;
  }

  text() {
    const all = this.dropped ? [...this.lines, { dropped: this.dropped }] : this.lines;
    return all.map((line) => `${JSON.stringify(line)}\n`).join("");
  }

  save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([this.text()], { type: "application/jsonl" }));
    link.download = "page.jsonl";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}

/**
 * As `connect`, and everything is traced.
 * @param {Trace} trace
 * @param {import("./snapline.js").Options} options
 */
export function traced(trace, options) {
  const Socket = options.socket ?? WebSocket;
  const clock = options.clock ?? (() => performance.now());
  const unixUs = (/** @type {number} */ ms) => Math.round((performance.timeOrigin + ms) * 1000);
  /** The tick of the newest snapshot; what was drawn last, and when it was asked for. */
  const last = { tick: 0, drawn: 0, drawnMs: NaN, sampledMs: NaN };

  /** @param {number} tick @param {object} what */
  const add = (tick, what) => {
    const { welcome, room } = game;
    if (welcome) trace.add({ room, player: welcome.player, epoch: welcome.epoch, tick, ...what });
  };

  class TracedSocket extends Socket {
    /** @param {ArrayBuffer | ArrayBufferView<ArrayBuffer> | Blob | string} data */
    send(data) {
      super.send(data);
      const inputs = data instanceof Uint8Array ? inputsOf(data, last.tick) : null;
      if (!inputs) return;
      const now = clock();
      const drawn = last.drawn + ((now - last.drawnMs) * (game.welcome?.tickHz ?? 0)) / 1000;
      const [sampled_us, sent_us] = [unixUs(Math.min(now, last.sampledMs || now)), unixUs(now)];
      add(inputs.tick, { input: { count: inputs.count, sampled_us, sent_us, stalled: false, drawn: last.drawn > 0 ? drawn : null } });
    }
  }

  const game = connectPlain({ ...options, socket: TracedSocket });
  const view = game.view.bind(game);
  game.view = (now = clock()) => {
    last.sampledMs = clock();
    const seen = view(now);
    [last.drawn, last.drawnMs] = [seen.tick, now];
    return seen;
  };
  game.on("open", ({ tick }) => Object.assign(last, { tick, drawn: 0 }));
  game.on("snapshot", ({ step, bytes, rows, slack, lateMs, bufferedMs, atMs }) => {
    last.tick = Math.imul(step, game.welcome?.ticksPerStep ?? 1) >>> 0;
    const [late_us, buffered_us] = [lateMs * 1000, bufferedMs * 1000];
    add(last.tick, { snapshot: { arrived_us: unixUs(atMs), bytes, rows, slack, late_us, buffered_us } });
  });
  return game;
}

/** @type {Trace | null} */
let asked = null;

/**
 * As the one of snapline.js; with `?trace` in the page's address everything is traced.
 * @param {import("./snapline.js").Options} options
 */
export function connect(options) {
  if (!new URLSearchParams(location.search).has("trace")) return connectPlain(options);
  asked ??= new Trace();
  Object.assign(globalThis, { snaplineTrace: asked });
  return traced(asked, options);
}
