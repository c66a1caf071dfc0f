// Writes ../snapline.d.ts, the types of the library in one file, from the JSDoc of the modules it is made of.
//
//   node assets/web/test/declarations.mjs           writes it
//   node assets/web/test/declarations.mjs --check   tells whether it is current
//
// tsc writes one file for each module. Of snapline.js all that it exports is taken, of the others only types and classes that it speaks of.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

const WEB = fileURLToPath(new URL("..", import.meta.url));
const TSC = fileURLToPath(new URL("node_modules/.bin/tsc", import.meta.url));
const OUT = `${WEB}snapline.d.ts`;
/** What the types of snapline.js speak of, besides the client core's own. */
const INNER = ["close", "schema", "players", "view", "core", "server"];
/** Classes of theirs that the library hands out. */
const OUTSIDE = new Set(["Players", "View"]);
const HEAD = `// The types of snapline.js, in one file. Made from its JSDoc by test/declarations.mjs: to be changed there.
`;

/** The files that tsc writes, by module. @returns {Map<string, string>} */
function emitted() {
  const out = mkdtempSync(`${tmpdir()}/snapline-types-`);
  try {
    const emit = ["--allowJs", "--checkJs", "--declaration", "--emitDeclarationOnly", "--strict", "--skipLibCheck", "--ignoreConfig"];
    const target = ["--target", "ES2022", "--module", "ES2022", "--moduleResolution", "bundler", "--lib", "ES2022,DOM,DOM.Iterable", "--types", ""];
    execFileSync(TSC, [...emit, ...target, "--outDir", out, "snapline.js"], { cwd: WEB, stdio: ["ignore", "inherit", "inherit"] });
    return new Map(readdirSync(out).map((name) => [name.replace(".d.ts", ""), readFileSync(`${out}/${name}`, "utf8")]));
  } finally {
    rmSync(out, { recursive: true });
  }
}

/** What a module says of its types: tsc leaves that out. @param {string} module @returns {Map<string, string>} */
function wordsOf(module) {
  const comments = readFileSync(`${WEB}${module}.js`, "utf8").matchAll(/\/\*\*((?:(?!\*\/)[^])*?)@typedef ((?:(?!\*\/)[^])*?)\*\//g);
  const said = [...comments].map(([, words, type]) => [/(\w+)\s*(?:\n|$)/.exec(type)?.[1] ?? "", words.replace(/\s*\n \*\s*/g, " ").trim()]);
  return new Map(said.filter(([, words]) => words));
}

/** The declarations of a file, each with the comment before it. @param {string} text */
function statementsOf(text) {
  const statements = [];
  let comment = "";
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i += 1) {
    if (lines[i].startsWith("/**")) {
      const from = i;
      while (!lines[i].endsWith("*/")) i += 1;
      comment = lines.slice(from, i + 1).join("\n");
      if (comment.includes("@typedef")) comment = "";
      continue;
    }
    const from = i;
    if (lines[i].endsWith("{")) while (!lines[i].startsWith("}")) i += 1;
    if (lines[i]) statements.push({ text: lines.slice(from, i + 1).join("\n"), comment });
    comment = "";
  }
  return statements;
}

function declarations() {
  const files = emitted();
  const taken = new Set();
  const parts = [];
  for (const module of [...INNER, "snapline"]) {
    const words = wordsOf(module);
    for (const { text, comment } of statementsOf(files.get(module) ?? "")) {
      const [, kind, name] = /^(?:export )?(?:declare )?(type|class|function|const) (\w+)/.exec(text) ?? [];
      const isPublic = module === "snapline" || name === "packageOf";
      if (!name || taken.has(name) || (!isPublic && kind !== "type" && !OUTSIDE.has(name))) continue;
      // Of the close codes' own table only what it is made into is told.
      if (name === "LocalName" || text.startsWith("declare const")) continue;
      const local = text.replace(/import\("\.\/(?!pkg\/)\w+\.js"\)\./g, "");
      if (local === `export type ${name} = ${name};`) continue;
      taken.add(name);
      // Whoever makes one beside the library's (a view before there is a connection) need not care for its inside. A class that is not exported by snapline.js is a type and no more.
      const isOutside = !isPublic && kind === "class";
      const said = words.get(name);
      const head = comment || (said ? `/** ${said} */` : "");
      parts.push(`${head && `${head.replace(/import\("\.\/(?!pkg\/)\w+\.js"\)\./g, "")}\n`}${isOutside ? local.replace("export declare", "declare").replace("    #private;\n", "") : local}`);
    }
  }
  return `${HEAD}\n${parts.join("\n\n")}\n\nexport type { Players, View };\n`;
}

const text = declarations();
if (!process.argv.includes("--check")) writeFileSync(OUT, text);
else if (readFileSync(OUT, "utf8") !== text) {
  console.error("snapline.d.ts is older than the JSDoc it is made from; run: node assets/web/test/declarations.mjs");
  process.exit(1);
}
