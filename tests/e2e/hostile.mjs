// Hostile mail in the real window: every payload is a real mail on a real IMAP server and is opened by the program itself, inside a
// network namespace of its own where the whole world is this machine and every call is written down. Wanted: no connection, no command beyond reading, no dialog.
//
//   node tests/e2e/hostile.mjs BINARY TAURI_DRIVER [--long] [--only=FAMILY]
//
// A sample by default, all with --long. Harmless mails are opened in the same way, for comparison; then the families whose tricks
// fit there go through what else shows a mail: pictures on, paper, an answer, the original in a browser. Needs Linux, root (or unprivileged user namespaces, and then no Dovecot), Xvfb and Dovecot.
import { execFileSync, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Desk, freePort, sleep } from './desk.mjs';
import { dovecot, PASSWORD, USER } from './hostile/dovecot.mjs';
import { beyond } from './hostile/outlets.mjs';
import { harmless, payloads, PROBE, sample, scriptFor } from './hostile/payloads.mjs';
import { control, look, openAndLook } from './hostile/watch.mjs';
import { listen, sent } from './hostile/world.mjs';

const [binary, tauriDriver] = process.argv.slice(2);
const long = process.argv.includes('--long');
const only = process.argv.find((a) => a.startsWith('--only='))?.slice(7);
const SAMPLE = 60;
/** Harmless mails to compare with, at most; what they cost is then counted for as many as are hostile. */
const CALM = 200;
/** What opening a mail may ask the core for: it reads, marks as read, and asks again for what that changed. */
const READING = new Set(['app_state', 'status', 'connections', 'mailboxes', 'threads', 'thread', 'message_body', 'act', 'outbox', 'splits', 'tasks', 'file_places', 'saved_to']);

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
const calm = harmless(Math.min(chosen.length, CALM));
const server = await dovecot(join(scratch, 'dovecot'), port, [...calm, ...chosen.map((p) => p.raw)]);
writeFileSync(join(scratch, 'passphrase'), 'four random words here\n');
const desk = await Desk.start(binary, tauriDriver);
/** What the page has asked the core for so far: name → how often, every action on mail, and how often the core itself told the page
 *  that its accounts changed (each round of a sync does), whereupon the page reads its lists anew. */
function asked() {
  const counts = new Map();
  const acts = [];
  let rounds = 0;
  for (const [, kind, name, act] of desk.log.replace(/\u001b\[[0-9;]*m/g, '').matchAll(/aurelius::ipc: (command|event)="?(\w+)"?(?: act=Some\((.*?)\)$| act=None)?/gm)) {
    if (kind === 'event') {
      if (name === 'connections') rounds += 1;
      continue;
    }
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (name === 'act') acts.push(act ?? 'unknown');
  }
  return { counts, acts, rounds };
}
const less = (now, before) => ({
  counts: new Map([...now.counts].map(([name, n]) => [name, n - (before.counts.get(name) ?? 0)]).filter(([, n]) => n > 0)),
  acts: now.acts.slice(before.acts.length),
  rounds: now.rounds - before.rounds,
});
const inWords = ({ counts, rounds }) => `${[...counts].map(([name, n]) => `${name} ${n}`).join(', ')}; ${rounds} rounds of sync`;
/** What one round of a sync makes the page read anew, and how often at most: what changed, and that the round is over. */
const PER_ROUND = new Map(['connections', 'mailboxes', 'status', 'outbox', 'threads', 'thread', 'splits', 'tasks'].map((name) => [name, 2]));

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
  // Nobody listens there, and nobody need: the kernel counts what is sent.
  const before = sent();
  await new Promise((resolve) => connect(54_321, '203.0.113.66').on('error', resolve));
  await new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.send('x', 3478, '203.0.113.66', (error) => { socket.close(); error ? reject(error) : resolve(); });
  });
  const after = sent();
  if (after.calls - before.calls !== 1 || after.datagrams - before.datagrams !== 1) throw new Error(`the kernel counted ${JSON.stringify([before, after])}`);
  for (const word of ['/control', 'name control.evil.example', '/by-name', '/by-address', 'port 443', 'port 21', 'port 8080']) {
    if (!hits.some((hit) => hit.includes(word))) throw new Error(`${word} was not heard: ${hits.join(', ')}`);
  }
});

