// Who reaches what in the real window: the pointer in a mail's frame, the keyboard alone, and a screen reader (over AT-SPI).
// Usage: node tests/e2e/reach.mjs BINARY TAURI_DRIVER
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Desk, equal, sleep } from './desk.mjs';

const [binary, tauriDriver] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'aurelius-reach-'));
const opened = join(scratch, 'opened.txt');
writeFileSync(join(scratch, 'browser.sh'), `#!/bin/sh\nprintf '%s\\n' "$1" >> '${opened}'\n`);
chmodSync(join(scratch, 'browser.sh'), 0o755);
// The accessibility bus is what this is about.
const env = { ...process.env, BROWSER: join(scratch, 'browser.sh') };
delete env.NO_AT_BRIDGE;
const openedNow = () => (existsSync(opened) ? readFileSync(opened, 'utf8').trim().split('\n') : []);

/** What a screen reader sees. The system's Python has the binding that Orca uses. */
function accessibles(...args) {
  const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
  const { stdout, status, stderr } = spawnSync(python, [join(here, 'atspi.py'), 'aurelius', ...args], { encoding: 'utf8', env, timeout: 60_000, maxBuffer: 64 << 20 });
  if (status !== 0) throw new Error(`atspi.py: ${stderr.trim().split('\n').at(-1)}`);
  return stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
}
/** Name of the innermost thing that has the focus, as a screen reader would say it. */
const spoken = () => {
  const last = accessibles('--focus').at(-1);
  return `${last?.role}: ${last?.name}`;
};

const desk = await Desk.start(binary, tauriDriver, { env });
const at = (selector) => desk.driver.run(`(selector) => { const r = document.querySelector(selector).getBoundingClientRect(); return { x: r.x, y: r.y, width: r.width, height: r.height }; }`, selector);
const activeRow = () => desk.driver.run(`() => Number(document.getElementById(document.querySelector('[role=grid]').getAttribute('aria-activedescendant'))?.getAttribute('aria-rowindex') ?? -1)`);
const until = (what, fn, args, ms) => desk.driver.until(what, fn, args, ms);
const goInbox = async () => {
  await desk.go('#/inbox');
  await until('the inbox', `() => [...document.querySelectorAll('h1')].some((h) => /^inbox/i.test(h.textContent.trim())) && document.querySelectorAll('[role=grid] [role=row]').length > 5`);
  await sleep(200);
};
const openMail = async ({ thread, message }) => {
  await desk.go(`#/all/t/${thread}`);
  await until('the mail', `(message) => document.querySelector('#reader [data-message="' + message + '"] iframe.ready')?.contentDocument?.readyState === 'complete'`, [message]);
  await sleep(250);
};
/** A place inside the frame of the mail on screen, of the first text or link that matches. */
const inMail = (pattern, links = true) => desk.driver.run(`(pattern, links) => {
  const frame = [...document.querySelectorAll('#reader iframe')].at(-1);
  const expression = new RegExp(pattern, 'i');
  const found = [...frame.contentDocument.querySelectorAll(links ? 'a[href]' : 'p, td, div, span')].find((e) => expression.test(e.textContent.trim()) && e.getClientRects().length > 0 && (links || e.children.length === 0));
  if (!found) return null;
  frame.scrollIntoView({ block: 'start' });
  found.scrollIntoView({ block: 'center' });
  const [outer, inner] = [frame.getBoundingClientRect(), found.getClientRects()[0]];
  // A wide mail is made to fit by zooming its body, and WebKit tells the boxes inside as if it were not.
  const zoom = parseFloat(frame.contentDocument.body.style.zoom) || 1;
  return { x: outer.x + zoom * (inner.x + Math.min(12, inner.width / 2)), y: outer.y + zoom * (inner.y + inner.height / 2), width: zoom * inner.width };
}`, pattern, links);
const click = async (place) => {
  await desk.driver.pointer(['move', place.x, place.y], ['down'], ['up']);
};
/** Clicks where the words are once they have stopped moving: bars above a mail come and go while it is read. */
const clickWords = async (pattern) => {
  let [last, place] = [null, await inMail(pattern)];
  for (let i = 0; i < 40 && (place === null || last === null || last.x !== place.x || last.y !== place.y); i += 1) {
    await sleep(150);
    [last, place] = [place, await inMail(pattern)];
  }
  if (place === null) throw new Error(`no words ${pattern} in the mail`);
  await click(place);
};

