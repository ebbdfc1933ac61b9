// Builds ui/dist-test when it is missing or older than the sources.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './harness.mjs';

function newest(dir) {
  let time = 0;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (/\.test\.ts$/.test(entry.name)) continue;
    time = Math.max(time, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return time;
}

export async function ensureBuild() {
  const ui = join(root, 'ui');
  const built = join(ui, 'dist-test', 'index.html');
  const sources = Math.max(newest(join(ui, 'src')), statSync(join(ui, 'vite.config.ts')).mtimeMs, statSync(join(ui, 'package.json')).mtimeMs);
  if (existsSync(built) && statSync(built).mtimeMs > sources) return;
  console.log('building ui/dist-test …');
  // On Windows npm is a script, which Node starts only through a shell.
  const done = spawnSync('npm', ['run', '--silent', 'build:test'], { cwd: ui, encoding: 'utf8', shell: process.platform === 'win32' });
  if (done.status !== 0) {
    console.log(done.stdout, done.stderr);
    throw new Error('the test build failed');
  }
}