let threads = [];
let calmThreads = [];
const total = calm.length + chosen.length;
/** The list in the window, as after a start. */
async function fresh() {
  await desk.driver.run(`() => { window.__old = true; location.hash = '#/inbox'; location.reload(); }`);
  await desk.driver.until('the page anew', `() => window.__old === undefined`);
  await desk.rows(1);
  await desk.driver.run(`() => { window.__names = new Set(Object.getOwnPropertyNames(window)); window.__shown = new Set(); }`);
}
await desk.test(`${chosen.length} hostile mails and ${calm.length} harmless ones arrive from a real server`, async () => {
  await desk.open(['--home', join(scratch, 'workspace'), '--passphrase-file', join(scratch, 'passphrase')]);
  await desk.driver.until('an open workspace', `async () => (await window.__TAURI_INTERNALS__.invoke('app_state', { req: {} })).stage === 'empty'`, [], 30_000);
  await desk.invoke('connect_mail', {
    email: 'test@home.example', name: 'Test', username: USER, password: PASSWORD, imap: { host: '127.0.0.1', port, security: 'none' }, smtp: null, reconnect: null,
  });
  await desk.driver.until('all mails', `async (n) => (await window.__TAURI_INTERNALS__.invoke('mailboxes', { req: {} }))[0]?.mailboxes.find((m) => m.role === 'inbox')?.total >= n`, [total], 240_000);
  await desk.driver.until('a quiet source', `async () => (await window.__TAURI_INTERNALS__.invoke('status', { req: {} })).sources.every((s) => s.state === 'ok')`, [], 60_000);
  for (let last = -1; threads.length === 0 || threads.length !== last;) {
    last = threads.length;
    threads = [];
    for (let page = null; page === null || threads.length < page.total;) {
      page = await desk.invoke('threads', { filter: { account: null, role: 'inbox', mailbox: null, unread: false }, offset: threads.length, limit: 500 });
      threads.push(...page.rows);
      if (page.rows.length === 0) break;
    }
    await sleep(1200);
  }
  // The first-run pages have done their work by then.
  await desk.invoke('settings_save', { ...(await desk.invoke('settings')), onboardingDone: true });
  await fresh();
  calmThreads = threads.filter((t) => /^harmless \d+$/.test(t.subject));
  threads = threads.filter((t) => !calmThreads.includes(t));
  if (calmThreads.length !== calm.length) throw new Error(`${calmThreads.length} harmless conversations instead of ${calm.length}`);
});
if (desk.failed > 0) process.exit(await desk.end());

await desk.test('the looking notices whatever a mail could leave behind', async () => {
  const { bad } = await desk.driver.run(openAndLook, calmThreads[0].id);
  const missed = bad.length > 0 ? bad : await desk.driver.run(control, calmThreads[0].id);
  if (missed.length > 0) throw new Error(missed.join('; '));
  await fresh();
});

/** Opens them one by one: what was wrong, and what it cost. */
async function walk(list) {
  hits.length = 0;
  await sleep(1500);
  const [before, kernel, logins, began] = [asked(), sent(), server.logins(), Date.now()];
  const faults = [];
  let seen = 0;
  for (const { id, subject } of list) {
    try {
      const { bad, shown } = await desk.driver.run(openAndLook, id);
      seen += shown;
      const windows = await desk.driver.windows();
      if (windows.length !== 1) bad.push(`${windows.length} windows`);
      if (bad.length > 0 && faults.length < 4) await desk.shot(`hostile-${faults.length}`);
      if (bad.length > 0) faults.push(`${subject.slice(0, 60)}: ${[...new Set(bad)].slice(0, 4).join('; ')}`);
    } catch (error) {
      // A JavaScript dialog shows itself here: the driver refuses to go on under one.
      await desk.driver.dismiss().catch(() => undefined);
      faults.push(`${subject.slice(0, 60)}: ${error.message}`);
    }
  }
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  // What was put off (prefetch, a timer of a page) gets its chance.
  await sleep(1500);
  const after = sent();
  return { faults, seen, seconds, hits: [...hits], asked: less(asked(), before), calls: after.calls - kernel.calls - (server.logins() - logins), datagrams: after.datagrams - kernel.datagrams };
}

