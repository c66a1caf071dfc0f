// @ts-check
// The page's elements. Text goes in as text, never as markup, and only when it has changed: writing what is there already would still cost a layout.

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** @param {string} id */
export function inputElement(id) {
  return /** @type {HTMLInputElement} */ (element(id));
}

/** @param {string} id */
export function buttonElement(id) {
  return /** @type {HTMLButtonElement} */ (element(id));
}

/** @param {string} id */
export function canvasElement(id) {
  return /** @type {HTMLCanvasElement} */ (element(id));
}

/**
 * @param {string} tag
 * @param {string} text
 * @param {string} [className]
 */
export function made(tag, text, className = "") {
  const node = document.createElement(tag);
  node.textContent = text;
  node.className = className;
  return node;
}

/** @param {string} id @param {string} text */
export function write(id, text) {
  writeIn(element(id), text);
}

/** @param {HTMLElement} node @param {string} text */
export function writeIn(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
