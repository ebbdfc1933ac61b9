// docs/screens: every screen × light and dark × default and compact × full, empty and error, as pictures of the test build in Chromium,
// and the page that shows them. `cargo xtask screens`, or `node tests/ui/gallery.mjs [--only=WORD]`. Dates, people and mail are fixtures
// and the clock stands still, so a picture changes only when the interface does.
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, open, root, settle, until } from './lib/harness.mjs';
import { ensureBuild } from './lib/build.mjs';
import { serve } from './lib/server.mjs';

const only = process.argv.find((a) => a.startsWith('--only='))?.slice(7) ?? '';
const out = join(root, 'docs', 'screens');
const LIMIT = 12 << 20;
const QUALITY = 62;

const rows = (page) => until(page, () => document.querySelector('[role=grid] [role=row][aria-label]') !== null, 'rows');
const frame = (page) => until(page, () => document.querySelector('iframe[data-mail].ready') !== null, 'the mail');
const keys = (...names) => async (page) => { for (const name of names) await page.keyboard.press(name); };
const dock = async (page) => {
  await until(page, () => document.querySelector('[role=grid]') !== null || document.querySelector('main') !== null, 'the list');
  await page.keyboard.press('c');
  await until(page, () => document.querySelector('[data-composer] .prose') !== null, 'the editor');
};
const written = async (page) => {
  await dock(page);
  await page.keyboard.type('ingrid');
  await until(page, () => document.querySelector('[role=option]') !== null, 'suggestions');
  await page.keyboard.press('Enter');
  await page.getByLabel('Subject').fill('Notes for Thursday');
  await page.locator('.prose').click();
  await page.keyboard.type('Hello Ingrid, three things I would like to decide before lunch.');
};
const notSaved = async (page) => {
  await dock(page);
  await page.getByLabel('Subject').fill('Kept');
  await until(page, () => document.body.textContent.includes('Your text is still here'), 'the failure');
};
const palette = (text) => async (page) => {
  await page.keyboard.press('Control+k');
  await until(page, () => document.querySelector('[role=dialog] input') !== null, 'the palette');
  await page.keyboard.type(text);
};
const person = async (page) => {
  await until(page, () => document.querySelector('#reader .message') !== null, 'the conversation');
  await page.keyboard.press('Control+.');
};

const events = (page) => until(page, () => document.querySelector('[data-event]') !== null, 'events');
const event = (title) => async (page) => {
  await events(page);
  await page.locator('[data-event]').filter({ hasText: title }).first().focus();
  await page.keyboard.press('Enter');
  await until(page, () => document.querySelector('[data-event-panel]') !== null, 'the event');
};
const task = (title) => async (page) => {
  await tasks(page);
  await page.locator('[data-task]').filter({ hasText: title }).first().click();
  await until(page, () => document.querySelector('[data-task-panel] dl') !== null, 'the task');
};
const tasks = (page) => until(page, () => document.querySelector('[data-task]') !== null, 'tasks');
const finding = async (page) => {
  await events(page);
  await page.keyboard.press('c');
  await form(page);
  await page.keyboard.type('Launch review');
  const who = page.getByRole('combobox', { name: 'Guests' });
  await who.fill('Ingrid Solheim <ingrid.solheim@northwind.example>, Tomás Herrera <tomas.herrera@northwind.example>, Priya Raman <priya.raman@northwind.example>');
  await who.press('Enter');
  await page.getByRole('button', { name: 'Find a time' }).click();
  await until(page, () => document.querySelectorAll('.suggested li').length > 2, 'suggestions');
};
const form = (page) => until(page, () => document.activeElement?.classList.contains('title') === true, 'the form');
const invite = (page) => until(page, () => document.querySelector('section.invite') !== null, 'the card');

/** Name on the page; then a state and how to come to it: [path, what to do there]. States that a screen does not have are left out.
 *  The densities last, where not both: what has no list looks the same in them. */
