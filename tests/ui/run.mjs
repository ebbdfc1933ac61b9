// Browser tests of the window: the built interface (test mode, fixtures instead of the core) in Chromium, served from loopback with
// the production content security policy. `node tests/ui/run.mjs [--suite=NAME] [--only=WORD]`; pictures land in tests/ui/out. The suite `core` runs the same
// window over the real core (`cargo build --example devbridge --bin aurelius-cli` first).
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { here, launch, loadSuites } from './lib/harness.mjs';
import { ensureBuild } from './lib/build.mjs';
import { serve } from './lib/server.mjs';

const only = process.argv.find((a) => a.startsWith('--only='))?.slice(7) ?? '';
const out = join(here, 'out');
if (!only && !process.argv.some((a) => a.startsWith('--suite='))) rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

await ensureBuild();
const server = await serve();
const browser = await launch();
const tests = (await loadSuites()).filter((t) => t.name.includes(only));

const WORKERS = 2;
const queue = [...tests];
let passed = 0;
const failures = [];
const started = Date.now();

async function worker() {
  for (let test = queue.shift(); test; test = queue.shift()) {
    const began = Date.now();
    try {
      await withTimeout(test.run({ browser, base: server.base, out }), test.timeout ?? 45_000);
      passed += 1;
      console.log(`ok   ${test.name} (${Date.now() - began} ms)`);
    } catch (error) {
      failures.push(test.name);
      console.log(`FAIL ${test.name} (${Date.now() - began} ms)\n     ${String(error?.stack ?? error).split('\n').slice(0, 14).join('\n     ')}`);
    }
  }
}

function withTimeout(work, ms) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

await Promise.all(Array.from({ length: WORKERS }, worker));
await browser.close();
await server.close();
console.log(`in ${((Date.now() - started) / 1000).toFixed(0)} s`);
if (failures.length > 0) console.log(`failed: ${failures.join(' | ')}`);
console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length > 0 || passed === 0 ? 1 : 0);
