// What protects the workspace, changed as a person changes it: Settings › Privacy in the real window, over a real keyring, with a
// connected account whose mail has to survive. After every step the window is started again, because only that asks for the key.
// Usage: node tests/e2e/vault.mjs BINARY TAURI_DRIVER
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Desk, FakeBrowser, equal, sleep, startSandbox, unlockKeyring } from './desk.mjs';

const [binary, tauriDriver] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'aurelius-vault-'));
const browser = new FakeBrowser(scratch);
unlockKeyring();
const sandbox = await startSandbox(binary);

const FIRST = 'violet kettle orbit 7';
const SECOND = 'granite lemon Ärger 12';
const desk = await Desk.start(binary, tauriDriver);
const until = (what, fn, args, ms) => desk.driver.until(what, fn, args, ms);
const stage = (wanted, ms = 20_000) => until(`stage ${wanted}`, `async (s) => (await window.__TAURI_INTERNALS__.invoke('app_state', { req: {} })).stage === s`, [wanted], ms);
const protection = async () => (await desk.invoke('vault_info')).protection;

/** Everything that must be the same under every key. */
async function kept() {
  const page = await desk.invoke('threads', { filter: { account: null, role: 'inbox', mailbox: null, unread: false }, offset: 0, limit: 20 });
  const found = await desk.invoke('search', { query: page.rows[0].subject.split(' ')[0], after: null, limit: 50 });
  const body = await desk.invoke('message_body', { id: found.hits[0].message, format: 'html', images: false });
  return { total: page.total, subjects: page.rows.map((r) => r.subject), hits: found.hits.length, body: (body.html ?? body.text ?? '').length, connections: (await desk.invoke('connections')).map((c) => c.email) };
}

/** Keys that the system keyring holds for the program. */
function keys() {
  const call = (path, method, ...args) => execFileSync('gdbus', ['call', '--session', '--dest', 'org.freedesktop.secrets', '--object-path', path, '--method', method, ...args], { encoding: 'utf8' });
  const items = call('/org/freedesktop/secrets', 'org.freedesktop.Secret.Service.SearchItems', '{}');
  const paths = [...new Set([...items.matchAll(/'(\/org\/freedesktop\/secrets\/[^']+)'/g)].map(([, path]) => path))];
  // Looking whether the keyring can be used writes an entry and takes it away again; the window does so at its own time.
  return paths.map((path) => call(path, 'org.freedesktop.DBus.Properties.Get', 'org.freedesktop.Secret.Item', 'Attributes')).filter((text) => /aurelius/i.test(text) && !text.includes('probe-')).length;
}

const files = (dir) => readdirSync(dir).flatMap((name) => {
  const [path, stat] = [join(dir, name), lstatSync(join(dir, name))];
  if (stat.isDirectory()) return files(path);
  return stat.isFile() ? [path] : [];
});
/** Whatever of these texts lies in a file below the private home, in the ways a program would write it. */
function readable(texts) {
  const all = files(process.env.HOME).map((path) => [path, readFileSync(path)]);
  if (!all.some(([path]) => path.endsWith('store.db'))) throw new Error('the store is not below the home');
  return texts.flatMap((text) => ['utf8', 'utf16le'].flatMap((encoding) => all.filter(([, bytes]) => bytes.includes(Buffer.from(text, encoding))).map(([path]) => `${text} in ${path}`)));
}

async function openPrivacy() {
  await desk.go('#/settings/privacy');
  await desk.clickNamed('change key', ['button'], '^change key$');
  await until('the dialog', `() => document.querySelector('[role=dialog] form#rekey') !== null`);
}
const choose = (value) => desk.driver.click(`#rekey input[value=${value}]`);
/** Types into the passphrase fields of the dialog, first to last, and submits with Enter. */
async function fill(...texts) {
  for (const [i, text] of texts.entries()) {
    const at = await until(`field ${i}`, `(i) => { const f = [...document.querySelectorAll('#rekey input[type=password]')][i]; if (!f) return null; f.focus(); return '#' + CSS.escape(f.id); }`, [i]);
    await desk.driver.type(at, text);
  }
  await desk.driver.keys('Enter');
}
const submit = () => desk.driver.click('[role=dialog] button[type=submit]');
/** The workspace is closed, put under the new key and opened again; meanwhile the window says so instead of showing mail. */
const changed = async (wanted) => {
  await until('the workspace is open again', `async () => document.querySelector('[role=dialog]') === null && document.querySelector('[data-option=vault]') !== null && (await window.__TAURI_INTERNALS__.invoke('app_state', { req: {} })).stage === 'ready'`, [], 30_000);
  equal(await protection(), wanted, 'protection');
};
const dialogText = (pattern) => until(`"${pattern}" in the dialog`, `(p) => new RegExp(p, 'i').test(document.querySelector('[role=dialog]').innerText)`, [pattern]);
async function restart(wanted) {
  await desk.close();
  await desk.open();
  await stage(wanted);
}
async function unlock(passphrase) {
  await until('the locked screen', `() => document.activeElement?.type === 'password'`);
  await desk.driver.run(`() => document.activeElement.select()`);
  await desk.driver.type('input[type=password]', passphrase);
  await desk.driver.keys('Enter');
}

let before = null;

await desk.test('a new workspace lies behind the keyring, with an account in it', async () => {
  await desk.open();
  await stage('welcome');
  await desk.clickNamed('start', ['button'], 'connect');
  await stage('empty');
  equal(await protection(), 'keyring', 'protection');
  equal(keys(), 1, 'keys in the keyring');
  await fetch(`${process.env.AURELIUS_PROVIDERS__GOOGLE__ISSUER}/_sbx/consent`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ provider: 'google', auto: true, account: null, scopes: null, deny: false }) });
  await desk.clickNamed('Google', ['button'], '^google');
  await desk.clickNamed('connect', ['button'], '^connect$');
  await (await fetch(await browser.next())).text();
  await until('the mail', `async () => { const s = await window.__TAURI_INTERNALS__.invoke('status', { req: {} }); return s.sources.length === 1 && s.sources[0].state === 'ok' && s.sources[0].lastSync !== null; }`, [], 30_000);
  // The way in ends by itself, in the inbox.
  await desk.rows(5);
  before = await kept();
  if (before.total < 10 || before.hits === 0 || before.body === 0) throw new Error(JSON.stringify(before));
});