const SCREENS = [
  ['Inbox', { full: ['/#/inbox', rows], empty: ['/?scenario=empty#/inbox'], error: ['/?broken=threads#/inbox'] }],
  ['Inbox in tabs', { full: ['/?splits=yes&returned=yes#/inbox', rows], empty: ['/?splits=yes&scenario=empty#/inbox'], error: ['/?splits=yes&scenario=error#/inbox'] }],
  ['Conversation', { full: ['/#/inbox/t/1', frame], empty: ['/?body=missing#/inbox/t/2'], error: ['/?broken=thread#/inbox/t/1'] }],
  ['Newsletter', { full: ['/#/inbox/t/5', frame], error: ['/?body=failed#/inbox/t/5'] }],
  ['Invitation', { full: ['/#/inbox/t/9', invite], empty: ['/?invite=days#/inbox/t/9', invite], error: ['/?invite=odd#/inbox/t/9', invite] }],
  ['Phishing', { full: ['/#/inbox/t/3', frame] }],
  ['Person', { full: ['/#/inbox/t/1', person], empty: ['/#/inbox', keys('Control+.')], error: ['/?person=fail#/inbox/t/1', person] }],
  ['Composer', { full: ['/#/inbox', written], empty: ['/#/inbox', dock], error: ['/?save=fail#/inbox', notSaved] }],
  ['Reply in the conversation', { full: ['/#/inbox/t/2', async (page) => { await page.keyboard.press('r'); await until(page, () => document.querySelector('[data-composer] .prose') !== null, 'the editor'); }] }],
  ['Search', { full: ['/#/search?q=launch', rows], empty: ['/#/search?q=from:ingrid%20zebra'], error: ['/?search=syntax#/search?q=before:soon'] }],
  ['Search, best matches', { full: ['/#/search?q=launch', async (page) => { await rows(page); await page.getByText('Best', { exact: true }).click(); await until(page, () => document.body.textContent.includes('Best matches'), 'the best'); }] }],
  ['Files', { full: ['/#/files', async (page) => { await until(page, () => document.querySelector('[role=row] .name') !== null, 'files'); }], empty: ['/?scenario=empty#/files'], error: ['/?broken=files#/files'] }],
  ['Snoozed', { full: ['/#/inbox', async (page) => { await rows(page); await page.keyboard.press('h'); }], empty: ['/#/snoozed'], error: ['/?broken=threads#/snoozed'] }],
  ['Drafts', { full: ['/#/drafts'], empty: ['/?scenario=empty#/drafts'], error: ['/?broken=drafts#/drafts'] }],
  ['Outbox', { full: ['/?scenario=outbox#/outbox'], empty: ['/?scenario=empty#/outbox'], error: ['/?broken=outbox#/outbox'] }],
  ['Activity', { full: ['/#/activity'], error: ['/?broken=activity#/activity'] }],
  ['Integrations', { full: ['/#/integrations'], empty: ['/?scenario=nothing#/integrations'], error: ['/?scenario=expired#/integrations'] }],
  ['Catalogue', { full: ['/?scenario=microsoft#/integrations', async (page) => { await until(page, () => document.querySelector('[data-tile]') !== null, 'the tiles'); await page.evaluate(() => document.querySelector('[data-catalogue]').scrollIntoView()); }] }, ['default']],
  ['Connect a mail server', { empty: ['/#/integrations/imap'] }],
  ['Connect Microsoft', { empty: ['/#/integrations/microsoft', async (page) => { await page.getByLabel('Client ID').waitFor(); }], full: ['/?scenario=microsoft#/integrations', async (page) => { await page.getByRole('button', { name: 'Settings of mara.lindqvist@outlook.example' }).click(); await page.locator('.settings').getByRole('button', { name: 'Disconnect' }).click(); await page.getByRole('dialog').waitFor(); }] }, ['default']],
  ['Calendar: week', { full: ['/#/calendar/week', events], empty: ['/?calendar=none#/calendar'], error: ['/?calendar=error#/calendar'] }, ['default']],
  ['Calendar: day', { full: ['/#/calendar/day', events] }, ['default']],
  ['Calendar: month', { full: ['/#/calendar/month', events] }, ['default']],
  ['Calendar: agenda', { full: ['/#/calendar/agenda', events] }, ['default']],
  ['Calendar: the night with an hour more, and a second zone', { full: ['/?calendar=dst#/calendar/week/2026-10-25', async (page) => { await events(page); await page.keyboard.press('Control+Alt+z'); await page.evaluate(() => document.querySelector('.scroll[data-pane-start]').scrollTo(0, 0)); }] }, ['default']],
  ['Event', { full: ['/#/calendar/week', event('Design review')], error: ['/#/calendar/week', event('Board deck')] }, ['default']],
  ['Event: form', { full: ['/#/calendar/week', async (page) => { await events(page); await page.locator('[data-event]').filter({ hasText: 'Stand-up' }).first().focus(); await page.keyboard.press('e'); await form(page); }], empty: ['/#/calendar/week', async (page) => { await events(page); await page.keyboard.press('c'); await form(page); }] }, ['default']],
  ['Find a time', { full: ['/#/calendar/week', finding], empty: ['/?guests=unsupported#/calendar/week', finding] }, ['default']],
  ['Event in words', { full: ['/#/calendar/week', async (page) => { await events(page); await page.keyboard.press('q'); await page.getByLabel('Event', { exact: true }).fill('lunch with Ana every fri 12:30 at Kafka'); }] }, ['default']],
  ['Tasks: today', { full: ['/#/tasks', tasks], empty: ['/?tasks=empty#/tasks'], error: ['/?tasks=error#/tasks'] }, ['default']],
  ['Tasks: upcoming', { full: ['/#/tasks/upcoming', tasks], empty: ['/?tasks=none#/tasks'] }, ['default']],
  ['Tasks: a list', { full: ['/#/tasks/list/3', tasks], empty: ['/?tasks=empty#/tasks/list/2'] }, ['default']],
  ['Task', { full: ['/#/tasks/list/3', task('Spring launch')], error: ['/#/tasks/upcoming', task('slide 9')] }, ['default']],
  ['Task in words', { full: ['/#/tasks', async (page) => { await tasks(page); await page.keyboard.press('c'); await page.keyboard.type('Call Bo tomorrow 9:00 p1 #errand @Home'); }] }, ['default']],
  ['Task of a mail', { full: ['/#/inbox', async (page) => { await rows(page); await page.keyboard.press('t'); await until(page, () => document.querySelector('[role=dialog] .about') !== null, 'the dialog'); }] }, ['default']],
  ['Connect a task tool', { empty: ['/#/integrations/jira'], error: ['/?tasks=none#/integrations/trello', async (page) => { await page.getByLabel('API key').fill('my key'); await page.getByRole('button', { name: 'Connect' }).click(); await until(page, () => document.querySelectorAll('form [aria-invalid=true]').length === 2, 'what is wrong'); }], full: ['/?scenario=tools#/integrations', async (page) => { await page.getByRole('button', { name: /^Settings of GitHub/ }).click(); await page.getByText('northwind/website').waitFor(); await page.locator('.settings').scrollIntoViewIfNeeded(); }] }, ['default']],
  ['Connect a calendar server', { empty: ['/#/integrations/caldav'] }, ['default']],
  ['Subscribe to a calendar', { empty: ['/#/integrations/ics'] }, ['default']],
  ['Palette', { full: ['/#/inbox', palette('')], empty: ['/#/inbox', palette('qqqqzz')] }],
  ['Shortcuts', { full: ['/#/inbox', async (page) => { await rows(page); await page.keyboard.press('?'); }] }],
  ...['General', 'Appearance', 'Accounts', 'Mail', 'Notifications', 'Texts', 'Shortcuts', 'Privacy', 'About'].map((name) => [`Settings: ${name}`, { full: [`/#/settings/${name.toLowerCase()}`] }]),
  ['Getting started', { full: ['/#/start', async (page) => { await page.getByRole('button', { name: 'Try the keys' }).click(); await keys('j', 'e')(page); }], empty: ['/#/start', async (page) => { await until(page, () => document.querySelectorAll('[data-step=splits] ul li').length === 3, 'suggestions'); }] }],
  ['Erase everything', { full: ['/?scenario=outbox#/settings/privacy', async (page) => { await page.locator('[data-option=wipe]').getByRole('button').click(); await page.getByRole('dialog').waitFor(); }] }],
  ['First start', { empty: ['/?scenario=welcome'], error: ['/?scenario=corrupt'] }],
  ['Passphrase', { empty: ['/?scenario=needs-passphrase'], full: ['/?scenario=locked'], error: ['/?scenario=key-lost'] }],
  ['Offline', { full: ['/?scenario=offline#/inbox', rows] }],
  ['First import', { full: ['/?scenario=importing#/inbox', rows] }],
  ['Rate limited', { full: ['/?scenario=throttled#/inbox', rows] }],
  ['Disk full', { error: ['/?scenario=storage-full#/inbox', rows] }],
];
const STATES = ['full', 'empty', 'error'];
const DENSITIES = ['default', 'compact'];
const THEMES = ['light', 'dark'];
const slug = (text) => text.toLowerCase().replace(/\W+/g, '-');
const file = (name, state, density, theme) => `${slug(name)}-${state}-${density}-${theme}.webp`;

