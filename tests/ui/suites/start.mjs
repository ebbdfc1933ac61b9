// Getting started, with the mouse and with the keys; and what is typed before a field is there.
import { assert, axe, equal, screens, until, withPage } from '../lib/harness.mjs';

const rows = (page) => until(page, () => document.querySelector('[role=grid] [role=row]') !== null, 'the list');
const begin = (page) => page.evaluate(() => {
  sessionStorage.setItem('mock-settings', JSON.stringify({ startHidden: false }));
  location.reload();
}).then(() => rows(page));
const saved = (page) => page.evaluate(() => JSON.parse(sessionStorage.getItem('mock-settings') ?? '{}'));
const step = (page, name) => page.locator(`[data-step=${name}]`);
const shown = (page, name) => until(page, (n) => document.querySelector(`[data-step=${n}] h2 button`)?.getAttribute('aria-expanded') === 'true', `${name} is open`, 8000, name);
const subjects = (page) => page.locator('[data-step=keys] .row').count();
const toKeys = async (page) => {
  await step(page, 'keys').getByRole('button', { name: 'Try the keys' }).click();
  await shown(page, 'keys');
};

const askToErase = async (page) => {
  await page.locator('[data-option=wipe]').getByRole('button').click();
  await page.getByRole('dialog').waitFor();
};

