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

const pane = (page) => until(page, () => document.querySelector('[data-pane=context] .card') !== null, 'the person is there');
const inPane = (page) => page.evaluate(() => document.activeElement?.closest('[data-pane]')?.getAttribute('data-pane') === 'context');
const show = async (page) => {
  await until(page, () => document.querySelector('#reader .message') !== null, 'the conversation');
  await page.keyboard.press('Control+.');
  await pane(page);
};

tests.push(
  ...screens([
    ['person', '/#/inbox/t/1', show],
    ['person-files', '/#/inbox/t/12', show],
    ['person-newsletter', '/#/inbox/t/5', show],
    ['person-none', '/#/inbox', async (page) => { await ready(page); await page.keyboard.press('Control+.'); await page.getByText('Nobody chosen').waitFor(); }],
    ['person-error', '/?person=fail#/inbox/t/1', async (page) => {
      await until(page, () => document.querySelector('#reader .message') !== null, 'the conversation');
      await page.keyboard.press('Control+.');
      await page.getByText('This could not be read').waitFor();
    }],
  ]),
  {
    name: 'person pane beside: a fourth pane where the reader keeps its width',
    run: (env) => withPage(env, '/#/inbox/t/1', { name: 'person-four', size: { width: 1560, height: 900 } }, async (page) => {
      await show(page);
      await settle(page);
      await axe(page);
      await shot(env, page, 'person-four-panes');
      const box = await page.evaluate(() => { const [a, b] = ['reader', 'context'].map((n) => document.querySelector(`[data-pane=${n}]`).getBoundingClientRect()); return { gap: Math.round(b.left - a.right), reader: a.width }; });
      assert(box.gap >= 0 && box.reader >= 420, `side by side: ${JSON.stringify(box)}`);
      await page.keyboard.press('Control+.');
      await until(page, () => document.querySelector('[data-pane=context]') === null, 'away again');
    }),
  },
  {
    name: 'person pane: keys, focus, what it leads to',
    run: (env) => withPage(env, '/#/inbox/t/1', { name: 'person-keys' }, async (page) => {
      await show(page);
      assert(await inPane(page), 'the focus is in it');
      await page.keyboard.press('Escape');
      await until(page, () => document.querySelector('[data-pane=context]') === null, 'Esc puts it away');
      equal(await page.evaluate(() => location.hash), '#/inbox/t/1', 'and nothing else');
      equal(await page.evaluate(() => document.activeElement?.closest('[data-pane]')?.getAttribute('data-pane')), 'reader', 'the focus is back in the conversation');
      await show(page);
      // It follows the list.
      await page.locator('[role=grid]').focus();
      await page.keyboard.press('j');
      await until(page, () => document.querySelector('[data-pane=context] h3')?.textContent === 'Amara Okafor', 'the next person');
      await page.keyboard.press('k');
      await until(page, () => document.querySelector('[data-pane=context] h3')?.textContent !== 'Amara Okafor', 'and back');
      await page.locator('[data-pane=context]').getByRole('button', { name: 'Ingrid Solheim' }).click();
      await until(page, () => document.querySelector('[data-pane=context] h3')?.textContent === 'Ingrid Solheim', 'somebody else of the conversation');
      await page.locator('[data-pane=context] a.row').first().click();
      await until(page, () => /#\/inbox\/t\/\d+/.test(location.hash), 'a conversation of theirs, in this list');
      await page.locator('[data-pane=context] a.more').click();
      await until(page, () => decodeURIComponent(location.hash).includes('q=from:ingrid.solheim'), 'all mail of theirs');
    }),
  },
  {
    name: 'person pane: write, block',
    run: (env) => withPage(env, '/#/inbox/t/1', { name: 'person-act' }, async (page) => {
      await show(page);
      await page.locator('[data-pane=context]').getByRole('button', { name: /^Block/ }).click();
      await page.getByRole('dialog').getByText('Block this sender?').waitFor();
      await axe(page);
      await page.keyboard.press('Escape');
      await page.locator('[data-pane=context]').getByRole('button', { name: 'Write', exact: true }).click();
      await until(page, () => document.querySelector('[data-composer]')?.innerHTML.includes('tomas.herrera@'), 'a mail to them');
    }),
  },
  {
    name: 'person pane: German, and from right to left',
    run: (env) => withPage(env, '/#/inbox/t/1', { name: 'person-german', size: 'narrow' }, async (page) => {
      await settings(page, { language: 'de' });
      await page.reload();
      await show(page);
      await axe(page);
      await shot(env, page, 'person-german');
      const words = await page.evaluate(() => document.querySelector('[data-pane=context]').innerText);
      assert(/Zur Person/.test(words) && /Unterhaltungen/.test(words) && !/Conversations|From them|Last in touch/.test(words), words);
      await settings(page, { language: 'ar-XB' });
      await page.reload();
      await show(page);
      const left = await page.evaluate(() => document.querySelector('[data-pane=context]').getBoundingClientRect().left);
      assert(left < 100, `on the other side: ${left}`);
      await shot(env, page, 'person-rtl');
    }),
  },
  {
    name: 'person German: errors and what was done',
    run: (env) => withPage(env, '/#/inbox', { name: 'german-core' }, async (page) => {
      await settings(page, { language: 'de' });
      await page.reload();
      await ready(page);
      await page.locator('[role=grid]').focus();
      const said = (words) => until(page, (w) => document.querySelector('[aria-live=polite]').textContent.includes(w), words, 8000, words);
      await page.keyboard.press('e');
      await said('archiviert');
      await page.keyboard.press('z');
      await said('ückgängig');
      await page.keyboard.press('m');
      await said('stummgeschaltet');
    }),
  },
);

tests.push(
  {
    name: 'person palette: times in words, with what they were understood as',
    run: (env) => withPage(env, '/#/inbox', { name: 'palette-times' }, async (page) => {
      await ready(page);
      await page.locator('[role=grid]').focus();
      const before = await rows(page);
      await page.keyboard.press('Control+k');
      await until(page, () => document.activeElement?.getAttribute('role') === 'combobox', 'the palette');
      await page.keyboard.type('snooze tue 3pm');
      await until(page, () => /^Snooze until Tue 24 Mar, 15:00$/.test(document.querySelector('[data-palette] [aria-selected=true] .label')?.textContent ?? ''), 'the time');
      await settle(page);
      await axe(page);
      await shot(env, page, 'palette-times');
      await page.keyboard.press('Enter');
      await until(page, (n) => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount')) === n - 1, 'it left', 8000, before);
      equal(await page.locator('[role=dialog]').count(), 0, 'without another question');
      await page.keyboard.press('Control+k');
      await page.keyboard.type('remind me tomorrow');
      await until(page, () => /^Remind me Fri 20 Mar, 0?8:00 if nobody answers$/.test(document.querySelector('[data-palette] [aria-selected=true] .label')?.textContent ?? ''), 'a reminder');
    }),
  },
  {
    name: 'person palette: all rows are there after the first paint, in reach of the keys',
    run: (env) => withPage(env, '/#/inbox', { name: 'palette-rows' }, async (page) => {
      await ready(page);
      await page.keyboard.press('Control+k');
      await until(page, () => document.querySelectorAll('[data-palette] [role=option]').length > 40, 'all of them');
      await page.keyboard.press('ArrowUp');
      const last = await page.evaluate(() => { const all = [...document.querySelectorAll('[data-palette] [role=option]')]; return all.at(-1).getAttribute('aria-selected') === 'true' && all.at(-1).id === document.activeElement.getAttribute('aria-activedescendant'); });
      assert(last, 'the last row is the active one');
    }),
  },
  {
    name: 'person reader: nothing to answer where there is only a draft',
    run: (env) => withPage(env, '/?thread=draft#/inbox/t/1', { name: 'only-draft' }, async (page) => {
      await until(page, () => document.querySelector('#reader .message .draft') !== null, 'the draft');
      equal(await page.locator('#reader .answer').count(), 0, 'no answer is offered');
      await page.keyboard.press('r');
      await settle(page);
      equal(await page.locator('[data-composer]').count(), 0, 'nor by key');
    }),
  },
);

tests.push({
  name: 'person print: a wide mail shrinks to the paper, and is as before afterwards',
  run: (env) => withPage(env, '/#/inbox/t/5', { name: 'print-wide', size: { width: 1600, height: 900 } }, async (page) => {
    await until(page, () => document.querySelector('iframe[data-mail].ready') !== null, 'the mail');
    await page.evaluate(() => {
      const wide = document.querySelector('iframe[data-mail]').contentDocument;
      wide.body.insertAdjacentHTML('beforeend', '<table width="2000"><tr><td>far</td><td align="end" id="edge">edge</td></tr></table>');
    });
    await settle(page, 500);
    const look = () => page.evaluate(() => {
      const frame = document.querySelector('iframe[data-mail]');
      const view = frame.contentDocument.documentElement;
      return { room: frame.clientWidth, wide: view.scrollWidth, tall: Math.abs(frame.clientHeight - view.getBoundingClientRect().height) <= 16, zoom: frame.contentDocument.body.style.zoom };
    });
    const before = await look();
    assert(before.wide > before.room, `wider than the pane: ${JSON.stringify(before)}`);
    await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
    const paper = await look();
    assert(paper.room === 640 && paper.wide <= 641 && paper.tall, `fits the paper: ${JSON.stringify(paper)}`);
    await page.evaluate(() => window.dispatchEvent(new Event('afterprint')));
    await settle(page);
    equal((await look()).room, before.room, 'as before');
  }),
});
