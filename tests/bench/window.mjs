// `cargo xtask bench window`: the real window (release build, WebKitGTK under Xvfb) over a home with many mails: cold start, keys,
// a long scroll, memory. Also while a real server's mail arrives. Writes a Markdown table to OUT; docs/benchmarks.md gets it by
// tests/bench/report.py. Usage: node tests/bench/window.mjs BINARY TAURI_DRIVER [--count 100000] [--arriving 30000] [--minutes 60] [--out FILE]
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Desk, sleep, unlockKeyring } from '../e2e/desk.mjs';

const [binary, tauriDriver] = process.argv.slice(2);
const option = (name, fallback) => { const at = process.argv.indexOf(name); return at < 0 ? fallback : process.argv[at + 1]; };
const count = Number(option('--count', 100_000));
const arriving = Number(option('--arriving', 30_000));
const here = dirname(fileURLToPath(import.meta.url));
const beside = (name) => join(dirname(binary), name);
const scratch = mkdtempSync(join(tmpdir(), 'aurelius-window-'));
const home = join(scratch, 'home');
const minutes = Number(option('--minutes', 60));
const STARTS = 5;
const KEYS = 60;

const quantile = (values, part) => [...values].sort((a, b) => a - b)[Math.ceil((values.length - 1) * part)];
const ms = (value) => value.toFixed(0);
const rows = [];
const missed = [];
/** One line of the table; `budget` in the unit of the figures, or none. */
function line(what, values, unit, budget = null) {
  const [p50, p95] = [quantile(values, 0.5), quantile(values, 0.95)];
  const worst = Math.max(...values);
  rows.push(`| ${what} | ${values.length} | ${ms(p50)} ${unit} | ${ms(p95)} ${unit} | ${ms(worst)} ${unit} | ${budget === null ? '' : `≤ ${budget} ${unit}`} |`);
  if (budget !== null && p95 > budget) missed.push(`${what}: p95 ${ms(p95)} ${unit}, budget ${budget}`);
  console.log(rows.at(-1));
}

// --- the home

unlockKeyring();
{
  console.log(`making a home of ${count} mails …`);
  const mails = spawn('python3', [join(here, 'gen_mail.py'), '--out', '-', '--format', 'stream', '--count', String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const maker = spawn(beside('bench_home'), [home], { stdio: [mails.stdout, 'inherit', 'inherit'] });
  const status = await new Promise((resolve) => maker.once('exit', resolve));
  if (status !== 0) throw new Error(`bench_home: exit code ${status}`);
}

// --- processes

const procs = () => readdirSync('/proc').filter((n) => /^\d+$/.test(n)).map((pid) => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { pid: Number(pid), name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')), parent: Number(rest[1]), started: Number(rest[19]) };
  } catch {
    return null;
  }
}).filter(Boolean);
/** The window's process: the one of this binary that has no parent of the same name. */
function app() {
  const all = procs().filter((p) => { try { return readFileSync(`/proc/${p.pid}/cmdline`, 'utf8').split('\0').includes(home); } catch { return false; } }).filter((p) => p.name === 'aurelius');
  if (all.length !== 1) throw new Error(`${all.length} windows`);
  return all[0];
}
/** Proportional set size in MB of the window and everything it started. */
function memory() {
  const all = procs();
  const tree = [app().pid];
  for (const pid of tree) tree.push(...all.filter((p) => p.parent === pid).map((p) => p.pid));
  const parts = {};
  for (const pid of tree) {
    const kb = Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]);
    const { name } = all.find((p) => p.pid === pid);
    parts[name] = (parts[name] ?? 0) + kb / 1024;
  }
  return { total: Object.values(parts).reduce((a, b) => a + b, 0), parts };
}
const booted = Number(/^btime (\d+)/m.exec(readFileSync('/proc/stat', 'utf8'))[1]) * 1000;
/** Unix time in ms at which a process began, to a hundredth of a second. */
const uptimeNow = () => Date.now() - Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;
const began = (p) => (Math.abs(uptimeNow() - booted) < 1500 ? uptimeNow() : booted) + p.started * 10;

