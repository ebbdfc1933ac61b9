// The size of what is loaded before the inbox shows, and of the chunks that come later, compressed as they lie in the bundle.
// Fails when a budget is broken, and when test code has slipped into a release build.
import { readFileSync, readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);
const read = (file) => readFileSync(new URL(file, dist));
const size = (file) => gzipSync(read(file), { level: 9 }).length;
const kb = (n) => `${(n / 1000).toFixed(1)} KB`;
const manifest = JSON.parse(read('.vite/manifest.json').toString());

const entry = Object.entries(manifest).find(([, c]) => c.isEntry)?.[0];
const initial = new Set();
const css = new Set();
(function walk(key) {
  const chunk = manifest[key];
  if (!chunk || initial.has(chunk.file)) return;
  initial.add(chunk.file);
  for (const file of chunk.css ?? []) css.add(file);
  for (const next of chunk.imports ?? []) walk(next);
})(entry);

let failed = false;
function check(name, bytes, budget) {
  const over = bytes > budget;
  failed ||= over;
  console.log(`${over ? 'OVER ' : 'ok   '}${name.padEnd(34)} ${kb(bytes).padStart(9)} of ${kb(budget)}`);
}
check('initial JavaScript', [...initial].reduce((n, f) => n + size(f), 0), 110_000);
check('initial CSS', [...css].reduce((n, f) => n + size(f), 0), 15_000);
for (const [key, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry || initial.has(chunk.file)) continue;
  check(key.replace(/^.*src\//, ''), size(chunk.file), /composer|editor/i.test(key) ? 130_000 : 30_000);
}

const shipped = readdirSync(new URL('assets/', dist)).filter((f) => f.endsWith('.js')).map((f) => read(`assets/${f}`).toString()).join('\n');
for (const word of ['northwind.example', 'EventSource']) {
  if (shipped.includes(word)) {
    failed = true;
    console.log(`FAIL a release build contains “${word}”: the mock or the bridge is in it`);
  }
}
process.exit(failed ? 1 : 0);