export const tests = [
  ...screens([
    ['erase', '/?scenario=outbox#/settings/privacy', async (page) => { await askToErase(page); await page.getByRole('button', { name: 'Erase everything' }).click(); }],
    ['start', '/#/start', async (page) => { await shown(page, 'splits'); await until(page, () => document.querySelectorAll('[data-step=splits] ul li').length === 3, 'suggestions'); }],
    ['start-keys', '/#/start', async (page) => { await toKeys(page); await page.keyboard.press('j'); await page.keyboard.press('e'); }],
    ['start-notify', '/#/start', async (page) => { await step(page, 'notify').getByRole('button').first().click(); }, { sizes: ['wide'] }],
    ['start-importing', '/?scenario=importing#/start', async (page) => { await step(page, 'account').getByRole('button').first().click(); }, { sizes: ['wide'], themes: ['light'] }],
  ]),
  {
    name: 'start the list in the sidebar leads through the steps, keeps its place, and goes when all is done',
    run: (env) => withPage(env, '/#/inbox', { name: 'start' }, async (page) => {
      await rows(page);
      equal(await page.locator('nav').getByRole('link', { name: /Getting started/ }).count(), 0, 'hidden as it was left');
      await begin(page);
      const link = page.locator('nav').getByRole('link', { name: /Getting started/ });
      equal(await link.innerText(), 'Getting started\n3\n, 3 steps left', 'what is left');
      await link.click();
      await shown(page, 'splits');
      await axe(page);
      await page.getByRole('button', { name: 'Add Newsletters' }).click();
      await page.locator('.added').waitFor();
      await step(page, 'splits').getByRole('button', { name: 'Done', exact: true }).click();
      await shown(page, 'notify');
      await until(page, () => document.activeElement?.textContent.includes('Choose what may interrupt you') === true, 'the focus goes along');
      await step(page, 'notify').getByText('None', { exact: true }).click();
      await until(page, () => JSON.parse(sessionStorage.getItem('mock-settings')).notify === 'none', 'chosen');
      // Left in the middle, gone on with later.
      await page.goto(page.url().replace(/#.*/, '#/inbox'));
      await page.getByRole('navigation', { name: 'Inbox tabs' }).getByRole('link', { name: /Newsletters/ }).waitFor();
      await page.reload();
      await rows(page);
      assert((await saved(page)).startDone.join() === 'splits', 'kept');
      await page.locator('nav').getByRole('link', { name: /Getting started/ }).click();
      await shown(page, 'notify');
      await step(page, 'notify').getByRole('button', { name: 'Not now' }).click();
      await shown(page, 'keys');
      await step(page, 'keys').getByRole('button', { name: 'Not now' }).click();
      await until(page, () => document.activeElement?.hasAttribute('data-end') === true, 'the end has the focus');
      await axe(page);
      await page.getByRole('button', { name: 'Go to the inbox' }).click();
      await rows(page);
      equal(await link.count(), 0, 'no longer in the sidebar');
      // And back from the settings.
      await page.goto(page.url().replace(/#.*/, '#/settings/general'));
      await page.locator('[data-option=start]').getByRole('button', { name: 'Show' }).click();
      await link.waitFor();
    }),
  },
  {
    name: 'start the keys are practised on invented mail, and the core hears nothing of it',
    run: (env) => withPage(env, '/#/start', { name: 'practice' }, async (page) => {
      await toKeys(page);
      const now = () => page.locator('[data-step=keys] .now').innerText();
      assert((await now()).startsWith('Go to the next'), await now());
      for (const [key, next] of [['j', 'Archive it'], ['e', 'Take that back'], ['z', 'Snooze one'], ['h', 'Open the palette']]) {
        await page.keyboard.press(key);
        await until(page, (words) => document.querySelector('[data-step=keys] .now')?.textContent.trim().startsWith(words), next, 8000, next);
      }
      equal(await subjects(page), 4, 'one is snoozed');
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await until(page, () => document.querySelector('[data-step=keys] [role=status]')?.textContent.includes('five keys'), 'practised');
      await axe(page);
      equal(await page.evaluate(() => document.body.textContent.includes('archived') && document.querySelector('.toast') !== null), false, 'no real undo was offered');
      await page.goto(page.url().replace(/#.*/, '#/inbox'));
      await rows(page);
      equal(await page.evaluate(() => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount'))) > 300, true, 'the inbox is untouched');
    }),
  },
  {
    name: 'start the same with the mouse',
    run: (env) => withPage(env, '/#/start', { name: 'practice-mouse' }, async (page) => {
      await toKeys(page);
      const box = step(page, 'keys');
      await box.locator('.open').nth(2).click();
      await box.getByRole('button', { name: 'Archive' }).click();
      await box.getByRole('button', { name: 'Undo' }).click();
      equal(await subjects(page), 5, 'back');
      await box.getByRole('button', { name: 'Snooze' }).click();
      await box.getByRole('button', { name: 'Open the palette' }).click();
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await until(page, () => document.querySelectorAll('[data-step=keys] .tasks .done').length === 5, 'all five');
      await box.getByRole('button', { name: 'Done', exact: true }).click();
      await shown(page, 'splits');
    }),
  },
  {
    name: 'start what is typed before the answer is open goes into it, and archives nothing',
    run: (env) => withPage(env, '/#/inbox', { name: 'ahead' }, async (page) => {
      await rows(page);
      await page.locator('[role=grid]').focus();
      const before = await page.evaluate(() => document.querySelector('[role=grid]').getAttribute('aria-rowcount'));
      await page.keyboard.press('Enter');
      await until(page, () => document.querySelector('#reader h2')?.textContent.trim().length > 0, 'the conversation');
      await page.keyboard.press('r');
      await page.keyboard.type('e#!easy');
      await until(page, () => document.querySelector('[data-composer] .prose')?.textContent.includes('easy') === true, 'in the answer');
      equal((await page.locator('[data-composer] .prose').innerText()).trim().startsWith('e#!easy'), true, 'all of it');
      equal(await page.evaluate(() => document.querySelector('[role=grid]').getAttribute('aria-rowcount')), before, 'nothing was done to the list');
    }),
  },
  {
    name: 'start everything is erased after a typed word, and what could not be withdrawn is said',
    run: (env) => withPage(env, '/?scenario=offline#/settings/privacy', { name: 'erase' }, async (page) => {
      await askToErase(page);
      const dialog = page.getByRole('dialog');
      equal(await page.evaluate(() => document.activeElement.tagName), 'INPUT', 'the field has the focus, not what destroys');
      await page.keyboard.press('Enter');
      await dialog.getByText('Type the word as it stands above.').waitFor();
      await page.keyboard.type('Erase ');
      await axe(page);
      await page.keyboard.press('Enter');
      await page.getByText('Your mail, on your machine').waitFor();
      const said = await page.locator('.toast').allInnerTexts();
      assert(said.some((x) => x.includes('Google could not be told') && x.includes('myaccount.google.com')), said.join(' | '));
      equal(await page.evaluate(() => document.querySelector('nav') === null), true, 'nothing of the old workspace is on screen');
    }),
  },
  {
    name: 'start an answer asked for before the conversation is there answers that one, not the one before',
    run: (env) => withPage(env, '/#/inbox', { name: 'ahead-next' }, async (page) => {
      await rows(page);
      await page.locator('[role=grid]').focus();
      await page.keyboard.press('Enter');
      await until(page, () => document.querySelector('#reader h2')?.textContent.trim().length > 0, 'the conversation');
      const first = await page.locator('#reader h2').innerText();
      // In one go, as fast as the page takes keys.
      await page.evaluate(async () => {
        for (const key of ['j', 'r']) {
          document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
          await new Promise((next) => setTimeout(next));
        }
      });
      await until(page, () => document.activeElement?.closest('[data-composer] [contenteditable]') !== null, 'the answer');
      const [subject, to] = await page.evaluate(() => [document.querySelector('#reader h2').textContent.trim(), document.querySelector('[data-composer]').textContent]);
      assert(subject !== first, 'the next one');
      assert(to.includes('Amara'), `to whom: ${to.slice(0, 120)}`);
    }),
  },
  {
    name: 'start what is looked into now and then is folded away, stays as it was left, and shows where it is in use',
    run: (env) => withPage(env, '/#/inbox', { name: 'places' }, async (page) => {
      await rows(page);
      const nav = page.getByRole('navigation', { name: 'Navigation' });
      const shows = (name) => nav.getByRole('link', { name }).count();
      equal([await shows(/^Archive/), await shows(/^Bin/), await shows(/^Spam/)], [1, 0, 0], 'folded');
      await nav.getByRole('button', { name: 'More places' }).click();
      await nav.getByRole('link', { name: /^Bin/ }).click();
      await until(page, () => document.querySelector('h1')?.textContent === 'Bin', 'the bin');
      await until(page, () => JSON.parse(sessionStorage.getItem('mock-settings') ?? '{}').railMore === true, 'kept');
      await page.reload();
      await nav.getByRole('link', { name: /^Spam/ }).waitFor();
      await nav.getByRole('button', { name: 'Fewer places' }).click();
      equal(await shows(/^Bin/), 1, 'where the person is never goes');
      await nav.getByRole('link', { name: /^Inbox/ }).click();
      await until(page, () => document.querySelector('nav a[href^="#/bin"]') === null, 'folded again');
      // A place reached by its key shows where it is.
      await page.keyboard.press('g');
      await page.keyboard.press('a');
      await nav.getByRole('link', { name: /^All mail/, includeHidden: false }).waitFor();
      await axe(page);
    }),
  },
];
