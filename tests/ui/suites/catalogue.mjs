// What can be connected: the catalogue by its groups, Microsoft from its registration to its end, and every tool by its token.
import { join } from 'node:path';
import { assert, axe, equal, screens, settle, until, withPage } from '../lib/harness.mjs';

const shot = (env, page, name) => page.screenshot({ path: join(env.out, `${name}.png`), animations: 'disabled', caret: 'hide' });
const button = (page, name) => page.getByRole('button', { name, exact: true });
const text = (page) => page.evaluate(() => document.querySelector('main').innerText);
const field = (page, name) => page.getByLabel(name, { exact: true });
const described = (page) => page.evaluate(() => (document.activeElement?.getAttribute('aria-describedby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' '));
const invalid = (page, what) => until(page, () => document.activeElement?.getAttribute('aria-invalid') === 'true', what);
const flow = (name, path, run, options = {}) => ({ name: `catalogue: ${name}`, timeout: 60_000, run: (env) => withPage(env, path, { name: `cat-${name}`, ...options }, (page) => run(page, env)) });

/** What each tool asks for: [its field and what is wrong there, what is right], the words of help, where its token is made, its lists. */
const WRONG_TOKEN = '0'.repeat(40);
const TOOLS = {
  todoist: { name: 'Todoist', token: 'API token', help: 'Settings, Integrations, Developer', page: 'https://app.todoist.com/', right: '8f3a'.repeat(10), lists: ['Inbox', 'Home', 'Spring launch'] },
  github: { name: 'GitHub', token: 'Personal access token', help: 'read and write the issues of the repositories', page: 'https://github.com/settings/', right: `github_pat_${'A1b2'.repeat(10)}`, lists: ['northwind/desk', 'northwind/website', 'mara/dotfiles'] },
  linear: { name: 'Linear', token: 'API key', help: 'Personal API keys', page: 'https://linear.app/settings/', right: `lin_api_${'a1B2'.repeat(8)}`, lists: ['Design', 'Platform'] },
  asana: { name: 'Asana', token: 'Personal access token', help: 'Developer console', page: 'https://app.asana.com/', right: `2/1201/1203:${'a1b2'.repeat(8)}`, lists: ['Northwind', 'Spring campaign', 'Office move'] },
  trello: { name: 'Trello', token: 'Token', help: 'the link “Token”', page: 'https://trello.com/', right: `ATTA${'a1b2'.repeat(12)}`, lists: ['House', 'Garden'], before: [['API key', 'nothing', 'is 32 letters and numbers', 'a1b2c3d4'.repeat(4), 'make a Power-Up of your own']] },
  jira: { name: 'Jira Cloud', token: 'API token', help: 'reads and writes what you can', page: 'https://id.atlassian.com/', right: 'ATATT3xFfGF0'.repeat(3), lists: ['Web shop', 'Mobile app'],
    before: [['Site', 'example.com', 'ends with .atlassian.net', 'https://northwind.atlassian.net/browse/AT-1', 'example.atlassian.net'], ['Address of your account', 'mara', 'This is not an address', 'mara@northwind.example', 'The one that you sign in with']] },
  notion: { name: 'Notion', token: 'Token', help: 'your own internal integration', page: 'https://www.notion.so/', right: `ntn_${'a1B2'.repeat(10)}`, lists: ['Editorial calendar'] },
};
/** As its account is called: the person has the same address at most of them. */
const account = (tool) => (tool === 'todoist' ? 'Todoist' : `${TOOLS[tool].name} (mara@lindqvist.example)`);

const byToken = ([id, tool]) => flow(`${tool.name}: its form, its errors, its account and what is shown of it`, `/?tasks=none#/integrations/${id}`, async (page, env) => {
  const before = tool.before ?? [];
  const link = page.getByRole('link', { name: `Open your settings at ${tool.name}` });
  assert((await link.getAttribute('href')).startsWith(tool.page), 'where the token is made');
  equal(await page.locator('form input').count(), before.length + 1, 'no field more');
  const all = await text(page);
  for (const words of [tool.help, ...before.map((b) => b[4]), `is sent only to ${tool.name}`, 'disconnect here, which erases it']) assert(all.includes(words), `${words} in ${all}`);
  equal(await field(page, tool.token).getAttribute('type'), 'password', 'the token is not to be read over a shoulder');
  // Nothing at all: every field says so, and the first has the focus.
  await button(page, 'Connect').click();
  await invalid(page, 'the first field');
  equal(await page.locator('form [aria-invalid=true]').count(), before.length + 1, 'each is needed');
  assert((await described(page)).includes('This is needed'), 'and says so');
  // What can't be one.
  for (const [name, wrong] of before) await field(page, name).fill(wrong);
  await field(page, tool.token).fill('two words');
  await page.keyboard.press('Enter');
  for (const [, , words] of before) await page.getByText(words).first().waitFor();
  await page.getByText(`This is not a token of ${tool.name}`).waitFor();
  await settle(page);
  await axe(page);
  await shot(env, page, `token-${id}-wrong`);
  // What the provider does not take: its words stand at the token, and nothing typed is lost.
  for (const [name, , , right] of before) await field(page, name).fill(right);
  await field(page, tool.token).fill(WRONG_TOKEN);
  await page.keyboard.press('Enter');
  await page.getByText(`${tool.name} does not accept this token. Copy it again from ${tool.page}`).waitFor();
  await invalid(page, 'the token has the focus');
  equal(await page.evaluate(() => document.activeElement.type), 'password', 'it is the token');
  for (const [name, , , right] of before) equal(await field(page, name).inputValue(), right, name);
  await settle(page);
  await axe(page);
  await field(page, tool.token).fill(` "${tool.right}" `);
  await page.keyboard.press('Enter');
  await page.getByText(`${account(id)} is connected`).waitFor();
  await until(page, () => document.activeElement?.matches('[data-step]'), 'the focus is on the answer');
  await settle(page);
  await axe(page);
  await shot(env, page, `token-${id}-connected`);
  // Its account, with what lies in it.
  await page.getByRole('link', { name: 'All integrations' }).click();
  const card = page.locator('main li', { has: button(page, `Settings of ${account(id)}`) });
  await card.getByRole('link', { name: tool.lists.length === 1 ? '1 task list' : `${tool.lists.length} task lists` }).waitFor();
  await button(page, `Settings of ${account(id)}`).click();
  for (const name of tool.lists) assert(await page.getByRole('checkbox', { name }).isChecked(), `${name} is shown`);
  await page.getByRole('checkbox', { name: tool.lists[0] }).uncheck();
  await settle(page);
  await axe(page);
  await shot(env, page, `token-${id}-account`);
});

export const tests = [
  ...screens([
    ['catalogue-first', '/?scenario=nothing', async (page) => { await button(page, 'Connect an account').click(); await page.getByText('Outlook.com and Microsoft 365').waitFor(); }],
    ['catalogue', '/#/integrations', async (page) => { await page.getByRole('heading', { name: 'Tasks', exact: true }).scrollIntoViewIfNeeded(); }],
    ['catalogue-tools', '/?scenario=tools#/integrations'],
    ['integration-microsoft', '/#/integrations/microsoft', async (page) => { await field(page, 'Client ID').waitFor(); }],
    ['integration-microsoft-ready', '/?scenario=microsoft#/integrations/microsoft'],
    ['integration-trello', '/#/integrations/trello'],
    ['integration-jira', '/#/integrations/jira'],
    ['integration-github', '/#/integrations/github'],
    ['imap-outlook', '/#/integrations/imap', async (page) => { await page.getByLabel('Email address').fill('mara@outlook.com'); }],
  ]),
  flow('is in groups, goes by arrows, and finds', '/#/integrations', async (page, env) => {
    const groups = await page.evaluate(() => [...document.querySelectorAll('main h3')].map((h) => [h.textContent, [...h.parentElement.querySelectorAll('[data-tile] strong')].map((s) => s.textContent)]));
    equal(groups, [['Mail and calendar', ['Google', 'Microsoft', 'Organisation sign-in', 'IMAP and SMTP', 'JMAP']], ['Calendars', ['CalDAV', 'Calendar subscription']], ['Tasks', Object.values(TOOLS).map((tool) => tool.name)]], 'the groups');
    for (const [name, tiles] of groups) equal(await page.getByRole('list', { name, exact: true }).getByRole('button').count(), tiles.length, `${name} is a list with a name`);
    await page.locator('[data-tile]').first().focus();
    const names = groups.flatMap(([, tiles]) => tiles);
    for (const name of names.slice(1)) {
      await page.keyboard.press('ArrowRight');
      equal(await page.evaluate(() => document.activeElement.querySelector('strong')?.textContent), name, 'the next');
    }
    const at = () => page.evaluate(() => document.activeElement.querySelector('strong')?.textContent);
    await page.keyboard.press('ArrowRight');
    equal(await at(), 'Notion', 'the last is the last');
    // By columns: the tile above, over the heading of a group too.
    const up = [];
    for (let n = 0; n < 8; n++) {
      await page.keyboard.press('ArrowUp');
      up.push(await at());
    }
    equal(up, ['Trello', 'Linear', 'Todoist', 'CalDAV', 'JMAP', 'Organisation sign-in', 'Google', 'Google'], 'upwards');
    await page.keyboard.press('ArrowDown');
    equal(await at(), 'Organisation sign-in', 'and down');
    await axe(page);
    const search = page.getByLabel('Search integrations');
    await search.fill('issues');
    await until(page, () => document.querySelectorAll('[data-tile]').length === 3, 'those that hold issues');
    equal(await page.locator('main h3').allTextContents(), ['Tasks'], 'no group without a tile');
    await search.press('Tab');
    await page.keyboard.press('Enter');
    await until(page, () => location.hash === '#/integrations/github', 'its page');
    await page.getByRole('link', { name: 'All integrations' }).click();
    await search.fill('zebra');
    await page.getByText('No integration is called “zebra”').waitFor();
    await shot(env, page, 'catalogue-nothing');
  }),
  flow('Microsoft: its registration, without a secret', '/#/integrations/microsoft', async (page, env) => {
    const said = await text(page);
    for (const part of ['Outlook.com and Microsoft 365', 'File, flag, mark as read', 'Aurelius needs a client id', 'redirect address http://localhost', 'it has no secret', 'work, school and personal accounts']) assert(said.includes(part), `${part} in ${said}`);
    equal(await page.getByLabel('Client secret').count(), 0, 'no secret is asked for');
    await button(page, 'Save').click();
    await invalid(page, 'the client id is needed');
    await field(page, 'Client ID').fill('2f1c9a77-53b0-4f0e-8d6a-0b7d2c9e4a11');
    await page.getByText('Addresses', { exact: true }).click();
    equal(await page.locator('details details input').evaluateAll((all) => all.map((e) => e.placeholder)), ['https://login.microsoftonline.com/common/oauth2/v2.0/authorize', 'https://login.microsoftonline.com/common/oauth2/v2.0/token', 'https://graph.microsoft.com'], 'its addresses, and no other');
    await settle(page);
    await axe(page);
    await shot(env, page, 'microsoft-client');
    await field(page, 'Issuer').fill('https://login.microsoftonline.com');
    await button(page, 'Save').click();
    await page.getByRole('alert').getByText('issuer must be like https://login.microsoftonline.com/TENANT/v2.0').waitFor();
    await field(page, 'Issuer').fill('');
    await button(page, 'Save').click();
    await button(page, 'Connect').waitFor();
    await button(page, 'Connect').click();
    await page.getByText('Sign in at Microsoft').waitFor();
    await page.getByText('Microsoft is connected').waitFor();
    await page.getByRole('link', { name: 'All integrations' }).click();
    await button(page, 'Settings of mara.lindqvist@outlook.example').waitFor();
  }),
  flow('Microsoft: leaving says who has to end the access, and leads there', '/?scenario=microsoft#/integrations', async (page, env) => {
    await button(page, 'Settings of mara.lindqvist@outlook.example').click();
    const card = page.locator('main li', { has: page.locator('.settings') });
    for (const part of ['Read your mail and its folders', 'Keep your drafts at Microsoft too']) assert((await card.innerText()).includes(part), part);
    await card.getByRole('button', { name: 'Disconnect' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    const asked = await dialog.innerText();
    assert(asked.includes('Microsoft has no way to end the access from here') && asked.includes('remove Aurelius') && !asked.includes('where that is possible'), asked);
    await settle(page);
    await axe(page);
    await shot(env, page, 'microsoft-disconnect');
    await dialog.getByRole('button', { name: 'Disconnect', exact: true }).click();
    await dialog.getByText('is disconnected').waitFor();
    const done = await dialog.innerText();
    assert(done.includes('Microsoft has no way for a program to withdraw its access') && done.includes('3,204 messages were erased'), done);
    await settle(page);
    await axe(page);
    await shot(env, page, 'microsoft-disconnected');
    await dialog.getByRole('button', { name: 'Open the account page' }).click();
    assert(await dialog.isVisible(), 'what was done stays to be read');
    await dialog.getByRole('button', { name: 'Done' }).click();
    await until(page, () => document.querySelectorAll('main li .toggle').length === 2, 'it is gone');
  }),
  flow('Microsoft: a sign-in that was refused, in German', '/?scenario=microsoft&signin=denied#/integrations/microsoft', async (page, env) => {
    await button(page, 'Verbinden').click();
    await page.getByRole('alert').getByText('Die Anmeldung wurde abgelehnt: Der Zugriff wurde nicht erlaubt.').waitFor();
    assert((await page.getByRole('alert').innerText()).includes('erlaube, was du benutzen möchtest'), 'and what to do');
    assert(await button(page, 'Verbinden').isVisible(), 'it can be tried again');
    await settle(page);
    await axe(page);
    await shot(env, page, 'microsoft-refused-german');
  }, { settings: { language: 'de' } }),
  flow('an address at Microsoft is led to Microsoft, one at Google to Google', '/#/integrations/imap', async (page, env) => {
    const email = page.getByLabel('Email address');
    await email.fill('mara@outlook.com');
    await page.getByText('Microsoft no longer lets mail programs in by password').waitFor();
    await email.fill('mara@gmail.com');
    await page.getByText('better connected with Google').waitFor();
    await email.fill('mara@fjord.example');
    await until(page, () => !document.querySelector('main').innerText.includes('better connected'), 'no other is led anywhere');
    // A domain of an organisation, whose mail Microsoft takes in.
    await email.fill('mara@contoso.example');
    await field(page, 'Password').fill('secret');
    await button(page, 'Find the servers').click();
    await page.getByText('Microsoft no longer lets mail programs in by password').waitFor();
    assert((await text(page)).includes('Found in your provider’s DNS'), 'and how that is known');
    await settle(page);
    await axe(page);
    await shot(env, page, 'imap-contoso');
    await page.reload();
    await email.fill('mara@fjord.example');
    await button(page, 'Enter the servers myself').click();
    await page.getByLabel('Server', { exact: true }).first().fill('outlook.office365.com');
    await button(page, 'Use Microsoft').click();
    await until(page, () => location.hash === '#/integrations/microsoft', 'its page');
  }),
  ...Object.entries(TOOLS).map(byToken),
  flow('tools are told apart, each with its lists and its end', '/?scenario=tools#/integrations', async (page, env) => {
    const names = await page.locator('main li .toggle').evaluateAll((all) => all.map((e) => e.getAttribute('aria-label')));
    equal(names.length, 9, 'two of mail and seven tools');
    equal(new Set(names).size, 9, `each by a name of its own: ${names.join(', ')}`);
    await button(page, `Settings of ${account('github')}`).click();
    const card = page.locator('main li', { has: page.locator('.settings') }).first();
    const website = card.locator('label', { hasText: 'northwind/website' });
    assert((await website.innerText()).includes('Read only'), 'where nothing may be written');
    await card.getByRole('button', { name: 'Disconnect' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    const asked = await dialog.innerText();
    assert(asked.includes('Disconnect GitHub (mara@lindqvist.example)?') && asked.includes('only you can end it, in your settings at GitHub'), asked);
    await settle(page);
    await axe(page);
    await shot(env, page, 'tool-disconnect');
    await dialog.getByRole('button', { name: 'Disconnect', exact: true }).click();
    await dialog.getByText('The token itself still works').waitFor();
    assert(await dialog.getByRole('button', { name: 'Open the account page' }).isVisible(), 'and where');
    await shot(env, page, 'tool-disconnected');
  }),
  flow('in German', '/?scenario=tools#/integrations', async (page, env) => {
    const said = await text(page);
    for (const part of ['Mail und Kalender', 'Aufgaben', 'Microsoft To Do und das Sichern von Dateien in OneDrive', 'Aufgabentabellen in Notion', 'Einrichtung nötig']) assert(said.includes(part), `${part} in ${said}`);
    await settle(page);
    await axe(page);
    await shot(env, page, 'catalogue-german');
    await page.goto(page.url().replace(/#.*/, '#/integrations/microsoft'));
    await page.getByText('Ablegen, kennzeichnen, als gelesen markieren').waitFor();
    await shot(env, page, 'microsoft-german');
    await page.goto(page.url().replace(/#.*/, '#/integrations/asana'));
    await field(page, 'Persönlicher Zugriffstoken').fill(WRONG_TOKEN);
    await page.keyboard.press('Enter');
    await page.getByText('Asana nimmt diesen Token nicht an. Kopiere ihn noch einmal von https://app.asana.com/0/my-apps.').waitFor();
    await shot(env, page, 'asana-german');
    await page.goto(page.url().replace(/#.*/, '#/integrations'));
    await button(page, 'Einstellungen von Jira Cloud (mara@lindqvist.example)').click();
    await page.locator('main .settings').getByRole('button', { name: 'Trennen' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Trennen', exact: true }).click();
    await dialog.getByText('Der Token selbst gilt weiter: Nur du kannst ihn beenden, auf https://id.atlassian.com').waitFor();
  }, { settings: { language: 'de' } }),
];
