// What is around a conversation: who wrote it, when it comes back, what the settings make of it.
import { join } from 'node:path';
import { assert, axe, equal, screens, settle, until, withPage } from '../lib/harness.mjs';

const shot = (env, page, name) => page.screenshot({ path: join(env.out, `${name}.png`), animations: 'disabled', caret: 'hide' });
const ready = (page) => until(page, () => document.querySelector('[role=grid] [role=row]') !== null, 'the list');
const rows = (page) => page.evaluate(() => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount')));
const settings = (page, part) => page.evaluate((p) => sessionStorage.setItem('mock-settings', JSON.stringify(p)), part);

export const tests = [
  ...screens([
    ['later-calendar', '/#/inbox', async (page) => {
      await ready(page);
      await page.keyboard.press('h');
      await page.getByRole('button', { name: 'Pick a day and a time' }).click();
      await until(page, () => document.activeElement?.closest('table') !== null, 'the calendar has the focus');
      for (const key of ['ArrowDown', 'ArrowRight', 'PageDown']) await page.keyboard.press(key);
      equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Monday, 27 April 2026', 'a week, a day and a month on');
      await page.keyboard.press('Enter');
      await page.getByLabel('Time').fill('10:15');
      await until(page, () => /27 Apr.*10:15/.test(document.querySelector('.parsed').textContent), 'what was understood');
    }],
  ]),
  {
    name: 'person later: the chosen day counts',
    run: (env) => withPage(env, '/#/inbox', { name: 'later-day' }, async (page) => {
      await ready(page);
      const before = await rows(page);
      await page.keyboard.press('h');
      await page.getByRole('button', { name: 'Pick a day and a time' }).click();
      await until(page, () => document.activeElement?.closest('table') !== null, 'the calendar has the focus');
      await page.keyboard.press('PageDown');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByRole('button', { name: 'Snooze', exact: true }).click();
      await until(page, (n) => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount')) === n - 1, 'it left', 8000, before);
    }),
  },
  {
    name: 'person settings: morning, evening and the week are the person’s own, at once',
    run: (env) => withPage(env, '/#/settings/mail', { name: 'own-times' }, async (page) => {
      await page.locator('[data-option=laterMorning] input').fill('06:45');
      await page.locator('[data-option=laterEvening] input').fill('21:30');
      await page.locator('[data-option=laterHours] select').selectOption('1');
      await axe(page);
      await shot(env, page, 'settings-mail');
      await page.locator('aside a', { hasText: 'Appearance' }).click();
      await page.locator('[data-option=weekStart] select').selectOption('0');
      await axe(page);
      await page.keyboard.press('Escape');
      await page.goto(page.url().replace(/#.*/, '#/inbox'));
      await ready(page);
      await page.locator('[role=grid]').focus();
      await page.keyboard.press('h');
      await page.getByRole('dialog').waitFor();
      const times = await page.evaluate(() => [...document.querySelectorAll('.preset .num')].map((p) => p.textContent));
      assert(times.some((x) => /\b6:45/.test(x)) && times.some((x) => /21:30/.test(x)), `own times: ${times.join(' | ')}`);
      await page.getByRole('button', { name: 'Pick a day and a time' }).click();
      equal(await page.evaluate(() => document.querySelector('table th').getAttribute('abbr')), 'Sunday', 'the week');
    }),
  },
  ...[['older', 1], ['newer', -1], ['list', null]].map(([after, step]) => ({
    name: `person settings: after archiving, ${after}`,
    run: (env) => withPage(env, '/#/inbox', { name: `after-${after}` }, async (page) => {
      await settings(page, { afterArchive: after });
      await page.reload();
      await ready(page);
      await page.locator('[role=grid]').focus();
      for (const key of ['j', 'j', 'Enter']) await page.keyboard.press(key);
      await until(page, () => document.querySelector('#reader .subject') !== null, 'the conversation');
      const at = () => page.evaluate(() => location.hash.match(/t\/(\d+)/)?.[1] ?? null);
      const ids = [await at()];
      await page.keyboard.press('k');
      ids.unshift(await at());
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      ids.push(await at());
      await page.keyboard.press('k');
      equal(await at(), ids[1], 'back on the one in the middle');
      await page.keyboard.press('e');
      await until(page, (id) => !location.hash.endsWith(`t/${id}`), 'it left', 8000, ids[1]);
      equal(await at(), step === null ? null : ids[1 + step], 'what is open now');
    }),
  })),
  {
    name: 'person settings: plain text, dark mail and pictures',
    run: (env) => withPage(env, '/#/inbox', { name: 'mail-settings', theme: 'dark' }, async (page) => {
      await settings(page, { plainText: true });
      await page.goto(page.url().replace(/#.*/, '#/inbox/t/3'));
      await page.reload();
      await until(page, () => document.querySelector('#reader .plain') !== null, 'as plain text');
      equal(await page.locator('#reader iframe').count(), 0, 'no frame');
    }),
  },
];
