// The calendar in the real window, over the sandbox's own servers: made, moved and deleted without a mouse, and each step looked up at
// the server that has the event. Usage: node tests/e2e/calendar.mjs BINARY TAURI_DRIVER
import { Desk, equal, sleep } from './desk.mjs';

const [binary, tauriDriver] = process.argv.slice(2);
const desk = await Desk.start(binary, tauriDriver);
const until = (what, fn, args, ms) => desk.driver.until(what, fn, args, ms);

const TITLE = 'Quince harvest';
/** What a screen reader says of each event that is drawn and has this in its name. */
const said = (words) => desk.driver.run(`(words) => [...document.querySelectorAll('[data-event] .sr-only')].map((e) => e.textContent).filter((t) => t.includes(words))`, words);
/** The core's row of it, within a fortnight of now. */
const row = () => desk.driver.run(`async (title) => {
  const now = Date.now();
  const req = { from: now - 14 * 86_400_000, to: now + 14 * 86_400_000 };
  return (await window.__TAURI_INTERNALS__.invoke('events', { req })).events.find((e) => e.title === title) ?? null;
}`, TITLE);
const focusOn = (words) => until(`the focus on ${words}`, `(words) => document.activeElement?.hasAttribute('data-event') === true && document.activeElement.textContent.includes(words)`, [words]);

await desk.test('two keys lead from the mail to the calendar', async () => {
  await desk.open(['--demo']);
  await desk.rows(50, 60_000);
  await desk.driver.run(`() => document.querySelector('[role=grid]').focus()`);
  await desk.driver.keys('g', 'c');
  await until('the calendar', `() => location.hash.startsWith('#/calendar')`);
  await until('its events', `() => document.querySelectorAll('[data-event] .sr-only').length > 8`, [], 60_000);
});

await desk.test('keyboard only: made from words, at its server, and focused', async () => {
  await desk.driver.keys('q');
  await until('the field', `() => document.activeElement?.closest('[role=dialog]') !== null && document.activeElement.tagName === 'INPUT'`);
  await desk.driver.keys(...`${TITLE} today 10:00 for 1 hour`);
  await until('what was understood', `(title) => document.querySelector('[role=dialog] .found .title')?.textContent === title`, [TITLE]);
  await desk.driver.keys('Enter');
  await until('the event', `(title) => [...document.querySelectorAll('[data-event] .sr-only')].some((e) => e.textContent.includes(title))`, [TITLE]);
  await focusOn(TITLE);
  await desk.accepted('made');
  equal((await row())?.pending, null, 'what is still to be done about it');
});

let before;
await desk.test('keyboard only: moved by four keys, once', async () => {
  before = await row();
  await focusOn(TITLE);
  await desk.driver.keys('Alt+ArrowDown', 'Alt+ArrowDown', 'Alt+Shift+ArrowDown', 'Alt+ArrowDown');
  await until('the change in the core', `async (title, start, end) => {
    const now = Date.now();
    const { events } = await window.__TAURI_INTERNALS__.invoke('events', { req: { from: now - 14 * 86_400_000, to: now + 14 * 86_400_000 } });
    const e = events.find((e) => e.title === title);
    return e?.start === start + 45 * 60_000 && e.end === end + 60 * 60_000;
  }`, [TITLE, before.start, before.end]);
  await focusOn(TITLE);
  await desk.accepted('moved');
});

await desk.test('keyboard only: deleted, and brought back by z as it was', async () => {
  const moved = await row();
  await desk.driver.keys('Delete');
  await until('it is gone', `(title) => ![...document.querySelectorAll('[data-event] .sr-only')].some((e) => e.textContent.includes(title))`, [TITLE]);
  equal(await row(), null, 'the event in the core');
  await until('the focus on another', `() => document.activeElement?.hasAttribute('data-event') === true`);
  await desk.driver.keys('z');
  await until('it is back', `(title) => [...document.querySelectorAll('[data-event] .sr-only')].some((e) => e.textContent.includes(title))`, [TITLE]);
  await desk.accepted('deleted and undone');
  const back = await row();
  equal([back.start, back.end, back.title], [moved.start, moved.end, TITLE], 'what came back');
});

await desk.test('keyboard only: the form, opened, changed and sent', async () => {
  await desk.driver.run(`(title) => [...document.querySelectorAll('[data-event]')].find((e) => e.textContent.includes(title))?.focus()`, TITLE);
  await desk.driver.keys('e');
  await until('the form', `() => document.activeElement?.classList.contains('title') === true`);
  await sleep(250);
  await desk.shot('calendar-editor');
  await desk.driver.keys(...' again');
  await desk.driver.keys('Control+Enter');
  await until('the new title', `(title) => [...document.querySelectorAll('[data-event] .sr-only')].some((e) => e.textContent.includes(title))`, [`${TITLE} again`]);
  await desk.accepted('renamed');
});

await desk.test('every view, light and dark', async () => {
  for (const theme of ['light', 'dark']) {
    await desk.theme(theme);
    for (const [key, mode] of [['d', 'day'], ['w', 'week'], ['o', 'month'], ['a', 'agenda']]) {
      await desk.driver.run(`() => document.activeElement?.blur()`);
      await desk.driver.keys(key);
      await until(mode, `(mode) => location.hash.startsWith('#/calendar/' + mode)`, [mode]);
      await until('its events', `() => document.querySelectorAll('[data-event], [role=gridcell]').length > 0`);
      await desk.rested(`calendar-${mode}-${theme}`);
    }
  }
});
for (const [name, hash, ready] of [['connect-caldav', '#/integrations/caldav', `() => document.querySelector('main form input') !== null`], ['connect-ics', '#/integrations/ics', `() => document.querySelector('main form input') !== null`], ['connect', '#/integrations', `() => document.querySelector('main h1') !== null`]]) {
  await desk.go(hash); await until(name, ready); await sleep(400); await desk.shot(name);
}
process.exit(await desk.end());
