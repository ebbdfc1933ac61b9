// The tasks in the real window, over the sandbox's own servers: made in words, found, done, taken back and deleted without a mouse, each
// step accepted by the provider. Usage: node tests/e2e/tasks.mjs BINARY TAURI_DRIVER
import { Desk, equal, sleep } from './desk.mjs';

const [binary, tauriDriver] = process.argv.slice(2);
const desk = await Desk.start(binary, tauriDriver);
const until = (what, fn, args, ms) => desk.driver.until(what, fn, args, ms);

const TITLE = 'Prune the quince';
const has = (words) => until(`a task that says ${words.join(' and ')}`, `(words) => [...document.querySelectorAll('[data-task]')].some((e) => words.every((w) => e.getAttribute('aria-label').includes(w)))`, [words]);
const hasNot = (words) => until(`no task that says ${words}`, `(words) => ![...document.querySelectorAll('[data-task]')].some((e) => e.getAttribute('aria-label').includes(words))`, [words]);
/** The keys are at the task that says this. */
const at = (words) => until(`the keys at ${words}`, `(words) => {
  const grid = document.querySelector('[role=grid], [role=treegrid]');
  return document.getElementById(grid?.getAttribute('aria-activedescendant'))?.getAttribute('aria-label')?.includes(words) === true;
}`, [words]);
/** The core's row of it. */
const row = () => desk.driver.run(`async (title) => {
  const page = await window.__TAURI_INTERNALS__.invoke('tasks', { req: { view: { type: 'search', text: title, closed: true }, after: null, limit: 10 } });
  return page.tasks.find((t) => t.title === title) ?? null;
}`, TITLE);
const walkTo = async (words) => {
  await desk.driver.keys('Home');
  for (let i = 0; i < 60; i += 1) {
    const here = await desk.driver.run(`() => document.getElementById(document.querySelector('[role=grid], [role=treegrid]')?.getAttribute('aria-activedescendant'))?.getAttribute('aria-label') ?? ''`);
    if (here.includes(words)) return;
    await desk.driver.keys('j');
  }
  throw new Error(`no task ${words} below the keys`);
};

await desk.test('two keys lead from the mail to the tasks of three connections', async () => {
  await desk.open(['--demo']);
  await desk.rows(50, 60_000);
  await desk.driver.run(`() => document.querySelector('[role=grid]').focus()`);
  await desk.driver.keys('g', 'k');
  await until('the tasks', `() => location.hash === '#/tasks/today'`);
  await until('tasks of today', `() => document.querySelectorAll('[data-task]').length > 2`, [], 60_000);
  const lists = await desk.driver.run(`async () => (await window.__TAURI_INTERNALS__.invoke('task_lists', { req: {} })).map((l) => l.connection)`);
  equal(new Set(lists).size, 3, 'connections with task lists');
});

await desk.test('keyboard only: made in words, at its provider', async () => {
  await desk.driver.keys('c');
  await until('the field', `() => document.activeElement?.tagName === 'INPUT' && document.activeElement.getAttribute('aria-label') === 'Add a task'`);
  await desk.driver.keys(...`${TITLE} today 18:00 p2 @Studio`);
  await sleep(200);
  await desk.shot('tasks-quick');
  await desk.driver.keys('Enter');
  await has([TITLE, 'high priority', 'Studio']);
  await desk.accepted('made');
  equal((await row())?.pending ?? null, null, 'what is still to be done about it');
  await desk.driver.keys('Escape');
});

await desk.test('keyboard only: done, and taken back by z', async () => {
  await desk.driver.run(`() => document.querySelector('[role=grid], [role=treegrid]').focus()`);
  await walkTo(TITLE);
  await desk.driver.keys('Space');
  await until('it is done in the core', `async (title) => {
    const page = await window.__TAURI_INTERNALS__.invoke('tasks', { req: { view: { type: 'today' }, after: null, limit: 200 } });
    return !page.tasks.some((t) => t.title === title && t.status !== 'done');
  }`, [TITLE]);
  await desk.accepted('done');
  await desk.driver.keys('z');
  await has([TITLE, 'not done']);
  await desk.accepted('taken back');
});

await desk.test('keyboard only: into the panel, renamed, and out', async () => {
  await walkTo(TITLE);
  await desk.driver.keys('Enter');
  await until('the panel', `(title) => document.querySelector('[data-task-panel]')?.getAttribute('aria-label').includes(title) === true`, [TITLE]);
  await sleep(400);
  await desk.shot('tasks-panel');
  await desk.driver.keys('Escape');
  await until('closed', `() => document.querySelector('[data-task-panel]') === null`);
  await at(TITLE);
});

await desk.test('keyboard only: deleted, and brought back by z', async () => {
  await walkTo(TITLE);
  await desk.driver.keys('Delete');
  await hasNot(TITLE);
  await desk.accepted('deleted');
  await desk.driver.keys('z');
  await has([TITLE, 'high priority', 'Studio']);
  await desk.accepted('brought back');
});

await desk.test('every view, light and dark', async () => {
  for (const theme of ['light', 'dark']) {
    await desk.theme(theme);
    for (const view of ['today', 'upcoming', 'anytime']) {
      await desk.go(`#/tasks/${view}`);
      await until('its tasks', `() => document.querySelectorAll('[data-task]').length > 0`);
      await desk.rested(`tasks-${view}-${theme}`);
    }
  }
});
process.exit(await desk.end());
