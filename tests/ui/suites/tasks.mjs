// The tasks: their views, a task, adding in words, making one of a mail, connecting Todoist; by mouse and by keys. The clock stands at
// Thursday 19 March 2026, 10:41 in Oslo.
import { join } from 'node:path';
import { SIZES, assert, axe, equal, screens, settle, until, withPage } from '../lib/harness.mjs';

const rows = (page) => until(page, () => document.querySelector('[data-task]') !== null, 'tasks');
/** Tasks by what they say to the ear, from the top. */
const names = (page) => page.evaluate(() => [...document.querySelectorAll('[data-task]')].sort((a, b) => Number(a.getAttribute('aria-rowindex')) - Number(b.getAttribute('aria-rowindex'))).map((e) => e.getAttribute('aria-label')));
const task = (page, words) => page.locator('[data-task]').filter({ hasText: words }).first();
const says = (page, words, yes = true) => until(page, ([w, y]) => [...document.querySelectorAll('[data-task]')].some((e) => w.every((x) => e.getAttribute('aria-label').includes(x))) === y, `${yes ? 'a' : 'no'} task that says ${words.join(' and ')}`, 8000, [words, yes]);
const active = (page) => page.evaluate(() => { const grid = document.querySelector('[role=grid], [role=treegrid]'); return document.getElementById(grid?.getAttribute('aria-activedescendant'))?.getAttribute('aria-label') ?? ''; });
const actives = (page, words) => until(page, (w) => { const grid = document.querySelector('[role=grid], [role=treegrid]'); return document.getElementById(grid?.getAttribute('aria-activedescendant'))?.getAttribute('aria-label')?.includes(w); }, `the keys at “${words}”`, 8000, words);
const heads = (page) => page.evaluate(() => [...document.querySelectorAll('.heading [role=rowheader]')].map((e) => e.textContent.replace(/\s+/g, ' ').trim()));
const panel = (page, words) => until(page, (w) => document.querySelector('[data-task-panel] dl') !== null && (w === undefined || document.querySelector('[data-task-panel]').getAttribute('aria-label').includes(w)), `the panel${words ? ` of ${words}` : ''}`, 8000, words);
const toast = (page, words) => until(page, (w) => [...document.querySelectorAll('.toast')].some((e) => e.textContent.includes(w)), `a toast “${words}”`, 8000, words);
const gone = (page, selector, what) => until(page, (s) => document.querySelector(s) === null, what, 8000, selector);
const body = (page, words) => until(page, (w) => document.body.innerText.includes(w), `“${words}” on screen`, 8000, words);
const open = async (page, words) => { await task(page, words).click(); await panel(page, words); };
const to = async (page, words) => { await task(page, words).click(); await page.keyboard.press('Escape'); await gone(page, '[data-task-panel]', 'the panel is closed'); await actives(page, words); };
const quick = (page) => page.getByLabel('Add a task', { exact: true });
const chips = (page) => page.evaluate(() => [...document.querySelectorAll('.chip')].map((e) => (e.querySelector('.sr-only')?.textContent ?? e.getAttribute('aria-label') ?? e.textContent).trim()));
const sideways = (page) => page.evaluate(() => [...document.querySelectorAll('html, body, #app, main, [data-pane], [role=grid], [role=treegrid], [data-task-panel] .body, [role=dialog]')].filter((el) => el.scrollWidth > el.clientWidth + 1).map((el) => `${el.tagName}.${el.className} ${el.scrollWidth}>${el.clientWidth}`));
const test = (name, path, run, options = {}) => ({ name: `tasks ${name}`, run: (env) => withPage(env, path, { name: `tasks-${name}`, ...options }, async (page) => { if (options.ready !== false) await rows(page); await run(page, env); }) });
const make = async (page) => { await until(page, () => document.querySelector('[role=grid] [role=row][aria-label]') !== null, 'the inbox'); await page.keyboard.press('t'); await until(page, () => document.querySelector('[role=dialog] .about') !== null, 'the dialog'); };

