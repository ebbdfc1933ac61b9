// New mail of a real IMAP server becomes a notification of the system, in the words that the settings allow, and a click on it opens
// its conversation. The notification server is our own, on the private session bus.
// Usage: node tests/e2e/notify.mjs BINARY TAURI_DRIVER      (root: Dovecot)
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Desk, equal, freePort, sleep } from './desk.mjs';
import { dovecot, PASSWORD, USER } from './hostile/dovecot.mjs';

const [binary, tauriDriver] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'aurelius-notify-'));
chmodSync(scratch, 0o755);
mkdirSync(join(scratch, 'dovecot'), { mode: 0o755 });
const mail = (n, from, subject) => `From: ${from}\r\nTo: test@home.example\r\nSubject: ${subject}\r\nMessage-ID: <${n}@notify.example>\r\nDate: ${new Date().toUTCString().replace('GMT', '+0000')}\r\n\r\nAt noon, as always.\r\n`;
const port = await freePort();
const server = await dovecot(join(scratch, 'dovecot'), port, [mail(1, 'Old <old@x.example>', 'Long ago')]);
let delivered = 1;
/** As a delivery agent does: written aside, then moved in. */
function deliver(from, subject) {
  delivered += 1;
  const name = `${Math.floor(Date.now() / 1000)}.${delivered}.notify`;
  const aside = join(scratch, 'dovecot', 'mail', 'tmp', name);
  writeFileSync(aside, mail(delivered, from, subject));
  execFileSync('chown', ['mail:mail', aside]);
  renameSync(aside, join(scratch, 'dovecot', 'mail', 'new', name));
}

const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
const daemon = spawn(python, [join(dirname(fileURLToPath(import.meta.url)), 'notifications.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
const told = [];
let [ready, elsewhere] = [false, false];
createInterface({ input: daemon.stdout }).on('line', (line) => {
  const what = JSON.parse(line);
  if (what.ready) ready = true;
  else if (what.elsewhere) elsewhere = true;
  else told.push(what);
});
for (let i = 0; i < 100 && !ready; i += 1) await sleep(100);
/** The next notification, or null. */
async function next(known, ms = 25_000) {
  for (const end = Date.now() + ms; told.length === known && Date.now() < end;) await sleep(100);
  return told[known] ?? null;
}

/** The person looks at another window: while ours has the focus nothing is told. */
async function lookElsewhere() {
  elsewhere = false;
  daemon.stdin.write('elsewhere\n');
  for (let i = 0; i < 50 && !elsewhere; i += 1) await sleep(100);
  await desk.driver.until('the window lost the focus', `() => !document.hasFocus()`, [], 5000);
}

writeFileSync(join(scratch, 'passphrase'), 'four random words here\n');
const desk = await Desk.start(binary, tauriDriver);
const settings = async (change) => desk.invoke('settings_save', { ...(await desk.invoke('settings')), language: 'en', ...change });

await desk.test('what was there before makes no noise', async () => {
  if (!ready) throw new Error('the notification server does not run');
  await desk.open(['--home', join(scratch, 'workspace'), '--passphrase-file', join(scratch, 'passphrase')]);
  await desk.driver.until('an open workspace', `async () => (await window.__TAURI_INTERNALS__.invoke('app_state', { req: {} })).stage === 'empty'`, [], 30_000);
  await settings({ notify: 'none' });
  await desk.invoke('connect_mail', { email: 'test@home.example', name: 'Test', username: USER, password: PASSWORD, imap: { host: '127.0.0.1', port, security: 'none' }, smtp: null, reconnect: null });
  await desk.driver.until('the first mail', `async () => (await window.__TAURI_INTERNALS__.invoke('mailboxes', { req: {} }))[0]?.mailboxes.find((m) => m.role === 'inbox')?.total >= 1`, [], 60_000);
  await lookElsewhere();
  // Longer than what comes is gathered for.
  await sleep(7000);
  equal(told, [], 'notifications');
});

await desk.test('new mail is told with sender, subject and words, as text and not as markup', async () => {
  await settings({ notify: 'all' });
  deliver(`"Ada <b>Byron</b>" <ada@x.example>`, 'Lunch & <i>more</i>');
  const note = await next(0);
  if (note === null) throw new Error('nothing came');
  equal([note.program, note.title, note.body], ['Aurelius', 'Ada <b>Byron</b>', 'Lunch &amp; &lt;i&gt;more&lt;/i&gt;\nAt noon, as always.'], 'what is told');
  if (!note.actions.includes('default')) throw new Error('it cannot be clicked');
});

await desk.test('a click opens its conversation', async () => {
  daemon.stdin.write(`click ${told[0].id}\n`);
  await desk.driver.until('the conversation', `() => /#\\/inbox\\/t\\/\\d+/.test(location.hash) && document.querySelector('#reader')?.innerText.includes('At noon')`, [], 10_000);
});

await desk.test('without content neither name nor subject leaves the window; strangers are not important', async () => {
  const before = told.length;
  // The click brought the window to the front: what comes now is seen in it.
  await settings({ notify: 'all', notifyContent: false });
  deliver('Ada <ada@x.example>', 'Seen as it comes');
  equal(await next(before, 9000), null, 'while the window is looked at');
  await lookElsewhere();
  deliver('Ada <ada@x.example>', 'Secret plan');
  const note = await next(before);
  equal([note?.title, note?.body], ['New mail', ''], 'what is told');
  await settings({ notify: 'important', notifyContent: true });
  deliver('Shop <shop@y.example>', 'Sale');
  await desk.driver.until('the mail', `async () => (await window.__TAURI_INTERNALS__.invoke('mailboxes', { req: {} }))[0]?.mailboxes.find((m) => m.role === 'inbox')?.total >= 5`, [], 30_000);
  equal(await next(before + 1, 8000), null, 'a stranger');
});

await desk.test('its buttons archive, answer and put off, and each can be undone', async () => {
  const inbox = () => desk.invoke('mailboxes').then((all) => all[0].mailboxes.find((m) => m.role === 'inbox').total);
  await settings({ notify: 'all', notifyContent: true });
  const [{ account }] = await desk.invoke('mailboxes');
  await desk.invoke('mailbox_create', { account, name: 'Archive' });
  for (const [button, gone] of [['archive', true], ['snooze', true], ['reply', false]]) {
    const [before, known] = [await inbox(), told.length];
    await lookElsewhere();
    deliver('Ada <ada@x.example>', `To ${button}`);
    const note = await next(known);
    equal([note?.body.split('\n')[0], note?.actions.includes(button)], [`To ${button}`, true], 'what is told');
    daemon.stdin.write(`click ${note.id} ${button}\n`);
    const listed = `async (subject) => (await window.__TAURI_INTERNALS__.invoke('threads', { req: { filter: { role: 'inbox', mailbox: null, account: null, unread: false }, offset: 0, limit: 50 } })).rows.some((r) => r.subject === subject)`;
    if (gone) {
      await desk.driver.until(`${button}: out of the inbox`, `async (subject) => !(await (${listed})(subject))`, [`To ${button}`], 20_000);
      await desk.invoke('undo_last');
      await desk.driver.until(`${button}: back again`, listed, [`To ${button}`], 20_000);
    } else {
      await desk.driver.until('an answer', `() => document.querySelector('[contenteditable="true"]') !== null && /#\\/inbox\\/t\\/\\d+/.test(location.hash)`, [], 20_000);
    }
    if (before < 1) throw new Error('the inbox was empty');
  }
});

const code = await desk.end();
daemon.kill();
await server.stop();
rmSync(scratch, { recursive: true, force: true });
process.exit(code);
