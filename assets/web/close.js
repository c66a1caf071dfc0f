// @ts-check
// Why a connection has ended, in words for the player, and the way back. The one table of it on this side; the server's is
// shared/src/message/close.rs, and a test compares the two.

/**
 * What the player can do: `now` join again, `pause` join again after a while, `reload` the page, go to the `main` room.
 * @typedef {"now" | "pause" | "reload" | "main"} Way
 */

/**
 * The end of a connection.
 * @typedef {object} Ending
 * @property {number} code the WebSocket close code; 0 when this side ended it
 * @property {string} name its short name, as in the close frame's reason
 * @property {string} words a sentence or two for the player
 * @property {string} detail what the server added; may be empty
 * @property {Way} way
 * @property {number} retryAfterS how long to wait before `pause` is over
 */

/** Seconds to wait where the server names none. */
const PAUSE_S = 3;

/** By close code: name, way, words. @type {ReadonlyMap<number, readonly [string, Way, string]>} */
export const CLOSES = new Map([
  [1000, ["bye", "now", "The game has said goodbye: it is over, or you have left it."]],
  [1001, ["going_away", "now", "The server or this page is going away."]],
  [1002, ["protocol_error", "reload", "Server and page did not understand each other. This is a fault in one of them, not in your connection."]],
  [1003, ["binary_only", "reload", "The page sent something that the server does not take."]],
  [1005, ["no_reason", "now", "The connection was closed without a reason."]],
  [1006, ["lost", "now", "The connection was lost. The server may have stopped, or the network in between has failed."]],
  [1009, ["too_big", "reload", "The page sent a message that is larger than the server allows."]],
  [1011, ["internal", "pause", "The room has failed. The server goes on; the room can be opened again."]],
  [1012, ["restart", "pause", "The server restarts. It should be back in a moment."]],
  [1013, ["overloaded", "pause", "The server is full or overloaded at the moment."]],
  [1015, ["tls", "now", "No secure connection to the server could be made."]],
  [4000, ["bad_message", "reload", "The server did not accept what this page sent."]],
  [4002, ["forbidden", "now", "The game does not let you in."]],
  [4003, ["version_unsupported", "reload", "This page was built for another version of the server."]],
  [4004, ["room_not_found", "main", "There is no such room."]],
  [4005, ["replaced", "now", "You play on in another tab or window, which has taken over your seat."]],
  [4007, ["resume_rejected", "now", "Your seat has been given up."]],
  [4101, ["slow_consumer", "pause", "Your connection was too slow for too long: the server's data did not reach you."]],
  [4103, ["room_full", "pause", "The room is full."]],
  [4104, ["hello_timeout", "pause", "The page did not introduce itself in time. The network may be very slow."]],
  [4201, ["no_pong", "now", "Your side did not answer the server for too long."]],
]);

/** What this side finds out by itself: way and words. */
const LOCAL = /** @type {const} */ ({
  left: ["now", "You have left the game."],
  unreachable: ["pause", "The server cannot be reached. It may be down, or you may be offline."],
  not_opened: ["pause", "The server answers, but no game connection could be opened. A proxy or firewall in between may not let it through."],
  no_answer: ["pause", "The server took the connection but never answered."],
  silent: ["now", "Nothing has come from the server for a while. The network in between may have failed."],
  bad_schema: ["reload", "The server's description of the game does not fit this page."],
  no_prediction: ["reload", "This page has no client that was built for the server's game."],
  bad_map: ["reload", "The server's map could not be had, or does not fit this page."],
  not_understood: ["reload", "The server sent something that this page does not understand."],
  client_failed: ["reload", "The page's game client has failed. This is a fault in it, not in your connection."],
});

/** @typedef {keyof typeof LOCAL} LocalName */

/**
 * The ending that a close frame, or `/api/admit`, tells. Reasons read `name` or `name: what the server adds`.
 * @param {number} code
 * @param {string} [reason]
 * @param {number} [retryAfterS]
 * @returns {Ending}
 */
export function explain(code, reason = "", retryAfterS = 0) {
  const [name, way, words] = CLOSES.get(code) ?? unknown(code, reason);
  const colon = reason.indexOf(": ");
  const detail = colon >= 0 ? reason.slice(colon + 2) : "";
  return { code, name, words, detail, way, retryAfterS: way === "pause" ? retryAfterS || PAUSE_S : 0 };
}

/**
 * The ending that this side found out by itself.
 * @param {LocalName} name
 * @param {string} [detail]
 * @returns {Ending}
 */
export function local(name, detail = "") {
  const [way, words] = LOCAL[name];
  return { code: 0, name, words, detail, way, retryAfterS: way === "pause" ? PAUSE_S : 0 };
}

/** What a page comes back from by itself: what this side found out about the network, and these codes, beside those of 4100 to 4299. */
const RETURNS = new Set(["unreachable", "not_opened", "no_answer", "silent", 1001, 1005, 1006, 1011, 1012, 1013]);

/**
 * Whether a page that has a seat tries by itself to come back to it.
 * @param {Ending} ending
 */
export function comesBack({ code, name }) {
  return RETURNS.has(code || name) || (code >= 4100 && code < 4300);
}

/**
 * Whether the seat is lost with such an end: there is nothing to come back to, or it is another's.
 * @param {Ending} ending
 */
export function losesSeat({ code, name }) {
  return name === "left" || code === 1000 || (code >= 4000 && code < 4100);
}

/**
 * Codes of a newer server: their range says what may be done.
 * @param {number} code
 * @param {string} reason
 * @returns {readonly [string, Way, string]}
 */
function unknown(code, reason) {
  const name = reason.split(":")[0] || "unknown";
  const words = `The server has closed the connection (code ${code}${reason && `, ${name}`}).`;
  if (code >= 4000 && code < 4100) return [name, "reload", words];
  if (code >= 4100 && code < 4200) return [name, "pause", words];
  return [name, "now", words];
}
