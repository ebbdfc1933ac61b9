// Notion's tables: from the token to the screen, every kind of property, what is not there, what fails; by keyboard, in German, for axe.
import { join } from 'node:path';
import { assert, axe, equal, screens, settle, until, withPage } from '../lib/harness.mjs';

const AT = '#/integrations/notion?tables=c-notion';
const at = (more = '') => `/?scenario=tools${more}${AT}`;
const shot = (env, page, name) => page.screenshot({ path: join(env.out, `${name}.png`), animations: 'disabled', caret: 'hide' });
const button = (page, name) => page.getByRole('button', { name, exact: true });
const table = (page, name) => page.getByRole('navigation', { name: 'Shared tables' }).getByRole('button', { name: new RegExp(`^${name}`) });
const field = (page, name) => page.getByLabel(name, { exact: true });
const rows = (page) => page.evaluate(() => [...document.querySelectorAll('section[aria-busy] li')].map((li) => `${li.querySelector('[role=img]').getAttribute('aria-label')}: ${li.querySelector('bdi').textContent}`));
const shown = (page, wanted, what) => until(page, (w) => JSON.stringify([...document.querySelectorAll('section[aria-busy] li')].map((li) => `${li.querySelector('[role=img]').getAttribute('aria-label')}: ${li.querySelector('bdi').textContent}`)) === w, what, 8000, JSON.stringify(wanted));
const flow = (name, path, run, options = {}) => ({ name: `tables: ${name}`, timeout: 60_000, run: (env) => withPage(env, path, { name: `tables-${name}`, ...options }, (page) => run(page, env)) });

