// The table of close codes against the server's own.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CLOSES, explain, local } from "../close.js";

const RUST = readFileSync(new URL("../../../shared/src/message/close.rs", import.meta.url), "utf8");

function serverCodes() {
  const body = RUST.slice(RUST.indexOf("fn code(&self)"), RUST.indexOf("fn reason(&self)"));
  const names = RUST.slice(RUST.indexOf("fn reason(&self)"));
  return [...body.matchAll(/Self::(\w+)(?:\(_\))? => (\d+)/g)].map(([, variant, code]) => {
    const arm = new RegExp(`Self::${variant}(?:\\(words\\))? => (?:format!\\()?"(\\w+)`).exec(names);
    return { code: Number(code), name: arm?.[1] };
  });
}

test("every code of the server has words and a way back, under the server's own name", () => {
  const codes = serverCodes();
  assert.ok(codes.length >= 15, "the server's table was not understood");
  for (const { code, name } of codes) {
    const known = CLOSES.get(code);
    assert.ok(known, `no words for ${code} ${name}`);
    assert.equal(known[0], name, `name of ${code}`);
    assert.match(known[2], /^[A-Z].*\.$/, "a sentence");
  }
});

test("what the server adds to its reason is told", () => {
  assert.equal(explain(4002, "forbidden: you are banned: for ever").detail, "you are banned: for ever");
  assert.equal(explain(4103, "room_full").detail, "");
});

test("a code of a newer server goes by its range", () => {
  assert.equal(explain(4099, "unheard_of").way, "reload");
  assert.deepEqual([explain(4150).way, explain(4150).retryAfterS > 0], ["pause", true]);
  assert.equal(explain(4242).way, "now");
  assert.match(explain(4242, "fenced: gone").words, /4242, fenced/);
});

test("a pause lasts as long as the server says, else a little", () => {
  assert.equal(explain(1013, "overloaded: full", 30).retryAfterS, 30);
  assert.ok(explain(1013).retryAfterS > 0);
  assert.equal(explain(1006).retryAfterS, 0);
  assert.ok(local("unreachable").retryAfterS > 0);
});
