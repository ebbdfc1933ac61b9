// The card of an invitation: what it says, and that strangers' words in it stay words.
import { assert, axe, equal, screens, until, withPage } from '../lib/harness.mjs';

/** The invitation among the fixtures. */
const THREAD = '#/inbox/t/9';
const card = (page) => until(page, () => document.querySelector('section.invite') !== null, 'the card');
const words = (page) => page.evaluate(() => document.querySelector('section.invite').innerText.replace(/\s+/g, ' '));

export const tests = [
  ...screens([
    ['invite', `/${THREAD}`, card],
    ['invite-series', `/?invite=series${THREAD}`, card],
    ['invite-cancelled', `/?invite=cancelled${THREAD}`, card, { sizes: ['wide'] }],
    ['invite-answer', `/?invite=answer${THREAD}`, card, { sizes: ['wide'] }],
    ['invite-days', `/?invite=days${THREAD}`, card, { sizes: ['wide'] }],
    ['invite-odd', `/?invite=odd${THREAD}`, card],
  ]),
  {
    name: 'invite: the time is the reader’s, with the writer’s beside it',
    run: (env) => withPage(env, `/?invite=series${THREAD}`, { name: 'invite-time' }, async (page) => {
      await card(page);
      const said = await words(page);
      // 09:30 UTC in Oslo, before summer time.
      for (const part of ['10:30', '11:30', '05:30 in America/New_York', 'Every 2 weeks on Mon, Thu, until', '412 guests', 'You: Accepted']) assert(said.includes(part), `${part} in “${said}”`);
    }),
  },
  {
    name: 'invite: whole days end on their last day',
    run: (env) => withPage(env, `/?invite=days${THREAD}`, { name: 'invite-days' }, async (page) => {
      await card(page);
      const said = await words(page);
      assert(/26.*28 March/.test(said) && !said.includes('29'), said);
      assert(said.includes('(no title)') && said.includes('2 more events') && said.includes('Over'), said);
    }),
  },
  {
    name: 'invite: the guests by keyboard, and what was not listed is counted',
    run: (env) => withPage(env, `/?invite=series${THREAD}`, { name: 'invite-guests' }, async (page) => {
      await card(page);
      await page.getByRole('button', { name: '412 guests' }).focus();
      await page.keyboard.press('Enter');
      await until(page, () => document.querySelectorAll('.kit-popover li').length === 61, 'the guests');
      assert((await page.evaluate(() => document.querySelector('.kit-popover').textContent)).includes('and 352 more'), 'the rest is counted');
      await axe(page);
      await page.keyboard.press('Escape');
      await until(page, () => document.querySelector('.kit-popover') === null, 'closed');
      equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), '412 guests', 'the focus is back');
    }),
  },
  {
    name: 'invite: joining is a link like any other',
    run: (env) => withPage(env, `/?invite=odd${THREAD}`, { name: 'invite-join' }, async (page) => {
      await card(page);
      await page.getByRole('button', { name: 'Join', exact: true }).click();
      await until(page, () => document.querySelector('[role=alertdialog], [role=dialog]')?.textContent.includes('evil.example'), 'the question about a suspicious address');
    }),
  },
  {
    name: 'invite: German',
    run: (env) => withPage(env, `/?invite=series${THREAD}`, { name: 'invite-de', settings: { language: 'de' } }, async (page) => {
      await card(page);
      const said = await words(page);
      for (const part of ['Einladung', 'Alle 2 Wochen', '412 Gäste', 'Du: Zugesagt', 'Teilnehmen']) assert(said.includes(part), `${part} in “${said}”`);
    }),
  },
];
