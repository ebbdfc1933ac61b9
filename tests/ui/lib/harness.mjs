// One browser, many guarded pages: every page counts console errors, policy violations, foreign requests, popups and dialogs, and a
// test that ends with any of them fails, whatever else it checked.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = join(dirname(fileURLToPath(import.meta.url)), '..');
export const root = join(here, '..', '..');
const require = createRequire(join(root, 'ui', 'package.json'));
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const NAMES = [
  process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable', '/usr/bin/chromium-browser',
  '/snap/bin/chromium', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe', 'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

export async function launch() {
  const executablePath = NAMES.find((n) => n && existsSync(n));
  if (!executablePath) throw new Error('No Chromium found. Install chromium, or name one in CHROMIUM.');
  return chromium.launch({
    executablePath,
    headless: true,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--font-render-hinting=none', '--hide-scrollbars=false'],
  });
}

export async function loadSuites() {
  // `core` needs a built core: cargo xtask test runs it on its own, after the build (`--suite=core`).
  const suite = process.argv.find((a) => a.startsWith('--suite='))?.slice(8);
  const names = suite === 'core' ? ['core', 'core-acts'] : suite ? [suite] : ['screens', 'triage', 'flows', 'hostile', 'compose', 'writing', 'adapt', 'desk', 'person', 'integrations', 'catalogue', 'tables', 'start', 'invite', 'calendar', 'find', 'tasks', 'files', 'pixels'];
  const suites = await Promise.all(names.map((n) => import(`../suites/${n}.mjs`)));
  return suites.flatMap((s) => s.tests);
}

export const SIZES = { wide: { width: 1280, height: 800 }, narrow: { width: 960, height: 600 } };
/** A Thursday morning: dates in pictures stay the same. */
export const NOW = new Date('2026-03-19T09:41:00Z');

/** The picture every proxied address answers with. */
const PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" width="496" height="248"><defs><linearGradient id="g" x2="0" y2="1"><stop stop-color="#1b3a57"/><stop offset="1" stop-color="#e08e5b"/></linearGradient></defs><rect width="496" height="248" fill="url(#g)"/><path d="M0 190 90 150l80 30 90-50 100 40 136-40v118H0z" fill="#10263a"/></svg>`;

export async function open({ browser, base }, path = '/', options = {}) {
  const { theme = 'light', size = 'wide', allow = [], proxied = [], core = null, settings = null, name: _name, ...context } = options;
  const ctx = await browser.newContext({
    viewport: typeof size === 'string' ? SIZES[size] : size, colorScheme: theme, locale: 'en-GB', timezoneId: 'Europe/Oslo', deviceScaleFactor: 1, reducedMotion: 'reduce', ...context,
  });
  await ctx.clearCookies();
  // Frames of mails have no storage, and a page that was reloaded keeps what was changed in it.
  if (settings) await ctx.addInitScript((kept) => { if (window === window.top && !sessionStorage.getItem('mock-settings')) sessionStorage.setItem('mock-settings', kept); }, JSON.stringify(settings));
  const page = await ctx.newPage();
  const faults = [];
  page.proxied = proxied;
  await ctx.route('**/*', (route) => {
    const url = route.request().url();
    if (url.startsWith(base)) return route.continue();
    if (/^(?:http:\/\/aurelius-img\.localhost|aurelius-img:\/\/localhost)\//.test(url)) {
      page.proxied.push(url);
      if (core) return fulfill(route, core, url);
      return route.fulfill({ contentType: 'image/svg+xml', body: PICTURE });
    }
    faults.push(`request to ${url}`);
    return route.abort();
  });
  page.on('console', (m) => {
    if (m.type() === 'error') faults.push(`console: ${m.text()}`);
  });
  page.on('pageerror', (e) => faults.push(`error: ${e.stack ?? e.message}`));
  page.on('dialog', (d) => {
    faults.push(`dialog: ${d.message()}`);
    void d.dismiss();
  });
  ctx.on('page', (p) => {
    if (p !== page) faults.push(`popup: ${p.url()}`);
  });
  const url = new URL(path, base);
  // Over a real core time is real too.
  if (!core) {
    if (!url.searchParams.has('scenario')) url.searchParams.set('scenario', 'full');
    url.searchParams.set('now', String(NOW.getTime()));
  }
  await page.goto(url.href);
  await page.waitForFunction(() => document.fonts.status === 'loaded' && document.querySelector('main, [role=main]') !== null, null, { timeout: 20_000, polling: 50 });
  await settle(page);
  page.base = base;
  page.faults = async () => {
    const violations = await page.evaluate(() => window.__violations).catch(() => []);
    return [...faults, ...violations.map((v) => `CSP: ${v}`)].filter((f) => !allow.some((a) => f.includes(a)));
  };
  page.done = async () => {
    const list = await page.faults();
    await ctx.close();
    if (list.length > 0) throw new Error(`${list.length} fault(s):\n${list.slice(0, 8).join('\n')}`);
  };
  return page;
}

/** Over a real core its own picture scheme answers. */
async function fulfill(route, core, url) {
  const answer = await core.picture(url);
  await route.fulfill({ status: answer.status, contentType: answer.headers.get('content-type') ?? 'text/plain', body: Buffer.from(await answer.arrayBuffer()) });
}

/** Nothing in the page has changed for a moment, and no skeleton waits. */
export async function settle(page, quiet = 160) {
  await page.evaluate((ms) => new Promise((resolve) => {
    let timer;
    const done = () => { observer.disconnect(); clearTimeout(limit); resolve(); };
    const observer = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(done, ms); });
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    timer = setTimeout(done, ms);
    const limit = setTimeout(done, 2500);
  }), quiet);
}