// --- the window

const desk = await Desk.start(binary, tauriDriver);
const page = (fn, ...args) => desk.driver.run(fn, ...args);
/** In the page: when rows with words stood on screen, as a frame that was handed over; Unix ms. */
const PAINTED = `() => new Promise((resolve) => {
  const look = () => {
    if ([...document.querySelectorAll('[role=grid] [role=row]')].filter((r) => r.getAttribute('aria-label')).length >= 5) {
      requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = () => resolve(Date.now()); c.port2.postMessage(0); });
    } else requestAnimationFrame(look);
  };
  look();
})`;

const starts = [];
const memoryAtStart = [];
for (let i = 0; i < STARTS; i += 1) {
  if (i > 0) await desk.close();
  await sleep(1000);
  await desk.open(['--home', home]);
  const painted = await page(PAINTED);
  starts.push(painted - began(app()));
  await sleep(2500);
  memoryAtStart.push(memory().total);
}
line('start of the process → rows of the inbox painted', starts, 'ms', 1000);

/** In the page: arms itself for the next key, and answers when what it does is painted. */
const ARM = `(kind) => {
  const label = () => { const g = document.querySelector('[role=grid]'); const a = g && document.getElementById(g.getAttribute('aria-activedescendant')); return a ? a.id + '|' + a.getAttribute('aria-label') : ''; };
  const fits = {
    moved: ((before) => () => label() !== before && label() !== '')(label()),
    search: () => document.activeElement?.tagName === 'INPUT' && document.activeElement.getClientRects().length > 0,
    palette: () => document.querySelector('[role=dialog] input')?.getClientRects().length > 0,
    dialog: () => document.querySelector('[role=dialog]') !== null,
  }[kind];
  window.__taken = new Promise((resolve) => addEventListener('keydown', function taken(e) {
    if (['Control', 'Shift'].includes(e.key)) return;
    removeEventListener('keydown', taken, { capture: true });
    const arrived = performance.now();
    // The time at which the system gave the key to the program, where the clock of the event can be trusted.
    const start = e.timeStamp > 0 && e.timeStamp <= arrived && arrived - e.timeStamp < 2000 ? e.timeStamp : arrived;
    const end = arrived + 5000;
    const look = () => {
      if (fits()) { const c = new MessageChannel(); c.port1.onmessage = () => resolve(performance.now() - start); c.port2.postMessage(0); }
      else if (performance.now() > end) resolve(-1);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, { capture: true }));
}`;
async function key(name, kind) {
  await page(ARM, kind);
  await desk.driver.keys(name);
  const taken = await page(`() => window.__taken`);
  if (taken < 0) throw new Error(`${name}: nothing came of it within 5 s`);
  return taken;
}
async function keys(suffix, rounds) {
  const times = { j: [], k: [], e: [], '/': [], palette: [] };
  await inbox();
  for (let i = 0; i < rounds; i += 1) times.j.push(await key('j', 'moved'));
  for (let i = 0; i < rounds; i += 1) times.k.push(await key('k', 'moved'));
  for (let i = 0; i < rounds / 2; i += 1) times.e.push(await key('e', 'moved'));
  for (let i = 0; i < rounds / 4; i += 1) {
    times.palette.push(await key('Control+k', 'palette'));
    await desk.driver.keys('Escape');
    await sleep(150);
  }
  for (let i = 0; i < rounds / 4; i += 1) {
    times['/'].push(await key('/', 'search'));
    await inbox();
  }
  for (const [name, values] of Object.entries(times)) line(`${name === 'palette' ? 'Ctrl+K (palette)' : `\`${name}\``} → painted frame${suffix}`, values, 'ms', 50);
}
async function inbox() {
  await page(`() => { document.activeElement?.blur(); location.hash = '#/inbox'; }`);
  await desk.driver.until('the inbox', `() => document.querySelectorAll('[role=grid] [role=row][aria-label]').length >= 5 && /inbox/i.test(document.querySelector('h1')?.textContent ?? '')`);
  await page(`() => document.querySelector('[role=grid]').focus()`);
  await sleep(120);
}

await keys('', KEYS);

// --- the long way down

/** In the page: scrolls, and looks at every frame on the way. */
const SCROLL = `async (target, steps) => {
  const grid = document.querySelector('[role=grid]');
  const size = parseFloat(grid.querySelector('[role=row]').style.blockSize);
  const from = grid.scrollTop;
  const to = Math.min(target * size, grid.scrollHeight - grid.clientHeight);
  const seen = { frames: 0, blank: 0, skeleton: 0, longest: 0, settled: 0, row: 0 };
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const look = () => {
    const box = grid.getBoundingClientRect();
    const rows = [...grid.querySelectorAll('[role=row]')].map((r) => [r.getBoundingClientRect(), r]).filter(([r]) => r.bottom > box.top + 1 && r.top < box.bottom - 1);
    const covered = rows.reduce((sum, [r]) => sum + Math.min(r.bottom, box.bottom) - Math.max(r.top, box.top), 0);
    seen.row = Math.max(...rows.map(([, r]) => Number(r.getAttribute('aria-rowindex'))), 0);
    return { blank: covered < box.height - size, skeleton: rows.some(([, r]) => !r.getAttribute('aria-label')) };
  };
  let last = performance.now();
  for (let i = 1; i <= steps; i += 1) {
    grid.scrollTop = from + (to - from) * (i / steps);
    await frame();
    const c = new MessageChannel();
    await new Promise((resolve) => { c.port1.onmessage = resolve; c.port2.postMessage(0); });
    const now = performance.now();
    seen.longest = Math.max(seen.longest, now - last);
    last = now;
    const at = look();
    seen.frames += 1;
    seen.blank += at.blank;
    seen.skeleton += at.skeleton;
  }
  const start = performance.now();
  while (look().skeleton && performance.now() - start < 5000) await frame();
  seen.settled = performance.now() - start;
  return seen;
}`;
await inbox();
const far = Math.min(90_000, Math.floor(count * 0.9));
const smooth = await page(SCROLL, 150, 150);
const down = await page(SCROLL, far, 150);
await page(`() => { document.querySelector('[role=grid]').scrollTop = 0; }`);
await sleep(500);
const jump = await page(SCROLL, far, 1);
const scrolled = [['a row a frame', smooth], [`row ${far}, 150 frames`, down], [`row ${far} at once`, jump]].map(([what, s]) => `| ${what} | ${s.row} | ${s.frames} | ${s.blank} | ${s.skeleton} | ${ms(s.longest)} ms | ${ms(s.settled)} ms |`);
console.log(scrolled.join('\n'));
for (const s of [down, jump]) if (s.row < far) missed.push(`scrolling ended at row ${s.row}, not ${far}`);
for (const s of [smooth, down, jump]) if (s.blank > 0) missed.push(`scrolling: ${s.blank} blank frames`);
const memoryUsed = memory();

// --- the same while mail arrives

let arrived = null;
if (arriving > 0 && process.getuid() === 0) {
  const box = join(scratch, 'arriving');
  execFileSync('python3', [join(here, 'gen_mail.py'), '--out', box, '--count', String(arriving), '--seed', '7'], { stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync('chmod', ['755', scratch]);
  const server = spawn('python3', ['-c', `import sys; sys.path.insert(0, ${JSON.stringify(here)}); from dovecot import Dovecot\nwith Dovecot(${JSON.stringify(box)}, ${JSON.stringify(join(scratch, 'dovecot'))}) as d: print(d.port, flush=True); sys.stdin.read()`], { stdio: ['pipe', 'pipe', 'inherit'] });
  const port = await new Promise((resolve, reject) => { server.stdout.once('data', (d) => resolve(Number(String(d)))); server.once('exit', () => reject(new Error('no Dovecot'))); });
  // The command line hands it to the engine of the open window.
  execFileSync(beside('aurelius-cli'), ['--home', home, '--json', 'connect', 'imap', '--email', 'test@corpus.example', '--username', 'test', '--password-stdin', '--imap', `127.0.0.1:${port}`, '--imap-security', 'none'], { input: 'test\n', stdio: ['pipe', 'ignore', 'inherit'] });
  const status = () => desk.invoke('status').then((s) => s.sources.find((x) => x.label.startsWith('test@'))?.state);
  await keys(', while mail arrives', KEYS / 2);
  arrived = await status();
  if (arrived !== 'syncing') missed.push(`the sync was over (${arrived}) before the keys were`);
  server.stdin.end();
} else if (arriving > 0) {
  missed.push('keys while mail arrives: Dovecot needs root');
}

// --- memory

/** What a person does in a minute or so: reads, archives and takes back, searches, writes a line and throws it away, scrolls. */
async function use(n) {
  await inbox();
  for (const name of ['j', 'j', 'Enter', 'n', 'n', 'u', 'k', 'e', 'z', 's', 's', 'j']) { await desk.driver.keys(name); await sleep(150); }
  await page(SCROLL, 200 + (n * 997) % Math.max(1, far - 200), 40);
  await page(`() => { location.hash = '#/search?q=${['meeting', 'budget invoice', 'from:p', 'report'][n % 4].replace(' ', '%20')}'; }`);
  await sleep(900);
  await inbox();
  await desk.driver.keys('Control+k');
  await sleep(300);
  await desk.driver.keys('Escape');
  await desk.driver.keys('c');
  await sleep(700);
  await desk.driver.keys('Escape');
  await sleep(300);
}
const hour = [];
if (minutes > 0) {
  const end = Date.now() + minutes * 60_000;
  let next = Date.now();
  for (let n = 0; Date.now() < end; n += 1) {
    await use(n);
    if (Date.now() >= next) { hour.push(memory().total); console.log(`  in use: ${ms(hour.at(-1))} MB`); next = Date.now() + 5 * 60_000; }
  }
  hour.push(memory().total);
}

await page(`() => { location.hash = '#/inbox'; }`);
await sleep(1000);
const before = memory();
await desk.driver.minimize();
await sleep(60_000);
const hidden = memory();
const words = (m) => `${ms(m.total)} MB (${Object.entries(m.parts).map(([name, mb]) => `${name} ${ms(mb)}`).join(', ')})`;
const report = [
  `A home of ${count} conversations behind the keyring, window 1280×800 without a GPU, release build. File cache warm.`, '',
  '| what | times | p50 | p95 | worst | budget |', '|---|---|---|---|---|---|', ...rows, '',
  '| scrolled to | last row seen | frames | blank | with unread rows (skeleton) | longest frame | words after the last frame |', '|---|---|---|---|---|---|---|', ...scrolled, '',
  '| memory (PSS, all processes) | |', '|---|---|', `| ${STARTS} starts, 2.5 s after the first rows | ${memoryAtStart.map(ms).join(', ')} MB |`, `| after the keys and the scroll | ${words(memoryUsed)} |`,
  ...(hour.length > 0 ? [`| in ${minutes} minutes of scripted use, every five | ${hour.map(ms).join(', ')} MB |`] : []), `| after all of it${arrived === null ? '' : `, with ${arriving} mails that arrived`} | ${words(before)} |`, `| minimised, a minute later | ${words(hidden)} |`, '',
  missed.length === 0 ? 'All within budget.' : `Missed: ${missed.join('; ')}.`,
].join('\n');
console.log(`\n${report}`);
const out = option('--out', null);
if (out) writeFileSync(out, `${report}\n`);
await desk.close();
await desk.end();
if (existsSync(scratch)) rmSync(scratch, { recursive: true, force: true });
process.exit(0);