await ensureBuild();
const server = await serve();
const browser = await launch();
mkdirSync(out, { recursive: true });
if (!only) for (const name of readdirSync(out).filter((n) => n.endsWith('.webp'))) rmSync(join(out, name));

const jobs = SCREENS.filter(([name]) => name.toLowerCase().includes(only.toLowerCase())).flatMap(([name, states, densities = DENSITIES]) => Object.entries(states).flatMap(([state, [path, act]]) => densities.map((density) => ({ name, state, path, act, density }))));
const failures = [];
let made = 0;
async function picture({ name, state, path, act, density }) {
  // What it shows is checked by the suites; a screen about an error may well write one to the console.
  const page = await open({ browser, base: server.base }, path, { settings: { density, onboardingDone: true }, theme: 'light' });
  try {
    await act?.(page);
    await settle(page);
    const cdp = await page.context().newCDPSession(page);
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme });
      await settle(page, 120);
      const { data } = await cdp.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
      writeFileSync(join(out, file(name, state, density, theme)), Buffer.from(data, 'base64'));
      made += 1;
    }
  } finally {
    await page.context().close();
  }
}
const worker = async () => {
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    await picture(job).catch((error) => failures.push(`${job.name}, ${job.state}, ${job.density}: ${String(error.message).split('\n')[0]}`));
  }
};
await Promise.all([worker(), worker()]);
await browser.close();
await server.close();