await desk.test('the window opens; while it does, nothing is on it but its own colours', async () => {
  await desk.open(['--demo']);
  await desk.shot('opening');
  const seen = await desk.driver.run(`() => ({ text: document.body.innerText.trim(), background: getComputedStyle(document.documentElement).backgroundColor, busy: document.querySelector('[role=status], [aria-busy=true]') !== null })`);
  if (/undefined|null|\{/.test(seen.text)) throw new Error(seen.text.slice(0, 100));
  await desk.rows(50, 60_000);
});

// --- the mail's frame

/** First mail with a link that lies and first with an honest one, by the core's own judgement. */
async function linkedMails() {
  const found = { lying: null, honest: null };
  for (const query of ['account', 'verify', 'newsletter', 'read', 'order']) {
    for (const hit of (await desk.invoke('search', { query, after: null, limit: 40 })).hits) {
      // One mail, one frame: nothing is folded away.
      if ((await desk.invoke('thread', { id: hit.thread })).messages.length > 1) continue;
      const { html } = await desk.invoke('message_body', { id: hit.message, format: 'html', images: false });
      for (const [, href, words] of (html ?? '').matchAll(/<a [^>]*href="(https?:[^"]+)"[^>]*>([\w .,:/-]{3,60})<\/a>/g)) {
        const address = href.replaceAll('&amp;', '&');
        const { ok, host } = await desk.invoke('link_check', { href: address, text: words, message: hit.message, confirmed: false });
        found[ok ? 'honest' : 'lying'] ??= { thread: hit.thread, message: hit.message, words: words.trim(), address, host };
      }
      if (found.lying && found.honest) return found;
    }
  }
  return found;
}
let links = null;
const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

await desk.test('a link that lies: the shell hands it over, the window asks, Enter cancels', async () => {
  links = await linkedMails();
  if (!links.lying) throw new Error('the sample has no phishing mail');
  await openMail(links.lying);
  await clickWords(literal(links.lying.words));
  await until('the question', `(host) => document.querySelector('[role=dialog], [role=alertdialog]')?.innerText.includes(host)`, [links.lying.host]);
  await sleep(250);
  await desk.shot('link-dialog');
  equal(await desk.driver.run(`() => document.activeElement.textContent.trim()`), 'Cancel', 'what has the focus');
  const tree = accessibles();
  if (!tree.some((n) => /dialog|alert/.test(n.role) && n.name !== '')) throw new Error('the dialog has no name for a screen reader');
  await desk.driver.keys('Enter');
  await until('the dialog closes', `() => document.querySelector('[role=dialog], [role=alertdialog]') === null`);
  equal(openedNow(), [], 'what a browser was sent to');
  equal((await desk.driver.windows()).length, 1, 'windows');
});

await desk.test('the same link opened on purpose, and an honest one at once', async () => {
  await openMail(links.lying);
  await clickWords(literal(links.lying.words));
  await desk.clickNamed('open anyway', ['button'], '^open anyway$');
  for (let i = 0; i < 50 && openedNow().length === 0; i += 1) await sleep(100);
  equal(openedNow(), [links.lying.address], 'what a browser was sent to');
  if (!links.honest) throw new Error('the sample has no honest link');
  await openMail(links.honest);
  await clickWords(literal(links.honest.words));
  for (let i = 0; i < 50 && openedNow().length === 1; i += 1) await sleep(100);
  // The same words may stand on two links of a newsletter: which of them lies under the pointer is a matter of fonts.
  equal(new URL(openedNow()[1]).host, new URL(links.honest.address).host, 'the honest link');
  equal(await desk.driver.run(`() => location.origin + ' ' + document.querySelectorAll('[role=dialog]').length`), 'tauri://localhost 0', 'the window stayed');
});

