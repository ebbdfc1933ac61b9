// What every script that drives the real window shares: the driver, the questions to the page, the count.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Driver } from './webdriver.mjs';

export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

export const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** Asks again and again; the first answer that is not false. */
export async function until(what, check, ms = 20_000, pause = 200) {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(pause)) {
    const value = await check();
    if (value) return value;
  }
  throw new Error(`${what}: not within ${ms} ms`);
}

/** Numbers of the processes that fit. One that goes while it is looked at does not. */
export const processes = (fits) => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
  try {
    return fits(pid);
  } catch {
    return false;
  }
});
/** Is it this program, started with our folders? Nobody else's, whatever is called the same. */
export const runs = (pid, program) => readlinkSync(`/proc/${pid}/exe`) === program && readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`HOME=${process.env.HOME}`);

/** Until nobody on this session bus is the one instance. A process that is gone can have its name a moment longer: a start in that
 *  moment would hand itself over to nobody and end. */
export async function nameIsFree(ms = 10_000) {
  const list = ['call', '--session', '--dest', 'org.freedesktop.DBus', '--object-path', '/org/freedesktop/DBus', '--method', 'org.freedesktop.DBus.ListNames'];
  for (const end = Date.now() + ms; Date.now() < end; await sleep(50)) if (!spawnSync('gdbus', list, { encoding: 'utf8' }).stdout?.includes('SingleInstance')) return;
  throw new Error('the name of the one instance is still taken');
}

/** A real keyring on this session bus, unlocked. Its folder is that of XDG_DATA_HOME. */
export function unlockKeyring() {
  const { status, error } = spawnSync('gnome-keyring-daemon', ['--unlock', '--components=secrets'], { input: 'test', stdio: ['pipe', 'ignore', 'ignore'] });
  if (status !== 0) throw new Error(`no keyring: ${error?.message ?? `exit code ${status}`}`);
}

/** The sandbox as a process of its own, so that it survives windows; the environment is told where it is. */
export async function startSandbox(binary) {
  const child = spawn(join(dirname(binary), 'aurelius-cli'), ['sandbox'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const told = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) resolve(JSON.parse(text.split('\n')[0]));
    });
    child.once('exit', () => reject(new Error('the sandbox ended')));
    child.once('error', reject);
  });
  Object.assign(process.env, told.env ?? told);
  return child;
}

/** A browser that only writes down where it was sent: set as BROWSER. */
export class FakeBrowser {
  #file;

  constructor(scratch) {
    this.#file = join(scratch, 'opened.txt');
    const script = join(scratch, 'browser.sh');
    writeFileSync(script, `#!/bin/sh\nprintf '%s\\n' "$1" >> '${this.#file}'\n`);
    chmodSync(script, 0o755);
    process.env.BROWSER = script;
  }

