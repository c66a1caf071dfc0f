// What the arena's page writes: table, feed, clock, figures, results, the link for a friend.

import assert from "node:assert/strict";
import { test } from "node:test";
import { KILLS_MAX, KILL_MS, recent } from "../arena/feed.js";
import { clock } from "../arena/hud.js";
import { resultRows } from "../arena/notices.js";
import { loudness } from "../arena/sound.js";
import { ordinal, shownLines } from "../arena/table.js";
import { linkTo } from "../arena/tools.js";
import { Growth, summary, verdict } from "../verdict.js";

const line = (rank, player = rank + 100) => ({ rank, player, score: 50 - rank, kills: 0, deaths: 0 });

test("the table shows the first lines, and one's own below them when it is not among them", () => {
  const lines = [1, 2, 3, 4, 5, 6].map((rank) => line(rank));
  const ranks = (own, count) => shownLines(lines, own, count).map(({ rank }) => rank);
  assert.deepEqual(ranks(null, 3), [1, 2, 3]);
  assert.deepEqual(ranks(line(2), 3), [1, 2, 3]);
  assert.deepEqual(ranks(line(5), 3), [1, 2, 3, 5]);
  assert.deepEqual(ranks(line(31), 20), [1, 2, 3, 4, 5, 6, 31]);
  assert.deepEqual(ranks(line(0), 3), [1, 2, 3], "not ranked yet");
  const mine = { ...line(3), player: 102, score: 99 };
  assert.deepEqual(shownLines(lines, mine, 3)[1], { ...mine, rank: 2 }, "the own figures are newer than the table's");
});

test("ranks are said as people say them", () => {
  const said = [1, 2, 3, 4, 11, 12, 13, 21, 102, 111, 113, 123].map(ordinal);
  assert.deepEqual(said, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th", "113th", "123rd"]);
});

test("the feed keeps the newest kills, and each for its time", () => {
  const kills = Array.from({ length: 9 }, (_, i) => ({ by: i, victim: 0, sinceMs: i * 100 }));
  assert.deepEqual(recent(kills, 900).map(({ by }) => by), [4, 5, 6, 7, 8]);
  assert.equal(recent(kills, 900).length, KILLS_MAX);
  assert.deepEqual(recent(kills, 699 + KILL_MS).map(({ by }) => by), [7, 8].filter((by) => by * 100 > 699));
  assert.deepEqual(recent(kills, 10_000), []);
});

test("the clock counts whole seconds down to 0:00, never below", () => {
  assert.deepEqual([300, 299.2, 61, 9.01, 0, -3].map(clock), ["5:00", "5:00", "1:01", "0:10", "0:00", "0:00"]);
});

test("the summary is one line of what is known", () => {
  const known = { players: 23, tickHz: 60, bytesPerSecond: 1912, rttMs: 12, tickP99Us: 812 };
  assert.equal(summary(known), "23 players, 60 Hz, 1.9 kB/s to you, ping 12 ms, server tick p99 0.8 ms");
  assert.equal(summary({ ...known, tickP99Us: 12_345 }), "23 players, 60 Hz, 1.9 kB/s to you, ping 12 ms, server tick p99 12 ms");
  assert.equal(summary({ players: 1 }), "1 player");
});

test("one rule gives the verdict, the worst first", () => {
  const well = { sinceMs: 30, stalledMs: 0, jitterMs: 5, lateInputs: 0, unexplained: 0, desyncs: 0, tickP99Us: 800, tickBudgetUs: 16_666 };
  const words = (more) => verdict({ ...well, ...more }).words;
  assert.equal(words({}), "smooth");
  assert.equal(words({ jitterMs: 40 }), "jitter: the network varies by 40 ms");
  assert.equal(words({ jitterMs: 40, stalledMs: 230 }), "stalled: nothing came for 230 ms");
  assert.equal(words({ unexplained: 3, jitterMs: 40 }), "diverging: 3 unexplained corrections");
  assert.equal(words({ tickP99Us: 14_200 }), "server behind: tick 14 of 16 ms");
  assert.equal(words({ stepHz: 15, stepHzFull: 30 }), "server behind: it sends 15 of 30 snapshots a second");
  assert.equal(words({ stepHz: 29, stepHzFull: 30 }), "smooth");
  assert.match(words({ sinceMs: 2100, unexplained: 3 }), /^silent: nothing has come for 2\.1 s$/);
});

test("late inputs count while they go on, not at the start", () => {
  const growth = new Growth();
  const counts = [[0, 0], [9, 1000], [9, 10_000], [10, 11_000], [14, 12_000], [14, 17_000]];
  assert.deepEqual(counts.map(([count, nowMs]) => growth.over(count, nowMs)), [0, 0, 0, 1, 5, 0]);
});

test("results that are not as this page knows them show no rows", () => {
  const row = { player: 3, name: "Ada", score: 7, kills: 1, deaths: 0 };
  assert.deepEqual(resultRows({ rows: [row, { name: 5 }, null], players: 2 }), [row]);
  for (const value of [null, undefined, "text", 7, {}, { rows: 3 }]) assert.deepEqual(resultRows(value), []);
});

test("a friend's link names the room and nothing of one's own", () => {
  assert.equal(linkTo("http://host:8080/arena/?room=x&delay=150#a", "x"), "http://host:8080/arena/?room=x");
  assert.equal(linkTo("http://host:8080/arena/?delay=150", "main"), "http://host:8080/arena/");
});

test("what is far away is quiet, and beyond its reach silent", () => {
  assert.equal(loudness(0, 1000), 1);
  assert.ok(loudness(500, 1000) < 0.5 && loudness(500, 1000) > 0);
  assert.equal(loudness(2000, 1000), 0);
});
