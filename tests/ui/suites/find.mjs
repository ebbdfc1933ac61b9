// When guests have time, and a time that suits all of them. The clock stands at Thursday 19 March 2026, 10:41 in Oslo; Ingrid and Tomás let
// see when they have time, Priya does not, and strangers are not known.
import { assert, axe, equal, screens, settle, until, withPage } from '../lib/harness.mjs';

const events = (page) => until(page, () => document.querySelector('[data-event]') !== null, 'events');
const form = (page) => until(page, () => document.querySelector('[role=dialog] form .title') !== null, 'the form');
const guests = (page) => page.getByRole('combobox', { name: 'Guests' });
const PEOPLE = ['Ingrid Solheim <ingrid.solheim@northwind.example>', 'Tomás Herrera <tomas.herrera@northwind.example>', 'Priya Raman <priya.raman@northwind.example>'];

/** A new event, tomorrow from ten to eleven, with guests. */
async function meeting(page, people = PEOPLE) {
  await events(page);
  await page.keyboard.press('c');
  await form(page);
  await page.keyboard.type('Launch review');
  const day = page.getByRole('textbox', { name: 'First day' });
  await day.fill('20 March');
  await day.press('Tab');
  const start = page.getByRole('textbox', { name: 'Beginning' });
  await start.fill('10:00');
  await start.press('Tab');
  await guests(page).fill(people.join(', '));
  await guests(page).press('Enter');
  await until(page, (n) => document.querySelectorAll('[role=dialog] .chip').length === n, 'the guests', 8000, people.length);
}
const known = (page) => until(page, () => document.querySelector('.known[aria-busy=false] .verdict') !== null, 'who has time');
const finder = async (page) => {
  await page.getByRole('button', { name: 'Find a time' }).click();
  await until(page, () => document.querySelector('[role=slider]') !== null && document.querySelector('.suggested li, .suggested [role=status]') !== null, 'the panel');
};
const suggested = async (page) => { await finder(page); await until(page, () => document.querySelectorAll('.suggested li').length > 2, 'suggestions'); };
const slider = (page) => page.getByRole('slider', { name: 'Proposed time' });
const proposed = (page) => slider(page).getAttribute('aria-valuetext');
const rows = (page) => page.evaluate(() => [...document.querySelectorAll('.known li')].map((li) => li.innerText.replace(/\s+/g, ' ').trim()));
const sideways = (page) => page.evaluate(() => [...document.querySelectorAll('[role=dialog], .kit-dialog-body, .find, .shown')].filter((el) => el.scrollWidth > el.clientWidth + 1).map((el) => `${el.className} ${el.scrollWidth}>${el.clientWidth}`));
const test = (name, path, run, options = {}) => ({ name: `find ${name}`, run: (env) => withPage(env, path, { name: `find-${name}`, ...options }, (page) => run(page, env)) });