export const tests = [
  ...screens([
    ['tables', at()],
    ['tables-editorial', at(), async (page) => { await table(page, 'Editorial').click(); await field(page, 'Done').selectOption('stg'); await page.getByLabel('Published').selectOption('done'); await page.getByLabel('Writing').selectOption('started'); await field(page, 'Due').selectOption('dead'); await field(page, 'Priority').selectOption('imp'); await field(page, 'High').selectOption('high'); await page.getByText('The last type foundry').waitFor(); }],
    ['tables-none', at('&tables=none')],
    ['tables-gone', at('&tables=gone')],
    ['tables-error', at('&tables=error')],
  ]),
  flow('a table is mapped, looked at and saved', at(), async (page, env) => {
    await page.getByText('2 tables shared with Aurelius are not used.').waitFor();
    await shown(page, ['Begun: Proofs of the spring catalogue', 'Open: Order paper samples', 'Open: Photograph the bindery', 'Done: Sort the old letterheads'], 'by Notion’s groups');
    equal(await button(page, 'Save').getAttribute('aria-disabled'), 'true', 'nothing to save yet');
    // By arrows through the tables.
    await table(page, 'Studio tasks').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await until(page, () => document.activeElement?.textContent?.includes('Editorial calendar') === true, 'the third has the focus');
    equal(await field(page, 'Done').inputValue(), '', 'nothing in it says done by itself');
    await field(page, 'Done').selectOption('stg');
    await page.getByText('Choose at least one option that means done.').waitFor();
    equal(await rows(page), [], 'nothing to show before something says done');
    // What lacks something is not saved, and says what.
    await button(page, 'Save').click();
    equal(await page.getByText('Not saved yet').count(), 1, 'it waits');
    await page.getByLabel('Published').selectOption('done');
    await page.getByLabel('Dropped').selectOption('done');
    await page.getByLabel('Writing').selectOption('started');
    await shown(page, ['Begun: The last type foundry', 'Open: A week with the night printers', 'Done: Paper prices'], 'by its options');
    await field(page, 'Due').selectOption('dead');
    await field(page, 'Labels').selectOption('beat');
    await field(page, 'Notes').selectOption('txt');
    await field(page, 'Priority').selectOption('imp');
    await field(page, 'High').selectOption('high');
    await page.getByRole('img', { name: 'high priority' }).waitFor();
    await page.getByText('24 March 2026').waitFor();
    await settle(page);
    await axe(page);
    await field(page, 'Whose tasks').selectOption('who p1');
    await shown(page, ['Begun: The last type foundry'], 'only hers');
    await shot(env, page, 'tables-mapped');
    await page.keyboard.press('Control+Enter');
    await until(page, () => location.hash === '#/integrations/notion', 'it is saved and left');
    await page.getByRole('button', { name: /^Settings of/ }).first().click();
    await page.getByText('1 table shared with Aurelius is not used.').waitFor();
    await page.getByRole('link', { name: 'Choose tables and properties' }).click();
    await table(page, 'Editorial').click();
    equal([await field(page, 'Done').inputValue(), await field(page, 'Whose tasks').inputValue(), await page.getByLabel('Published').inputValue()], ['stg', 'who p1', 'done'], 'as it was saved');
  }),
  flow('options of a status are Notion’s until somebody says otherwise', at(), async (page) => {
    equal(await page.getByLabel('Archived').inputValue(), 'done', 'by its group');
    await page.getByText('As the options are grouped in Notion.').waitFor();
    await page.getByLabel('Archived').selectOption('open');
    await page.getByText('As you chose. A new option is open.').waitFor();
    await shown(page, ['Begun: Proofs of the spring catalogue', 'Open: Order paper samples', 'Open: Photograph the bindery', 'Open: Sort the old letterheads'], 'as was chosen');
    await button(page, 'As in Notion').click();
    equal(await page.getByLabel('Archived').inputValue(), 'done', 'back');
    await table(page, 'Books').click();
    await page.getByText('It has nothing that can say “done”').waitFor();
    assert(await page.getByRole('switch', { name: 'Use as a task list' }).isDisabled(), 'and can’t be used');
    await table(page, 'Household').click();
    await page.getByRole('switch', { name: 'Use as a task list' }).uncheck();
    await page.getByText('1 table changed').waitFor();
    await button(page, 'Cancel').click();
    await until(page, () => location.hash === '#/integrations/notion', 'nothing is kept');
  }),
  flow('what is missing, fails or is refused says so', at('&tables=none'), async (page, env) => {
    await page.getByText('Nothing is shared with Aurelius yet').waitFor();
    await page.getByText('Click ••• at its top right, then Connections.').waitFor();
    await axe(page);
    const go = async (scenario) => {
      await page.goto(`${page.base}/?scenario=tools&now=${Date.now()}&tables=${scenario}${AT}`);
      await settle(page);
    };
    await go('slow');
    await page.getByRole('status', { name: 'Reading your tables…' }).waitFor();
    await axe(page);
    await go('offline');
    await page.getByText('api.notion.com can’t be reached.').waitFor();
    await go('error');
    await page.getByText('Notion has a problem of its own').waitFor();
    await button(page, 'Try again').click();
    await table(page, 'Studio tasks').waitFor();
    await go('gone');
    await page.getByText('This table was changed in Notion').waitFor();
    equal(await page.getByText('Needs a look').count(), 1, 'the list says so, too');
    await field(page, 'Due').selectOption('');
    await until(page, () => !document.body.innerText.includes('This table was changed in Notion'), 'it is put right');
    await settle(page);
    await axe(page);
    await go('alone');
    await table(page, 'Editorial').click();
    await field(page, 'Done').selectOption('stg');
    await page.getByText('allow the integration to read users').waitFor();
    await go('refuse');
    await page.getByRole('switch', { name: 'Use as a task list' }).uncheck();
    await button(page, 'Save').click();
    await page.getByText('2 changes of these tasks are not at the provider yet.').waitFor();
    await settle(page);
    await axe(page);
    await shot(env, page, 'tables-refused');
  }),
  flow('in German', at('&tables=gone'), async (page, env) => {
    await page.getByText('Diese Tabelle wurde in Notion geändert').waitFor();
    await page.getByText('Die Eigenschaft für „Fällig“ gibt es in dieser Tabelle nicht mehr.').waitFor();
    await page.getByText('2 mit Aurelius geteilte Tabellen werden nicht benutzt.').waitFor();
    await axe(page);
    await shot(env, page, 'tables-german');
  }, { settings: { language: 'de' } }),
  flow('from the token to the tables', '/?tasks=none#/integrations/notion', async (page) => {
    await field(page, 'Token').fill(`ntn_${'a1B2'.repeat(10)}`);
    await page.keyboard.press('Enter');
    await button(page, 'Choose tables and properties').click();
    await table(page, 'Studio tasks').waitFor();
    await settle(page);
    await axe(page);
  }),
];
