// Palette, settings, shortcuts, languages: the parts of the window that are about the window.
import { join } from 'node:path';
import { assert, axe, equal, settle, until, withPage } from '../lib/harness.mjs';

const ready = (page) => until(page, () => document.querySelector('[role=grid] [role=row]') !== null, 'the list');
const openPalette = async (page) => {
  await page.keyboard.press('Control+k');
  await until(page, () => document.activeElement?.getAttribute('role') === 'combobox' && document.querySelector('[data-palette]') !== null, 'the palette with the focus');
};
const keysOf = (page, id) => page.evaluate((i) => [...document.querySelectorAll(`[data-key="${i}"] kbd`)].map((k) => k.textContent).join(' ') || document.querySelector(`[data-key="${i}"] .faint`)?.textContent, id);
const shot = (env, page, name) => page.screenshot({ path: join(env.out, `${name}.png`) });
const LOOKS = [['light', 'wide'], ['dark', 'wide'], ['light', 'narrow'], ['dark', 'narrow']];

export const tests = [
  ...LOOKS.map(([theme, size]) => ({
    name: `desk palette ${theme} ${size}`,
    run: (env) => withPage(env, '/#/inbox', { name: 'palette', theme, size }, async (page) => {
      await ready(page);
      await openPalette(page);
      await settle(page);
      await axe(page);
      await shot(env, page, `palette-${theme}-${size}`);
      await page.keyboard.type('ingrid');
      await until(page, () => [...document.querySelectorAll('[data-palette] [role=group]')].some((g) => g.getAttribute('aria-label') === 'Conversations'), 'conversations below');
      await settle(page);
      await axe(page);
      await shot(env, page, `palette-found-${theme}-${size}`);
    }),
  })),
  {
    name: 'desk palette: finds by another word, runs, gives the focus back',
    run: (env) => withPage(env, '/#/inbox', { name: 'palette-run' }, async (page) => {
      await ready(page);
      await page.keyboard.press('j');
      const before = await page.evaluate(() => document.activeElement?.getAttribute('role'));
      await openPalette(page);
      await page.keyboard.type('delete');
      equal(await page.locator('[data-palette] [aria-selected=true] .label').textContent(), 'Move to bin', 'first answer');
      await page.keyboard.press('Escape');
      await until(page, () => document.querySelector('[data-palette]') === null, 'closed');
      equal(await page.evaluate(() => document.activeElement?.getAttribute('role')), before, 'focus after Esc');
      await openPalette(page);
      await page.keyboard.type('starred');
      await page.keyboard.press('Enter');
      await until(page, () => location.hash === '#/starred', 'gone there');
      await openPalette(page);
      equal(await page.locator('[data-palette] [role=option] .label').first().textContent(), 'Starred', 'recent first');
    }),
  },
  {
    name: 'desk palette: an event by its words',
    run: (env) => withPage(env, '/#/inbox', { name: 'palette-event' }, async (page) => {
      await ready(page);
      await openPalette(page);
      await page.keyboard.type('bergen');
      await until(page, () => [...document.querySelectorAll('[data-palette] [role=option] .label')].some((l) => l.textContent === 'Night train to Bergen'), 'the event');
      await settle(page);
      await shot(env, page, 'palette-event');
      await page.locator('[data-palette] [role=option]', { hasText: 'Night train to Bergen' }).click();
      await until(page, () => document.querySelector('[data-event-panel]')?.textContent.includes('Night train to Bergen') === true, 'the event');
    }),
  },
  {
    name: 'desk palette: prefixes, own actions, nothing found',
    run: (env) => withPage(env, '/#/inbox', { name: 'palette-prefix' }, async (page) => {
      await ready(page);
      await openPalette(page);
      const groups = () => page.evaluate(() => [...document.querySelectorAll('[data-palette] [role=group]')].map((g) => g.getAttribute('aria-label')));
      await page.keyboard.type('#');
      equal(await groups(), ['Labels and folders'], 'only folders');
      await page.keyboard.press('Control+a');
      await page.keyboard.type('>arch');
      assert((await groups()).every((g) => ['Conversation', 'Commands', 'Go to'].includes(g)), 'only commands');
      await page.keyboard.press('ArrowRight');
      await until(page, () => document.querySelector('[data-palette] .of') !== null, 'its own actions');
      equal(await page.locator('[data-palette] [role=option] .label').allTextContents(), ['Run', 'Change its shortcut'], 'own actions');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+a');
      await page.keyboard.type('@ing');
      await until(page, () => document.querySelector('[data-palette] [role=option]') !== null, 'people');
      equal(await groups(), ['People'], 'only people');
      await page.keyboard.press('Control+a');
      await page.keyboard.type('qqxxyy');
      await until(page, () => document.querySelector('[data-palette] .none') !== null, 'says that there is nothing');
      await shot(env, page, 'palette-none');
      await page.keyboard.press('Enter');
      await until(page, () => location.hash.startsWith('#/search?q=qqxxyy'), 'searches all mail');
    }),
  },
  {
    name: 'desk palette: opens at once',
    run: (env) => withPage(env, '/#/inbox', { name: 'palette-speed' }, async (page) => {
      await ready(page);
      const times = [];
      for (let i = 0; i < 9; i++) {
        times.push(await page.evaluate(() => new Promise((done) => {
          const from = performance.now();
          window.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, bubbles: true, cancelable: true }));
          const look = () => (document.activeElement?.getAttribute('role') === 'combobox' ? requestAnimationFrame(() => done(performance.now() - from)) : requestAnimationFrame(look));
          requestAnimationFrame(look);
        })));
        await page.keyboard.press('Escape');
        await until(page, () => document.querySelector('[data-palette]') === null, 'closed');
      }
      times.sort((a, b) => a - b);
      console.log(`     palette open to painted: median ${times[4].toFixed(0)} ms, worst ${times[8].toFixed(0)} ms`);
      // The budget is for a machine at rest; beside a build only a gross slip can be told from the load.
      assert(times[4] <= 200, `median ${times[4]} ms`);
    }),
  },
  {
    name: 'desk palette: each shortcut it shows is bound to what it names',
    run: (env) => withPage(env, '/#/inbox', { name: 'palette-keys' }, async (page) => {
      await ready(page);
      await page.keyboard.press('Shift+?');
      await until(page, () => document.querySelector('[data-modal] dl') !== null, 'the sheet');
      const sheet = await page.evaluate(() => Object.fromEntries([...document.querySelectorAll('[data-modal] dl div')].map((d) => [`cmd:${d.dataset.command}`, d.querySelector('dd .keys')?.textContent.trim()])));
      await axe(page);
      await shot(env, page, 'shortcuts');
      await page.keyboard.press('Escape');
      await openPalette(page);
      await page.keyboard.type('>');
      await settle(page);
      const palette = await page.evaluate(() => [...document.querySelectorAll('[data-palette] [role=option]')].filter((o) => o.querySelector('.keys')).map((o) => [o.dataset.item, o.querySelector('.keys').textContent.trim()]));
      assert(palette.length > 30, `enough to compare: ${palette.length}`);
      for (const [name, keys] of palette) if (sheet[name] !== undefined) equal(keys, sheet[name], name);
    }),
  },
  ...LOOKS.flatMap(([theme, size]) => ['general', 'appearance', 'shortcuts', 'privacy'].map((section) => ({
    name: `desk settings ${section} ${theme} ${size}`,
    run: (env) => withPage(env, `/#/settings/${section}`, { name: `settings-${section}`, theme, size }, async (page) => {
      await until(page, () => document.querySelector('[data-option]') !== null, 'options');
      await settle(page);
      await axe(page);
      await shot(env, page, `settings-${section}-${theme}-${size}`);
    }),
  }))),
  {
    name: 'desk settings: each applies at once, each has a way back, the search finds',
    run: (env) => withPage(env, '/#/settings/appearance', { name: 'settings-apply' }, async (page) => {
      const root = (name) => page.evaluate((n) => document.documentElement.dataset[n], name);
      await page.getByText('Compact', { exact: true }).click();
      equal(await root('density'), 'compact', 'density');
      await page.locator('[data-option=density]').getByRole('button', { name: 'Reset Density' }).click();
      equal(await root('density'), 'default', 'density again');
      await page.locator('[data-option=contrast]').getByText('More', { exact: true }).click();
      equal(await root('contrast'), 'more', 'contrast');
      await axe(page);
      await shot(env, page, 'settings-contrast');
      await page.locator('[data-option=motion]').getByText('None', { exact: true }).click();
      equal(await root('motion'), 'none', 'motion');
      const slider = page.locator('[data-option=fontScale] input');
      await slider.focus();
      await page.keyboard.press('End');
      equal(await page.evaluate(() => document.documentElement.style.fontSize), '150%', 'text size');
      const sideways = await page.evaluate(() => [...document.querySelectorAll('main, [data-pane]')].filter((el) => el.scrollWidth > el.clientWidth + 1).length);
      equal(sideways, 0, 'nothing scrolls sideways');
      await shot(env, page, 'settings-150');
      await page.getByRole('searchbox', { name: 'Search settings' }).fill('night');
      await until(page, () => [...document.querySelectorAll('[data-option]')].map((o) => o.dataset.option).join() === 'theme,darkMail,laterEvening,quietHours', 'what night may mean');
      await page.getByRole('searchbox', { name: 'Search settings' }).fill('zzzz');
      await page.getByText('No setting is called').waitFor();
    }),
  },
  {
    name: 'settings: a file of exported settings is in force at once and can be taken back; another file changes nothing',
    run: (env) => withPage(env, '/#/settings/about', { name: 'settings-import' }, async (page) => {
      const pick = (text) => page.setInputFiles('input[type=file][accept*=json]', { name: 'settings.json', mimeType: 'application/json', buffer: Buffer.from(text) });
      const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
      await page.getByRole('button', { name: 'Choose file' }).waitFor();
      const before = await theme();
      const other = before === 'dark' ? 'light' : 'dark';
      await pick('{"nothing": 1}');
      await until(page, () => document.body.textContent.includes('not a file of exported settings'), 'it says what is wrong');
      equal(await theme(), before, 'nothing was changed');
      await pick(JSON.stringify({ theme: other, fontScale: 120 }));
      await until(page, (wanted) => document.documentElement.dataset.theme === wanted, 'it is in force', 5000, other);
      await page.getByRole('button', { name: 'Undo' }).click();
      await until(page, (wanted) => document.documentElement.dataset.theme === wanted, 'it is taken back', 5000, before);
    }),
  },
  {
    name: 'desk settings: a key is taken over after it was named, and works',
    run: (env) => withPage(env, '/#/settings/shortcuts', { name: 'settings-keys' }, async (page) => {
      await page.locator('[data-key="triage.star"]').click();
      await page.keyboard.press('e');
      await page.getByText('In use for: Archive').waitFor();
      await shot(env, page, 'settings-key-conflict');
      await page.getByRole('button', { name: 'Take over' }).click();
      equal((await keysOf(page, 'triage.archive')), 'None', 'Archive has lost it');
      await page.keyboard.press('g');
      await page.keyboard.press('i');
      await ready(page);
      const rows = () => page.evaluate(() => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount')));
      const before = await rows();
      await page.keyboard.press('e');
      await settle(page);
      equal(await rows(), before, `e no longer archives (${await page.evaluate(() => document.querySelector('[aria-live=polite]').textContent)})`);
      await until(page, () => document.querySelector('[aria-live=polite]').textContent.toLowerCase().includes('star'), 'e stars now');
      await page.keyboard.press('Shift+?');
      await until(page, () => [...document.querySelectorAll('[data-modal] dl div')].some((d) => d.querySelector('dt').textContent === 'Star or remove star' && d.querySelector('dd').textContent.trim() === 'E'), 'the sheet says so');
    }),
  },
  {
    name: 'desk settings: the Superhuman preset',
    run: (env) => withPage(env, '/#/settings/shortcuts', { name: 'settings-preset' }, async (page) => {
      await page.getByText('Superhuman', { exact: true }).click();
      equal(await keysOf(page, 'triage.toggleRead'), 'U', 'u toggles');
      equal(await keysOf(page, 'thread.back'), 'None', 'u no longer goes back');
      assert((await page.getByText(/\d+ conflicts?$/).count()) === 0, 'no conflict');
    }),
  },
  {
    name: 'desk settings: changing the key',
    run: (env) => withPage(env, '/?vault=passphrase#/settings/privacy', { name: 'settings-vault' }, async (page) => {
      await page.getByRole('button', { name: 'Change key' }).click();
      await page.getByText('A new passphrase').click();
      await page.getByRole('button', { name: 'Change key' }).last().click();
      await page.getByText('Use at least 12 characters.').waitFor();
      await axe(page);
      await shot(env, page, 'settings-rekey');
    }),
  },
  {
    name: 'desk German: at once, everywhere, and after a restart',
    run: (env) => withPage(env, '/#/settings/general', { name: 'german' }, async (page) => {
      await page.locator('[data-option=language] select').selectOption('de');
      await page.getByRole('heading', { name: 'Einstellungen' }).waitFor();
      equal(await page.evaluate(() => document.documentElement.lang), 'de', 'lang');
      await axe(page);
      await shot(env, page, 'german-settings');
      await settle(page, 500);
      await page.goto(page.url().replace(/#.*/, '#/inbox/t/3'));
      await page.reload();
      await page.getByRole('navigation', { name: 'Navigation' }).getByText('Posteingang').first().waitFor();
      await settle(page);
      await axe(page);
      await shot(env, page, 'german-inbox');
    }),
  },
  ...[['en-XA', 'longer words'], ['ar-XB', 'from right to left']].map(([tag, what]) => ({
    name: `desk ${tag}: ${what}, nothing scrolls sideways`,
    run: (env) => withPage(env, '/#/inbox/t/3', { name: tag }, async (page) => {
      await page.evaluate((t) => sessionStorage.setItem('mock-settings', JSON.stringify({ language: t })), tag);
      for (const path of ['inbox/t/3', 'settings/appearance', 'settings/shortcuts', 'integrations', 'search?q=launch']) {
        await page.goto(page.url().replace(/#.*/, `#/${path}`));
        await page.reload();
        await until(page, () => document.querySelector('main h1, [role=grid], main h2') !== null, path);
        await settle(page);
        const wide = await page.evaluate(() => [...document.querySelectorAll('html, body, main, [data-pane]')].filter((el) => el.scrollWidth > el.clientWidth + 1).map((el) => `${el.tagName}.${el.className} ${el.scrollWidth}>${el.clientWidth}`));
        equal(wide, [], `${path} sideways`);
        await shot(env, page, `${tag}-${path.replace(/\W+/g, '-')}`);
      }
      equal(await page.evaluate(() => document.documentElement.dir), tag === 'ar-XB' ? 'rtl' : 'ltr', 'direction');
    }),
  })),
  {
    name: 'desk settings: zoom 200 %',
    run: (env) => withPage(env, '/#/settings/appearance', { name: 'settings-zoom', size: { width: 640, height: 400 }, deviceScaleFactor: 2 }, async (page) => {
      await until(page, () => document.querySelector('[data-option]') !== null, 'options');
      const wide = await page.evaluate(() => [...document.querySelectorAll('html, body, main, [data-pane]')].filter((el) => el.scrollWidth > el.clientWidth + 1).length);
      equal(wide, 0, 'sideways');
      await axe(page);
      await shot(env, page, 'settings-zoom200');
      await openPalette(page);
      await axe(page);
    }),
  },
  {
    name: 'desk keyboard only: inbox, archive, reply, settings',
    run: (env) => withPage(env, '/#/inbox', { name: 'keyboard-only' }, async (page) => {
      await ready(page);
      // Without a single click: the list has the focus from the start, or gets it by the skip link.
      if ((await page.evaluate(() => document.activeElement?.getAttribute('role'))) !== 'grid') {
        await page.keyboard.press('Tab');
        equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), 'Skip to the list', 'the first stop');
        await page.keyboard.press('Enter');
      }
      await until(page, () => document.activeElement?.getAttribute('role') === 'grid', 'focus in the list');
      const rows = () => page.evaluate(() => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount')));
      const before = await rows();
      await page.keyboard.press('e');
      await until(page, (n) => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount')) === n - 1, 'one less', 8000, before);
      equal(await page.evaluate(() => document.activeElement?.getAttribute('role')), 'grid', 'focus stays');
      assert(await page.evaluate(() => document.querySelector(`#${CSS.escape(document.activeElement.getAttribute('aria-activedescendant'))}`) !== null), 'the active row is there');
      assert(await page.evaluate(() => document.querySelector('[aria-live=polite]').textContent.trim() !== ''), 'it is spoken');
      await page.keyboard.press('z');
      await until(page, (n) => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount')) === n, 'back again', 8000, before);
      await page.keyboard.press('Enter');
      await until(page, () => document.querySelector('#reader') !== null, 'the conversation');
      await page.keyboard.press('r');
      await until(page, () => document.activeElement?.closest('[data-composer] [contenteditable]') !== null, 'focus in the answer');
      await page.keyboard.type('Thank you.');
      await page.keyboard.press('Control+Enter');
      await until(page, () => document.querySelector('[data-composer]') === null, 'sent');
      await page.keyboard.press('Control+,');
      await until(page, () => document.querySelector('[data-option]') !== null, 'settings');
      await page.keyboard.press('F6');
      const pane = () => page.evaluate(() => document.activeElement?.closest('[data-pane]')?.getAttribute('data-pane'));
      const first = await pane();
      await page.keyboard.press('F6');
      assert((await pane()) !== first, 'F6 goes from pane to pane');
      const landmarks = await page.evaluate(() => ({ main: document.querySelectorAll('main').length, nav: [...document.querySelectorAll('nav')].every((n) => n.getAttribute('aria-label')), h1: document.querySelectorAll('h1').length }));
      equal(landmarks, { main: 1, nav: true, h1: 1 }, 'landmarks');
    }),
  },
];

tests.push(...LOOKS.map(([theme, size]) => ({
  name: `desk activity ${theme} ${size}`,
  run: (env) => withPage(env, '/#/activity', { name: 'activity', theme, size }, async (page) => {
    await until(page, () => document.querySelectorAll('main li time').length > 3, 'entries');
    await settle(page);
    await axe(page);
    await shot(env, page, `activity-${theme}-${size}`);
    await page.getByRole('button', { name: 'Check the log' }).click();
    await page.getByText('The log is whole').first().waitFor();
    await page.locator('main select').nth(2).selectOption('failed');
    await page.getByRole('button', { name: 'Clear filter' }).first().waitFor();
  }),
})));