export const tests = [
  ...screens([
    ['tasks-today', '/#/tasks', rows],
    ['tasks-upcoming', '/#/tasks/upcoming', rows],
    ['tasks-anytime', '/#/tasks/anytime', rows, { sizes: ['wide'] }],
    ['tasks-list', '/#/tasks/list/3', async (page) => { await rows(page); await page.getByRole('button', { name: 'Done in this list' }).click(); await says(page, ['Freeze the strings']); }],
    ['tasks-done', '/#/tasks/done', rows, { sizes: ['wide'] }],
    ['tasks-panel', '/#/tasks', async (page) => { await rows(page); await open(page, 'Review the release notes'); }],
    ['tasks-panel-steps', '/#/tasks/list/3', async (page) => { await rows(page); await open(page, 'Spring launch'); }, { sizes: ['wide'] }],
    ['tasks-panel-google', '/#/tasks', async (page) => { await rows(page); await open(page, 'Book a room'); }, { sizes: ['wide'] }],
    ['tasks-panel-locked', '/#/tasks/list/6', async (page) => { await rows(page); await open(page, 'Learn the second alto'); }, { sizes: ['wide'] }],
    ['tasks-conflict', '/#/tasks/upcoming', async (page) => { await rows(page); await open(page, 'slide 9'); await until(page, () => document.querySelector('.conflict td') !== null, 'both versions'); }, { sizes: ['wide'] }],
    ['tasks-quick', '/#/tasks', async (page) => { await rows(page); await page.keyboard.press('c'); await quick(page).fill('Call Bo tomorrow 9:00 p1 #errand @Home'); }],
    ['tasks-quick-cant', '/#/tasks/list/4', async (page) => { await rows(page); await page.keyboard.press('c'); await quick(page).fill('Call Bo every friday 9:00 p1 #errand'); }, { sizes: ['wide'] }],
    ['tasks-due', '/#/tasks', async (page) => { await rows(page); await actives(page, ''); await page.keyboard.press('Shift+D'); await page.getByLabel('In words').fill('next friday 9:00'); }, { sizes: ['wide'] }],
    ['tasks-move', '/#/tasks', async (page) => { await rows(page); await to(page, 'Call Bo'); await page.keyboard.press('v'); await page.getByRole('dialog').waitFor(); }, { sizes: ['wide'], themes: ['light'] }],
    ['tasks-new', '/#/inbox', async (page) => { await until(page, () => document.querySelector('[role=grid] [role=row]') !== null, 'the inbox'); await page.keyboard.press('Control+k'); await page.keyboard.type('new task'); await page.keyboard.press('Enter'); await quick(page).fill('Call Bo tomorrow 9:00 p1'); }, { sizes: ['wide'] }],
    ['tasks-make', '/#/inbox', async (page) => { await make(page); await page.getByLabel('Due', { exact: true }).fill('mon 9:00'); }, { sizes: ['wide'] }],
    ['tasks-none', '/?tasks=none#/tasks', async (page) => { await body(page, 'No task tool is connected'); }, { sizes: ['wide'] }],
    ['tasks-empty', '/?tasks=empty#/tasks', async (page) => { await body(page, 'Nothing left for today'); }, { sizes: ['wide'] }],
    ['tasks-error', '/?tasks=error#/tasks', async (page) => { await body(page, 'The tasks could not be read'); }, { sizes: ['wide'] }],
    ['tasks-slow', '/?tasks=slow#/tasks', async (page) => { await until(page, () => document.querySelector('.bones .bone') !== null, 'bones'); }, { sizes: ['wide'], themes: ['light'] }],
    ['integration-todoist', '/#/integrations/todoist', async (page) => { await page.getByLabel('API token').waitFor(); }],
    ['integration-jira', '/#/integrations/jira', async (page) => { await page.getByLabel('API token').waitFor(); }],
    ['integration-trello', '/#/integrations/trello', async (page) => { await page.getByLabel('API key').waitFor(); }, { sizes: ['narrow'] }],
  ]),

  test('views: keys, the address, and back', '/#/inbox', async (page) => {
    await until(page, () => document.querySelector('[role=row]') !== null, 'the inbox');
    await page.keyboard.press('g');
    await page.keyboard.press('k');
    await until(page, () => location.hash === '#/tasks/today', 'today');
    await rows(page);
    equal((await heads(page)).map((h) => h.replace(/,/g, '')), ['Overdue 3', 'Today 3'], 'what is overdue comes first');
    const side = page.getByRole('complementary', { name: 'Task lists' });
    await side.getByRole('link', { name: /^Upcoming/ }).click();
    await until(page, () => location.hash === '#/tasks/upcoming', 'upcoming');
    await says(page, ['Prepare the launch mail']);
    const upcoming = (await heads(page)).map((h) => h.replace(/,/g, ''));
    assert(upcoming[0].startsWith('Tomorrow · Friday 20 March') && upcoming.some((h) => /^(?:30 March|April)/.test(h)), `days, then weeks and months: ${upcoming.join(' | ')}`);
    await side.getByRole('link', { name: /^Anytime/ }).click();
    await says(page, ['Idea: a quieter']);
    equal((await heads(page)).map((h) => h.replace(/ \d+$/, '')), ['Inbox', 'Home', 'Spring launch', 'My Tasks'], 'by list; a hidden one is not there');
    await side.getByRole('link', { name: 'Reading' }).click();
    await until(page, () => location.hash === '#/tasks/list/5', 'a list');
    await says(page, ['The Dispossessed']);
    await side.getByRole('link', { name: 'Done', exact: true }).click();
    await says(page, ['Order the birthday cake', 'done']);
    assert((await heads(page))[0].startsWith('Today'), 'by the day it was done');
    await page.goBack();
    await until(page, () => location.hash === '#/tasks/list/5', 'back');
  }, { ready: false }),
  test('rail: how much is due today', '/#/inbox', async (page) => {
    await until(page, () => [...document.querySelectorAll('.rail a')].some((a) => a.textContent.includes('Tasks') && a.textContent.includes('6 due today')), 'six');
    await page.getByRole('link', { name: /^Tasks/ }).click();
    await rows(page);
    await actives(page, 'Renew');
    await page.keyboard.press('Space');
    await until(page, () => [...document.querySelectorAll('.rail a')].some((a) => a.textContent.includes('5 due today')), 'five');
  }, { ready: false }),
  test('rows: say everything', '/#/tasks', async (page) => {
    const all = (await names(page)).map((n) => n.replace(/day, (\d)/g, 'day $1'));
    for (const words of [
      'Renew the parking permit, medium priority, overdue since Monday 16 March, Home, labels errand, not done', 'Send Ruth the signed lease, urgent, overdue since yesterday, Inbox, has notes, made from a mail or an event, not done',
      'Review the release notes, high priority, overdue since today at 09:00, Spring launch, labels writing, has notes, not done', 'Call Bo about the window frames, due today at 15:00, Inbox, labels phone, not done', 'Water the plants, due today, Home, repeats, not done',
    ]) assert(all.includes(words), `“${words}” among\n${all.join('\n')}`);
    await page.goto(page.url().replace(/#.*/, '#/tasks/upcoming'));
    await says(page, ['slide 9', 'changed on both sides']);
    await says(page, ['travel expenses', 'not saved at the provider']);
    await says(page, ['new screenshots', 'low priority', 'not at the provider yet']);
    await says(page, ['second alto', 'can’t be changed']);
  }),
  test('keys in force: the sheet says what the keys do here', '/#/tasks', async (page) => {
    await page.keyboard.press('?');
    await until(page, () => document.querySelector('[data-command="tasks.new"]') !== null, 'the sheet');
    assert((await page.locator('[data-command="tasks.new"] kbd').allTextContents()).includes('C'), 'a new task');
    equal(await page.locator('[data-command="app.compose"]').count(), 0, 'compose has no key here');
    equal(await page.locator('[data-command="triage.archive"], [data-command="calendar.new"]').count(), 0, 'nothing of the lists and the calendar');
  }),
  test('keys: through the list, into a task, and out', '/#/tasks', async (page) => {
    await actives(page, 'Renew');
    for (const [key, words] of [['j', 'Send Ruth'], ['ArrowDown', 'Review'], ['k', 'Send Ruth'], ['End', 'Call Bo'], ['Home', 'Renew']]) {
      await page.keyboard.press(key);
      await actives(page, words);
    }
    await page.keyboard.press('Enter');
    await panel(page, 'Renew');
    assert(page.url().endsWith('?task=1'), 'the address names it');
    // The panel follows the list.
    await page.keyboard.press('j');
    await panel(page, 'Send Ruth');
    await page.keyboard.press('Escape');
    await gone(page, '[data-task-panel]', 'closed');
    await actives(page, 'Send Ruth');
    equal(await page.evaluate(() => document.activeElement.getAttribute('role')), 'grid', 'the focus is on the list');
    await page.reload();
    await rows(page);
    await page.goto(page.url().replace(/#.*/, '#/tasks/list/2?task=22'));
    await panel(page, 'Paint the hallway');
  }),
  test('keys: done and undo, priority, day', '/#/tasks', async (page) => {
    await to(page, 'Call Bo');
    await page.keyboard.press('Space');
    await says(page, ['Call Bo', ', done']);
    assert(await task(page, 'Call Bo').locator('.title').evaluate((e) => getComputedStyle(e).textDecorationLine === 'line-through'), 'struck for a moment');
    await toast(page, '“Call Bo about the window frames” done');
    await says(page, ['Call Bo'], false);
    await page.keyboard.press('z');
    await says(page, ['Call Bo', 'not done']);
    await to(page, 'Call Bo');
    for (const [key, words] of [['1', 'urgent'], ['2', 'high priority'], ['3', 'medium priority'], ['4', 'low priority']]) {
      await page.keyboard.press(key);
      await says(page, ['Call Bo', words]);
    }
    await page.keyboard.press('0');
    await until(page, () => ![...document.querySelectorAll('[data-task]')].find((e) => e.getAttribute('aria-label').includes('Call Bo')).getAttribute('aria-label').includes('priority'), 'none again');
    await page.keyboard.press('Shift+D');
    await until(page, () => document.activeElement?.getAttribute('aria-label') === 'In words', 'the field for words');
    await page.keyboard.type('tomorrow 8:15');
    await body(page, 'Due tomorrow at 08:15');
    await page.keyboard.press('Enter');
    await says(page, ['Call Bo'], false);
    await toast(page, 'changed');
    await page.keyboard.press('z');
    await says(page, ['Call Bo', 'due today at 15:00']);
    await to(page, 'Renew');
    await page.keyboard.press('t');
    await says(page, ['Renew', 'due today']);
    await to(page, 'Water');
    await page.keyboard.press('Delete');
    await says(page, ['Water'], false);
    await toast(page, 'deleted');
    await page.keyboard.press('z');
    await says(page, ['Water']);
  }),
  test('keys: to another list, and what a list can’t hold is said', '/#/tasks', async (page) => {
    await to(page, 'Call Bo');
    await page.keyboard.press('v');
    await page.getByLabel('Filter lists').waitFor();
    equal(await page.getByRole('option').allTextContents().then((all) => all.map((t) => t.trim())), ['Inbox', 'Home', 'Spring launch'], 'lists of the same account');
    await page.keyboard.type('hom');
    await page.keyboard.press('Enter');
    await says(page, ['Call Bo', 'Home']);
    await toast(page, 'moved');
    await to(page, 'Book a room');
    await page.keyboard.press('1');
    await toast(page, 'My Tasks can’t hold a priority');
    await page.goto(page.url().replace(/#.*/, '#/tasks/upcoming'));
    await rows(page);
    await to(page, 'second alto');
    await page.keyboard.press('Space');
    await toast(page, 'This list can only be read');
    await says(page, ['second alto', 'not done']);
  }),
  test('overdue: all to today, as one, and back', '/#/tasks', async (page) => {
    await page.getByRole('button', { name: 'Move all to today' }).click();
    await until(page, () => !document.body.innerText.includes('Overdue'), 'nothing is overdue');
    await toast(page, '3 tasks moved to today');
    await says(page, ['Renew', 'due today']);
    await says(page, ['Review the release notes', 'due today,']);
    equal(await page.locator('.toast').count(), 1, 'told once');
    await page.keyboard.press('z');
    await says(page, ['Renew', 'overdue since Monday']);
    await says(page, ['Send Ruth', 'overdue since yesterday']);
  }),
  test('tree: fold, unfold, and done with what stands below', '/#/tasks/list/3', async (page) => {
    const tree = await page.evaluate(() => [...document.querySelectorAll('[role=treegrid] [data-task]')].map((e) => [e.getAttribute('aria-label').split(',')[0], e.getAttribute('aria-level'), e.getAttribute('aria-posinset'), e.getAttribute('aria-expanded')]));
    const of = (name) => tree.find(([t]) => t === name);
    equal([of('Spring launch')[1], of('Agree on the price list').slice(1), of('Ask Meridian for their terms').slice(1), of('Write the changelog').slice(1)], ['1', ['2', '1', 'true'], ['3', '1', null], ['2', '2', null]], 'levels and places');
    await to(page, 'Agree on the price list');
    await page.keyboard.press('ArrowLeft');
    await says(page, ['Ask Meridian'], false);
    await page.keyboard.press('ArrowLeft');
    await actives(page, 'Spring launch');
    await page.keyboard.press('ArrowRight');
    await actives(page, 'Agree on the price list');
    await page.keyboard.press('ArrowRight');
    await says(page, ['Ask Meridian']);
    await to(page, 'Spring launch');
    await page.keyboard.press('Space');
    await toast(page, '3 subtasks of Spring launch are still open');
    await page.getByRole('button', { name: 'Complete them, too' }).click();
    await toast(page, '3 subtasks done');
    await says(page, ['Write the changelog'], false);
    await page.keyboard.press('z');
    await says(page, ['Write the changelog', 'not done']);
    await page.getByRole('button', { name: 'Done in this list' }).click();
    await says(page, ['Freeze the strings', 'done']);
  }),
  test('quick add: what was understood is shown, and given back', '/#/tasks', async (page) => {
    await page.keyboard.press('c');
    await until(page, () => document.activeElement?.hasAttribute('data-quick'), 'the field');
    await page.keyboard.type('Call Bo tomorrow 9:00 p1 #errand @Home');
    await until(page, () => document.querySelectorAll('.chip').length === 4, 'four chips');
    equal(await chips(page), ['Due: tomorrow at 09:00', 'Priority: Urgent', 'Label: errand', 'List: Home'], 'chips');
    await axe(page);
    await page.getByRole('button', { name: 'Don’t read “errand” as more than words' }).click();
    equal(await chips(page), ['Due: tomorrow at 09:00', 'Priority: Urgent', 'List: Home'], 'a label less');
    await page.keyboard.press('Enter');
    await toast(page, '“Call Bo #errand” added');
    equal(await quick(page).inputValue(), '', 'ready for the next');
    assert(await page.evaluate(() => document.activeElement?.hasAttribute('data-quick')), 'with the focus');
    // In Today it is due today unless one says otherwise.
    await page.keyboard.type('Water the basil');
    equal((await chips(page))[0], 'Due: today', 'today');
    await page.keyboard.press('Enter');
    await says(page, ['Water the basil', 'due today', 'Inbox']);
    await page.keyboard.press('Escape');
    equal(await page.evaluate(() => document.activeElement.getAttribute('role')), 'grid', 'back in the list');
    await page.keyboard.press('z');
    await says(page, ['Water the basil'], false);
  }),
  test('quick add: a list that can’t hold it says so', '/#/tasks/list/4', async (page) => {
    await page.keyboard.press('c');
    await page.keyboard.type('Ring the bank every friday 9:00 p1 #x');
    for (const words of ['My Tasks can’t hold a time', 'My Tasks can’t hold a priority', 'My Tasks can’t hold labels', 'Repeating can’t be set here']) await body(page, words);
    await page.keyboard.press('Enter');
    await says(page, ['Ring the bank', 'due tomorrow', 'My Tasks']);
  }),
  test('quick add: refused, the words are there again', '/?tasks=refuse#/tasks', async (page) => {
    await page.keyboard.press('c');
    await page.keyboard.type('Precious words');
    await page.keyboard.press('Enter');
    await toast(page, 'did not take this change');
    await until(page, () => document.querySelector('[data-quick]').value === 'Precious words', 'nothing is lost');
    await says(page, ['Precious words'], false);
    await page.keyboard.press('Escape');
    await to(page, 'Call Bo');
    await page.keyboard.press('Space');
    await says(page, ['Call Bo', 'not done']);
  }),
  test('panel: title, day, priority, labels, notes', '/#/tasks', async (page) => {
    await to(page, 'Call Bo');
    await page.keyboard.press('e');
    await until(page, () => document.activeElement?.getAttribute('aria-label') === 'Title', 'the title');
    await page.keyboard.type('Call Bo again');
    await page.keyboard.press('Enter');
    await says(page, ['Call Bo again']);
    const box = page.locator('[data-task-panel]');
    await box.getByRole('button', { name: /^Due:/ }).click();
    await page.getByRole('button', { name: /^Next week/ }).click();
    await until(page, () => document.querySelector('[data-task-panel] dl').textContent.includes('Mon'), 'the day');
    await box.getByRole('radio', { name: 'High' }).check({ force: true });
    await until(page, () => document.querySelector('[data-task-panel] fieldset').textContent.includes('High'), 'the priority');
    await box.getByLabel('Add a label').fill('bank');
    await page.keyboard.press('Enter');
    await box.getByRole('button', { name: 'Remove the label phone' }).click();
    await until(page, () => { const text = document.querySelector('.labels').textContent; return text.includes('bank') && !text.includes('phone'); }, 'the labels');
    await box.getByRole('textbox', { name: 'Notes' }).fill('His number is on the invoice.\nhttps://docs.example/invoice');
    await box.getByRole('textbox', { name: 'Notes' }).blur();
    await until(page, () => document.querySelector('[data-task-panel] .said').textContent.startsWith('Saved'), 'saved');
    await box.getByRole('link', { name: 'https://docs.example/invoice' }).waitFor();
    await axe(page);
    await page.getByRole('complementary', { name: 'Task lists' }).getByRole('link', { name: /^Upcoming/ }).click();
    await says(page, ['Call Bo again', 'high priority', 'Monday', '23 March at 15:00', 'labels bank', 'has notes']);
  }),
  test('panel: subtasks, and what it is part of', '/#/tasks/list/2', async (page) => {
    await open(page, 'Paint the hallway');
    const box = page.locator('[data-task-panel]');
    await box.getByRole('button', { name: /^Find a colour/ }).waitFor();
    await box.getByLabel('Add a subtask').fill('Buy brushes tomorrow p2');
    await page.keyboard.press('Enter');
    await box.getByRole('button', { name: /^Buy brushes, high priority, due tomorrow/ }).waitFor();
    await says(page, ['Buy brushes']);
    await box.getByRole('checkbox', { name: 'Mark Find a colour that is not beige as done' }).click();
    await until(page, () => !document.querySelector('[data-task-panel] .subtasks').textContent.includes('Find a colour'), 'it leaves');
    await until(page, () => document.querySelector('[data-task-panel] .subtasks h3').textContent.includes('1 done'), 'counted');
    await box.getByRole('button', { name: /^Buy brushes/ }).click();
    await panel(page, 'Buy brushes');
    await box.getByRole('button', { name: 'Part of: Paint the hallway' }).click();
    await page.getByRole('option', { name: 'On its own' }).click();
    await until(page, () => !document.querySelector('[data-task-panel] dl').textContent.includes('Part of'), 'on its own');
    await box.getByRole('button', { name: 'Actions for Buy brushes' }).click();
    await page.getByRole('menuitem', { name: 'Part of another task' }).click();
    await page.getByRole('option', { name: 'Water the plants' }).click();
    await until(page, () => document.querySelector('[data-task-panel] dl').textContent.includes('Water the plants'), 'part of another');
  }),
  test('panel: what a list can’t hold, and what can only be read', '/#/tasks', async (page) => {
    await open(page, 'Book a room');
    const said = await page.locator('[data-task-panel]').innerText();
    for (const words of ['My Tasks can’t hold a time, only a day.', 'My Tasks can’t hold a priority.', 'My Tasks can’t hold labels.', 'Open at Google Tasks']) assert(said.includes(words), `${words} in ${said}`);
    await page.goto(page.url().replace(/#.*/, '#/tasks/list/6?task=15'));
    await panel(page, 'second alto');
    await body(page, 'Spring concert can only be read.');
    equal(await page.locator('[data-task-panel] textarea, [data-task-panel] .subtasks input').count(), 0, 'nothing to write in');
    equal(await page.locator('[data-quick]').count(), 0, 'nothing to add to');
  }),
  test('panel: back to the mail, and on to the provider', '/#/tasks', async (page) => {
    await open(page, 'Send Ruth');
    const link = page.getByRole('link', { name: 'Open at Todoist' });
    equal(await link.getAttribute('href'), 'https://app.todoist.com/app/task/2', 'its page');
    await page.getByRole('button', { name: 'Open the mail' }).click();
    await until(page, () => location.hash.startsWith('#/all/t/10'), 'the conversation');
    await until(page, () => document.querySelector('#reader-pane')?.textContent.includes('Lease agreement'), 'is read');
  }),
  test('conflict: both versions, and theirs is kept', '/#/tasks/upcoming', async (page) => {
    await open(page, 'slide 9');
    await until(page, () => document.querySelector('.conflict td') !== null, 'both versions');
    const said = await page.locator('.conflict').innerText();
    for (const words of ['Tomorrow', 'Mon', '09:00', 'No priority', 'High', 'Yours', 'Theirs']) assert(said.includes(words), `${words} in ${said}`);
    await page.getByRole('button', { name: 'Keep theirs' }).click();
    await says(page, ['slide 9', 'high priority', '23 March at 09:00']);
    await toast(page, 'The other version is kept');
    await until(page, () => document.querySelector('.conflict') === null, 'no conflict any more');
  }),
  test('make: a task of a mail, which leads back to it', '/#/inbox', async (page) => {
    await make(page);
    equal(await page.getByRole('textbox', { name: 'Title' }).inputValue(), 'Launch plan for the spring release', 'its subject');
    await page.getByLabel('Due', { exact: true }).fill('someday');
    await body(page, 'not understood');
    await page.getByLabel('Due', { exact: true }).fill('mon 9:00');
    await body(page, 'Due Monday');
    await page.getByRole('button', { name: 'Make task' }).click();
    await toast(page, '“Launch plan for the spring release” added');
    await gone(page, '[role=dialog]', 'closed');
    equal(await page.evaluate(() => document.activeElement.getAttribute('role')), 'grid', 'back in the inbox');
    await page.keyboard.press('z');
    await toast(page, 'Undone');
    // From the conversation that is open.
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await until(page, () => document.querySelector('#reader .message') !== null, 'a conversation');
    await page.getByRole('toolbar', { name: 'Conversation' }).getByRole('button', { name: 'Make a task of it' }).click();
    await until(page, () => document.querySelector('[role=dialog] .about') !== null, 'the dialog');
    await page.getByRole('button', { name: 'Make task' }).click();
    await toast(page, '“Dinner on Saturday?” added');
    await page.keyboard.press('g');
    await page.keyboard.press('k');
    await page.getByRole('complementary', { name: 'Task lists' }).getByRole('link', { name: /^Anytime/ }).click();
    await says(page, ['Dinner on Saturday?', 'made from a mail or an event']);
    await open(page, 'Dinner on Saturday?');
    await page.getByRole('button', { name: 'Open the mail' }).click();
    await until(page, () => location.hash.startsWith('#/all/t/2'), 'back to it');
  }, { ready: false }),
  test('make: where no task tool is connected', '/?tasks=none#/inbox', async (page) => {
    await until(page, () => document.querySelector('[role=grid] [role=row][aria-label]') !== null, 'the inbox');
    await page.keyboard.press('t');
    await page.getByRole('dialog').getByRole('button', { name: 'Connect a task tool' }).click();
    await until(page, () => location.hash === '#/integrations', 'where it is connected');
  }, { ready: false }),
  test('palette: finds tasks, and makes one', '/#/inbox', async (page) => {
    await until(page, () => document.querySelector('[role=row]') !== null, 'the inbox');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('parking');
    await until(page, () => [...document.querySelectorAll('[data-item^="task:"]')].some((e) => e.textContent.includes('Renew the parking permit')), 'the task');
    await page.locator('[data-item^="task:"]').first().click();
    await until(page, () => location.hash === '#/tasks/list/2?task=1', 'its list');
    await panel(page, 'Renew');
    await page.keyboard.press('g');
    await page.keyboard.press('i');
    await until(page, () => document.querySelector('[role=grid] [role=row][aria-label]') !== null, 'the inbox');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('new task');
    await page.keyboard.press('Enter');
    await until(page, () => document.activeElement?.hasAttribute('data-quick'), 'the field');
    await page.keyboard.type('Feed the cat tomorrow');
    await page.keyboard.press('Enter');
    await toast(page, '“Feed the cat” added');
    await gone(page, '[role=dialog]', 'closed');
  }, { ready: false }),
  test('side: hide, show, colour, default', '/#/tasks', async (page) => {
    const menu = async (name, item, role = 'menuitem') => { await page.getByRole('button', { name: `Actions for ${name}` }).focus(); await page.keyboard.press('Enter'); await page.getByRole(role, { name: item, exact: true }).click(); };
    await menu('Home', 'Hide from Today, Upcoming and Anytime');
    await says(page, ['Water the plants'], false);
    await page.getByRole('link', { name: /^Home\s*, hidden/ }).waitFor();
    await menu('Home', 'Show in Today, Upcoming and Anytime');
    await says(page, ['Water the plants']);
    await menu('Home', 'Orange', 'menuitemcheckbox');
    await until(page, () => [...document.querySelectorAll('[data-task]')].find((e) => e.textContent.includes('Water')).querySelector('.list .dot').style.background.includes('--hue-2'), 'orange');
    await menu('Home', 'Put new tasks here');
    await page.keyboard.press('Escape');
    await page.getByRole('grid').focus();
    await page.keyboard.press('c');
    await page.keyboard.type('x');
    await until(page, () => document.querySelector('.chip.into')?.textContent.includes('Home'), 'the default list');
  }),
  test('side: in a narrow window it is behind a button', '/#/tasks', async (page) => {
    await page.getByRole('button', { name: 'Task lists', exact: true }).click();
    await page.getByRole('link', { name: /^Upcoming/ }).waitFor();
    await settle(page);
    await axe(page);
    await page.getByRole('link', { name: /^Upcoming/ }).click();
    await says(page, ['Prepare the launch mail']);
    await gone(page, '.kit-popover', 'closed');
  }, { size: 'narrow' }),
  test('many: ten thousand cost no more', '/?tasks=many#/tasks/list/1', async (page) => {
    const nodes = () => page.evaluate(() => document.querySelectorAll('[data-task]').length);
    assert((await nodes()) <= 60, `${String(await nodes())} rows`);
    for (let n = 0; n < 6; n++) {
      await page.keyboard.press('End');
      await settle(page, 60);
    }
    assert((await nodes()) <= 60, `${String(await nodes())} rows at the end`);
    assert((await page.evaluate(() => Number(document.querySelector('[data-task][aria-selected=true]').getAttribute('aria-rowindex')))) > 600, 'pages were read on the way');
    const began = Date.now();
    for (let n = 0; n < 20; n++) await page.keyboard.press('k');
    assert(Date.now() - began < 2500, `twenty steps took ${String(Date.now() - began)} ms`);
    await page.keyboard.press('Space');
    await toast(page, 'done');
  }),
  test('states: failed and tried again, offline, all hidden, a list that is gone', '/?tasks=error#/tasks', async (page) => {
    await body(page, 'The tasks could not be read');
    await page.getByRole('button', { name: 'Retry' }).click();
    await rows(page);
    await page.goto(page.url().replace('tasks=error', 'tasks=full').replace('scenario=full', 'scenario=offline'));
    await body(page, 'goes out when you are online');
    await rows(page);
    await page.goto(page.url().replace('tasks=full', 'tasks=hidden').replace('scenario=offline', 'scenario=full'));
    await body(page, 'Every list is hidden');
    await page.getByRole('button', { name: 'Show all lists' }).click();
    await rows(page);
    await page.goto(page.url().replace(/#.*/, '#/tasks/list/99'));
    await body(page, 'This list is gone');
    await page.goto(page.url().replace(/#.*/, '#/tasks/today?task=999'));
    await body(page, 'This task is gone');
  }, { ready: false }),
  test('Todoist: connect, with words for what is wrong', '/?tasks=none#/integrations/todoist', async (page, env) => {
    await page.getByRole('button', { name: 'Connect' }).click();
    await until(page, () => document.activeElement?.getAttribute('aria-invalid') === 'true', 'needed');
    await page.getByLabel('API token').fill('hello there');
    await page.getByRole('button', { name: 'Connect' }).click();
    await body(page, 'This is not a token of Todoist');
    await page.getByLabel('API token').fill('0'.repeat(40));
    await page.getByRole('button', { name: 'Connect' }).click();
    await body(page, 'Todoist does not accept this token');
    await axe(page);
    await page.screenshot({ path: join(env.out, 'todoist-refused.png') });
    await page.getByLabel('API token').fill('8f3a'.repeat(10));
    await page.getByRole('button', { name: 'Connect' }).click();
    await body(page, 'Todoist is connected');
    await page.screenshot({ path: join(env.out, 'todoist-connected.png') });
    await page.getByRole('button', { name: 'Go to the tasks' }).click();
    await says(page, ['Renew the parking permit']);
  }, { ready: false }),
  test('Jira: site, address and token, each with words for what is wrong', '/?tasks=none#/integrations/jira', async (page, env) => {
    await page.getByRole('button', { name: 'Connect' }).click();
    await until(page, () => document.activeElement?.getAttribute('aria-invalid') === 'true', 'needed');
    await page.getByLabel('Site').fill('example.com');
    await page.getByLabel('Address of your account').fill('mara');
    await page.getByLabel('API token').fill('short');
    await page.getByRole('button', { name: 'Connect' }).click();
    for (const words of ['ends with .atlassian.net', 'This is not an address', 'This is not a token of Jira Cloud']) await body(page, words);
    await axe(page);
    await page.screenshot({ path: join(env.out, 'jira-wrong.png') });
    await page.getByLabel('Site').fill('https://northwind.atlassian.net/browse/AT-1');
    await page.getByLabel('Address of your account').fill('mara@northwind.example');
    await page.getByLabel('API token').fill('0'.repeat(24));
    await page.getByRole('button', { name: 'Connect' }).click();
    await body(page, 'Jira Cloud does not accept this token');
    await page.getByLabel('API token').fill('ATATT3xFfGF0'.repeat(3));
    await page.getByRole('button', { name: 'Connect' }).click();
    await body(page, 'Jira Cloud (mara@lindqvist.example) is connected');
  }, { ready: false }),
  test('Todoist: the card, its lists, and taking it away', '/?scenario=tasks#/integrations', async (page, env) => {
    await page.getByRole('link', { name: '3 task lists' }).waitFor();
    await page.getByRole('button', { name: 'Settings of Todoist' }).click();
    await page.getByRole('checkbox', { name: 'Home' }).uncheck();
    await page.screenshot({ path: join(env.out, 'todoist-card.png') });
    await axe(page);
    await page.getByRole('link', { name: 'Open the tasks' }).first().click();
    await rows(page);
    await says(page, ['Water the plants'], false);
    await page.goBack();
    await page.getByRole('button', { name: 'Settings of Todoist' }).click();
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await until(page, () => document.querySelector('[role=dialog]')?.textContent.includes('its lists and tasks'), 'what goes');
  }, { ready: false }),
  test('German', '/#/tasks', async (page, env) => {
    await until(page, () => document.querySelector('h1').textContent.includes('Heute'), 'today');
    await says(page, ['Renew the parking permit', 'mittlere Priorität', 'überfällig seit Montag, 16. März', 'Home', 'nicht erledigt']);
    await page.keyboard.press('c');
    await page.keyboard.type('Bo anrufen morgen um 9 Uhr p2 #privat');
    equal((await chips(page)).slice(0, 3), ['Fällig: morgen um 09:00', 'Priorität: Hoch', 'Label: privat'], 'verstanden');
    await page.screenshot({ path: join(env.out, 'tasks-de.png') });
    await page.keyboard.press('Enter');
    await toast(page, '„Bo anrufen“ angelegt');
  }, { settings: { language: 'de' } }),
  test('room: fits every width, and 200 %', '/#/tasks', async (page, env) => {
    for (const path of ['#/tasks/today', '#/tasks/upcoming', '#/tasks/list/3']) {
      await page.goto(page.url().replace(/#.*/, path));
      await rows(page);
      for (const size of [SIZES.wide, SIZES.narrow, { width: 640, height: 400 }]) {
        await page.setViewportSize(size);
        await settle(page);
        const wide = await sideways(page);
        assert(wide.length === 0, `${path} ${String(size.width)}: scrolls sideways: ${wide.join(', ')}`);
      }
      await axe(page);
      await page.screenshot({ path: join(env.out, `tasks-zoom200-${path.replace(/\W+/g, '-')}.png`) });
    }
    await open(page, 'Spring launch');
    await settle(page);
    equal(await sideways(page), [], 'the panel fits');
    await axe(page);
    await page.screenshot({ path: join(env.out, 'tasks-zoom200-panel.png') });
    await page.keyboard.press('Escape');
    await gone(page, '[data-task-panel]', 'closed');
    await page.keyboard.press('Shift+D');
    await page.getByRole('dialog').waitFor();
    await settle(page);
    equal(await sideways(page), [], 'the dialog fits');
    await page.screenshot({ path: join(env.out, 'tasks-zoom200-due.png') });
  }),
  test('large text, and more contrast', '/#/tasks', async (page, env) => {
    await settle(page);
    await page.screenshot({ path: join(env.out, 'tasks-large.png') });
    equal(await sideways(page), [], 'fits');
    await page.emulateMedia({ forcedColors: 'active' });
    await settle(page);
    await page.screenshot({ path: join(env.out, 'tasks-forced.png') });
  }, { settings: { fontScale: 150, contrast: 'more' } }),
  test('densities', '/#/tasks', async (page, env) => {
    await page.screenshot({ path: join(env.out, 'tasks-relaxed.png') });
    equal(await sideways(page), [], 'fits');
    await page.setViewportSize(SIZES.narrow);
    await settle(page);
    await page.screenshot({ path: join(env.out, 'tasks-relaxed-narrow.png') });
  }, { settings: { density: 'relaxed' } }),
  test('compact', '/#/tasks/list/3', async (page, env) => {
    await page.screenshot({ path: join(env.out, 'tasks-compact.png') });
  }, { settings: { density: 'compact' } }),
  test('right to left', '/#/tasks/list/3', async (page, env) => {
    const [check, dot] = await page.evaluate(() => { const row = document.querySelector('[data-task]'); return [row.querySelector('[role=checkbox]').getBoundingClientRect().left, row.querySelector('.meta').getBoundingClientRect().left]; });
    assert(check > dot, 'the box is on the right');
    equal(await sideways(page), [], 'fits');
    await open(page, 'Spring launch');
    await settle(page);
    await page.screenshot({ path: join(env.out, 'tasks-rtl.png') });
  }, { settings: { language: 'ar-XB' } }),
];
