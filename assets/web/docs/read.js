// @ts-check
// Shows a page of these docs, which is Markdown so that it can be read where the repository is: `?page=connect`, the first one unless told.

import { markdown } from "./markdown.js";

/** In the order in which a newcomer needs them. */
const PAGES = ["README", "connect", "input", "draw", "predict", "events", "reconnect", "debug", "symptoms"];

const asked = new URLSearchParams(location.search).get("page") ?? "";
const page = PAGES.includes(asked) ? asked : PAGES[0];

const nav = /** @type {HTMLElement} */ (document.getElementById("pages"));
for (const name of PAGES) {
  const link = document.createElement("a");
  link.href = `?page=${name}`;
  link.textContent = name === PAGES[0] ? "start" : name;
  if (name === page) link.setAttribute("aria-current", "page");
  nav.append(link);
}

const main = /** @type {HTMLElement} */ (document.getElementById("page"));
try {
  const answer = await fetch(new URL(`${page}.md`, import.meta.url));
  if (!answer.ok) throw new Error(`the server answered ${answer.status} for ${page}.md`);
  main.replaceChildren(...markdown(await answer.text(), document));
  document.title = `${main.querySelector("h1")?.textContent ?? page} · Snapline`;
} catch (error) {
  main.textContent = String(error);
}