await desk.test('after a click into a mail the keys belong to the list again', async () => {
  await goInbox();
  await desk.driver.run(`() => document.querySelector('[role=grid]').focus()`);
  await desk.driver.keys('j', 'j', 'Enter');
  await until('a mail', `() => document.querySelector('#reader .message.open') !== null && [...document.querySelectorAll('#reader iframe')].every((f) => f.classList.contains('ready'))`);
  if (!(await desk.driver.run(`() => document.querySelector('#reader iframe') !== null`))) {
    for (let i = 0; i < 10 && !(await desk.driver.run(`() => document.querySelector('#reader iframe.ready') !== null`)); i += 1) {
      await desk.driver.keys('j');
      await sleep(400);
    }
  }
  const before = await activeRow();
  const frame = await at('#reader iframe');
  await click({ x: frame.x + frame.width - 8, y: frame.y + 6 });
  await until('the list has the focus', `() => document.activeElement?.getAttribute('role') === 'grid'`, [], 4000);
  await desk.driver.keys('j');
  await until('the list moved', `(n) => Number(document.getElementById(document.querySelector('[role=grid]').getAttribute('aria-activedescendant')).getAttribute('aria-rowindex')) === n`, [before + 1], 4000);
});

await desk.test('a selection in a mail stays while it is one', async () => {
  await openMail(links.honest);
  const place = await inMail('[a-z]{4,} [a-z]{3,}', false);
  await desk.driver.pointer(['move', place.x, place.y], ['down'], ['up'], ['down'], ['up']);
  const selected = () => desk.driver.run(`() => [...document.querySelectorAll('#reader iframe')].map((f) => String(f.contentDocument.getSelection())).join('')`);
  const words = (await selected()).trim();
  if (words.length < 2) throw new Error('nothing was selected by a double click');
  await sleep(1000);
  equal((await selected()).trim(), words, 'the selection a second later');
});

// --- the keyboard alone, and what is said on the way

await desk.test('keyboard only: inbox, archive, undo, reply, send; every stop has a name', async () => {
  await goInbox();
  const total = () => desk.driver.run(`() => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount'))`);
  await desk.driver.run(`() => document.activeElement?.blur()`);
  // Where Tab begins is where the focus or the last click was, so the way may lead once around the window.
  const stops = [];
  const stop = () => desk.driver.run(`() => { const e = document.activeElement; return e.getAttribute('role') ?? e.getAttribute('aria-label') ?? e.textContent.trim().slice(0, 20); }`);
  while (stops.at(-1) !== 'grid' && stops.length < 120) {
    await desk.driver.keys('Tab');
    stops.push(await stop());
  }
  if (stops.at(-1) !== 'grid') throw new Error(`Tab does not reach the list: ${stops.join(', ')}`);
  await desk.driver.keys('j');
  await sleep(200);
  const row = spoken();
  if (!/row: .{12,}/.test(row)) throw new Error(`the active row is said as "${row}"`);
  const before = await total();
  await desk.driver.keys('e');
  await until('one row less', `(n) => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount')) === n`, [before - 1]);
  if (!accessibles().some((n) => /archived/i.test(`${n.name} ${n.text}`))) throw new Error('nobody is told that it was archived');
  const next = spoken();
  if (!/row: .{12,}/.test(next) || next === row) throw new Error(`after archiving it says "${next}"`);
  await desk.driver.keys('z');
  await until('it is back', `(n) => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount')) === n`, [before]);
  await desk.driver.keys('Enter');
  await until('the conversation', `() => document.querySelector('#reader .message.open') !== null`);
  await desk.driver.keys('r');
  await until('the editor', `() => document.activeElement?.isContentEditable === true`);
  await sleep(200);
  const editor = accessibles().find((n) => n.states.includes('focused') && n.states.includes('editable'));
  if (!editor?.name) throw new Error(`the editor has no name: ${JSON.stringify(editor)}`);
  await desk.driver.keys(...'Read by nobody but you.');
  await desk.driver.keys('Control+Enter');
  await until('the composer closes', `() => document.querySelector('[data-composer]') === null`);
  await until('it is sent', `async () => (await window.__TAURI_INTERNALS__.invoke('outbox', { req: {} })).length === 0`, [], 40_000);
  const page = await until('the sent mail', `async () => { const p = await window.__TAURI_INTERNALS__.invoke('search', { req: { query: 'in:sent "nobody but you"', after: null, limit: 5 } }); return p.hits.length; }`, [], 40_000);
  equal(page, 1, 'copies in Sent');
});

