// @ts-check
// What the browser keeps for this page from one visit to the next. Where storage is shut it lasts as long as the page.

/** @type {Map<string, string>} */
const shut = new Map();

/** @param {string} key */
export function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return shut.get(key) ?? null;
  }
}

/** @param {string} key @param {string} value */
export function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    shut.set(key, value);
  }
}
