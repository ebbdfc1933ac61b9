// What a person sees, pixel by pixel, beside the pictures in tests/ui/baseline: fixtures, a clock that stands still, the bundled font, no
// caret, no movement. A change that is meant makes them anew: `AURELIUS_BASELINE=1 node tests/ui/run.mjs --suite=pixels`, to be looked at
// before it is committed. Another Chromium draws letters a little differently: what is not of the major version that made the pictures
// is held to a wider bound.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { here, root, settle, until, withPage } from '../lib/harness.mjs';

const require = createRequire(join(root, 'ui', 'package.json'));
const { PNG } = require('pngjs');
const { default: pixelmatch } = await import(pathToFileURL(require.resolve('pixelmatch')));

const folder = join(here, 'baseline');
const maker = join(folder, 'made-with.txt');
const making = process.env.AURELIUS_BASELINE === '1';
/** How far a pixel's colour may be away, 0 to 1, and how many may be further. */
const THRESHOLD = 0.1;
const SAME = 0.001;
const OTHER_CHROMIUM = 0.03;

const rows = (page) => until(page, () => document.querySelector('[role=grid] [role=row][aria-label]') !== null, 'rows');
const frame = (page) => until(page, () => document.querySelector('iframe[data-mail].ready') !== null, 'the mail');
const palette = async (page) => {
  await rows(page);
  await page.keyboard.press('Control+k');
  await until(page, () => document.querySelectorAll('[role=dialog] [role=option]').length > 12, 'the whole palette');
};
const dock = async (page) => {
  await rows(page);
  await page.keyboard.press('c');
  await until(page, () => document.querySelector('[data-composer] .prose') !== null, 'the editor');
  await page.getByLabel('Subject').fill('Notes for Thursday');
};

/** Name, where, theme, what to do there. */
const STATES = [
  ['inbox-light', '/#/inbox', 'light', rows],
  ['inbox-dark', '/#/inbox', 'dark', rows],
  ['inbox-empty-light', '/?scenario=empty#/inbox', 'light'],
  ['inbox-error-dark', '/?broken=threads#/inbox', 'dark'],
  ['conversation-light', '/#/inbox/t/1', 'light', frame],
  ['conversation-dark', '/#/inbox/t/5', 'dark', frame],
  ['composer-light', '/#/inbox', 'light', dock],
  ['palette-dark', '/#/inbox', 'dark', palette],
  ['search-light', '/#/search?q=launch', 'light', rows],
  ['settings-light', '/#/settings/appearance', 'light'],
  ['integrations-dark', '/#/integrations', 'dark'],
  ['files-light', '/#/files', 'light'],
  ['activity-dark', '/#/activity', 'dark'],
  ['first-start-light', '/?scenario=welcome', 'light'],
];

const major = (browser) => `Chromium ${browser.version().split('.')[0]}`;

function compare(name, taken, out, browser) {
  const file = join(folder, `${name}.png`);
  if (making) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(maker, `${major(browser)}\n`);
    writeFileSync(file, taken);
    return;
  }
  if (!existsSync(file)) throw new Error(`no picture to compare with: AURELIUS_BASELINE=1 node tests/ui/run.mjs --suite=pixels --only=${name}`);
  const [wanted, got] = [PNG.sync.read(readFileSync(file)), PNG.sync.read(taken)];
  if (wanted.width !== got.width || wanted.height !== got.height) throw new Error(`${got.width} × ${got.height}, not ${wanted.width} × ${wanted.height}`);
  const difference = new PNG({ width: got.width, height: got.height });
  const part = pixelmatch(wanted.data, got.data, difference.data, got.width, got.height, { threshold: THRESHOLD }) / (got.width * got.height);
  const bound = readFileSync(maker, 'utf8').trim() === major(browser) ? SAME : OTHER_CHROMIUM;
  if (part <= bound) return;
  writeFileSync(join(out, `pixels-${name}.png`), taken);
  writeFileSync(join(out, `pixels-${name}-difference.png`), PNG.sync.write(difference));
  throw new Error(`${(part * 100).toFixed(2)} % of the picture differ, more than ${bound * 100} %: tests/ui/out/pixels-${name}-difference.png shows where`);
}

/** That the looking can fail: one row of another colour. */
const noticed = {
  name: 'pixels one row of another colour is noticed',
  run: (env) => withPage(env, '/#/inbox', { theme: 'light', size: 'narrow', name: 'pixels noticed' }, async (page) => {
    await rows(page);
    await page.evaluate(() => { document.querySelectorAll('[role=grid] [role=row]')[2].style.background = 'rgb(120, 200, 120)'; });
    await settle(page, 300);
    const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' });
    let found = false;
    try {
      if (!making) compare('inbox-light', picture, env.out, env.browser);
    } catch {
      found = true;
    }
    if (!making && !found) throw new Error('a changed row was taken for the same picture');
  }),
};

export const tests = [noticed, ...STATES.map(([name, path, theme, act]) => ({
  name: `pixels ${name}`,
  run: (env) => withPage(env, path, { theme, size: 'narrow', name: `pixels ${name}`, allow: ['console:'] }, async (page) => {
    await act?.(page);
    await settle(page, 300);
    compare(name, await page.screenshot({ animations: 'disabled', caret: 'hide' }), env.out, env.browser);
  }),
}))];
