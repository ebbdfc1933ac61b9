// Hostile mail in the real window: every payload is a real mail on a real IMAP server and is opened by the program itself, inside a
// network namespace of its own where the whole world is this machine and every call is written down. Wanted: no connection, no command beyond reading, no dialog.
//
//   node tests/e2e/hostile.mjs BINARY TAURI_DRIVER [--long] [--only=FAMILY]
//
// A sample by default, all with --long. Needs Linux, root (or unprivileged user namespaces, and then no Dovecot), Xvfb and Dovecot.
import { execFileSync, spawnSync } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Desk, freePort, sleep } from './desk.mjs';
import { dovecot, PASSWORD, USER } from './hostile/dovecot.mjs';
import { payloads, sample } from './hostile/payloads.mjs';
import { listen } from './hostile/world.mjs';

const [binary, tauriDriver] = process.argv.slice(2);
const long = process.argv.includes('--long');
const only = process.argv.find((a) => a.startsWith('--only='))?.slice(7);
const SAMPLE = 60;
/** What opening a mail may ask the core for: it reads, and marks as read. */
const READING = new Set(['app_state', 'settings', 'connections', 'status', 'mailboxes', 'threads', 'thread', 'message_body', 'act', 'outbox', 'drafts', 'integrations', 'splits', 'bulk_jobs']);

if (!process.argv.includes('--inside')) {
  const scratch = mkdtempSync(join(tmpdir(), 'aurelius-hostile-'));
  const home = (name) => {
    mkdirSync(join(scratch, name), { recursive: true, mode: 0o700 });
    return join(scratch, name);
  };
  const env = {
    ...process.env, HOME: home('home'), XDG_DATA_HOME: home('home/data'), XDG_CONFIG_HOME: home('home/config'), XDG_CACHE_HOME: home('home/cache'),
    XDG_RUNTIME_DIR: home('run'), NO_AT_BRIDGE: '1', AURELIUS_SCRATCH: scratch, AURELIUS_LOG: 'error,aurelius::ipc=trace',
  };
  delete env.DISPLAY;
  // Processes too: whatever was started inside ends with it.
  const spaces = [process.getuid() === 0 ? '-nmpf' : '-Urnmpf', '--mount-proc', '--kill-child'];
  // xvfb-run waits for a signal that the first process of a namespace would never get: so it is the second.
  const { status } = spawnSync('unshare', [...spaces, '--', 'sh', '-c', '"$@"; exit $?', 'sh', 'xvfb-run', '-a', '-s', '-screen 0 1280x800x24', 'dbus-run-session', '--', process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2), '--inside'], { stdio: 'inherit', env });
  rmSync(scratch, { recursive: true, force: true });
  process.exit(status ?? 1);
}

const scratch = process.env.AURELIUS_SCRATCH;
const run = (...words) => execFileSync(words[0], words.slice(1), { stdio: ['ignore', 'ignore', 'inherit'] });

// The namespace: in it every address of the world, and every name, is this machine. So whatever a mail makes anybody call is not
// refused somewhere on the way but answered here, and written down.
run('ip', 'link', 'set', 'lo', 'up');
run('ip', 'route', 'add', 'local', '0.0.0.0/0', 'dev', 'lo');
spawnSync('ip', ['-6', 'route', 'add', 'local', '::/0', 'dev', 'lo'], { stdio: 'ignore' });
writeFileSync(join(scratch, 'resolv.conf'), 'nameserver 198.51.100.53\noptions timeout:1 attempts:1\n');
run('mount', '--bind', join(scratch, 'resolv.conf'), '/etc/resolv.conf');
/** Calls that were heard, in words. */
const hits = [];
const world = await listen(hits);
const canaryBase = `http://127.0.0.1:${world.port}`;

// A browser that only writes down where it was sent.
const opened = join(scratch, 'opened.txt');
writeFileSync(join(scratch, 'browser.sh'), `#!/bin/sh\nprintf '%s\\n' "$1" >> '${opened}'\n`);
chmodSync(join(scratch, 'browser.sh'), 0o755);
process.env.BROWSER = join(scratch, 'browser.sh');

