// The interface in Chromium over the real core: starts the bridge program (tests/bridge) on a home or on the sample workspace, and
// opens guarded pages on it. Faults are set at the sandbox's own servers.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open, root } from './harness.mjs';
import { PRELUDE } from './server.mjs';

const exe = process.platform === 'win32' ? '.exe' : '';
const debug = join(root, process.env.CARGO_TARGET_DIR ?? 'target', 'debug');
const PROGRAM = join(debug, 'examples', `devbridge${exe}`);
const CLI = join(debug, `aurelius-cli${exe}`);
export const built = () => existsSync(PROGRAM) && existsSync(CLI);

/** First line that a program prints, as JSON. */
function firstLine(child, what) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) resolve(JSON.parse(text.split('\n')[0]));
    });
    child.once('exit', (code) => reject(new Error(`${what} ended with ${code} before it was ready`)));
    child.once('error', reject);
  });
}

const ended = (child) => (child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((resolve) => child.once('exit', resolve)));

/** A browser for the core: follows the sign-in as a person who consents would. */
function browserScript(dir) {
  const file = join(dir, 'browser.sh');
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' -e 'fetch(process.argv[1]).then((r) => r.text())' "$1"\n`);
  chmodSync(file, 0o755);
  return file;
}

export class Core {
  scratch = mkdtempSync(join(tmpdir(), 'aurelius-bridge-'));
  #child = null;
  #sandboxProcess = null;
  #env;
  #args;

  constructor() {
    for (const name of ['home', 'run']) mkdirSync(join(this.scratch, name), { mode: 0o700 });
    this.#env = {
      ...process.env, HOME: join(this.scratch, 'home'), XDG_RUNTIME_DIR: join(this.scratch, 'run'), XDG_DATA_HOME: join(this.scratch, 'home'), XDG_CONFIG_HOME: join(this.scratch, 'home'),
      AURELIUS_LOG: process.env.AURELIUS_LOG ?? 'error', BROWSER: browserScript(this.scratch),
    };
    writeFileSync(join(this.scratch, 'prelude.js'), PRELUDE);
  }

  /** The sample workspace: its key lives in memory, its servers in the same process. */
  static async sample() {
    const core = new Core();
    core.#args = ['--demo'];
    await core.start();
    return core;
  }

  /** A workspace on disk beside a sandbox of its own, so that the core can be killed without either being lost. */
  static async workspace() {
    const core = new Core();
    core.#sandboxProcess = spawn(CLI, ['sandbox'], { stdio: ['ignore', 'pipe', 'inherit'], env: core.#env });
    const told = await firstLine(core.#sandboxProcess, 'the sandbox');
    Object.assign(core.#env, told.env ?? told);
    core.sandbox = (told.env ?? told).AURELIUS_PROVIDERS__GOOGLE__ISSUER;
    writeFileSync(join(core.scratch, 'passphrase'), 'four random words here\n');
    core.#args = ['--home', join(core.scratch, 'workspace'), '--passphrase-file', join(core.scratch, 'passphrase')];
    await core.start();
    return core;
  }

  async start() {
    const args = ['--dist', join(root, 'ui', 'dist-test'), '--prelude', join(this.scratch, 'prelude.js'), ...this.#args];
    this.#child = spawn(PROGRAM, args, { stdio: ['pipe', 'pipe', 'inherit'], env: this.#env });
    const { base, token, sandbox } = await firstLine(this.#child, 'the bridge');
    Object.assign(this, { base, token }, sandbox ? { sandbox } : {});
  }

  /** No farewell. */
  async kill() {
    this.#child.kill('SIGKILL');
    await ended(this.#child);
  }

  async stop() {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 8000);
    await ended(this.#child);
    clearTimeout(timer);
    this.#sandboxProcess?.kill();
    rmSync(this.scratch, { recursive: true, force: true });
  }

  /** A command of the window, past the window. */
  async call(command, req = {}) {
    const answer = await this.#fetch(`/ipc/${command}`, { method: 'POST', body: JSON.stringify({ req }) });
    const value = await answer.json();
    if (!answer.ok) throw new Error(`${command}: ${value.code} ${value.message}`);
    return value;
  }

  /** `changes` events in `millis`, about `ids`. */
  storm(storm) {
    return this.#fetch('/control/storm', { method: 'POST', body: JSON.stringify(storm) });
  }

  #fetch(path, init) {
    return fetch(`${this.base}${path}`, { ...init, headers: { 'content-type': 'application/json', authorization: `Bearer ${this.token}` } });
  }

  /** A picture as the window's scheme would answer it. */
  picture(uri) {
    return this.#fetch(`/picture?u=${encodeURIComponent(uri)}`);
  }

  /** Steers the sandbox: `/_sbx/…` */
  async sbx(method, path, body) {
    const answer = await fetch(`${this.sandbox}/_sbx/${path}`, { method, headers: { 'content-type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  }

  fault(path, action, more = {}) {
    return this.sbx('POST', 'faults', { path, action, times: 0, ...more });
  }

  /** Polls `probe` until it gives something true. */
  async until(what, probe, ms = 20_000) {
    const end = Date.now() + ms;
    let last;
    while (Date.now() < end) {
      last = await probe();
      if (last) return last;
      await new Promise((r) => setTimeout(r, 60));
    }
    throw new Error(`${what}: not within ${ms} ms (last: ${JSON.stringify(last)})`);
  }

  /** Until everything of the sample has arrived and nothing is under way. */
  settled(ms = 60_000) {
    return this.until('a quiet core', async () => {
      const status = await this.call('status');
      return status.sources.length > 0 && status.sources.every((s) => s.state === 'ok' && s.lastSync !== null);
    }, ms);
  }

  /** A guarded page on this core. `proxied` collects what the picture scheme was asked for. */
  async page(browser, path = '/', options = {}) {
    const url = new URL(path, this.base);
    url.searchParams.set('bridge', this.base);
    url.searchParams.set('token', this.token);
    return open({ browser, base: this.base }, `${url.pathname}${url.search}${url.hash}`, { ...options, core: this });
  }
}
