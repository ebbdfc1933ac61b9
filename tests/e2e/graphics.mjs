// When the graphics fail: a page whose process dies, a start that ends before its page ran, and the start without acceleration. Without a
// driver, because a driver's session ends with the page's process. Usage: node tests/e2e/graphics.mjs BINARY TAURI_DRIVER
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { processes, until } from './desk.mjs';

const [binary] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'aurelius-graphics-'));
const home = join(scratch, 'workspace');
const marker = join(home, 'window.starting');
writeFileSync(join(scratch, 'passphrase'), 'four random words here\n');
let [passed, failed] = [0, 0];

class Program {
  log = '';
  constructor(...args) {
    this.child = spawn(binary, ['--home', home, '--passphrase-file', join(scratch, 'passphrase'), ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, AURELIUS_LOG: 'warn,aurelius::ipc=trace' } });
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', (chunk) => { this.log += chunk; });
    this.ended = new Promise((resolve) => this.child.once('exit', resolve));
  }
  /** How often the page has asked for the first thing that it asks for. */
  get starts() {
    return [...this.log.replace(/\u001b\[[0-9;]*m/g, '').matchAll(/aurelius::ipc: command="?app_state"?/g)].length;
  }
  environment() {
    return readFileSync(`/proc/${this.child.pid}/environ`, 'utf8').split('\0');
  }
  /** Processes of pages that it is the parent of. */
  pages() {
    return processes((pid) => basename(readlinkSync(`/proc/${pid}/exe`)) === 'WebKitWebProcess' && Number(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) \S+ (\d+).*/s, '$1')) === this.child.pid);
  }
  async end(signal = 'SIGTERM') {
    this.child.kill(signal);
    await this.ended;
  }
}
async function test(name, body) {
  const start = Date.now();
  try {
    await body();
    passed += 1;
    console.log(`ok   ${name} (${Date.now() - start} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name} (${Date.now() - start} ms)\n     ${error.message}`);
  }
}
const without = (program) => program.environment().includes('WEBKIT_DISABLE_DMABUF_RENDERER=1');

let program = new Program();
await test('a page whose process dies is loaded anew, a few times', async () => {
  await until('the page', () => program.starts > 0);
  for (let deaths = 1; deaths <= 3; deaths += 1) {
    const before = program.starts;
    await until('its process', () => program.pages().length === 1);
    process.kill(Number(program.pages()[0]), 'SIGKILL');
    await until(`the page after death ${deaths}`, () => program.starts > before);
  }
  // The fourth time within a minute it is left as it is, and said.
  await until('its process', () => program.pages().length === 1);
  process.kill(Number(program.pages()[0]), 'SIGKILL');
  await until('the last words', () => program.log.includes('--safe-graphics'));
  if (program.child.exitCode !== null) throw new Error('the program ended with its page');
});
await program.end();

await test('a start that gets as far as its page leaves no trace of the start', async () => {
  program = new Program();
  await until('the page', () => program.starts > 0);
  if (existsSync(marker)) throw new Error('the marker is still there');
  if (without(program)) throw new Error('without acceleration for no reason');
  await program.end();
});

await test('after a start that ended before its page ran, the next draws without acceleration; the one after that is as ever', async () => {
  program = new Program();
  await until('the start', () => existsSync(marker), 30_000, 2);
  await program.end('SIGKILL');
  if (!existsSync(marker)) throw new Error('too late: the page was there already');
  program = new Program();
  await until('the page', () => program.starts > 0);
  if (!without(program)) throw new Error('with acceleration');
  await until('the marker to go', () => !existsSync(marker));
  await program.end();
  program = new Program();
  await until('the page', () => program.starts > 0);
  if (without(program)) throw new Error('still without acceleration');
  await program.end();
});

await test('without acceleration on request', async () => {
  program = new Program('--safe-graphics');
  await until('the page', () => program.starts > 0);
  if (!without(program)) throw new Error('with acceleration');
  await program.end();
});

rmSync(scratch, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