const everything = payloads(canaryBase);
const chosen = only ? everything.filter((p) => p.family === only) : long ? everything : sample(everything, SAMPLE);
const port = await freePort();
mkdirSync(join(scratch, 'dovecot'), { mode: 0o755 });
chmodSync(scratch, 0o755);
const server = await dovecot(join(scratch, 'dovecot'), port, chosen.map((p) => p.raw));
writeFileSync(join(scratch, 'passphrase'), 'four random words here\n');
const desk = await Desk.start(binary, tauriDriver);
const commands = () => {
  const counts = new Map();
  for (const [, name] of desk.log.replace(/\u001b\[[0-9;]*m/g, '').matchAll(/aurelius::ipc: command="?(\w+)"?/g)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
};

await desk.test('the observers see what they are there for', async () => {
  await fetch(`${canaryBase}/control`);
  await fetch('http://control.evil.example/by-name');
  await fetch('http://203.0.113.66/by-address');
  for (const port of [443, 21, 8080]) {
    await new Promise((resolve) => {
      const socket = connect(port, '203.0.113.66', () => { socket.destroy(); resolve(); });
      socket.on('error', resolve);
    });
  }
  await sleep(200);
  for (const word of ['/control', 'name control.evil.example', '/by-name', '/by-address', 'port 443', 'port 21', 'port 8080']) {
    if (!hits.some((hit) => hit.includes(word))) throw new Error(`${word} was not heard: ${hits.join(', ')}`);
  }
});

let threads = [];
await desk.test(`${chosen.length} mails arrive from a real server`, async () => {
  await desk.open(['--home', join(scratch, 'workspace'), '--passphrase-file', join(scratch, 'passphrase')]);
  await desk.driver.until('an open workspace', `async () => (await window.__TAURI_INTERNALS__.invoke('app_state', { req: {} })).stage === 'empty'`, [], 30_000);
  await desk.invoke('connect_mail', {
    email: 'test@home.example', name: 'Test', username: USER, password: PASSWORD, imap: { host: '127.0.0.1', port, security: 'none' }, smtp: null, reconnect: null,
  });
  await desk.driver.until('all mails', `async (n) => (await window.__TAURI_INTERNALS__.invoke('mailboxes', { req: {} }))[0]?.mailboxes.find((m) => m.role === 'inbox')?.total >= n`, [chosen.length], 120_000);
  await desk.driver.until('a quiet source', `async () => (await window.__TAURI_INTERNALS__.invoke('status', { req: {} })).sources.every((s) => s.state === 'ok')`, [], 60_000);
  for (let last = -1; threads.length === 0 || threads.length !== last;) {
    last = threads.length;
    threads = [];
    for (let page = null; page === null || threads.length < page.total;) {
      page = await desk.invoke('threads', { filter: { account: null, role: 'inbox', mailbox: null, unread: false }, offset: threads.length, limit: 500 });
      threads.push(...page.rows.map((r) => r.id));
      if (page.rows.length === 0) break;
    }
    await sleep(1200);
  }
  // The first-run pages have done their work by then.
  await desk.invoke('settings_save', { ...(await desk.invoke('settings')), onboardingDone: true });
  await desk.driver.run(`() => { location.hash = '#/inbox'; location.reload(); }`);
  await desk.rows(1);
  await desk.driver.run(`() => { window.__names = new Set(Object.getOwnPropertyNames(window)); window.__shown = new Set(); }`);
});

if (desk.failed > 0) process.exit(await desk.end());
const startedCommands = commands();
hits.length = 0;

/** In the page: what is wrong with the conversation on screen. */
const look = `(thread) => {
  const bad = [];
  if (window.__pwned !== undefined) bad.push('a script ran: ' + window.__pwned);
  if (!location.href.startsWith('tauri://localhost') || !location.hash.endsWith('/t/' + thread)) bad.push('the window went to ' + location.href);
  if (/pwned/.test(document.title)) bad.push('title ' + document.title);
  const added = Object.getOwnPropertyNames(window).filter((n) => !window.__names.has(n) && !/^\\d+$|^__|^bits[A-Z]/.test(n));
  if (added.length > 0) bad.push('new names in the window: ' + added.slice(0, 5));
  for (const d of document.querySelectorAll('dialog[open], [role=dialog], [role=alertdialog]')) bad.push('a dialog: ' + d.textContent.slice(0, 60));
  const frames = [...document.querySelectorAll('#reader iframe')];
  for (const frame of frames) {
    if (frame.getAttribute('sandbox') !== 'allow-same-origin allow-popups') bad.push('sandbox ' + frame.getAttribute('sandbox'));
    const doc = frame.contentDocument;
    if (!doc || frame.contentWindow.length > 0) { bad.push(doc ? 'a frame in the frame' : 'the frame went away'); continue; }
    if (doc.location.href !== 'about:srcdoc') bad.push('the frame went to ' + doc.location.href);
    for (const entry of frame.contentWindow.performance.getEntriesByType('resource')) if (!/^(data|aurelius-img):/.test(entry.name)) bad.push('loaded ' + entry.name.slice(0, 80));
    for (const el of doc.querySelectorAll('body *')) {
      if (/^(script|style|iframe|object|embed|form|input|button|textarea|select|svg|math|meta|base|link|video|audio|source|picture|template|noscript|dialog|portal|frame|applet|marquee|bgsound|slot)$/i.test(el.tagName)) bad.push('<' + el.tagName + '>');
      for (const { name, value } of el.attributes) {
        if (/^on/i.test(name) || /^(srcdoc|srcset|ping|formaction|background|poster|id|name|tabindex|accesskey|contenteditable|autofocus)$/i.test(name)) bad.push(name + '=');
        if (name === 'href' && !/^(https?:\\/\\/|mailto:)/i.test(value)) bad.push('href=' + value.slice(0, 30));
        if (name === 'src' && !/^(data:image\\/|aurelius-img:\\/\\/localhost\\/cid\\/)/.test(value)) bad.push('src=' + value.slice(0, 50));
        if (name === 'style' && /url\\(|image-set|expression|fixed|var\\(|\\dv[hw]|animation|transition/i.test(value)) bad.push('style=' + value.slice(0, 60));
      }
      if (el.tagName === 'A' && el.hasAttribute('href') && el.getAttribute('target') !== '_blank') bad.push('a link that would stay in the frame');
    }
  }
  return bad;
}`;
/** In the page: waits until a mail that was not on screen before is there with all its frames, then looks at it. */
const openAndLook = `async (thread) => {
  const look = ${look};
  const fresh = () => [...document.querySelectorAll('#reader [data-message]')].map((m) => m.dataset.message).filter((id) => !window.__shown.has(id));
  const ready = () => {
    const busy = document.querySelector('#reader')?.getAttribute('aria-busy') === 'true' || document.querySelector('#reader .wait') !== null;
    return fresh().length > 0 && document.querySelector('#reader .message.open') !== null && !busy
      && [...document.querySelectorAll('#reader iframe')].every((f) => f.contentDocument?.readyState === 'complete' && f.contentDocument.location.href === 'about:srcdoc' && (f.classList.contains('ready') || f.contentDocument.body.textContent.trim() === ''));
  };
  location.hash = '#/inbox/t/' + thread;
  const end = Date.now() + 8000;
  while (!ready()) {
    if (Date.now() > end) return { bad: ['it was not shown within 8 s'], shown: 0 };
    await new Promise((r) => setTimeout(r, 15));
  }
  // Loads and timers that an opening starts come now.
  await new Promise((r) => setTimeout(r, 60));
  const shown = fresh();
  shown.forEach((id) => window.__shown.add(id));
  return { bad: look(thread), shown: shown.length };
}`;

let seen = 0;
const faults = [];
const began = Date.now();
for (const thread of threads) {
  try {
    const { bad, shown } = await desk.driver.run(openAndLook, thread);
    seen += shown;
    const windows = await desk.driver.windows();
    if (windows.length !== 1) bad.push(`${windows.length} windows`);
    if (bad.length > 0 && faults.length < 4) await desk.shot(`hostile-${faults.length}`);
    if (bad.length > 0) faults.push(`${await subject(thread)}: ${[...new Set(bad)].slice(0, 4).join('; ')}`);
  } catch (error) {
    // A JavaScript dialog shows itself here: the driver refuses to go on under one.
    await desk.driver.dismiss().catch(() => undefined);
    faults.push(`${await subject(thread).catch(() => thread)}: ${error.message}`);
  }
}
async function subject(thread) {
  return (await desk.invoke('thread', { id: thread })).subject.slice(0, 60);
}
const took = ((Date.now() - began) / 1000).toFixed(0);
// What was put off (prefetch, a timer of a page) gets its chance.
await sleep(1500);

await desk.test(`${seen} hostile mails opened (${new Set(chosen.map((p) => p.family)).size} families, ${took} s): nothing ran, nothing asked, nothing left its frame`, async () => {
  if (faults.length > 0) throw new Error(`${faults.length} fault(s)\n     ${faults.slice(0, 12).join('\n     ')}`);
  if (seen < chosen.length) throw new Error(`only ${seen} of ${chosen.length} were shown`);
});
await desk.test(`connections and questions for names beyond our own servers: ${hits.length}`, async () => {
  if (hits.length > 0) throw new Error([...new Set(hits)].slice(0, 10).join(' | '));
});
const asked = new Map([...commands()].map(([name, n]) => [name, n - (startedCommands.get(name) ?? 0)]).filter(([, n]) => n > 0));
const beyond = [...asked].filter(([name]) => !READING.has(name));
await desk.test(`commands beyond reading: ${beyond.length} (asked: ${[...asked].map(([name, n]) => `${name} ${n}`).join(', ')})`, async () => {
  if ((asked.get('message_body') ?? 0) < chosen.length) throw new Error('the commands were not counted');
  if (beyond.length > 0) throw new Error(beyond.join('; '));
});
await desk.test('no browser was opened and no file was written', async () => {
  if (existsSync(opened)) throw new Error(readFileSync(opened, 'utf8').slice(0, 300));
});
await desk.test('the same window asked to show pictures is seen at once', async () => {
  // The positive control of the whole arrangement: the proxy may ask for a name, and that is counted.
  const page = await desk.invoke('search', { query: 'subject:pictures', after: null, limit: 500 });
  let message = null;
  for (const hit of page.hits) {
    const body = await desk.invoke('message_body', { id: hit.message, format: 'html', images: true });
    if (/remote\/\d+\?u=http%3A%2F%2F[a-z]+-\d+\.x\.evil\.example/i.test(body.html ?? '')) message = { thread: hit.thread, body };
    if (message) break;
  }
  if (!message) throw new Error('no mail with a picture of another host in this sample');
  hits.length = 0;
  const address = message.body.html.match(/src="(aurelius-img:[^"]+)"/)[1].replaceAll('&amp;', '&');
  await desk.driver.run(`(src) => { new Image().src = src; }`, address);
  for (let i = 0; i < 50 && hits.length === 0; i += 1) await sleep(100);
  if (hits.length === 0) throw new Error('the program asked for a picture and nobody saw it');
});

const code = await desk.end();
server.stop();
world.close();
process.exit(code);