await desk.test('keyring → passphrase: too short and mistyped ones are told, a good one is taken', async () => {
  await openPrivacy();
  await choose('passphrase');
  await fill('elevenchars', 'elevenchars');
  await dialogText('at least 12 characters');
  await openAgain('passphrase');
  await fill(FIRST, `${FIRST}8`);
  await dialogText('not the same');
  equal(await protection(), 'keyring', 'protection after the refusals');
  await openAgain('passphrase');
  await fill(FIRST, FIRST);
  await changed('passphrase');
  equal(keys(), 0, 'keys in the keyring');
  equal(await kept(), before, 'the mail');
});
/** Cancels the dialog and opens it again: its fields are empty then. */
async function openAgain(way) {
  await desk.clickNamed('cancel', ['button'], '^cancel$');
  await until('the dialog closes', `() => document.querySelector('[role=dialog]') === null`);
  await openPrivacy();
  await choose(way);
}

await desk.test('a restart asks; a wrong passphrase is refused in words; the right one opens everything', async () => {
  await restart('locked');
  await until('nothing of the mail', `(s) => !document.body.innerText.includes(s)`, [before.subjects[0]]);
  await unlock('violet kettle orbit 8');
  await until('the refusal', `() => { const f = document.querySelector('input[type=password]'); return f.getAttribute('aria-invalid') === 'true' && /passphrase/i.test(document.getElementById(f.getAttribute('aria-describedby')).textContent); }`, [], 20_000);
  await sleep(800);
  await desk.shot('vault-wrong');
  equal(await desk.invoke('app_state').then((s) => s.stage), 'locked', 'stage');
  await unlock(FIRST);
  await stage('ready');
  equal(await kept(), before, 'the mail');
});

await desk.test('a fresh key under the same passphrase: only with the present one', async () => {
  await openPrivacy();
  await fill(SECOND);
  await dialogText('wrong|not the passphrase');
  await sleep(800);
  await desk.shot('vault-refused');
  await openAgain('same');
  await fill(FIRST);
  await changed('passphrase');
  equal(await kept(), before, 'the mail');
});

await desk.test('another passphrase: the old one no longer opens', async () => {
  await openPrivacy();
  await choose('passphrase');
  await fill(FIRST, SECOND, SECOND);
  await changed('passphrase');
  await restart('locked');
  await unlock(FIRST);
  await until('the refusal', `() => document.querySelector('input[type=password]').getAttribute('aria-invalid') === 'true'`, [], 20_000);
  await unlock(SECOND);
  await stage('ready');
  equal(await kept(), before, 'the mail');
});

await desk.test('passphrase → keyring: the next start opens without asking', async () => {
  await openPrivacy();
  await choose('keyring');
  await fill(SECOND);
  await changed('keyring');
  equal(keys(), 1, 'keys in the keyring');
  await restart('ready');
  await desk.rows(5);
  equal(await kept(), before, 'the mail');
});

await desk.test('a fresh key in the keyring replaces the old one', async () => {
  await openPrivacy();
  await submit();
  await changed('keyring');
  equal(keys(), 1, 'keys in the keyring');
  await restart('ready');
  equal(await kept(), before, 'the mail');
});

await desk.test('every change is in the audit, and nothing in the home can be read', async () => {
  const items = (await desk.invoke('activity', { filter: { actor: null, area: 'vault', outcome: null, target: null, since: null, until: null }, after: null, limit: 100 })).items.filter((i) => /^vault[.]rekey/.test(i.action));
  equal([items.filter((i) => i.outcome === 'ok').length, items.filter((i) => i.outcome === 'refused').length], [5, 1], 'changes, refusals');
  await desk.close();
  const secrets = [FIRST, SECOND, ...before.subjects.filter((s) => s.length > 12), ...before.connections];
  equal(readable(secrets), [], 'what can be read');
});

const code = await desk.end();
sandbox.kill();
rmSync(scratch, { recursive: true, force: true });
process.exit(code);
