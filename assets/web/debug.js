// @ts-check
// For tests and the curious: the connection, and what a page shows as plain values, as `snapline` on the console.

/**
 * @param {() => import("./snapline.js").Game} game
 * @param {() => import("./snapline.js").View} view
 * @param {object} [more] what else a page has to tell
 */
export function expose(game, view, more = {}) {
  const debug = {
    get connection() {
      return game();
    },
    own: () => view().read(view().own),
    rows: () => Array.from({ length: view().count }, (_, row) => view().read(row)),
    get stats() {
      const { state, stats, status } = game();
      const { tick, count, radius } = view();
      return { state, tick, rows: count, radius, ...stats, ...status };
    },
  };
  Object.assign(globalThis, { snapline: Object.assign(debug, more) });
}