export const tests = [
  ...screens([
    ['find-guests', '/#/calendar/week', async (page) => {
      await meeting(page);
      await page.getByRole('button', { name: 'See who is free' }).click();
      await known(page);
      await page.locator('.known').scrollIntoViewIfNeeded();
    }],
    ['find-panel', '/#/calendar/week', async (page) => { await meeting(page); await suggested(page); }],
    ['find-zones', '/#/calendar/week', async (page) => { await events(page); await page.keyboard.press('Control+Alt+z'); await meeting(page, [...PEOPLE, 'Ana Ruiz <ana.ruiz@northwind.example>', 'who@strangers.example']); await suggested(page); }, { sizes: ['narrow'] }],
    ['find-loading', '/?guests=slow#/calendar/week', async (page) => { await meeting(page); await finder(page); }, { sizes: ['wide'] }],
    ['find-unsupported', '/?guests=unsupported#/calendar/week', async (page) => { await meeting(page); await suggested(page); }, { sizes: ['wide'] }],
    ['find-settings', '/#/settings/general', null],
  ]),

  test('nobody is asked before the person wants it, and everybody is told of in words', '/#/calendar/week', async (page) => {
    await meeting(page, [...PEOPLE, 'who@strangers.example']);
    equal(await page.locator('.known').count(), 0, 'nothing is known yet');
    assert(await page.getByText('Nobody is told.').isVisible(), 'what asking means');
    await page.getByRole('button', { name: 'See who is free' }).focus();
    await page.keyboard.press('Enter');
    await known(page);
    equal(await rows(page), ['You Free', 'Ingrid Solheim Busy', 'Tomás Herrera Away', 'Priya Raman Not for you to see', 'who@strangers.example Not shared with you'], 'each of them');
    const said = (await page.locator('.verdict').textContent()).trim();
    equal(said, '2 of 5 can’t: Ingrid Solheim and Tomás Herrera · Not known: Priya Raman and who@strangers.example', 'all of them');
    await axe(page);
    // Another time of the days that are known: nothing has to be asked for again.
    const start = page.getByRole('textbox', { name: 'Beginning' });
    await start.fill('16:00');
    await start.press('Tab');
    await until(page, () => document.querySelector('.known li:nth-child(2)').innerText.includes('Free'), 'Ingrid is free then');
    // Somebody more: asked for at once.
    await guests(page).fill('Ana Ruiz <ana.ruiz@northwind.example>');
    await guests(page).press('Enter');
    await until(page, () => document.querySelectorAll('.known li').length === 6, 'Ana, too');
    // The middle of it is hers.
    await start.fill('12:15');
    await start.press('Tab');
    await until(page, () => /Ana Ruiz\s+Busy/.test(document.querySelector('.known').innerText), 'Ana is busy then');
  }),
  test('a suggestion is tried, and taken: by keys alone', '/#/calendar/week', async (page) => {
    await meeting(page);
    await page.getByRole('button', { name: 'Find a time' }).focus();
    await page.keyboard.press('Enter');
    await until(page, () => document.querySelectorAll('.suggested li').length === 6, 'suggestions');
    equal(await page.evaluate(() => document.activeElement?.getAttribute('role')), 'slider', 'the keys are on the time');
    assert((await proposed(page)).startsWith('Friday 20 March, 10:00 to 11:00. 2 of 4 can’t: Ingrid Solheim and Tomás Herrera'), await proposed(page));
    const first = page.locator('.suggested li button').first();
    equal((await first.innerText()).replace(/\s+/g, ' ').trim(), 'Mon 23 Mar, 10:00–11:00 Everyone who is known is free', 'the best one');
    await first.focus();
    await page.keyboard.press('Enter');
    equal(await first.getAttribute('aria-pressed'), 'true', 'it is the one');
    assert((await proposed(page)).startsWith('Monday 23 March, 10:00 to 11:00. Everyone who is known is free. Not known: Priya Raman'), await proposed(page));
    await axe(page);
    await page.getByRole('button', { name: /^Use Mon/ }).focus();
    await page.keyboard.press('Enter');
    await until(page, () => document.querySelector('[role=slider]') === null, 'the panel is gone');
    equal(await page.getByRole('textbox', { name: 'First day' }).inputValue(), 'Mon, 23 Mar 2026', 'the day of the form');
    equal([await page.getByRole('textbox', { name: 'Beginning' }).inputValue(), await page.getByRole('textbox', { name: 'End', exact: true }).inputValue()], ['10:00', '11:00'], 'its time');
    await until(page, () => document.querySelector('.known li:nth-child(2)')?.innerText.includes('Free'), 'the form knows, too');
    equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), 'Find a time', 'the focus is back');
    await page.keyboard.press('Control+Enter');
    await until(page, () => document.querySelector('[role=dialog]') === null, 'saved');
  }),
  test('the time moves by keys and by the pointer, and stays in its day', '/#/calendar/week', async (page) => {
    await meeting(page);
    await suggested(page);
    const says = async (words) => assert((await proposed(page)).startsWith(words), `${words}: ${await proposed(page)}`);
    await slider(page).focus();
    await page.keyboard.press('ArrowRight');
    await says('Friday 20 March, 10:15 to 11:15');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await says('Friday 20 March, 09:45 to 10:45');
    await page.keyboard.press('End');
    await says('Friday 20 March, 16:00 to 17:00');
    await page.keyboard.press('Home');
    await says('Friday 20 March, 09:00 to 10:00');
    await page.keyboard.press('PageDown');
    await says('Saturday 21 March, 09:00 to 10:00');
    await page.keyboard.press('PageUp');
    await page.keyboard.press('PageUp');
    await says('Thursday 19 March, 09:00 to 10:00');
    for (let n = 0; n < 60; n++) await page.keyboard.press('ArrowLeft');
    await says('Thursday 19 March, 00:00 to 01:00');
    await page.keyboard.press('Home');
    // In the hour that begins at two.
    const at = await page.evaluate(() => { const tick = [...document.querySelectorAll('.tick')].find((t) => t.textContent.startsWith('14')); const r = tick.getBoundingClientRect(); const row = document.querySelector('.row .track').getBoundingClientRect(); return { x: r.left + 3, y: row.top + row.height / 2 }; });
    await page.mouse.click(at.x, at.y);
    await says('Thursday 19 March, 14:00 to 15:00. 3 of 4 can’t: You, Ingrid Solheim and Tomás Herrera');
    // A day that is not known yet is asked for.
    const day = page.getByRole('textbox', { name: 'Day', exact: true });
    await day.fill('20 April');
    await day.press('Tab');
    await until(page, () => document.querySelector('.suggested strong')?.textContent.startsWith('Mon 20 Apr'), 'suggestions from then on');
    await page.keyboard.press('Escape');
    await until(page, () => document.querySelector('[role=slider]') === null && document.querySelector('[role=dialog] form') !== null, 'only the panel is closed');
    equal(await page.getByRole('textbox', { name: 'Beginning' }).inputValue(), '10:00', 'nothing was taken');
  }),
  test('who may be missing gives way', '/#/calendar/week', async (page) => {
    await meeting(page, PEOPLE.slice(0, 2));
    await suggested(page);
    const before = await page.locator('.suggested').innerText();
    const ingrid = page.getByRole('button', { name: 'Ingrid Solheim must come' });
    await ingrid.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Ingrid Solheim may be missing' }).waitFor();
    assert((await page.locator('.grid').innerText()).includes('may be missing'), 'in words');
    assert(before.includes('Everyone is free'), before);
  }),
  test('what is drawn is said in a table', '/#/calendar/week', async (page) => {
    await meeting(page);
    await suggested(page);
    const table = await page.evaluate(() => [...document.querySelectorAll('[role=dialog] table tr')].map((tr) => [...tr.children].map((c) => c.textContent.trim())));
    equal(table[0], ['Who', 'At 10:00', 'Has no time'], 'its head');
    equal(table[2], ['Ingrid Solheim', 'Busy', '09:00–10:00 Busy, 10:30–11:30 Busy, 15:00–16:00 Perhaps busy'], 'Ingrid');
    equal(table[4], ['Priya Raman', 'Not for you to see', 'Not known'], 'Priya');
    equal(await page.evaluate(() => document.querySelector('[role=dialog] table caption').textContent), 'Who has time on Friday 20 March', 'its caption');
  }),
  test('a night with an hour less', '/#/calendar/week/2026-03-23', async (page) => {
    await meeting(page, PEOPLE.slice(0, 1));
    await suggested(page);
    await slider(page).focus();
    const day = page.getByRole('textbox', { name: 'Day', exact: true });
    await day.fill('29 March');
    await day.press('Tab');
    await until(page, () => document.querySelector('[role=slider]').getAttribute('aria-valuetext').startsWith('Sunday 29 March, 10:00'), 'the same clock time');
    await slider(page).focus();
    for (let n = 0; n < 29; n++) await page.keyboard.press('ArrowLeft');
    // Two o'clock is left out: an hour from a quarter to two on ends at a quarter to four.
    assert((await proposed(page)).startsWith('Sunday 29 March, 01:45 to 03:45'), await proposed(page));
  }),
  test('asking can be stopped, and begun again', '/?guests=slow#/calendar/week', async (page) => {
    await meeting(page);
    await finder(page);
    await page.locator('.suggested').getByRole('button', { name: 'Stop' }).click();
    await page.locator('.suggested').getByText('Stopped before everybody').waitFor();
    assert((await page.locator('.grid').innerText()).includes('Not asked yet'), 'nobody is called free');
    await page.locator('.suggested').getByRole('button', { name: 'Retry' }).click();
    await until(page, () => document.querySelector('.suggested [role=status]')?.textContent.includes('Asking'), 'asked again');
  }),
  test('an error is told, and nothing is lost', '/?guests=error#/calendar/week', async (page) => {
    await meeting(page);
    await page.getByRole('button', { name: 'See who is free' }).click();
    await page.locator('.known').getByText('The calendar could not be read.').waitFor();
    await axe(page);
    await page.locator('.known').getByRole('button', { name: 'Retry' }).click();
    await page.locator('.known').getByText('The calendar could not be read.').waitFor();
    equal(await page.getByRole('textbox', { name: 'Beginning' }).inputValue(), '10:00', 'the form is as it was');
  }),
  test('offline: only one’s own is known', '/?scenario=offline&guests=offline#/calendar/week', async (page) => {
    await meeting(page);
    await page.getByRole('button', { name: 'See who is free' }).click();
    await known(page);
    const said = await page.locator('.known').innerText();
    for (const part of ['You are offline', 'Server not reached', 'Everyone who is known is free']) assert(said.includes(part), `${part} in “${said}”`);
  }),
  test('a server that does not tell is no free time', '/?guests=unsupported#/calendar/week', async (page) => {
    await meeting(page);
    await page.getByRole('button', { name: 'See who is free' }).click();
    await known(page);
    const said = await page.locator('.known').innerText();
    for (const part of ['The server of this calendar does not tell', 'Everyone who is known is free · Not known: Ingrid Solheim, Tomás Herrera and Priya Raman', 'Can’t be asked for']) assert(said.includes(part), `${part} in “${said}”`);
    equal(await page.locator('.verdict.good').count(), 0, 'it is not called good');
  }),
  test('a whole day has no time to find', '/#/calendar/week', async (page) => {
    await meeting(page);
    await page.getByRole('switch', { name: 'All day' }).click();
    equal(await page.getByRole('button', { name: 'Find a time' }).count(), 0, 'no panel');
    await page.getByRole('button', { name: 'See who is free' }).click();
    await known(page);
    equal((await rows(page))[2], 'Tomás Herrera Away', 'the whole day counts');
  }),
  test('German, and nothing scrolls sideways', '/#/calendar/week', async (page) => {
    await events(page);
    await page.keyboard.press('c');
    await form(page);
    await page.keyboard.type('Rückblick');
    const who = page.getByRole('combobox', { name: 'Gäste' });
    await who.fill(PEOPLE.join(', '));
    await who.press('Enter');
    await page.getByRole('button', { name: 'Zeit finden' }).click();
    await until(page, () => document.querySelectorAll('.suggested li').length > 2, 'suggestions');
    const said = await page.locator('[role=dialog]').last().innerText();
    for (const part of ['Vorschläge', 'Alle, von denen man es weiß, haben Zeit', 'In deiner Arbeitszeit: Mo–Fr, 09:00–17:00.', 'Nicht für dich einsehbar', 'nehmen']) assert(said.includes(part), `${part} in “${said}”`);
    for (const size of [{ width: 1280, height: 800 }, { width: 960, height: 600 }, { width: 720, height: 560 }]) {
      await page.setViewportSize(size);
      await settle(page);
      equal(await sideways(page), [], `at ${String(size.width)}`);
    }
    await axe(page);
  }, { settings: { language: 'de' } }),
  test('working hours are a setting, and hold in the panel', '/#/settings/general', async (page) => {
    const friday = page.getByRole('checkbox', { name: 'Friday' });
    await friday.focus();
    await page.keyboard.press('Space');
    await page.getByRole('checkbox', { name: 'Monday' }).focus();
    await page.keyboard.press('Space');
    const begins = page.getByRole('textbox', { name: 'Work begins' });
    await begins.fill('12:00');
    await begins.press('Enter');
    const ends = page.getByRole('textbox', { name: 'Work ends' });
    await ends.fill('11:00');
    await ends.press('Enter');
    equal([await begins.inputValue(), await ends.inputValue()], ['10:30', '11:00'], 'the end took the beginning along');
    await axe(page);
    for (const day of ['Tuesday', 'Wednesday', 'Thursday']) await page.getByRole('checkbox', { name: day }).press('Space');
    equal(await page.getByRole('checkbox', { checked: true }).count(), 1, 'the last one stays');
    await page.getByRole('button', { name: 'Reset: Working hours' }).or(page.getByRole('button', { name: /Working hours/ })).first().click();
    await until(page, () => document.querySelectorAll('.days input:checked').length === 5, 'as it came');
    await begins.fill('13:00');
    await begins.press('Enter');
    await page.goto(page.url().replace(/#.*$/, '#/calendar/week'));
    await meeting(page, PEOPLE.slice(0, 2));
    await suggested(page);
    const times = await page.evaluate(() => [...document.querySelectorAll('.suggested strong')].map((s) => s.textContent));
    assert(times.every((t) => /, 1[3-6]:/.test(t)), times.join());
    assert((await page.locator('.suggested').innerText()).includes('13:00–17:00.'), 'said beside them');
  }),
];