const quiet = await walk(calmThreads);
await desk.test(`${quiet.seen} harmless mails opened (${quiet.seconds} s), for comparison: ${inWords(quiet.asked)}; ${quiet.calls} calls, ${quiet.datagrams} datagrams`, async () => {
  if (quiet.faults.length > 0) throw new Error(quiet.faults.slice(0, 5).join('\n     '));
  if (quiet.seen < calm.length) throw new Error(`only ${quiet.seen} of ${calm.length} were shown`);
});
const loud = await walk(threads);
/** Hostile mails for one harmless. */
const share = loud.seen / quiet.seen;
await desk.test(`${loud.seen} hostile mails opened (${new Set(chosen.map((p) => p.family)).size} families, ${loud.seconds} s): nothing ran, nothing asked, nothing left its frame`, async () => {
  if (loud.faults.length > 0) throw new Error(`${loud.faults.length} fault(s)\n     ${loud.faults.slice(0, 12).join('\n     ')}`);
  if (loud.seen < chosen.length) throw new Error(`only ${loud.seen} of ${chosen.length} were shown`);
});
await desk.test(`connections and questions for names beyond our own servers: ${loud.hits.length}; by the kernel's count ${loud.calls} calls beside those to the mail server and ${loud.datagrams} datagrams (harmless: ${quiet.calls}, ${quiet.datagrams})`, async () => {
  if (loud.hits.length > 0) throw new Error([...new Set(loud.hits)].slice(0, 10).join(' | '));
  // A datagram is a question for a name. What the mail server did not get, the driver may have opened anew for itself, once or twice.
  if (loud.datagrams > quiet.datagrams) throw new Error(`${loud.datagrams - quiet.datagrams} datagrams more than harmless mails cost`);
  if (loud.calls > quiet.calls + 2) throw new Error(`${loud.calls - quiet.calls} calls more than harmless mails cost`);
});
const strange = [...loud.asked.counts].filter(([name]) => !READING.has(name));
await desk.test(`commands beyond reading: ${strange.length} (asked: ${inWords(loud.asked)})`, async () => {
  if ((loud.asked.counts.get('message_body') ?? 0) < chosen.length) throw new Error('the commands were not counted');
  if (strange.length > 0) throw new Error(strange.join('; '));
});
await desk.test('no command was asked for more often than harmless mails ask for it, and nothing was done to a mail but marking it as read', async () => {
  const expected = (name) => Math.ceil((quiet.asked.counts.get(name) ?? 0) * share);
  const allowed = (name) => expected(name) * 1.1 + 5 + loud.asked.rounds * (PER_ROUND.get(name) ?? 0);
  const over = [...loud.asked.counts].filter(([name, n]) => name !== 'act' && n > allowed(name)).map(([name, n]) => `${name} ${n}, as many harmless ones ${expected(name)}, with ${loud.asked.rounds} rounds of sync`);
  if (over.length > 0) throw new Error(over.join('; '));
  const { acts } = loud.asked;
  if (acts.some((act) => act !== 'Read') || acts.length > threads.length) throw new Error(`${acts.length} acts: ${[...new Set(acts)].join(', ')}`);
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

await beyond({ desk, threads, chosen, hits, asked, less, opened, canaryBase, fresh });

await desk.test('a script that did run would be noticed: its mark, its title, its command, its dialog', async () => {
  await fresh();
  const thread = calmThreads[1].id;
  await desk.driver.run(openAndLook, thread);
  const before = asked();
  // The words of the payloads themselves, run by hand where a mail never gets to.
  await desk.driver.run(`() => { setTimeout(() => { ${scriptFor('control', canaryBase)}; }, 300); }`);
  await sleep(1500);
  const dialog = await desk.driver.run(look, thread).then((bad) => `no dialog stopped the driver (${bad.join('; ')})`, (error) => error.message);
  await desk.driver.dismiss().catch(() => undefined);
  await sleep(300);
  const bad = await desk.driver.run(look, thread);
  const noticed = { dialog: /alert|dialog|prompt/i.test(dialog) && !dialog.startsWith('no '), mark: bad.some((b) => b.includes('a script ran: control')), title: bad.some((b) => b.includes('pwned control')), command: less(asked(), before).counts.get(PROBE) >= 1 };
  if (Object.values(noticed).includes(false)) throw new Error(`${JSON.stringify(noticed)}: ${dialog} | ${bad.join('; ')}`);
});

const code = await desk.end();
server.stop();
world.close();
process.exit(code);
