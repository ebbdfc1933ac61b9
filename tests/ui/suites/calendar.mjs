// The calendar: its four views, an event, the form, adding in words; by mouse and by keys. The clock stands at Thursday 19 March 2026,
// 10:41 in Oslo, and Sunday 29 March has 23 hours there.
import { join } from 'node:path';
import { SIZES, assert, axe, equal, screens, settle, until, withPage } from '../lib/harness.mjs';

const events = (page) => until(page, () => document.querySelector('[data-event]') !== null, 'events');
/** Events by what they say to the ear. */
const names = (page) => page.evaluate(() => [...document.querySelectorAll('[data-event]')].map((e) => e.querySelector('.sr-only')?.textContent ?? ''));
const named = (page, words) => page.evaluate((w) => [...document.querySelectorAll('[data-event]')].map((e) => e.querySelector('.sr-only')?.textContent ?? '').filter((n) => n.includes(w)), words);
const event = (page, words) => page.locator('[data-event]').filter({ hasText: words }).first();
const until_ = (page, words, yes = true) => until(page, ([w, y]) => [...document.querySelectorAll('[data-event] .sr-only')].some((e) => e.textContent.includes(w)) === y, `${yes ? '' : 'not '}“${words}”`, 8000, [words, yes]);
const says = (page, words) => until(page, (w) => [...document.querySelectorAll('[data-event] .sr-only')].some((e) => w.every((x) => e.textContent.includes(x))), `an event that says ${words.join(' and ')}`, 8000, words);
const focused = (page) => page.evaluate(() => document.activeElement?.querySelector('.sr-only')?.textContent ?? document.activeElement?.textContent?.trim().slice(0, 60) ?? '');
const panel = (page) => until(page, () => document.querySelector('[data-event-panel] .facts, [data-event-panel] header') !== null, 'the panel');
const form = (page) => until(page, () => document.querySelector('[role=dialog] form .title') !== null, 'the form');
const toast = (page, words) => until(page, (w) => [...document.querySelectorAll('.toast')].some((e) => e.textContent.includes(w)), `a toast “${words}”`, 8000, words);
const title = async (page) => (await page.locator('h1').textContent()).replace(/\s*–\s*/, '–');
const open = async (page, words) => { await event(page, words).click(); await panel(page); };
const gone = (page, selector, what) => until(page, (s) => document.querySelector(s) === null, what, 8000, selector);
/** The middle of a day's column at an hour, in pixels of the page. */
const spot = (page, day, hour) => page.evaluate(([d, h]) => {
  const column = document.querySelector(`.column[data-day="${d}"]`);
  const scroller = document.querySelector('.scroll[data-pane-start]');
  const r = column.getBoundingClientRect();
  const want = r.top + (h / 24) * r.height;
  const box = scroller.getBoundingClientRect();
  if (want < box.top + 140 || want > box.bottom - 60) scroller.scrollTop += want - (box.top + box.height / 2);
  const now = column.getBoundingClientRect();
  return { x: now.left + now.width / 2, y: now.top + (h / 24) * now.height };
}, [day, hour]);
const drag = async (page, from, to, { before } = {}) => {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x + 3, from.y + 6, { steps: 2 });
  await page.mouse.move(to.x, to.y, { steps: 6 });
  await before?.();
  await page.mouse.up();
};
const sideways = (page) => page.evaluate(() => [...document.querySelectorAll('html, body, #app, main, [data-pane], .scroll, .month .weeks, .agenda, [role=dialog]')].filter((el) => el.scrollWidth > el.clientWidth + 1).map((el) => `${el.tagName}.${el.className} ${el.scrollWidth}>${el.clientWidth}`));
const test = (name, path, run, options = {}) => ({ name: `calendar ${name}`, run: (env) => withPage(env, path, { name: `calendar-${name}`, ...options }, async (page) => { if (options.ready !== false) await events(page); await run(page, env); }) });

