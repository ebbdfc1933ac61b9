// The card of an invitation: what it says, that strangers' words in it stay words, and the person's answer to it.
import { assert, axe, equal, screens, settle, until, withPage } from '../lib/harness.mjs';

/** The invitation among the fixtures. */
const THREAD = '#/inbox/t/9';
const card = (page) => until(page, () => document.querySelector('section.invite') !== null, 'the card');
const answer = (page, name) => page.getByRole('group', { name: 'Will you come?' }).getByRole('button', { name, exact: true });
const pressed = (page) => page.evaluate(() => [...document.querySelectorAll('section.invite [aria-pressed=true]')].map((b) => b.textContent.trim()));
const starred = (page, on) => page.locator(`[data-keys="s"][aria-pressed="${on}"]`).first().waitFor();
/** A flag of the conversation changes, and with it the conversation is read anew. */
const star = async (page, on) => {
  await page.keyboard.press('s');
  await starred(page, on);
  await settle(page);
};
const words = (page) => page.evaluate(() => document.querySelector('section.invite').innerText.replace(/\s+/g, ' '));

export const tests = [
  ...screens([
    ['invite', `/${THREAD}`, card],
    ['invite-series', `/?invite=series${THREAD}`, card],
    ['invite-cancelled', `/?invite=cancelled${THREAD}`, card, { sizes: ['wide'] }],
    ['invite-answer', `/?invite=answer${THREAD}`, card, { sizes: ['wide'] }],
    ['invite-days', `/?invite=days${THREAD}`, card, { sizes: ['wide'] }],
    ['invite-odd', `/?invite=odd${THREAD}`, card],
    ['invite-said', `/?sametime=yes${THREAD}`, async (page) => {
      await card(page);
      await answer(page, 'Maybe').click();
      await until(page, () => document.querySelector('section.invite').textContent.includes('You said maybe'), 'the answer');
      await page.getByRole('button', { name: 'Dismiss' }).or(page.getByRole('button', { name: 'Close' })).first().click({ timeout: 500 }).catch(() => undefined);
    }],
    ['invite-over', `/?invite=over${THREAD}`, card, { sizes: ['wide'] }],
  ]),
  {
    name: 'invite: the time is the reader’s, with the writer’s beside it',
    run: (env) => withPage(env, `/?invite=series${THREAD}`, { name: 'invite-time' }, async (page) => {
      await card(page);
      const said = await words(page);
      // 09:30 UTC in Oslo, before summer time.
      for (const part of ['10:30', '11:30', '05:30 in America/New_York', 'Every 2 weeks on Mon, Thu, until', '412 guests', 'You said yes']) assert(said.includes(part), `${part} in “${said}”`);
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
      for (const part of ['Einladung', 'Alle 2 Wochen', '412 Gäste', 'Du hast zugesagt', 'Im Kalender öffnen', 'Teilnehmen']) assert(said.includes(part), `${part} in “${said}”`);
    }),
  },
  {
    name: 'invite: an answer is there at once, is taken back by its key, and is still there when the mail is opened again',
    run: (env) => withPage(env, `/?rsvp=slow${THREAD}`, { name: 'invite-answering' }, async (page) => {
      await card(page);
      equal(await pressed(page), [], 'nothing is answered');
      await answer(page, 'Yes').focus();
      await page.keyboard.press('Enter');
      equal(await pressed(page), ['Yes'], 'before the core has said so');
      assert((await words(page)).includes('You said yes'), 'in words');
      assert((await words(page)).includes('Accepted 3'), 'and counted');
      equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), 'Yes', 'the focus stays');
      await page.getByText('Accepted: Design review').first().waitFor();
      await page.keyboard.press('z');
      await until(page, () => document.querySelector('section.invite [aria-pressed=true]') === null, 'taken back');
      assert(!(await words(page)).includes('You said'), 'and not said any more');
      await answer(page, 'No').click();
      await page.getByText('Declined: Design review').first().waitFor();
      await page.keyboard.press('u');
      await until(page, () => document.querySelector('section.invite') === null, 'closed');
      await page.goto(page.url().replace(/#.*$/, THREAD));
      await card(page);
      await until(page, () => document.querySelector('section.invite [aria-pressed=true]')?.textContent.trim() === 'No', 'the answer is kept');
    }),
  },
  {
    name: 'invite: the answer of a guest is noted, and taken back by its key',
    run: (env) => withPage(env, `/?invite=answer${THREAD}`, { name: 'invite-noted' }, async (page) => {
      await card(page);
      assert((await words(page)).includes('Your calendar says: No answer yet.'), 'what the calendar says so far');
      const note = page.getByRole('button', { name: 'Note the answer' });
      await note.focus();
      await page.keyboard.press('Enter');
      await until(page, () => document.querySelector('section.invite').textContent.includes('Noted in your calendar'), 'noted');
      equal(await note.count(), 0, 'nothing is left to do');
      // For a flag the conversation is read anew, and its words are not.
      await star(page, true);
      equal(await note.count(), 0, 'it stays noted');
      await page.keyboard.press('z');
      await starred(page, false);
      await page.keyboard.press('z');
      await note.waitFor();
      await page.goto(page.url().replace('invite=answer', 'invite=answer&rsvp=fail'));
      await card(page);
      await note.click();
      await page.getByText('This answers no meeting of yours').first().waitFor();
      equal(await note.count(), 1, 'it can be tried again');
    }),
  },
  {
    name: 'invite: an answer that is refused goes back and says why',
    run: (env) => withPage(env, `/?rsvp=fail&invite=series${THREAD}`, { name: 'invite-refused' }, async (page) => {
      await card(page);
      equal(await pressed(page), ['Yes'], 'as it was read');
      await answer(page, 'No').click();
      await page.getByText('None of your accounts was invited').first().waitFor();
      equal(await pressed(page), ['Yes'], 'as it was');
    }),
  },
  {
    name: 'invite: from somebody else than it says, it is not answered by accident',
    run: (env) => withPage(env, `/?invite=odd${THREAD}`, { name: 'invite-foreign' }, async (page) => {
      await card(page);
      equal(await answer(page, 'Yes').getAttribute('aria-disabled'), 'true', 'disabled');
      const why = await answer(page, 'Yes').evaluate((b) => document.getElementById(b.getAttribute('aria-describedby'))?.textContent ?? '');
      assert(why.includes('was not sent by Ingrid Solheim') && why.includes('would go to ingrid@northwind.example'), why);
      await answer(page, 'Yes').focus();
      await page.keyboard.press('Enter');
      await answer(page, 'No').click({ force: true });
      equal(await pressed(page), [], 'nothing was answered');
      await page.getByRole('button', { name: 'Answer all the same' }).focus();
      await page.keyboard.press('Enter');
      await until(page, () => document.activeElement?.textContent.trim() === 'Yes', 'the focus goes on');
      equal(await pressed(page), [], 'still nothing was answered');
      await axe(page);
      // The conversation is read anew: what was decided about this mail stays decided.
      await star(page, true);
      equal(await answer(page, 'Yes').getAttribute('aria-disabled'), null, 'it is still unlocked');
      await answer(page, 'Yes').focus();
      await page.keyboard.press('Enter');
      equal(await pressed(page), ['Yes'], 'now it is');
    }),
  },
  {
    name: 'invite: what is at the same time, and the way to the day',
    run: (env) => withPage(env, `/?sametime=yes${THREAD}`, { name: 'invite-meanwhile' }, async (page) => {
      await card(page);
      await until(page, () => document.querySelectorAll('section.invite ul li').length === 2, 'two others');
      const said = await words(page);
      for (const part of ['At the same time:', 'Call with Halde Architekten 10:00–11:00', '(no title) 11:00–12:00']) assert(said.includes(part), `${part} in “${said}”`);
      // Declined, free, a birthday, beside it, and the review itself.
      for (const part of ['Vendor demo', 'Focus', 'Birthday', 'Lunch', 'Design review 10:30']) assert(!said.includes(part), `${part} in “${said}”`);
      equal(await page.getByRole('link', { name: 'Open in calendar' }).getAttribute('href'), '#/calendar?day=2026-03-26', 'the address');
    }),
  },
  ...[['cancelled', 'cancelled'], ['over', 'over'], ['answer', 'somebody else’s answer'], ['days', 'an event without guests'], ['onlooker', 'a guest list without the reader']].map(([kind, what]) => ({
    name: `invite: nothing to answer, ${what}`,
    run: (env) => withPage(env, `/?invite=${kind}&sametime=yes${THREAD}`, { name: `invite-quiet-${kind}` }, async (page) => {
      await card(page);
      equal(await page.getByRole('group', { name: 'Will you come?' }).count(), 0, 'no buttons');
      assert(await page.getByRole('link', { name: 'Open in calendar' }).isVisible(), 'the way to the day');
      if (kind === 'over') assert((await words(page)).includes('You said no'), 'what was said');
      if (kind === 'cancelled') assert(!(await words(page)).includes('At the same time'), 'nobody has to choose');
    }),
  })),
];
