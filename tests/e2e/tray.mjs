// A closed window lives on in the tray where there is one, and ends where there is none; the tray's menu says what is true and does
// what it says; the window comes back where it was; a mailto link opens a draft. The tray is our own, on the private session bus.
// Usage: node tests/e2e/tray.mjs BINARY TAURI_DRIVER
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Desk, equal, sleep } from './desk.mjs';

const [binary, tauriDriver] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'aurelius-tray-'));
const home = join(scratch, 'workspace');
writeFileSync(join(scratch, 'passphrase'), 'four random words here\n');

const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
const around = spawn(python, [join(dirname(fileURLToPath(import.meta.url)), 'tray.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
const waiting = [];
createInterface({ input: around.stdout }).on('line', (line) => waiting.shift()(JSON.parse(line)));
async function ask(line) {
  const answer = await new Promise((resolve) => {
    waiting.push(resolve);
    around.stdin.write(`${line}\n`);
  });
  if (answer.error) throw new Error(`${line}: ${answer.error}`);
  return answer.ok;
}
async function until(what, test, ms = 15_000) {
  let last;
  for (const end = Date.now() + ms; Date.now() < end; await sleep(100)) if (await test().then((v) => (last = v), () => false)) return last;
  throw new Error(`${what} did not come`);
}
const menuHas = (wanted) => until(`"${wanted}" in the tray`, async () => JSON.stringify(await ask('menu'))?.includes(JSON.stringify(wanted).slice(0, -1)));
const running = () => { try { return execFileSync('pgrep', ['-f', `${home}( |$)`]).toString().trim() !== ''; } catch { return false; } };
const start = () => desk.open(['--home', home, '--passphrase-file', join(scratch, 'passphrase')]);
const opened = () => desk.driver.until('an open workspace', `async () => ['empty', 'ready'].includes((await window.__TAURI_INTERNALS__.invoke('app_state', { req: {} })).stage)`, [], 30_000);

await ask('watch on');
const desk = await Desk.start(binary, tauriDriver);

await desk.test('the tray offers what there is, in the language of the settings', async () => {
  await start();
  await opened();
  await menuHas('Quit');
  equal(await ask('menu'), ['Open Aurelius', '-', 'Quit'], 'before the first account');
  await desk.invoke('sample_start');
  await menuHas('Inbox (');
  await menuHas('Pause notifications');
  await desk.invoke('settings_save', { ...(await desk.invoke('settings')), language: 'de' });
  await menuHas('Neue Nachricht');
  await desk.invoke('settings_save', { ...(await desk.invoke('settings')), language: 'en' });
  await menuHas('New message');
});

await desk.test('its rows do what they say', async () => {
  equal(await ask('click New message'), true, 'the row');
  await desk.driver.until('a draft', `() => document.querySelector('[data-composer], .composer, [role="dialog"] [contenteditable], [contenteditable="true"]') !== null`, [], 15_000);
  equal(await ask('click Settings…'), true, 'the row');
  await desk.driver.until('the settings', `() => location.hash.startsWith('#/settings')`, [], 10_000);
  equal(await ask('click 30 minutes'), true, 'the row');
  await menuHas('Resume notifications');
  const left = (await desk.invoke('settings')).notifyPausedUntil - Date.now();
  if (!(left > 29 * 60_000 && left <= 30 * 60_000)) throw new Error(`paused for ${left} ms`);
  equal(await ask('click Resume notifications'), true, 'the row');
  await menuHas('Until tomorrow morning');
  equal((await desk.invoke('settings')).notifyPausedUntil, null, 'the pause');
});

await desk.test('a closed window lives on in the tray and comes back where it was', async () => {
  await desk.invoke('sample_leave');
  await ask('move 60 40 1100 700');
  await sleep(500);
  await ask('close');
  await until('a hidden window', async () => !(await ask('window')).mapped);
  await sleep(1500);
  if (!running()) throw new Error('it ended');
  equal(await ask('click Open Aurelius'), true, 'the row');
  await until('the window', async () => (await ask('window')).mapped);
  await opened();
  const saved = JSON.parse(readFileSync(join(home, 'place.json'), 'utf8'));
  equal(Object.values(saved.screens)[0].rect, { x: 60, y: 40, width: 1100, height: 700 }, 'what was noted');
  equal(await ask('click Quit'), true, 'the row');
  await until('the end', async () => !running());
  await desk.close();
  await start();
  await opened();
  const { x, y, width, height } = await ask('window');
  equal([x, y, width, height], [60, 40, 1100, 700], 'the next window');
});

await desk.test('a mailto link opens a draft and sends nothing, warm and cold', async () => {
  await desk.invoke('sample_start');
  const link = 'mailto:ada@x.example?cc=ben@x.example&subject=Lunch%20today&body=Noon%3F&attach=/etc/passwd';
  spawn(binary, ['--home', home, link], { stdio: 'ignore' });
  const filled = `() => { const said = document.body.innerText; const subject = [...document.querySelectorAll('input')].some((i) => i.value === 'Lunch today'); return subject && said.includes('ada@x.example') && said.includes('Noon?') && !said.includes('passwd'); }`;
  await desk.driver.until('the draft', filled, [], 20_000);
  equal((await desk.invoke('outbox')).filter((row) => JSON.stringify(row).includes('Lunch today')), [], 'what waits to be sent');
  await desk.close();
  await until('the end', async () => !running());
  await desk.open(['--demo', link]);
  await desk.driver.until('the draft of a cold start', filled, [], 40_000);
});

await desk.test('with nobody to show a tray, closing ends it', async () => {
  await desk.close();
  await ask('watch off');
  await start();
  await opened();
  await ask('close');
  await until('the end', async () => !running());
});

await desk.test('and so it does where the person wants that', async () => {
  await desk.close();
  await ask('watch on');
  await start();
  await opened();
  await desk.invoke('settings_save', { ...(await desk.invoke('settings')), keepRunning: false });
  await ask('close');
  await until('the end', async () => !running());
});

const code = await desk.end();
around.kill();
rmSync(scratch, { recursive: true, force: true });
process.exit(code);
