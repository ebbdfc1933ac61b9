// The .deb as a person meets it: installed, found by the desktop, started, called by a link, and removed without a trace.
// Usage: node tests/package/deb.mjs FILE.deb TAURI_DRIVER   (root or passwordless sudo; a private HOME, a display, a session bus)
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Desk, nameIsFree, processes, runs, until } from '../e2e/desk.mjs';

const [deb, tauriDriver] = process.argv.slice(2);
const PACKAGE = 'aurelius';

const sh = (program, ...args) => execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
const asRoot = (program, ...args) => (process.getuid() === 0 ? sh(program, ...args) : sh('sudo', '-n', program, ...args));
const must = (condition, message) => {
  if (!condition) throw new Error(message);
};
const desk = await Desk.start('/usr/bin/aurelius', tauriDriver);
/** As the desktop does it. Without our pipes: the program that it starts would hold them open. */
const follow = (link) => execFileSync('gio', ['open', link], { stdio: 'ignore' });
const audit = () => JSON.parse(sh('/usr/bin/aurelius-cli', '--json', 'audit')).items;
/** Windows of the installed program. */
const windows = () => processes((pid) => runs(pid, '/usr/bin/aurelius'));
/** What in this person's own folders sends links to the program. */
function handlers() {
  const folder = join(process.env.XDG_DATA_HOME, 'applications');
  const entries = existsSync(folder) ? readdirSync(folder).filter((f) => /aurelius/i.test(f) || /aurelius/i.test(readFileSync(join(folder, f), 'utf8'))) : [];
  const lists = [process.env.XDG_CONFIG_HOME, folder].map((dir) => join(dir, 'mimeapps.list')).filter((f) => existsSync(f) && /aurelius/i.test(readFileSync(f, 'utf8')));
  return [...entries, ...lists];
}
/** Every file of the package, folders left out. */
let files = [];

await desk.test('the package says what it is and needs', async () => {
  const field = (name) => sh('dpkg-deb', '-f', deb, name);
  must(field('Package') === PACKAGE, `Package: ${field('Package')}`);
  must(/webkit2gtk-4\.1/.test(field('Depends')), `Depends: ${field('Depends')}`);
  must(field('Description').length > 20 && field('Maintainer').length > 3, 'no description or maintainer');
  const listing = sh('dpkg-deb', '-c', deb).split('\n');
  files = listing.filter((l) => l.startsWith('-')).map((l) => l.split(/\s+/).slice(5).join(' ').replace(/^(?:\.?\/)?/, '/'));
  for (const wanted of ['/usr/bin/aurelius', '/usr/bin/aurelius-cli']) must(files.includes(wanted), `${wanted} is not in it`);
  must(files.some((f) => /hicolor\/128x128\/apps\/aurelius\.png$/.test(f)), 'no 128 px icon');
  must(!listing.some((l) => /^-..s|^-.....s/.test(l)), 'a setuid file');
  console.log(`     ${(statSync(deb).size / 1e6).toFixed(1)} MB, ${files.length} files`);
});

await desk.test('it installs', async () => {
  asRoot('dpkg', '-i', deb);
  for (const file of files) must(existsSync(file), `${file} was not installed`);
  must(sh('/usr/bin/aurelius-cli', '--version').startsWith('aurelius-cli '), 'the command line does not start');
});

await desk.test('the desktop finds it, for the program and for its links', async () => {
  const entry = files.find((f) => f.endsWith('.desktop'));
  must(entry, 'no desktop entry');
  const text = readFileSync(entry, 'utf8');
  must(/^Exec=\S+ %u$/m.test(text), `Exec without %u: ${text}`);
  sh('desktop-file-validate', entry);
  must(sh('gio', 'mime', 'x-scheme-handler/aurelius').includes('.desktop'), 'no handler for aurelius: links');
});

await desk.test('a link starts it, and a forged one is refused and written down', async () => {
  // The vault first, as a person would have one; the keyring of this session holds its key.
  spawnSync('gnome-keyring-daemon', ['--unlock', '--components=secrets'], { input: 'test', stdio: ['pipe', 'ignore', 'ignore'] });
  sh('/usr/bin/aurelius-cli', '--json', 'connections');
  follow('aurelius://oauth/callback?code=x&state=forgedforgedforged');
  const [pid] = await until('the window', () => windows().length > 0 && windows());
  await until('the refusal', () => audit().some((e) => /oauth/.test(e.action) && e.outcome !== 'ok'));
  // A second link goes to the same window.
  follow('aurelius://oauth/callback?code=y&state=forgedtwiceforgedtwice');
  await until('the second refusal', () => audit().filter((e) => /oauth/.test(e.action) && e.outcome !== 'ok').length >= 2);
  // The messenger that brought it lives for a moment.
  await until('that only the first window is left', () => windows().join() === pid);
  process.kill(Number(pid));
  await until('its end', () => windows().length === 0);
  await nameIsFree();
  const written = handlers();
  must(written.length === 0, `it registered itself beside its package: ${written.join(', ')}`);
});

await desk.test('the installed window shows sample data', async () => {
  await desk.open(['--demo']);
  await desk.driver.until('an inbox', `() => document.querySelectorAll('[role=grid] [role=row]').length > 5`, [], 60000);
  await desk.shot('package');
  await desk.close();
});

await desk.test('it goes without a trace, and leaves the mail alone', async () => {
  const home = join(process.env.XDG_DATA_HOME, 'aurelius');
  asRoot('dpkg', '--purge', PACKAGE);
  const left = files.filter((f) => existsSync(f));
  must(left.length === 0, `left behind: ${left.join(', ')}`);
  must(spawnSync('dpkg-query', ['-W', '-f=${db:Status-Status}', PACKAGE], { encoding: 'utf8' }).stdout !== 'installed', 'still installed');
  const sent = handlers();
  must(sent.length === 0, `links would go on being sent to it: ${sent.join(', ')}`);
  must(!/aurelius/i.test(sh('gio', 'mime', 'x-scheme-handler/aurelius').replaceAll('x-scheme-handler/aurelius', '')), 'the desktop still knows a program for aurelius: links');
  must(existsSync(home) || existsSync(join(process.env.HOME, '.local/share/aurelius')), 'the home is gone: removing a program must not remove mail');
});

process.exit(await desk.end());