  /** The next address that it was asked to open. */
  async next(ms = 10_000) {
    for (const end = Date.now() + ms; Date.now() < end; await sleep(50)) {
      if (!existsSync(this.#file)) continue;
      const text = readFileSync(this.#file, 'utf8');
      // The shell makes the file a moment before it writes.
      if (!text.endsWith('\n')) continue;
      const lines = text.trim().split('\n');
      rmSync(this.#file);
      return lines.at(-1);
    }
    throw new Error('no browser was opened');
  }
}

/** In the page: the first shown element of these roles whose name matches. */
const named = (roles, pattern) => {
  const expression = new RegExp(pattern, 'i');
  const implicit = { BUTTON: 'button', A: 'link', INPUT: 'textbox', TEXTAREA: 'textbox' };
  for (const element of document.querySelectorAll('button, a[href], input, textarea, [role]')) {
    const role = element.getAttribute('role') ?? implicit[element.tagName];
    if (!roles.includes(role)) continue;
    const label = element.getAttribute('aria-label') ?? (element.labels?.[0]?.textContent || element.textContent || element.getAttribute('placeholder') || '');
    if (expression.test(label.trim().replace(/\s+/g, ' ')) && element.getClientRects().length > 0) return element;
  }
  return null;
};

export class Desk {
  passed = 0;
  failed = 0;
  /** What the program has written to its standard error. */
  log = '';
  driver = null;
  #driverProcess;
  #base;
  #binary;
  /** Where the kernel says that the running program is. */
  #program;
  #out;

  static async start(binary, tauriDriver, { out = 'out', env = process.env } = {}) {
    const desk = new Desk();
    desk.#binary = binary;
    desk.#out = join(dirname(fileURLToPath(import.meta.url)), out);
    mkdirSync(desk.#out, { recursive: true });
    const [port, native] = [await freePort(), await freePort()];
    desk.#driverProcess = spawn(tauriDriver, ['--port', String(port), '--native-port', String(native)], { stdio: ['ignore', 'pipe', 'pipe'], env });
    for (const stream of [desk.#driverProcess.stdout, desk.#driverProcess.stderr]) stream.on('data', (chunk) => { desk.log += chunk; });
    desk.#base = `http://127.0.0.1:${port}`;
    for (let i = 0; i < 100; i += 1) {
      if (await fetch(`${desk.#base}/status`).then(() => true, () => false)) break;
      await sleep(100);
    }
    return desk;
  }

  async open(args = []) {
    // What a failed test left open would make every later one fail.
    if (this.driver) await this.close();
    // Only now: a package's program is not there before the package is installed.
    this.#program = realpathSync(this.#binary);
    this.driver = await Driver.open(this.#base, this.#binary, args);
    return this.driver;
  }

  async close() {
    const programs = this.#programs();
    await this.driver?.close().catch(() => undefined);
    this.driver = null;
    // Until it is gone to its last thread it holds the lock of the home and its name on the bus: a window opened before that would
    // only knock at the old one.
    for (const end = Date.now() + 15_000; Date.now() < end && programs.some((pid) => existsSync(`/proc/${pid}`)); await sleep(50));
    if (programs.length > 0) await nameIsFree().catch(() => undefined);
  }

  /** The running programs of this desktop. */
  #programs() {
    return processes((pid) => runs(pid, this.#program));
  }

  /** A command of the window. */
  invoke(command, req = {}) {
    return this.driver.run(`(command, req) => window.__TAURI_INTERNALS__.invoke(command, { req })`, command, req);
  }

  clickNamed(what, roles, pattern, ms) {
    return this.driver.until(`click ${what}`, `(roles, pattern) => { const named = ${named}; const e = named(roles, pattern); if (!e || e.disabled) return false; e.click(); return true; }`, [roles, pattern], ms);
  }

  rows(least, ms = 20_000) {
    return this.driver.until(`${least} rows`, `(least) => Number(document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') ?? -1) >= least && document.querySelectorAll('[role=row]').length > 0`, [least], ms);
  }

  /** Until nothing is on its way: every change has been accepted by the server. */
  accepted(what) {
    return this.driver.until(`${what}, accepted by the server`, `async () => (await window.__TAURI_INTERNALS__.invoke('outbox', { req: {} })).length === 0`, [], 30_000);
  }

  /** To this theme, by the key, where it is the other. */
  async theme(theme) {
    const is = [theme, `(theme) => document.documentElement.dataset.theme === theme`, [theme]];
    await this.driver.until(...is, 500).catch(() => this.driver.keys('Control+Shift+L'));
    await this.driver.until(...is);
  }

  /** A picture of a screen that has come to rest, and nothing of it needs scrolling sideways. */
  async rested(name) {
    await sleep(400);
    await this.shot(name);
    const wide = await this.driver.run(`() => document.documentElement.scrollWidth - document.documentElement.clientWidth`);
    if (wide > 0) throw new Error(`${name} is ${wide} px too wide`);
  }

  go(hash) {
    return this.driver.run(`(hash) => { location.hash = hash; }`, hash);
  }

  text() {
    return this.driver.run(`() => document.body.innerText`);
  }

  async shot(name) {
    writeFileSync(join(this.#out, `${name}.png`), await this.driver.screenshot());
  }

  async test(name, body) {
    const start = Date.now();
    try {
      await body();
      this.passed += 1;
      console.log(`ok   ${name} (${Date.now() - start} ms)`);
    } catch (error) {
      this.failed += 1;
      console.log(`FAIL ${name} (${Date.now() - start} ms)\n     ${error.message}`);
      if (this.driver) {
        await this.shot(`failed-${name.replace(/\W+/g, '-')}`).catch(() => undefined);
        console.log(`     on screen: ${(await this.text().catch(() => '')).slice(0, 400).replace(/\n+/g, ' | ')}`);
      }
    }
  }

  /** Ends everything and gives the exit code. */
  async end() {
    await this.close();
    this.#driverProcess.kill();
    console.log(`${this.passed} passed, ${this.failed} failed`);
    return this.failed > 0 || this.passed === 0 ? 1 : 0;
  }
}

export function equal(actual, wanted, what) {
  if (JSON.stringify(actual) !== JSON.stringify(wanted)) throw new Error(`${what}: wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(actual)}`);
}