const cell = (name, state, density) => THEMES.map((theme) => `<a href="${file(name, state, density, theme)}"><img src="${file(name, state, density, theme)}" width="260" alt="${name}, ${state}, ${density}, ${theme}"></a>`).join(' ');
const lines = [
  '# Screens', '',
  'Every screen in its full, empty and error state, light and dark, at the default and the compact density, 1280×800. Made by `cargo xtask screens`',
  '(tests/ui/gallery.mjs) from the test build: invented people and mail, a clock that stands still. Compact makes the rows of lists lower; a screen',
  'without a list looks the same in both.', '',
  ...SCREENS.flatMap(([name, states, densities = DENSITIES]) => [
    `## ${name}`, '', `| | ${densities.map((density) => `${density}, light and dark`).join(' | ')} |`, `|${'---|'.repeat(densities.length + 1)}`,
    ...STATES.filter((state) => states[state]).map((state) => `| ${state} | ${densities.map((density) => cell(name, state, density)).join(' | ')} |`), '',
  ]),
];
writeFileSync(join(out, 'README.md'), `${lines.join('\n').trimEnd()}\n`);
const size = readdirSync(out).reduce((sum, name) => sum + statSync(join(out, name)).size, 0);
if (size > LIMIT) failures.push(`the gallery takes ${(size / 1e6).toFixed(1)} MB, more than ${(LIMIT / 1e6).toFixed(1)}`);
console.log(failures.join('\n'));
console.log(`${made} pictures, ${(size / 1e6).toFixed(1)} MB, ${failures.length} failed`);
process.exit(failures.length > 0 || made === 0 ? 1 : 0);
