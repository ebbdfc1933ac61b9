// The .deb as a person meets it: installed, found by the desktop, started, called by a link, and removed without a trace.
// Usage: node tests/package/deb.mjs FILE.deb TAURI_DRIVER   (root or passwordless sudo; a private HOME, a display, a session bus)
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Driver } from '../e2e/webdriver.mjs';

const [deb, tauriDriver] = process.argv.slice(2);
const out = join(dirname(fileURLToPath(import.meta.url)), '../e2e/out');
mkdirSync(out, { recursive: true });
const PACKAGE = 'aurelius';
const children = [];
let passed = 0;
let failed = 0;

const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const sh = (program, ...args) => execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
const asRoot = (program, ...args) => (process.getuid() === 0 ? sh(program, ...args) : sh('sudo', '-n', program, ...args));
const must = (condition, message) => {
  if (!condition) throw new Error(message);
};
const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
async function until(what, check, ms = 20000) {
  const end = Date.now() + ms;
  while (Date.now() < end) {
    const value = await check();
    if (value) return value;
    await sleep(200);
  }
  throw new Error(`${what}: not within ${ms} ms`);
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

const audit = () => JSON.parse(sh('/usr/bin/aurelius-cli', '--json', 'audit')).items;
/** Every file of the package, folders left out. */
let files = [];

await test('the package says what it is and needs', async () => {
  const field = (name) => sh('dpkg-deb', '-f', deb, name);
  must(field('Package') === PACKAGE, `Package: ${field('Package')}`);
  must(/webkit2gtk-4\.1/.test(field('Depends')), `Depends: ${field('Depends')}`);
  must(field('Description').length > 20 && field('Maintainer').length > 3, 'no description or maintainer');
  const listing = sh('dpkg-deb', '-c', deb).split('\n');
  files = listing.filter((l) => l.startsWith('-')).map((l) => l.replace(/^.* \.?\//, '/'));
  for (const wanted of ['/usr/bin/aurelius', '/usr/bin/aurelius-cli']) must(files.includes(wanted), `${wanted} is not in it`);
  must(files.some((f) => /hicolor\/128x128\/apps\/aurelius\.png$/.test(f)), 'no 128 px icon');
  must(!listing.some((l) => /^-..s|^-.....s/.test(l)), 'a setuid file');
  console.log(`     ${(statSync(deb).size / 1e6).toFixed(1)} MB, ${files.length} files`);
});

await test('it installs', async () => {
  asRoot('dpkg', '-i', deb);
  for (const file of files) must(existsSync(file), `${file} was not installed`);
  must(sh('/usr/bin/aurelius-cli', '--version').startsWith('aurelius-cli '), 'the command line does not start');
});

await test('the desktop finds it, for the program and for its links', async () => {
  const entry = files.find((f) => f.endsWith('.desktop'));
  must(entry, 'no desktop entry');
  const text = readFileSync(entry, 'utf8');
  must(/^Exec=\S+ %u$/m.test(text), `Exec without %u: ${text}`);
  sh('desktop-file-validate', entry);
  must(sh('gio', 'mime', 'x-scheme-handler/aurelius').includes('.desktop'), 'no handler for aurelius: links');
});

await test('a link starts it, and a forged one is refused and written down', async () => {
  // The vault first, as a person would have one; the keyring of this session holds its key.
  spawnSync('gnome-keyring-daemon', ['--unlock', '--components=secrets'], { input: 'test', stdio: ['pipe', 'ignore', 'ignore'] });
  sh('/usr/bin/aurelius-cli', '--json', 'connections');
  sh('gio', 'open', 'aurelius://oauth/callback?code=x&state=forgedforgedforged');
  const pid = await until('the window', () => spawnSync('pgrep', ['-x', 'aurelius'], { encoding: 'utf8' }).stdout.trim());
  await until('the refusal', () => audit().some((e) => /oauth/.test(e.action) && e.outcome !== 'ok'));
  // A second link goes to the same window.
  sh('gio', 'open', 'aurelius://oauth/callback?code=y&state=forgedtwiceforgedtwice');
  await until('the second refusal', () => audit().filter((e) => /oauth/.test(e.action) && e.outcome !== 'ok').length >= 2);
  must(spawnSync('pgrep', ['-x', 'aurelius'], { encoding: 'utf8' }).stdout.trim() === pid, 'a second window was started');
  spawnSync('pkill', ['-x', 'aurelius']);
  await until('its end', () => spawnSync('pgrep', ['-x', 'aurelius']).status !== 0);
});

await test('the installed window shows sample data', async () => {
  const [port, native] = [await freePort(), await freePort()];
  children.push(spawn(tauriDriver, ['--port', String(port), '--native-port', String(native)], { stdio: ['ignore', 'ignore', 'inherit'] }));
  const base = `http://127.0.0.1:${port}`;
  await until('the driver', () => fetch(`${base}/status`).then(() => true, () => false));
  const driver = await Driver.open(base, '/usr/bin/aurelius', ['--demo']);
  try {
    await driver.until('an inbox', `() => document.querySelectorAll('[role=grid] [role=row]').length > 5`, [], 60000);
    writeFileSync(join(out, 'package.png'), await driver.screenshot());
  } finally {
    await driver.close().catch(() => undefined);
  }
});

await test('it goes without a trace, and leaves the mail alone', async () => {
  const home = join(process.env.XDG_DATA_HOME, 'aurelius');
  asRoot('dpkg', '--purge', PACKAGE);
  const left = files.filter((f) => existsSync(f));
  must(left.length === 0, `left behind: ${left.join(', ')}`);
  must(spawnSync('dpkg-query', ['-W', '-f=${db:Status-Status}', PACKAGE], { encoding: 'utf8' }).stdout !== 'installed', 'still installed');
  must(existsSync(home) || existsSync(join(process.env.HOME, '.local/share/aurelius')), 'the home is gone: removing a program must not remove mail');
});

for (const child of children) child.kill();
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