/** Opens, runs, closes; the page's faults fail the test. */
export async function withPage(env, path, options, run) {
  const page = await open(env, path, options);
  try {
    await run(page);
  } catch (error) {
    const list = await page.faults().catch(() => []);
    // Where the person would be: what failed elsewhere can be told from its log alone.
    const at = await page.evaluate(() => `${location.hash} ${document.activeElement?.getAttribute('role') ?? document.activeElement?.tagName ?? ''} ${JSON.stringify(document.activeElement?.value ?? '')}`).catch(() => 'gone');
    error.message += ` (at ${at})`;
    await page.screenshot({ path: join(env.out, `FAIL-${String(options?.name ?? 'page').replace(/\W+/g, '-')}-${Date.now()}.png`) }).catch(() => undefined);
    await page.context().close().catch(() => undefined);
    if (list.length > 0) error.message += `\nfaults: ${list.slice(0, 5).join('\n')}`;
    throw error;
  }
  await page.done();
}

export async function axe(page) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource);
  const found = await page.evaluate(() =>
    window.axe.run(document, { iframes: false, resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then((r) => r.violations.map((v) => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => `${n.target.join(' ')} — ${n.any.concat(n.all, n.none)[0]?.message ?? n.failureSummary ?? ''}`).join(' ; ')}`)));
  if (found.length > 0) throw new Error(`axe: ${found.length} violation(s)\n${found.join('\n')}`);
}

/** [name, path, act, {sizes, themes}] → a test with its pictures. One page per screen; theme and size change under it, as they do under a person. */
export const screens = (list) => list.map(([name, path, act, { sizes = ['wide', 'narrow'], themes = ['light', 'dark'] } = {}]) => ({
  name: `screen ${name}`,
  timeout: 60_000,
  run: (env) => withPage(env, path, { theme: themes[0], size: sizes[0], name }, async (page) => {
    await act?.(page);
    await settle(page);
    for (const size of sizes) {
      if (size !== sizes[0]) await page.setViewportSize(SIZES[size]);
      for (const theme of size === sizes[0] ? themes : [...themes].reverse()) {
        await page.emulateMedia({ colorScheme: theme });
        await settle(page, 90);
        await page.screenshot({ path: join(env.out, `${name}-${theme}-${size}.png`), animations: 'disabled', caret: 'hide' });
        await axe(page).catch((error) => {
          error.message = `${theme} ${size}: ${error.message}`;
          throw error;
        });
      }
    }
  }),
}));

export function assert(condition, message) {
  if (!condition) throw new Error(message);
}

export function equal(actual, wanted, what) {
  if (JSON.stringify(actual) !== JSON.stringify(wanted)) throw new Error(`${what}: wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(actual)}`);
}

/** Waits until `probe` gives something true. */
export async function until(page, probe, what, ms = 8000, arg = undefined) {
  try {
    return await page.waitForFunction(probe, arg, { timeout: ms, polling: 50 });
  } catch {
    throw new Error(`never happened: ${what}`);
  }
}
