// @ts-check
// As much Markdown as these docs use: headings, paragraphs, lists, tables, code, links. Everything goes in as text, never as markup.

/**
 * @param {string} text
 * @param {Document} document
 * @returns {HTMLElement[]}
 */
export function markdown(text, document) {
  const lines = text.split("\n");
  /** @type {HTMLElement[]} */
  const nodes = [];
  for (let i = 0; i < lines.length; ) {
    const line = lines[i];
    /** @param {(line: string) => boolean} belongs */
    const take = (belongs) => {
      const from = i;
      while (i < lines.length && belongs(lines[i])) i += 1;
      return lines.slice(from, i);
    };
    if (line.startsWith("```")) {
      i += 1;
      nodes.push(code(take((line) => !line.startsWith("```")).join("\n"), document));
      i += 1;
    } else if (line.startsWith("#")) {
      const [, marks, words] = /^(#+) (.*)$/.exec(line) ?? ["", "#", line];
      nodes.push(filled(`h${marks.length}`, words, document));
      i += 1;
    } else if (line.startsWith("|")) nodes.push(table(take((line) => line.startsWith("|")), document));
    else if (line.startsWith("- ")) {
      const list = document.createElement("ul");
      for (const item of take((line) => line.startsWith("- "))) list.append(filled("li", item.slice(2), document));
      nodes.push(list);
    } else if (line.trim() === "") i += 1;
    else nodes.push(filled("p", take((line) => line.trim() !== "" && !/^(```|#|\||- )/.test(line)).join(" "), document));
  }
  return nodes;
}

/** @param {string} text @param {Document} document */
function code(text, document) {
  const [pre, inner] = [document.createElement("pre"), document.createElement("code")];
  inner.textContent = text;
  pre.append(inner);
  return pre;
}

/** @param {readonly string[]} lines @param {Document} document */
function table(lines, document) {
  const cells = (/** @type {string} */ line) => line.slice(1, line.lastIndexOf("|")).split("|").map((cell) => cell.trim());
  const node = document.createElement("table");
  lines.forEach((line, i) => {
    // The second line only says that the first one is the head.
    if (i === 1) return;
    const row = node.insertRow();
    for (const cell of cells(line)) row.append(filled(i === 0 ? "th" : "td", cell, document));
  });
  const wide = document.createElement("div");
  wide.className = "wide";
  wide.append(node);
  return wide;
}

/**
 * An element with a line of text in it: `code`, **strong**, [links](address).
 * @param {string} tag
 * @param {string} text
 * @param {Document} document
 */
function filled(tag, text, document) {
  const node = document.createElement(tag);
  for (const part of text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)]+\))/)) {
    const [, words, address] = /^\[([^\]]+)\]\(([^)]+)\)$/.exec(part) ?? [];
    if (address) node.append(link(words, address, document));
    else if (part.startsWith("**")) node.append(filled("strong", part.slice(2, -2), document));
    else if (part.startsWith("`")) {
      const inner = document.createElement("code");
      inner.textContent = part.slice(1, -1);
      node.append(inner);
    } else if (part) node.append(part);
  }
  return node;
}

/** @param {string} words @param {string} address @param {Document} document */
function link(words, address, document) {
  const node = document.createElement("a");
  const page = /^(\w+)\.md$/.exec(address);
  node.href = page ? `?page=${page[1]}` : address;
  node.append(...filled("span", words, document).childNodes);
  return node;
}
