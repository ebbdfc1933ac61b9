// Putting off, silencing, tabs of the inbox, whole lists, labels, and what can be done about a sender: each screen in both themes, and
// what each promises.
import { join } from 'node:path';
import { assert, equal, screens, settle, until, withPage } from '../lib/harness.mjs';

/** One of the places that the sidebar folds away. */
const place = async (page, name) => {
  await page.getByRole('button', { name: 'More places' }).click();
  await page.getByRole('link', { name }).click();
};
const rows = (page) => until(page, () => document.querySelector('[role=row]') !== null, 'the list is there');
const frame = (page) => until(page, () => document.querySelector('iframe[data-mail].ready') !== null, 'the mail is shown');
const dialog = (page) => until(page, () => document.querySelector('[role=dialog]') !== null, 'the dialog opens');
const text = (page) => page.evaluate(() => document.body.innerText);
const press = async (page, ...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};
const menu = async (page, item) => {
  await page.getByRole('button', { name: /^Actions for the message/ }).last().click();
  await page.getByRole('menuitem', { name: item }).click();
};

const SCREENS = [
  ['search-save', '/#/search?q=launch', async (page) => { await rows(page); }, { sizes: ['wide'], themes: ['light'] }],
  ['snooze', '/#/inbox', async (page) => { await rows(page); await press(page, 'h'); await dialog(page); await page.getByLabel('Or say when').fill('tue 3pm'); await until(page, () => /15:00/.test(document.querySelector('[role=dialog]').innerText), 'the words are understood'); }],
  ['snoozed', '/#/inbox', async (page) => {
    await rows(page);
    await press(page, 'x', 'Shift+j', 'h');
    await dialog(page);
    await page.getByRole('button', { name: /^Tomorrow/ }).click();
    await page.getByRole('link', { name: /^Snoozed/ }).click();
    await until(page, () => document.querySelectorAll('[role=row]').length === 2, 'two are snoozed');
  }],
  ['snoozed-empty', '/#/snoozed', null, { sizes: ['wide'] }],
  ['reminders-empty', '/#/reminders', null, { sizes: ['wide'], themes: ['light'] }],
  ['muted-empty', '/#/muted', null, { sizes: ['wide'], themes: ['dark'] }],
  ['inbox-splits', '/?splits=yes&returned=yes#/inbox', rows],
  ['inbox-split-open', '/?splits=yes#/inbox?split=2', rows, { sizes: ['wide'] }],
  ['splits-dialog', '/?splits=yes#/inbox', async (page) => { await rows(page); await page.getByRole('button', { name: 'Edit inbox tabs' }).click(); await dialog(page); }],
  ['splits-first', '/#/inbox', async (page) => { await rows(page); await page.getByRole('button', { name: 'Edit inbox tabs' }).click(); await dialog(page); }, { sizes: ['wide'], themes: ['light'] }],
  ['select-all', '/?scenario=large#/inbox', async (page) => { await rows(page); await press(page, '*', 'a'); await until(page, () => /^All [\d,]+ conversations selected/m.test(document.body.innerText), 'the whole list is selected'); }],
  ['bulk-running', '/?scenario=large&bulk=slow#/inbox', async (page) => {
    await rows(page);
    await press(page, '*', 'a', 'Shift+i');
    await until(page, () => document.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow') > 0, 'the job is under way');
  }],
  ['label-create', '/#/inbox/t/1', async (page) => { await rows(page); await frame(page).catch(() => undefined); await press(page, 'l'); await dialog(page); await page.getByRole('combobox').fill('Offsite'); }, { sizes: ['wide'] }],
  ['unsubscribe', '/#/inbox/t/5', async (page) => { await frame(page); await page.getByRole('button', { name: 'Unsubscribe' }).click(); await dialog(page); }],
  ['block-sender', '/#/inbox/t/3', async (page) => { await frame(page); await menu(page, /^Block /); await dialog(page); }],
  ['open-original', '/?body=form#/inbox/t/2', async (page) => { await page.getByRole('button', { name: /^Open original/ }).click(); await dialog(page); }],
  ['source-structure', '/#/inbox/t/1', async (page) => { await rows(page); await press(page, 'Control+Shift+O'); await dialog(page); await page.getByText('Structure', { exact: true }).click(); }],
  ['reader-unstyled', '/#/inbox/t/5', async (page) => { await frame(page); await page.getByRole('button', { name: /^Actions for the message/ }).last().click(); await page.getByRole('menuitemcheckbox', { name: 'View without styling' }).click(); await settle(page); await frame(page); }, { sizes: ['wide'] }],
  ['settings-notifications', '/#/settings/notifications', async (page) => { await page.locator('[data-option=quietHours]').getByRole('switch').click(); await page.getByLabel('Quiet until').waitFor(); }],
  ['file-locked', '/?risk=locked#/inbox/t/1', async (page) => { await frame(page); await page.getByRole('button', { name: /^Open spring-release/ }).click(); await dialog(page); }],
  ['reader-menu', '/#/inbox/t/5', async (page) => { await frame(page); await page.getByRole('button', { name: /^Actions for the message/ }).last().click(); await until(page, () => document.querySelector('[role=menu]') !== null, 'the menu opens'); }, { sizes: ['wide'] }],
];

const flow = (name, path, run) => ({ name: `triage ${name}`, run: (env) => withPage(env, path, { name }, (page) => run(page)) });

export const tests = [
  ...screens(SCREENS),
  flow('snooze takes the row away at once and undo brings it back', '/#/inbox', async (page) => {
    await rows(page);
    const first = () => page.evaluate(() => document.querySelector('[role=row]').getAttribute('aria-label'));
    const before = await first();
    await press(page, 'h');
    await dialog(page);
    await page.getByRole('button', { name: /^Tomorrow/ }).click();
    await until(page, (was) => document.querySelector('[role=row]').getAttribute('aria-label') !== was, 'the row is gone', 8000, before);
    await press(page, 'z');
    await until(page, (was) => document.querySelector('[role=row]').getAttribute('aria-label') === was, 'the row is back', 8000, before);
  }),
  flow('an archive with a password is asked about, a program is only saved', '/?risk=locked#/inbox/t/1', async (page) => {
    await frame(page);
    await page.getByRole('button', { name: /^Open spring-release/ }).click();
    await dialog(page);
    assert(/has a password/.test(await text(page)), 'the warning names the password');
    equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Cancel', 'what has the focus');
    await page.getByRole('button', { name: 'Open anyway' }).click();
    await until(page, () => /Opened from/.test(document.body.innerText), 'it is opened');
    await page.goto(page.url().replace('risk=locked', 'risk=executable'));
    await frame(page);
    await page.getByRole('button', { name: /^Open spring-release/ }).click();
    await dialog(page);
    await page.getByRole('button', { name: 'Save only' }).click();
    await until(page, () => /Saved to/.test(document.body.innerText), 'it is saved');
  }),
  flow('an outbox that cannot be read says so, not that nothing waits', '/?broken=outbox#/outbox', async (page) => {
    await page.getByRole('button', { name: 'Retry' }).waitFor();
    assert(!/Nothing waits/.test(await text(page)), 'it claims to be empty');
  }),
  flow('a conversation that changes while it is read stays where it was scrolled to', '/#/inbox/t/1', async (page) => {
    await rows(page);
    await frame(page);
    const at = () => page.evaluate(() => Math.round(document.querySelector('#reader .scroll').scrollTop));
    await page.evaluate(() => { const pane = document.querySelector('#reader .scroll'); pane.scrollTop = pane.scrollHeight; });
    await settle(page);
    const before = await at();
    assert(before > 40, `the conversation is longer than the pane (scrolled by ${before})`);
    await press(page, 's');
    await until(page, () => document.querySelector('#reader header [aria-pressed=true]') !== null, 'it is starred');
    await page.waitForTimeout(400);
    assert(Math.abs((await at()) - before) < 4, `it jumped from ${before} to ${await at()}`);
  }),
  flow('muting leaves the inbox and shows in Muted', '/#/inbox', async (page) => {
    await rows(page);
    await press(page, 'm');
    await place(page, /^Muted/);
    await until(page, () => document.querySelectorAll('[role=row]').length === 1, 'one is muted');
    await press(page, 'm');
    await until(page, () => document.body.innerText.includes('Nothing is muted'), 'none is muted any more');
  }),
  flow('a reminder stays in the inbox and is listed', '/#/inbox', async (page) => {
    await rows(page);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remind me if nobody answers' }).first().click();
    await dialog(page);
    await page.getByLabel('Or say when').fill('in 2 h');
    await page.keyboard.press('Enter');
    await place(page, /^Reminders/);
    await until(page, () => document.querySelectorAll('[role=row]').length === 1, 'one reminder');
  }),
  flow('keys walk through the tabs and Back walks back', '/?splits=yes#/inbox', async (page) => {
    await rows(page);
    await until(page, () => document.querySelector('nav[aria-label="Inbox tabs"]') !== null, 'the tabs are there');
    await press(page, 'Control+Alt+ArrowRight');
    await until(page, () => location.hash.includes('split=1'), 'the first tab');
    await press(page, 'Control+Alt+ArrowRight');
    await until(page, () => location.hash.includes('split=2'), 'the second tab');
    await page.goBack();
    await until(page, () => location.hash.includes('split=1'), 'back to the first');
    equal(await page.evaluate(() => document.querySelector('nav[aria-label="Inbox tabs"] [aria-current]').textContent.trim().split(/\s|,|\d/)[0]), 'People', 'the tab in view');
  }),
  flow('a suggested tab is added, renamed in order and removed', '/#/inbox', async (page) => {
    await rows(page);
    await page.getByRole('button', { name: 'Edit inbox tabs' }).click();
    await page.getByRole('button', { name: 'Add Newsletters' }).click();
    await page.getByLabel('Name').fill('Lease');
    await page.getByLabel('Takes what this search finds').fill('in:inbox lease');
    await page.keyboard.press('Enter');
    await until(page, () => document.body.innerText.includes('have no place in a split'), 'the refusal is shown in place');
    await page.getByLabel('Takes what this search finds').fill('subject:lease');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Move Lease up' }).click();
    await page.keyboard.press('Escape');
    await until(page, () => [...document.querySelectorAll('nav[aria-label="Inbox tabs"] a')].map((a) => a.textContent.trim().replace(/[\s,\d].*$/s, '')).join() === 'All,Lease,Newsletters,Other', 'tabs in their order');
  }),
  flow('a whole list is archived as one job, stopped by nothing, undone as one', '/?scenario=large#/inbox', async (page) => {
    await rows(page);
    await press(page, '*', 'a');
    await until(page, () => /^All [\d,]+ conversations selected/m.test(document.body.innerText), 'the whole list is selected');
    await press(page, 'x');
    await until(page, () => !/^All /m.test(document.querySelector('[role=toolbar]').innerText), 'one is left out');
    await press(page, 'e');
    await until(page, () => document.querySelectorAll('[role=row]').length === 1, 'all but one are gone', 20_000);
    await page.getByRole('button', { name: 'Undo' }).click();
    await until(page, () => document.querySelectorAll('[role=row]').length > 10, 'all are back', 20_000);
  }),
  flow('z takes a whole job back, and only the last thing done shows the key', '/?scenario=large#/inbox', async (page) => {
    await rows(page);
    await press(page, 's');
    await press(page, '*', 'a', 'x', 'e');
    await until(page, () => document.querySelectorAll('[role=row]').length === 1, 'all but one are gone', 20_000);
    await until(page, () => [...document.querySelectorAll('.toast')].some((x) => /archived/.test(x.textContent)), 'it is told');
    equal(await page.locator('.toast', { hasText: 'starred' }).locator('kbd').count(), 0, 'key caps at what z would not do now');
    equal(await page.locator('.toast', { hasText: 'archived' }).locator('kbd').count(), 1, 'key caps at what z does');
    await press(page, 'z');
    await until(page, () => document.querySelectorAll('[role=row]').length > 10, 'all are back', 20_000);
    await press(page, 'z');
    await until(page, () => [...document.querySelectorAll('.toast')].some((x) => /Undone/.test(x.textContent)) && document.querySelector('[role=row] .star') === null, 'the star is taken back next');
  }),
  flow('z takes back what only the window knows', '/#/settings/about', async (page) => {
    await page.locator('[data-option=resetAll]').getByRole('button').click();
    await until(page, () => document.querySelector('.toast kbd') !== null, 'it shows the key');
    await page.evaluate(() => document.activeElement.blur());
    await press(page, 'z');
    await until(page, () => document.querySelector('.toast') === null, 'taken back');
  }),
  flow('what is found is triaged like any list: rows leave, the next is active, undo brings them back', '/#/search?q=launch', async (page) => {
    await rows(page);
    await page.evaluate(() => document.querySelector('[role=grid]').focus());
    const active = () => page.evaluate(() => document.querySelector('[role=row].active')?.id);
    const ids = await page.evaluate(() => [...document.querySelectorAll('[role=row]')].map((r) => r.id));
    equal(await active(), ids[0], 'the first is active');
    await press(page, 'e');
    await until(page, (id) => document.getElementById(id) === null, 'the archived one leaves', 8000, ids[0]);
    equal(await active(), ids[1], 'the next is active');
    await page.waitForTimeout(500);
    equal(await page.evaluate((id) => document.getElementById(id) === null, ids[0]), true, 'it stays away, though the words are still in it');
    await press(page, 'x', 'Shift+j');
    await until(page, () => /2 selected/.test(document.querySelector('[role=toolbar]')?.textContent ?? ''), 'two are selected');
    await press(page, '#');
    await until(page, (id) => document.getElementById(id) === null, 'both leave', 8000, ids[2]);
    equal(await active(), ids[3], 'the one after them is active');
    await press(page, 'h');
    await dialog(page);
    await page.getByRole('button', { name: /^Tomorrow/ }).click();
    await until(page, (id) => document.getElementById(id) === null, 'a snoozed one leaves', 8000, ids[3]);
    await press(page, 'z', 'z', 'z');
    await until(page, (all) => all.every((id) => document.getElementById(id) !== null), 'all are back', 8000, ids.slice(0, 4));
  }),
  flow('thousands of hits cost what thirty do', '/?scenario=large#/search?q=the', async (page) => {
    await rows(page);
    await page.evaluate(() => document.querySelector('[role=grid]').focus());
    for (let i = 0; i < 6; i += 1) {
      await press(page, 'End');
      await settle(page);
    }
    const seen = await page.evaluate(() => ({ nodes: document.querySelectorAll('[role=row]').length, at: Number(document.getElementById(document.querySelector('[role=grid]').getAttribute('aria-activedescendant')).getAttribute('aria-rowindex')) }));
    assert(seen.nodes <= 60 && seen.at > 200, JSON.stringify(seen));
  }),
  flow('the account in view is the one that is searched, and all of them one step away', '/#/inbox?account=2', async (page) => {
    await rows(page);
    await press(page, '/');
    await page.getByRole('combobox').first().fill('the');
    await until(page, () => /Only \S+@/.test(document.querySelector('main').innerText) && document.querySelector('[role=row]') !== null, 'it says which');
    const count = () => page.evaluate(() => document.querySelector('.count').textContent);
    const narrow = await count();
    await page.getByRole('button', { name: 'All accounts', exact: true }).last().click();
    await until(page, (was) => document.querySelector('.count')?.textContent !== was && !location.hash.includes('account='), 'all are searched', 8000, narrow);
  }),
  flow('a group in a search arrives as it was typed', '/#/search', async (page) => {
    await page.getByRole('combobox').first().fill('-from:(nobody) launch from:');
    await until(page, () => location.hash.includes('nobody'), 'typed');
    await settle(page);
    assert(!/syntax|not something/.test(await text(page)), 'no error');
  }),
  flow('snoozing a whole list is one job, and one undo', '/?scenario=large#/inbox', async (page) => {
    await rows(page);
    await press(page, '*', 'a', 'h');
    await dialog(page);
    await page.getByRole('button', { name: /^Tomorrow/ }).click();
    await until(page, () => document.querySelectorAll('[role=row]').length === 0, 'the inbox is empty', 20_000);
    await until(page, () => [...document.querySelectorAll('.toast')].some((x) => /snoozed/.test(x.textContent)), 'it is told', 20_000);
    await press(page, 'z');
    await until(page, () => document.querySelectorAll('[role=row]').length > 10, 'all are back', 20_000);
  }),
  flow('a selection of unread says that it is of the loaded rows', '/?scenario=large#/inbox', async (page) => {
    await rows(page);
    await press(page, '*', 'u');
    await until(page, () => /loaded so far/.test(document.querySelector('[role=toolbar]')?.textContent ?? ''), 'it says so');
  }),
  flow('the palette keeps its highlighted row while answers arrive', '/?latency=400#/inbox', async (page) => {
    await rows(page);
    await press(page, 'Control+k');
    await until(page, () => document.querySelector('[data-palette]') !== null, 'the palette');
    await page.keyboard.type('launch');
    await until(page, () => document.querySelector('[data-palette] [aria-selected=true]') !== null, 'a row is highlighted');
    const at = () => page.evaluate(() => { const row = document.querySelector('[data-palette] [aria-selected=true]'); return `${row.dataset.item} ${String(Math.round(row.getBoundingClientRect().top))}`; });
    const before = await at();
    await until(page, () => document.querySelector('[data-item^="thread:"]') !== null, 'conversations arrive');
    equal(await at(), before, 'the highlighted row');
  }),
  flow('a setting that was chosen in the palette has the keys', '/#/inbox', async (page) => {
    await rows(page);
    await press(page, 'Control+k');
    await page.keyboard.type('row density');
    await page.locator('[data-item="set:density"]').click();
    await until(page, () => document.activeElement?.closest('[data-option=density]') !== null, 'the option has the focus');
  }),
  flow('the bin is emptied after a question, one conversation of it likewise', '/#/inbox', async (page) => {
    await rows(page);
    await press(page, '#', '#', '#');
    await place(page, /^Bin/);
    await until(page, () => document.querySelector('h1')?.textContent === 'Bin' && document.querySelectorAll('[role=row]').length >= 3, 'three are in the bin');
    const count = () => page.evaluate(() => Number(document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') ?? 0));
    const before = await count();
    await page.evaluate(() => document.querySelector('[role=grid]').focus());
    await press(page, '#');
    await dialog(page);
    equal(await page.evaluate(() => document.activeElement.textContent.trim() !== 'Delete for ever'), true, 'what destroys has not the focus');
    await page.getByRole('button', { name: 'Delete for ever' }).click();
    await until(page, (n) => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount')) === n, 'one is gone', 8000, before - 1);
    await page.getByRole('button', { name: 'Empty bin' }).click();
    await dialog(page);
    await page.getByRole('button', { name: 'Delete for ever' }).click();
    await until(page, () => document.querySelectorAll('[role=row]').length === 0, 'the bin is empty', 15_000);
  }),
  flow('a folder of one\u2019s own is renamed and deleted', '/#/inbox', async (page) => {
    await rows(page);
    await press(page, 'l');
    await dialog(page);
    await page.getByRole('combobox').fill('Offsite');
    await page.getByRole('option', { name: /Create/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.goto(page.url().replace(/#.*/, '#/mailbox/900000'));
    await page.getByRole('button', { name: 'Actions for Offsite' }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Retreat');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Actions for Retreat' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await until(page, () => location.hash.startsWith('#/inbox') && /Retreat was deleted/.test(document.body.innerText), 'back in the inbox');
  }),
  flow('a mail discarded in the outbox is a draft, and z lets it wait again', '/?scenario=outbox#/outbox', async (page) => {
    await until(page, () => document.querySelectorAll('main li').length === 5, 'five wait');
    await page.evaluate(() => document.activeElement.blur());
    const at = () => page.evaluate(() => document.querySelector('main li[aria-current=true] .subject').textContent);
    for (let i = 0; i < 5 && !/cabin/.test(await at()); i += 1) await press(page, 'j');
    await press(page, '#');
    await until(page, () => document.querySelectorAll('main li').length === 4 && /is back in your drafts/.test(document.body.innerText), 'it is a draft');
    await press(page, 'z');
    await until(page, () => document.querySelectorAll('main li').length === 5, 'it waits again');
  }),
  flow('a provider that asks for patience is quoted, second by second', '/?scenario=throttled#/inbox', async (page) => {
    await rows(page);
    await until(page, () => /Google asked us to wait \d+ seconds?/.test(document.querySelector('[data-pane=rail]').innerText), 'in the rail');
  }),
  flow('a workspace without a keyring can be looked around in', '/?scenario=needs-passphrase', async (page) => {
    await page.getByRole('button', { name: 'Explore with sample data' }).click();
    await until(page, () => document.querySelector('[role=row]') !== null, 'the sample');
  }),
  flow('a search becomes a tab', '/#/search?q=launch', async (page) => {
    await page.getByRole('button', { name: 'Save as inbox tab' }).click();
    equal(await page.getByLabel('Takes what this search finds').inputValue(), 'launch', 'the search is taken over');
    await page.getByLabel('Name').fill('Launch');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove Launch' }).waitFor();
  }),
  flow('an answer that leaves the house says so', '/#/inbox', async (page) => {
    await rows(page);
    await press(page, 'c');
    await until(page, () => document.querySelector('[data-composer] .prose') !== null, 'the editor is there');
    await page.keyboard.type('tomas@northwind.example,someone@elsewhere.example,');
    await until(page, () => document.body.innerText.includes('outside northwind.example: someone@elsewhere.example'), 'it is said');
  }),
  flow('a label is made while it is given', '/#/inbox', async (page) => {
    await rows(page);
    await press(page, 'l');
    await dialog(page);
    await page.getByRole('combobox').fill('Offsite');
    await page.getByRole('option', { name: /Create/ }).waitFor();
    await page.keyboard.press('Enter');
    await until(page, () => document.body.innerText.includes('“Offsite” was made'), 'it was made');
  }),
  flow('unsubscribing names who is told and can be undone', '/#/inbox/t/5', async (page) => {
    await frame(page);
    await press(page, 'Control+Shift+U');
    await dialog(page);
    assert(/lists\./.test(await text(page)), 'the host is named');
    await page.getByRole('dialog').getByRole('button', { name: 'Unsubscribe' }).click();
    await until(page, () => document.body.innerText.includes('Unsubscribing'), 'it is under way');
    await page.getByRole('button', { name: 'Undo' }).click();
    await until(page, () => document.body.innerText.includes('Undone'), 'it is undone');
  }),
  flow('a phishing report goes to spam and offers to block', '/#/inbox/t/3', async (page) => {
    await frame(page);
    await menu(page, 'Report phishing');
    await until(page, () => document.body.innerText.includes('Reported as phishing'), 'it is reported');
    await page.getByRole('button', { name: 'Block sender' }).waitFor();
  }),
  flow('printing leaves one message on the paper', '/#/inbox/t/1', async (page) => {
    await rows(page);
    await page.getByRole('button', { name: /^Actions for the message/ }).last().click();
    await page.getByRole('menuitem', { name: /^Print/ }).click();
    await page.emulateMedia({ media: 'print' });
    const seen = await page.evaluate(() => ({ grid: document.querySelector('[role=grid]').getBoundingClientRect().width, subject: document.querySelector('.on-paper').getBoundingClientRect().height, rail: document.querySelector('[data-pane=rail]').getBoundingClientRect().width }));
    assert(seen.grid === 0 && seen.rail === 0 && seen.subject > 0, JSON.stringify(seen));
  }),
];