export const tests = [
  ...screens([
    ['calendar-week', '/#/calendar/week', events],
    ['calendar-day', '/#/calendar/day', events],
    ['calendar-month', '/#/calendar/month', events],
    ['calendar-agenda', '/#/calendar/agenda', events],
    ['calendar-panel', '/#/calendar/week', async (page) => { await events(page); await open(page, 'Design review'); }],
    ['calendar-conflict', '/#/calendar/week', async (page) => { await events(page); await open(page, 'Board deck'); }, { sizes: ['wide'] }],
    ['calendar-editor', '/#/calendar/week', async (page) => { await events(page); await page.keyboard.press('c'); await form(page); }],
    ['calendar-editor-call', '/#/calendar/week', async (page) => { await events(page); await page.keyboard.press('c'); await form(page); await page.getByRole('switch', { name: 'Add a Google Meet call' }).check(); }],
    ['calendar-editor-move', '/#/calendar/week', async (page) => { await events(page); await event(page, 'Stand-up').focus(); await page.keyboard.press('e'); await form(page); await page.getByRole('dialog').getByLabel('Calendar', { exact: true }).selectOption({ label: 'Mara · Personal' }); }],
    ['calendar-editor-series', '/#/calendar/week', async (page) => { await events(page); await event(page, 'Stand-up').focus(); await page.keyboard.press('e'); await form(page); }, { sizes: ['wide'] }],
    ['calendar-task', '/#/calendar/week', async (page) => { await events(page); await event(page, 'Design review').focus(); await page.keyboard.press('Shift+T'); await until(page, () => document.querySelector('[role=dialog] .about') !== null, 'the dialog'); }],
    ['calendar-quick', '/#/calendar/week', async (page) => { await events(page); await page.keyboard.press('q'); await page.getByLabel('Event', { exact: true }).fill('lunch with Ana every fri 12:30 at Kafka'); }, { sizes: ['wide'] }],
    ['calendar-dst', '/?calendar=dst#/calendar/week/2026-10-25', async (page) => { await events(page); await page.evaluate(() => document.querySelector('.scroll[data-pane-start]').scrollTo(0, 0)); }, { sizes: ['wide'] }],
    ['calendar-zones', '/#/calendar/week', async (page) => { await events(page); await page.keyboard.press('Control+Alt+z'); }, { sizes: ['wide'] }],
    ['calendar-none', '/?calendar=none#/calendar', async (page) => { await until(page, () => document.body.textContent.includes('No calendar is connected'), 'what to do'); }, { sizes: ['wide'] }],
    ['calendar-error', '/?calendar=error#/calendar', async (page) => { await until(page, () => document.body.textContent.includes('The calendar could not be read'), 'the error'); }, { sizes: ['wide'] }],
    ['calendar-slow', '/?calendar=slow#/calendar', async (page) => { await until(page, () => document.querySelector('.column .bone') !== null, 'bones'); }, { sizes: ['wide'], themes: ['light'] }],
  ]),

  test('views: keys, the address, and back', '/#/inbox', async (page) => {
    await until(page, () => document.querySelector('[role=row]') !== null, 'the inbox');
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await until(page, () => location.hash.startsWith('#/calendar'), 'the calendar');
    await events(page);
    equal(await title(page), '16–22 March 2026Week 12', 'the week');
    await page.keyboard.press('n');
    equal(await title(page), '23–29 March 2026Week 13', 'the next one');
    await page.keyboard.press('d');
    await until(page, () => location.hash === '#/calendar/day/2026-03-26', 'a day of it');
    await page.keyboard.press('p');
    await until(page, () => location.hash === '#/calendar/day/2026-03-25', 'the day before');
    await page.keyboard.press('o');
    await until(page, () => document.querySelector('[role=grid] [role=gridcell]') !== null, 'the month');
    await page.keyboard.press('t');
    await until(page, () => location.hash === '#/calendar/month', 'today');
    await page.keyboard.press('a');
    await until(page, () => document.querySelector('.agenda') !== null, 'the agenda');
    await page.keyboard.press('w');
    await until(page, () => document.querySelector('.columns') !== null, 'the week again');
    await page.goBack();
    await until(page, () => location.hash === '#/calendar/agenda', 'back');
    // The view that was left comes again.
    await page.keyboard.press('g');
    await page.keyboard.press('i');
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await until(page, () => document.querySelector('.agenda, .columns') !== null, 'as it was left');
  }, { ready: false }),
  test('keys in force: the sheet says what the keys do here', '/#/calendar/week', async (page) => {
    await page.keyboard.press('?');
    await until(page, () => document.querySelector('[data-command="calendar.new"]') !== null, 'the sheet');
    equal(await page.locator('[data-command="calendar.new"] kbd').textContent(), 'C', 'a new event');
    equal(await page.locator('[data-command="app.compose"]').count(), 0, 'compose has no key here');
    equal(await page.locator('[data-command="triage.archive"]').count(), 0, 'nothing of the lists');
  }),
  test('week: says everything of an event, in the order of days', '/#/calendar/week', async (page) => {
    const all = await names(page);
    for (const words of [
      'Design review, Thursday 19 March, 10:30 to 11:30, Work, Room Fjord, not answered yet', 'Vendor webinar, Wednesday 18 March, 11:00 to 12:00, Work, declined', 'Dinner with Amara, Saturday 21 March, 19:00 to 22:00, Mara, The place with the lemon trees, tentative',
      'Focus: release notes, Monday 16 March, 13:00 to 16:00, Work, free', 'Board deck, Thursday 19 March, 14:00 to 15:00, Work, Library, changed on both sides', 'Lunch with Ana, Friday 20 March, 12:30 to 13:30, Work, Kafka, not saved at the provider yet',
      'Grandmother visits, Saturday 21 March to Monday 23 March, Family, can’t be changed', 'First day of spring, Friday 20 March, all day, Holidays', 'Call with New York, Wednesday 18 March, 15:00 to 16:00, Launch team',
    ]) assert(all.some((n) => n.replace(/Thursday, 19/g, 'Thursday 19').replace(/(\w+day), (\d)/g, '$1 $2').startsWith(words)), `“${words}” among\n${all.join('\n')}`);
    // Over midnight it is in both days.
    equal((await named(page, 'Night train')).length, 2, 'the night train');
    const days = await page.evaluate(() => [...document.querySelectorAll('.columns > li')].map((d) => d.getAttribute('aria-label')));
    equal(days.length, 7, 'a list of days');
    assert(/Monday,? 16 March, 3 events/.test(days[0]), days[0]);
  }),
  test('week: what overlaps stands side by side', '/#/calendar/week', async (page) => {
    const boxes = await page.evaluate(() => ['Interview debrief', 'Board preparation', 'Hiring sync'].map((t) => { const r = [...document.querySelectorAll('[data-event]')].find((e) => e.textContent.includes(t)).getBoundingClientRect(); return [r.left, r.right, r.top, r.bottom]; }));
    for (const [i, a] of boxes.entries()) for (const b of boxes.slice(i + 1)) assert(a[1] <= b[0] + 1 || b[1] <= a[0] + 1, `apart: ${JSON.stringify(boxes)}`);
  }),
  test('panel: what there is to know, and back to the event', '/#/calendar/week', async (page) => {
    await event(page, 'Call with New York').focus();
    await page.keyboard.press('Enter');
    await panel(page);
    await until(page, () => document.querySelector('[data-event-panel] .facts') !== null, 'its facts');
    const said = await page.locator('[data-event-panel]').innerText();
    for (const part of ['15:00–16:00', '10:00 in New York', '10 minutes before', 'meet.example', 'Launch team', 'Pricing']) assert(said.includes(part), `${part} in “${said}”`);
    assert(await page.evaluate(() => document.activeElement.closest('[data-event-panel]') !== null), 'the focus is in the panel');
    await axe(page);
    await page.keyboard.press('Escape');
    await gone(page, '[data-event-panel]', 'closed');
    await until(page, () => document.activeElement?.textContent.includes('Call with New York'), 'the focus is on the event');
  }),
  test('a call is asked for with an event, where the calendar makes one, and its link comes back', '/#/calendar/week', async (page) => {
    await page.keyboard.press('c');
    await form(page);
    await page.getByRole('textbox', { name: 'Title' }).fill('Kick-off');
    const call = page.getByRole('switch', { name: 'Add a Google Meet call' });
    await call.check();
    await axe(page);
    // Beside a link of one's own there is none, nor in a calendar that makes none.
    await page.getByLabel('Link to join').fill('https://video.example/x');
    equal(await call.count(), 0, 'not beside a link');
    await page.getByLabel('Link to join').fill('');
    await page.getByRole('dialog').getByLabel('Calendar', { exact: true }).selectOption({ label: 'Mara · Personal' });
    equal(await call.count(), 0, 'not in a calendar that makes none');
    await page.getByRole('dialog').getByLabel('Calendar', { exact: true }).selectOption({ label: 'Work · Northwind' });
    await page.getByRole('button', { name: 'Add event' }).click();
    await until_(page, 'Kick-off');
    await open(page, 'Kick-off');
    await until(page, () => document.querySelector('[data-event-panel] .host')?.textContent.includes('meet.example'), 'its link', 8000);
  }),
  test('another calendar is chosen in the form, all dates of a series go, and guests are spoken of', '/#/calendar/week', async (page) => {
    await event(page, 'Stand-up').focus();
    await page.keyboard.press('e');
    await form(page);
    await page.getByRole('dialog').getByLabel('Calendar', { exact: true }).selectOption({ label: 'Mara · Personal' });
    await page.getByText('All dates of this series go to the other calendar.').waitFor();
    await axe(page);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await toast(page, 'moved to Mara');
    await says(page, ['Stand-up', 'Mara']);
    equal((await named(page, 'Stand-up')).filter((n) => n.includes('Work')).length, 0, 'none is left');
  }),
  test('an address opens its event, in whatever week it is', '/#/calendar/week', async (page) => {
    await open(page, 'Design review');
    const key = await page.evaluate(() => document.querySelector('[data-event].open, [data-event][aria-expanded=true]')?.getAttribute('data-event') ?? [...document.querySelectorAll('[data-event]')].find((e) => e.textContent.includes('Design review')).getAttribute('data-event'));
    await page.keyboard.press('Escape');
    await page.evaluate((k) => { location.hash = `#/calendar/week/2026-06-01?event=${encodeURIComponent(k)}`; }, key);
    await until(page, () => document.querySelector('[data-event-panel] h2')?.textContent.includes('Design review'), 'its panel');
    assert(await page.evaluate(() => location.hash.includes('event=') === false && !location.hash.includes('2026-06-01')), 'its own week');
    await page.keyboard.press('Escape');
    await page.evaluate(() => { location.hash = '#/calendar/week?event=999999%2F'; });
    await toast(page, 'gone');
  }),
  test('task: of an event by its key, and the task leads back to it', '/#/calendar/week', async (page) => {
    const event = page.locator('[data-event]').filter({ hasText: 'Design review' }).first();
    await event.focus();
    await page.keyboard.press('Shift+T');
    const dialog = page.getByRole('dialog', { name: 'Make a task of this event' });
    await dialog.waitFor();
    equal(await dialog.getByRole('textbox', { name: 'Title' }).inputValue(), 'Design review', 'its title');
    await axe(page);
    await dialog.getByLabel('Due', { exact: true }).fill('mon 9:00');
    await dialog.getByRole('button', { name: 'Make task' }).click();
    await page.getByText('“Design review” added').first().waitFor();
    await until(page, () => document.activeElement?.getAttribute('data-event') !== null, 'back at the event');
    const key = await page.evaluate(() => document.activeElement.getAttribute('data-event'));
    // Two weeks on: it leads back to the event's own day.
    await page.keyboard.press('n');
    await page.keyboard.press('n');
    await until(page, (k) => document.querySelector(`[data-event="${k}"]`) === null, 'another week', 8000, key);
    await page.keyboard.press('g');
    await page.keyboard.press('k');
    await page.getByRole('complementary', { name: 'Task lists' }).getByRole('link', { name: /^Upcoming/ }).click();
    await page.locator('[data-task]').filter({ hasText: 'Design review' }).first().click();
    await page.getByRole('button', { name: 'Open the event' }).click();
    await until(page, (k) => location.hash.startsWith('#/calendar') && document.querySelector(`[data-event="${k}"]`) !== null && document.querySelector('[data-event-panel]') !== null, 'the event', 8000, key);
  }),
  test('panel: read-only says why', '/#/calendar/week', async (page) => {
    await open(page, 'Football, Nils');
    await until(page, () => document.querySelector('[data-event-panel]').textContent.includes('for reading only'), 'the reason');
    equal(await page.locator('[data-event-panel]').getByRole('button', { name: 'Edit' }).count(), 0, 'nothing to edit with');
    await page.keyboard.press('Escape');
    await event(page, 'Football, Nils').focus();
    await page.keyboard.press('Delete');
    await toast(page, 'for reading only');
    await until_(page, 'Football, Nils');
  }),
  test('panel: a link of a description goes through the check', '/#/calendar/week', async (page) => {
    await open(page, 'Board preparation');
    const link = page.locator('[data-event-panel] a').first();
    await link.waitFor();
    equal(await link.textContent(), 'https://docs.example/board-spring', 'the link');
    await link.click();
    await settle(page);
    equal(await page.evaluate(() => location.hash), '#/calendar/week', 'the window stays where it is');
  }),
  test('answer: yes is shown at once and can be undone', '/#/calendar/week', async (page) => {
    await open(page, 'Design review');
    const answers = page.getByRole('group', { name: 'Your answer' });
    await answers.getByRole('button', { name: 'Yes' }).click();
    await until(page, () => document.querySelector('[data-event-panel] footer [aria-pressed=true]')?.textContent.includes('Yes'), 'yes is pressed');
    await toast(page, 'Accepted: Design review');
    equal((await named(page, 'Design review'))[0].includes('not answered'), false, 'answered');
    await page.keyboard.press('Escape');
    await page.keyboard.press('z');
    await says(page, ['Design review', 'not answered yet']);
  }),
  test('conflict: both versions, and theirs is kept', '/#/calendar/week', async (page) => {
    await open(page, 'Board deck');
    await until(page, () => document.querySelector('.conflict td') !== null, 'both versions');
    const said = await page.locator('.conflict').innerText();
    for (const part of ['Library', 'Room Skerry', 'Yours', 'Theirs']) assert(said.includes(part), `${part} in ${said}`);
    await page.getByRole('button', { name: 'Keep theirs' }).click();
    await says(page, ['Board deck', '15:30 to 16:30', 'Room Skerry']);
    await toast(page, 'Kept the other version');
    equal((await named(page, 'Board deck'))[0].includes('changed on both sides'), false, 'no conflict any more');
  }),
  test('make: by form, with words for what is wrong', '/#/calendar/week', async (page) => {
    await page.keyboard.press('c');
    await form(page);
    await until(page, () => document.activeElement?.getAttribute('aria-label') === 'Title', 'the focus in the title');
    await page.keyboard.type('Release party');
    await page.getByLabel('First day', { exact: true }).fill('fri');
    await page.getByLabel('Beginning').fill('7 pm');
    await page.getByLabel('Link to join').fill('meet.example');
    await page.getByRole('button', { name: 'Add event' }).click();
    await until(page, () => document.activeElement?.getAttribute('aria-label') === 'Link to join' && document.body.textContent.includes('has to begin with https://'), 'what is wrong, at its field');
    await page.getByLabel('Link to join').fill('https://meet.example/party');
    await page.getByLabel('End', { exact: true }).fill('18:00');
    await page.getByLabel('Title').focus();
    await until(page, () => document.body.textContent.includes('The end is before the beginning'), 'the end');
    await page.getByLabel('End', { exact: true }).fill('21:30');
    await page.getByRole('textbox', { name: 'Place' }).fill('Roof');
    await page.getByLabel('Title').press('Enter');
    await says(page, ['Release party', '20 March', '19:00 to 21:30', 'Roof']);
    await toast(page, 'Release party added');
    await gone(page, '[role=dialog]', 'the form is gone');
    await page.keyboard.press('z');
    await until_(page, 'Release party', false);
  }),
  test('make: refused, the form is there again as it was', '/?calendar=refuse#/calendar/week', async (page) => {
    await page.keyboard.press('c');
    await form(page);
    await page.keyboard.type('Precious words');
    await page.keyboard.press('Enter');
    await toast(page, 'changed elsewhere');
    await form(page);
    equal(await page.getByLabel('Title').inputValue(), 'Precious words', 'nothing is lost');
    await until_(page, 'Precious words', false);
    await page.keyboard.press('Escape');
    await until(page, () => document.body.textContent.includes('Discard what you wrote?'), 'the question');
    await page.getByRole('button', { name: 'Go on writing' }).click();
    equal(await page.getByLabel('Title').inputValue(), 'Precious words', 'still there');
  }),
  test('make: by drag, Escape takes it back', '/#/calendar/week', async (page) => {
    const [from, to] = [await spot(page, '2026-03-19', 16), await spot(page, '2026-03-19', 17.5)];
    await drag(page, from, to, { before: async () => {
      await until(page, () => document.querySelector('.ghost .time')?.textContent.includes('16:00–17:30'), 'a ghost with its time');
      await page.keyboard.press('Escape');
      await gone(page, '.ghost', 'no ghost');
    } });
    await settle(page);
    equal(await page.locator('[role=dialog]').count(), 0, 'nothing was made');
    await drag(page, from, to);
    await form(page);
    equal([await page.getByLabel('Beginning').inputValue(), await page.getByLabel('End', { exact: true }).inputValue()], ['16:00', '17:30'], 'the time');
    await page.keyboard.type('Dragged');
    await page.keyboard.press('Enter');
    await says(page, ['Dragged', '16:00 to 17:30']);
  }),
  test('move: by mouse to another day, and back', '/#/calendar/week', async (page) => {
    const there = await spot(page, '2026-03-20', 13);
    const box = await event(page, 'Dentist').boundingBox();
    await drag(page, { x: box.x + 20, y: box.y + 8 }, { x: there.x, y: there.y });
    await says(page, ['Dentist', '20 March', '12:55 to 13:35']);
    await toast(page, 'Dentist moved');
    equal(await page.locator('[data-event-panel]').count(), 0, 'a drag opens nothing');
    await page.keyboard.press('z');
    await says(page, ['Dentist', '19 March', '09:10 to 09:50']);
  }),
  test('move: by mouse into the lane of whole days', '/#/calendar/week', async (page) => {
    const box = await event(page, 'Lunch with Ana').boundingBox();
    const lane = await page.locator('.lane').boundingBox();
    await drag(page, { x: box.x + 20, y: box.y + 8 }, { x: box.x + 20, y: lane.y + lane.height - 4 });
    await says(page, ['Lunch with Ana', '20 March, all day']);
  }),
  test('move: refused, it is where it was', '/?calendar=refuse#/calendar/week', async (page) => {
    const box = await event(page, 'Lunch with Ana').boundingBox();
    const there = await spot(page, '2026-03-21', 15);
    await drag(page, { x: box.x + 20, y: box.y + 8 }, there);
    await toast(page, 'changed elsewhere');
    await says(page, ['Lunch with Ana', '20 March', '12:30 to 13:30']);
  }),
  test('resize: by mouse', '/#/calendar/week', async (page) => {
    const box = await event(page, 'Lunch with Ana').boundingBox();
    const to = await spot(page, '2026-03-20', 15);
    await drag(page, { x: box.x + box.width / 2, y: box.y + box.height - 1 }, to);
    await says(page, ['Lunch with Ana', '12:30 to 15:00']);
  }),
  test('move and resize: by keys, one change and one undo', '/#/calendar/week', async (page) => {
    await event(page, 'Lunch with Ana').focus();
    for (const key of ['Alt+ArrowDown', 'Alt+ArrowDown', 'Alt+ArrowRight', 'Alt+Shift+ArrowDown', 'Alt+ArrowUp']) await page.keyboard.press(key);
    await says(page, ['Lunch with Ana', '21 March', '12:45 to 14:00']);
    await toast(page, 'Lunch with Ana moved');
    equal(await page.locator('.toast').count(), 1, 'one change');
    assert((await focused(page)).includes('Lunch with Ana'), 'the focus went along');
    await page.keyboard.press('z');
    await says(page, ['Lunch with Ana', '20 March', '12:30 to 13:30']);
  }),
  test('move: by keys out of the week, the week goes along', '/#/calendar/week', async (page) => {
    await event(page, 'Dinner with Amara').focus();
    await page.keyboard.press('Alt+ArrowRight');
    await page.keyboard.press('Alt+ArrowRight');
    await until(page, () => document.querySelector('h1').textContent.startsWith('23'), 'the next week');
    await says(page, ['Dinner with Amara', '23 March', '19:00 to 22:00']);
    await until(page, () => document.activeElement?.textContent.includes('Dinner with Amara'), 'with the focus');
  }),
  test('delete: the next one has the focus, undo brings it back', '/#/calendar/week', async (page) => {
    await event(page, 'Planning').focus();
    await page.keyboard.press('Delete');
    await until_(page, 'Planning', false);
    await toast(page, 'Planning deleted');
    await until(page, () => document.activeElement?.hasAttribute('data-event'), 'the focus is on another event');
    await page.keyboard.press('z');
    await until_(page, 'Planning');
  }),
  test('series: which of them', '/#/calendar/week', async (page) => {
    const mine = () => named(page, 'Stand-up');
    equal((await mine()).length, 5, 'five of them');
    await event(page, 'Stand-up').focus();
    await page.keyboard.press('Delete');
    await until(page, () => document.querySelector('.choices') !== null, 'the question');
    await axe(page);
    await page.keyboard.press('Escape');
    await gone(page, '.choices', 'closed');
    equal((await mine()).length, 5, 'nothing was done');
    await page.keyboard.press('Delete');
    await page.getByRole('button', { name: 'Only this one' }).click();
    await until(page, () => [...document.querySelectorAll('[data-event] .sr-only')].filter((e) => e.textContent.includes('Stand-up')).length === 4, 'four');
    await page.keyboard.press('z');
    await until(page, () => [...document.querySelectorAll('[data-event] .sr-only')].filter((e) => e.textContent.includes('Stand-up')).length === 5, 'five again');
    await page.locator('[data-event]').filter({ hasText: 'Stand-up' }).nth(2).focus();
    await page.keyboard.press('Delete');
    await page.getByRole('button', { name: 'This and all that follow' }).click();
    await until(page, () => [...document.querySelectorAll('[data-event] .sr-only')].filter((e) => e.textContent.includes('Stand-up')).length === 2, 'two before it');
  }),
  test('series: the form changes all of them', '/#/calendar/week', async (page) => {
    await event(page, 'Stand-up').focus();
    await page.keyboard.press('e');
    await form(page);
    equal(await page.getByLabel('Repeats', { exact: true }).inputValue(), 'weekly', 'it is weekly');
    await page.getByLabel('Title').fill('Huddle');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: /^All/ }).click();
    await until(page, () => [...document.querySelectorAll('[data-event] .sr-only')].filter((e) => e.textContent.includes('Huddle')).length === 5, 'all five');
  }),
  test('series: a rule the form cannot show is kept', '/#/calendar/week/2026-03-31', async (page) => {
    await event(page, 'Payday').focus();
    await page.keyboard.press('e');
    await form(page);
    assert((await page.locator('form code').textContent()).includes('BYSETPOS=-1'), 'as it is written');
    await page.getByLabel('Title').fill('Salary');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: /^All/ }).click();
    await says(page, ['Salary', 'all day', 'repeats']);
    await open(page, 'Salary');
    await page.keyboard.press('e');
    await form(page);
    assert((await page.locator('form code').textContent()).includes('BYSETPOS=-1'), 'still');
  }),
  test('words: what was understood, before Enter', '/#/calendar/week', async (page) => {
    await page.keyboard.press('q');
    await page.getByLabel('Event', { exact: true }).waitFor();
    await page.keyboard.type('lunch with Ana sat 12:30 for 90 min at Kafka');
    await until(page, () => /Sat,? 21 March,? 12:30–14:00/.test(document.querySelector('.found')?.textContent.replace(/\s+/g, ' ') ?? '') && document.querySelector('.found').textContent.includes('Kafka'), 'the preview');
    await page.keyboard.press('Enter');
    await says(page, ['lunch with Ana', '21 March', '12:30 to 14:00', 'Kafka']);
  }),
  test('words: more opens the form with them', '/#/calendar/week', async (page) => {
    await page.keyboard.press('q');
    await page.getByLabel('Event', { exact: true }).fill('Gym every tuesday and thursday 7am');
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await form(page);
    equal([await page.getByLabel('Title').inputValue(), await page.getByLabel('Repeats', { exact: true }).inputValue()], ['Gym', 'weekly'], 'what was understood');
  }),

  test('month: a grid that the arrows walk, Enter opens the day', '/#/calendar/month', async (page) => {
    equal(await page.locator('.month [role=gridcell]').count(), 42, 'days');
    const at = () => page.evaluate(() => document.activeElement?.getAttribute('data-day'));
    const go = async (key, day) => { await page.keyboard.press(key); await until(page, (d) => document.activeElement?.getAttribute('data-day') === d, `${key} to ${day}`, 8000, day); };
    await page.locator('.month [role=gridcell][tabindex="0"]').focus();
    equal(await at(), '2026-03-19', 'begins today');
    await go('ArrowRight', '2026-03-20');
    await go('ArrowDown', '2026-03-27');
    await go('End', '2026-03-29');
    await go('ArrowDown', '2026-04-05');
    await go('PageUp', '2026-03-05');
    await go('Home', '2026-03-02');
    await page.keyboard.press('Enter');
    await until(page, () => location.hash === '#/calendar/day/2026-03-02', 'the day');
  }),
  test('month: what does not fit is behind “more”, and opens from there', '/#/calendar/month', async (page) => {
    await page.setViewportSize(SIZES.narrow);
    await settle(page);
    const more = page.locator('[role=gridcell][data-day="2026-03-17"] .more');
    await more.click();
    await until(page, () => document.querySelectorAll('.kit-popover [data-event]').length === 5, 'all of that day');
    await axe(page);
    await page.locator('.kit-popover [data-event]').filter({ hasText: 'Board preparation' }).click();
    await panel(page);
    equal(await page.locator('[data-event-panel] h2').textContent(), 'Board preparation', 'its panel');
    await axe(page);
  }),
  test('month: by mouse to another day, at the same time', '/#/calendar/month', async (page) => {
    const box = await event(page, 'Planning').boundingBox();
    const to = await page.locator('[role=gridcell][data-day="2026-03-25"]').boundingBox();
    await drag(page, { x: box.x + 10, y: box.y + 8 }, { x: to.x + 40, y: to.y + 80 });
    await says(page, ['Planning', '25 March', '10:00 to 11:30']);
  }),
  test('agenda: only the days in sight are drawn, the arrows reach all', '/?calendar=many#/calendar/agenda', async (page) => {
    assert((await page.locator('.agenda [data-event]').count()) < 60, 'few of hundreds');
    await page.locator('.agenda [data-event]').first().focus();
    for (let i = 0; i < 30; i++) await page.keyboard.press('ArrowDown');
    await until(page, () => document.activeElement?.hasAttribute('data-event') && document.querySelector('.agenda').scrollTop > 400, 'further down, with the focus');
    const before = await page.locator('.days').evaluate((e) => e.clientHeight);
    await page.evaluate(() => document.querySelector('.agenda').scrollTo(0, 1e9));
    await page.getByRole('button', { name: 'Show later days' }).click();
    await until(page, (h) => document.querySelector('.days').clientHeight > h, 'more days', 8000, before);
  }),
  test('summer time: the skipped hour is not drawn, the repeated one is', '/?calendar=dst#/calendar/day/2026-03-29', async (page) => {
    const marks = () => page.evaluate(() => [...document.querySelectorAll('.hours .hour')].map((h) => h.textContent.trim()));
    equal((await marks()).slice(0, 3), ['01:00', '03:00', '04:00'], '23 hours');
    const tall = (words) => event(page, words).evaluate((e) => Math.round((e.getBoundingClientRect().height + 2) / 12) / 4);
    // From half past midnight to half past five are four hours in that night.
    equal(await tall('Night shift'), 4, 'its real length');
    await page.goto(page.url().replace('day/2026-03-29', 'day/2026-10-25'));
    await until(page, () => location.hash.endsWith('2026-10-25'), 'autumn');
    await events(page);
    equal((await marks()).slice(0, 4), ['01:00', '02:001', '02:002', '03:00'], '25 hours');
    equal(await tall('Night shift'), 6, 'its real length');
    await page.keyboard.press('w');
    await until(page, () => document.querySelectorAll('.column').length === 7 && document.querySelectorAll('.absent').length === 6, 'the other days of the week do not have it');
  }),
  test('zones: a second one beside the hours', '/#/calendar/week', async (page) => {
    await page.keyboard.press('Control+Alt+z');
    await until(page, () => [...document.querySelectorAll('.zone')].some((z) => z.textContent === 'UTC'), 'UTC');
    const pair = await page.evaluate(() => { const all = [...document.querySelectorAll('.hours .hour')]; const nine = all.find((h) => !h.classList.contains('second') && h.textContent === '09:00'); return all.find((h) => h.classList.contains('second') && h.style.insetBlockStart === nine.style.insetBlockStart).textContent; });
    equal(pair, '08:00', 'nine in Oslo is eight there');
    await page.reload();
    await until(page, () => document.querySelector('.hour.second') !== null, 'it stays');
    await page.keyboard.press('Control+Alt+z');
    await gone(page, '.hour.second', 'and goes');
  }),
  test('side: hide, show, colour, default, save and read a file', '/#/calendar/week', async (page) => {
    await page.getByRole('checkbox', { name: 'Show Mara' }).uncheck({ force: true });
    await until_(page, 'Dentist', false);
    await page.getByRole('checkbox', { name: 'Show Mara' }).check({ force: true });
    await until_(page, 'Dentist');
    const menu = async (item) => { await page.getByRole('button', { name: 'Actions for Mara' }).click(); await page.getByRole(item.role ?? 'menuitem', { name: item.name, exact: true }).click(); };
    await menu({ role: 'menuitemcheckbox', name: 'Green' });
    await until(page, () => [...document.querySelectorAll('[data-event]')].find((e) => e.textContent.includes('Dentist')).style.getPropertyValue('--h') === 'var(--hue-4)', 'green');
    await menu({ name: 'Put new events here' });
    await page.keyboard.press('q');
    await page.getByLabel('Event', { exact: true }).fill('x fri 9:00');
    await until(page, () => document.querySelector('.found')?.textContent.includes('Mara'), 'the default calendar');
    await page.keyboard.press('Escape');
    await menu({ name: 'Save as a file (.ics)' });
    await toast(page, 'Mara.ics');
    const ics = ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', 'SUMMARY:From a file', 'END:VEVENT', 'BEGIN:VEVENT', 'SUMMARY:Dentist', 'END:VEVENT', 'END:VCALENDAR'].join('\r\n');
    await page.locator('input[type=file]').first().setInputFiles({ name: 'a.ics', mimeType: 'text/calendar', buffer: Buffer.from(ics) });
    await toast(page, '1 event added, 1 was there already');
    await until_(page, 'From a file');
    await page.locator('input[type=file]').first().setInputFiles({ name: 'b.ics', mimeType: 'text/calendar', buffer: Buffer.from('hello') });
    await toast(page, 'This is not a calendar file');
  }),
  test('side: in a narrow window it is behind a button', '/#/calendar/week', async (page) => {
    await page.getByRole('button', { name: 'Calendars', exact: true }).click();
    await page.getByRole('checkbox', { name: 'Show Work' }).waitFor({ state: 'attached' });
    await settle(page);
    await axe(page);
    await page.keyboard.press('Escape');
    await gone(page, '.kit-popover', 'closed');
  }, { size: 'narrow' }),
  test('states: nothing on, a part, offline, all hidden', '/?calendar=empty#/calendar/agenda', async (page) => {
    await until(page, () => document.body.textContent.includes('Nothing on in these days'), 'nothing on');
    await page.goto(page.url().replace('calendar=empty', 'calendar=cut'));
    await until(page, () => document.body.textContent.includes('more events here than can be shown'), 'a part');
    await page.goto(page.url().replace('scenario=full', 'scenario=offline').replace('calendar=cut', 'calendar=full'));
    await until(page, () => document.body.textContent.includes('goes out when you are online'), 'offline');
    await events(page);
    for (const name of ['Work', 'Launch team', 'Mara', 'Family', 'Holidays']) await page.getByRole('checkbox', { name: `Show ${name}` }).uncheck({ force: true });
    await until(page, () => document.body.textContent.includes('Every calendar is hidden'), 'all hidden');
    await page.getByRole('button', { name: 'Show all calendars' }).click();
    await events(page);
  }, { ready: false }),
  test('German', '/#/calendar/week', async (page, env) => {
    await until(page, () => document.querySelector('h1').textContent.includes('KW 12'), 'the week');
    await page.keyboard.press('q');
    await page.getByLabel('Termin', { exact: true }).fill('Mittag mit Ana Sa 12:30 im Kafka');
    await page.keyboard.press('Enter');
    await says(page, ['Mittag mit Ana', 'Samstag', '12:30 bis 13:30', 'Kafka']);
    await page.screenshot({ path: join(env.out, 'calendar-de.png') });
  }, { settings: { language: 'de' } }),
  ...['day', 'week', 'month', 'agenda'].map((mode) => test(`room: ${mode} fits every width, and 200 %`, `/#/calendar/${mode}`, async (page, env) => {
    for (const size of [SIZES.wide, SIZES.narrow, { width: 640, height: 400 }]) {
      await page.setViewportSize(size);
      await settle(page);
      const wide = await sideways(page);
      assert(wide.length === 0, `${String(size.width)}: scrolls sideways: ${wide.join(', ')}`);
    }
    await axe(page);
    await page.screenshot({ path: join(env.out, `calendar-zoom200-${mode}.png`) });
    await page.keyboard.press('c');
    await form(page);
    await settle(page);
    const save = await page.getByRole('button', { name: 'Add event' }).boundingBox();
    assert(save.y + save.height <= 400, 'the form can be saved');
    equal(await sideways(page), [], 'the form fits');
    await page.screenshot({ path: join(env.out, `calendar-zoom200-form-${mode}.png`) });
  })),

  test('move: by keys, and away at once: nothing is lost, of a series it is this one', '/#/calendar/week', async (page) => {
    await event(page, 'Choir').focus();
    await page.keyboard.press('Alt+ArrowDown');
    await page.keyboard.press('g');
    await page.keyboard.press('i');
    await toast(page, 'Choir moved');
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await says(page, ['Choir', '18 March', '18:45 to 20:45']);
    await page.keyboard.press('n');
    await says(page, ['Choir', '25 March', '18:30 to 20:30']);
  }),
  test('move: by keys with the panel open, which stays', '/#/calendar/week', async (page) => {
    await open(page, 'Lunch with Ana');
    await page.keyboard.press('Alt+ArrowDown');
    await until(page, () => document.querySelector('[data-event-panel] .when').textContent.includes('12:45'), 'the panel says so');
    assert(await page.evaluate(() => document.activeElement.closest('[data-event-panel]') !== null), 'with the focus');
    await toast(page, 'Lunch with Ana moved');
  }),
  test('panel: a sheet where there is no room beside', '/#/calendar/week', async (page, env) => {
    await open(page, 'Design review');
    await until(page, () => document.querySelector('[data-event-panel] .facts') !== null, 'its facts');
    const box = await page.locator('[data-event-panel]').boundingBox();
    assert(box.x >= 0 && box.x + box.width <= 640 && box.height <= 400, `in the window: ${JSON.stringify(box)}`);
    await axe(page);
    await page.screenshot({ path: join(env.out, 'calendar-sheet.png') });
  }, { size: { width: 640, height: 400 } }),
  test('right to left: the week begins on the right, and a drag goes where the hand goes', '/#/calendar/week', async (page, env) => {
    const lefts = await page.evaluate(() => [...document.querySelectorAll('.column')].map((c) => Math.round(c.getBoundingClientRect().left)));
    assert(lefts[0] > lefts[6], `the first day is on the right: ${lefts}`);
    equal(await sideways(page), [], 'fits');
    const [from, to] = [await spot(page, '2026-03-20', 16), await spot(page, '2026-03-20', 17)];
    await drag(page, from, to);
    await form(page);
    await until(page, () => document.querySelector('[role=dialog] .date input').value.includes('20'), 'the day under the hand');
    await page.screenshot({ path: join(env.out, 'calendar-rtl.png') });
  }, { settings: { language: 'ar-XB' } }),
];
