// @ts-check
// Small conversions between what browsers have and what the client core takes.

/** @param {number} ms */
export function us(ms) {
  return Math.round(ms * 1000);
}

/** @param {unknown} error */
export function wordsOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * A game's results; its text as it stands when that is no JSON.
 * @param {string} json
 * @returns {unknown}
 */
export function parsed(json) {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