/** Roles that a person can act on, so they must have a name. */
const ACTED = /push button|link|combo ?box|entry|text|check box|radio button|menu item|list box|slider|toggle button|table row|page tab/;
for (const [name, hash, ready] of [
  ['inbox', '#/inbox', `() => document.querySelectorAll('[role=row]').length > 5`],
  ['search', '#/search?q=invoice', `() => document.querySelector('[role=combobox], input') !== null`],
  ['drafts', '#/drafts', `() => document.querySelector('h1') !== null`],
  ['integrations', '#/integrations', `() => document.querySelector('h1, h2') !== null`],
]) {
  await desk.test(`a screen reader on ${name}: every control has a name, landmarks and one heading are there`, async () => {
    await desk.go(hash);
    await until(name, ready);
    await sleep(500);
    const tree = accessibles();
    const shown = tree.filter((n) => n.states.includes('showing') && n.states.includes('focusable'));
    if (shown.length < 8) throw new Error(`only ${shown.length} things to act on`);
    const nameless = shown.filter((n) => ACTED.test(n.role) && n.name.trim() === '');
    if (nameless.length > 0) throw new Error(`${nameless.length} without a name: ${nameless.slice(0, 6).map((n) => `${n.role} "${n.description}"`).join(', ')}`);
    const landmarks = tree.filter((n) => n.role === 'landmark');
    if (landmarks.length < 2) throw new Error(`${landmarks.length} landmarks`);
    if (!tree.some((n) => n.role === 'heading' && n.name !== '')) throw new Error('no heading');
    const rows = tree.filter((n) => n.role === 'table row' && n.states.includes('showing'));
    const silent = rows.filter((n) => n.name === '');
    if (silent.length > 0) throw new Error(`${silent.length} of ${rows.length} rows say nothing`);
    console.log(`     ${tree.length} accessibles, ${shown.length} to act on, ${landmarks.length} landmarks, ${rows.length} rows`);
  });
}

await desk.test('a draft in a conversation offers to go on with it', async () => {
  const { hits } = await desk.invoke('search', { query: 'in:drafts', after: null, limit: 5 });
  if (hits.length === 0) throw new Error('the sample has no draft at the provider');
  await desk.go(`#/all/t/${hits[0].thread}`);
  await until('the button', `() => [...document.querySelectorAll('#reader button')].some((b) => /edit draft|continue/i.test(b.textContent))`);
  await sleep(300);
  await desk.shot('reader-draft');
  await desk.clickNamed('edit draft', ['button'], 'edit draft|continue');
  await until('the composer', `() => document.querySelector('[data-composer] [contenteditable=true]') !== null`);
  await desk.shot('reader-draft-open');
});

const code = await desk.end();
rmSync(scratch, { recursive: true, force: true });
process.exit(code);
