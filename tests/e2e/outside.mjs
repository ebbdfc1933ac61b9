// What leaves the window on purpose: a mail on paper, through the system's own dialog, and a mail's original in the system's browser.
// Usage: node tests/e2e/outside.mjs BINARY TAURI_DRIVER
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Desk, FakeBrowser, equal, sleep } from './desk.mjs';

const [binary, tauriDriver] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'aurelius-outside-'));
const browser = new FakeBrowser(scratch);
// The print dialog belongs to GTK: it is found and pressed as a screen reader would do it.
const env = { ...process.env };
delete env.NO_AT_BRIDGE;
function atspi(...args) {
  const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
  const { stdout, status, stderr } = spawnSync(python, [join(here, 'atspi.py'), 'aurelius', ...args], { encoding: 'utf8', env, timeout: 60_000 });
  if (status !== 0) throw new Error(`atspi.py: ${stderr.trim().split('\n').at(-1)}`);
  return stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
}
const dialogs = () => atspi('--windows').filter((w) => w.role === 'dialog' && w.states.includes('showing')).map((w) => w.name);
async function untilDialogs(what, fits, ms = 15_000) {
  let seen = [];
  for (const end = Date.now() + ms; Date.now() < end; await sleep(200)) {
    seen = dialogs();
    if (fits(seen)) return seen;
  }
  throw new Error(`${what}: dialogs are ${JSON.stringify(seen)}`);
}

const desk = await Desk.start(binary, tauriDriver, { env });
const until = (what, fn, args, ms) => desk.driver.until(what, fn, args, ms);
let mail = null;
async function openMail({ thread, message }) {
  await desk.go(`#/all/t/${thread}`);
  await until('the mail', `(message) => document.querySelector('#reader [data-message="' + message + '"] iframe.ready')?.contentDocument?.readyState === 'complete'`, [message]);
}
/** The address of the original, opened as a person does it: from the mail's menu, through the question. */
async function original(images) {
  await openMail(mail);
  await desk.clickNamed('the menu of the mail', ['button'], '^actions for the message');
  await desk.clickNamed('open original', ['menuitem'], '^open original');
  await until('the question', `() => document.querySelector('[role=dialog], [role=alertdialog]')?.innerText.includes('Scripts do not run')`);
  if (images) await desk.clickNamed('pictures too', ['switch', 'checkbox'], 'pictures');
  await desk.clickNamed('open in browser', ['button'], '^open in browser$');
  return browser.next();
}
/** With a host name of one's choice, which fetch() does not allow. */
const get = (url, headers = {}) => new Promise((resolve, reject) => {
  request(url, { headers }, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (chunk) => { body += chunk; });
    response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
  }).on('error', reject).end();
});

await desk.test('a mail is there to be printed', async () => {
  await desk.open(['--demo']);
  await desk.rows(50, 60_000);
  for (const query of ['read', 'order', 'account', 'parcel', 'newsletter']) {
    for (const hit of (await desk.invoke('search', { query, after: null, limit: 40 })).hits) {
      // One mail, one frame: nothing is folded away.
      if (mail || (await desk.invoke('thread', { id: hit.thread })).messages.length > 1) continue;
      const { html } = await desk.invoke('message_body', { id: hit.message, format: 'html', images: false });
      if (html) mail = { thread: hit.thread, message: hit.message };
    }
  }
  if (!mail) throw new Error('no mail with HTML in the sample');
  await openMail(mail);
});

await desk.test('Ctrl+P opens the print dialog of the system over this mail; it can be cancelled', async () => {
  equal(dialogs(), [], 'dialogs before');
  await desk.driver.run(`() => document.querySelector('[role=grid]')?.focus()`);
  await desk.driver.keys('Control+p');
  await untilDialogs('the print dialog', (names) => names.some((name) => /print/i.test(name)));
  equal(await desk.driver.run(`() => [...document.querySelectorAll('[data-printing]')].map((e) => e.dataset.message)`), [String(mail.message)], 'what the style sheet for paper leaves');
  atspi('--press', 'Cancel');
  await untilDialogs('the dialog closes', (names) => names.length === 0);
  equal(await desk.driver.run(`() => document.querySelector('#reader h2') !== null && document.querySelectorAll('[role=row]').length > 5`), true, 'the window is as it was');
});

await desk.test('from the menu of the mail it opens too, and only once', async () => {
  await desk.clickNamed('the menu of the mail', ['button'], '^actions for the message');
  await desk.clickNamed('print', ['menuitem'], '^print');
  const names = await untilDialogs('the print dialog', (all) => all.length > 0);
  equal(names.length, 1, 'dialogs');
  atspi('--press', 'Cancel');
  await untilDialogs('the dialog closes', (all) => all.length === 0);
});

await desk.test('the original: asked first, then a page of its own without scripts, for its path and host only', async () => {
  const url = new URL(await original(false));
  equal([url.protocol, url.hostname, url.pathname.length > 20], ['http:', '127.0.0.1', true], url.href);
  const page = await get(url);
  equal(page.status, 200, 'status');
  const policy = page.headers['content-security-policy'] ?? '';
  for (const part of ["default-src 'none'", 'sandbox']) if (!policy.includes(part)) throw new Error(`no ${part} in: ${policy}`);
  if (/script-src|allow-scripts|allow-same-origin|unsafe-eval/.test(policy)) throw new Error(`too much in: ${policy}`);
  if (/<script|\son\w+\s*=|javascript:/i.test(page.body)) throw new Error('a script is in the page');
  if (!/text\/html/.test(page.headers['content-type']) || !/no-store/.test(page.headers['cache-control'] ?? '')) throw new Error(JSON.stringify(page.headers));
  if (/<img[^>]+src="https?:/i.test(page.body)) throw new Error('pictures are loaded although nobody allowed it');
  equal((await get(new URL('/', url))).status >= 400, true, 'another path is refused');
  equal((await get(new URL(`${url.pathname.slice(0, -1)}x`, url))).status >= 400, true, 'a guessed path is refused');
  equal((await get(url, { host: `rebound.example:${url.port}` })).status >= 400, true, 'another host name is refused');
  equal(await desk.driver.run(`() => location.origin`), 'tauri://localhost', 'the window stayed');
});

await desk.test('the original ends with the workspace', async () => {
  const url = await original(true);
  equal((await get(url)).status, 200, 'status');
  await desk.close();
  let left = 'answers';
  for (let i = 0; i < 50 && left === 'answers'; i += 1) {
    left = await get(url).then(() => 'answers', (error) => error.code);
    await sleep(100);
  }
  equal(left, 'ECONNREFUSED', 'after the window is gone');
});

const code = await desk.end();
rmSync(scratch, { recursive: true, force: true });
process.exit(code);
