// The docs say what is so: their code is the example's, word for word; what they name is there; every verdict has its symptom.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const docs = new URL("../docs/", import.meta.url);
const read = (path) => readFileSync(new URL(path, docs), "utf8");
const pages = readdirSync(docs).filter((name) => name.endsWith(".md"));

test("the code of each page is the example's, word for word, and none is left out", () => {
  const parts = new Map([...read("example.js").matchAll(/\/\/ part: (\w+)\n([^]*?)\n\/\/ end\n/g)].map(([, name, code]) => [name, code]));
  assert.deepEqual([...parts.keys()], ["connect", "input", "draw", "predict", "events", "reconnect", "debug"]);
  for (const page of pages) {
    const blocks = [...read(page).matchAll(/```\w*\n([^]*?)\n```/g)].map(([, code]) => code);
    const part = parts.get(page.replace(".md", ""));
    assert.deepEqual(blocks, part === undefined ? [] : [part], page);
  }
});

test("every link leads to a file, and every page is in the list of them", () => {
  for (const page of pages) {
    for (const [, address] of read(page).matchAll(/\]\(([^)]+)\)/g)) {
      assert.ok(existsSync(new URL(address, docs)), `${page} leads to ${address}`);
    }
  }
  const listed = /const PAGES = \[([^\]]+)\]/.exec(read("read.js"))[1].match(/\w+/g);
  assert.deepEqual(listed.map((name) => `${name}.md`).sort(), [...pages].sort());
});

test("every verdict has its symptom", () => {
  const verdicts = new Set([...read("../verdict.js").matchAll(/name: "(\w+)"/g)].map(([, name]) => name));
  const rows = read("symptoms.md").split("\n").filter((line) => line.startsWith("| "));
  const told = new Set(rows.map((row) => /`(\w+)`/.exec(row.split("|")[2])?.[1]));
  assert.ok(verdicts.size >= 8);
  for (const name of verdicts) assert.ok(told.has(name), `${name} is not in the table`);
  for (const name of told) assert.ok(name === undefined || verdicts.has(name), `there is no verdict ${name}`);
});

test("settings and members that the docs name are there", () => {
  const config = read("../../../server/src/config.rs") + read("../../../shared/arena/src/scene.rs");
  const types = read("../snapline.d.ts") + read("../pkg/arena/snapline_wasm.d.ts");
  const names = new Set(pages.flatMap((page) => [...read(page).replace(/```[^]*?```/g, "").matchAll(/`([^`]+)`/g)].map(([, code]) => code)));
  const settings = [...names].filter((name) => /^[a-z]+(_[a-z]+)+$/.test(name) && name !== "sync_test");
  assert.ok(settings.length >= 8, settings.join());
  for (const name of settings) assert.match(config, new RegExp(`\\b${name}\\b`), name);
  const members = [...names].flatMap((name) => [...name.matchAll(/\b(?:game|view|stats|welcome)\.(\w+)/g)].map(([, member]) => member));
  assert.ok(members.length >= 16, members.join());
  for (const name of members) assert.match(types, new RegExp(`\\b${name}\\b`), name);
});
