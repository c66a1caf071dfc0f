// @ts-check
// Slices of the code that runs: modules of this page as the server serves them, Rust as it was built into the server.

/** @type {Map<string, Promise<string>>} */
const files = new Map();

/**
 * The text of a file, fetched once.
 * @param {string} path of a module, from the page's root; or `source/` and a path in the repository
 */
export function fileText(path) {
  const known = files.get(path);
  if (known) return known;
  const text = fetch(new URL(`../${path}`, import.meta.url)).then((answer) => {
    if (!answer.ok) throw new Error(`the server answered ${answer.status} for ${path}`);
    return answer.text();
  });
  files.set(path, text);
  text.catch(() => files.delete(path));
  return text;
}

/**
 * One function with the comment above it. The files are formatted: it ends at the first line that is as far in as its beginning and closes.
 * @param {string} text
 * @param {string} start what its first line contains, as `fn advance(`
 * @returns {string} empty: there is none
 */
export function slice(text, start) {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.includes(start) && !/^\s*(\/\/|\*)/.test(line));
  if (first < 0) return "";
  const indent = /^\s*/.exec(lines[first])?.[0] ?? "";
  let last = first;
  // One line is the whole of it when it closes what it opens.
  if (!/[;}]\s*$/.test(lines[first]) || lines[first].trimEnd().endsWith("{")) {
    last = lines.findIndex((line, i) => i > first && line.startsWith(`${indent}}`));
  }
  let from = first;
  while (from > 0 && /^\s*(\/\/|\/\*\*|\*|#\[)/.test(lines[from - 1])) from -= 1;
  return lines.slice(from, (last < 0 ? lines.length - 1 : last) + 1).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line)).join("\n");
}
