// Signing in at a task tool: with a code at GitHub, through the browser at Linear, and the token beside it.
import { join } from 'node:path';
import { assert, axe, equal, screens, settle, until, withPage } from '../lib/harness.mjs';

const shot = (env, page, name) => page.screenshot({ path: join(env.out, `${name}.png`), animations: 'disabled', caret: 'hide' });
const button = (page, name) => page.getByRole('button', { name, exact: true });
const flow = (name, path, run, options = {}) => ({ name: `sign-in: ${name}`, timeout: 60_000, run: (env) => withPage(env, path, { name: `signin-${name}`, ...options }, (page) => run(page, env)) });
const begin = async (page) => {
  await button(page, 'Sign in at GitHub').click();
  await page.getByText('WDJB-8K3F').waitFor();
};

export const tests = [
  ...screens([
    ['signin-github', '/?client=github#/integrations/github'],
    ['signin-github-waiting', '/?client=github&signin=wait#/integrations/github', begin],
    ['signin-github-denied', '/?client=github&signin=denied#/integrations/github', async (page) => { await begin(page); await page.getByText('Start the sign-in again and allow').waitFor(); }],
    ['signin-github-no-client', '/#/integrations/github', async (page) => { await page.getByText('Sign in', { exact: true }).click(); await page.getByLabel('Client ID', { exact: true }).waitFor(); }],
    ['signin-linear', '/?client=linear#/integrations/linear'],
  ]),
  flow('a code is shown, read aloud, copied, and becomes an account', '/?tasks=none&client=github#/integrations/github', async (page, env) => {
    equal(await page.getByRole('radio', { name: 'Sign in' }).isChecked(), true, 'who may sign in begins there');
    await begin(page);
    equal(await page.getByRole('status').filter({ hasText: 'Your code' }).locator('.sr-only').innerText(), 'Your code: W D J B, 8 K 3 F', 'letter by letter');
    await until(page, () => document.activeElement?.textContent.includes('Open GitHub'), 'the focus is on what comes next');
    await page.getByText(/Valid for another [45]:\d\d/).waitFor();
    await settle(page);
    await axe(page);
    await shot(env, page, 'signin-code');
    await button(page, 'Open GitHub').click();
    await button(page, 'Open GitHub again').waitFor();
    await page.getByText('GitHub (mara@lindqvist.example) is connected').or(page.getByText('GitHub is connected')).first().waitFor();
    await settle(page);
    await axe(page);
    await button(page, 'Go to the tasks').click();
    await until(page, () => location.hash.startsWith('#/tasks'), 'the tasks');
  }),
  flow('the end of such an account says where the access is taken away', '/?tasks=none&client=github#/integrations/github', async (page) => {
    await begin(page);
    await button(page, 'Go to the tasks').waitFor();
    await page.getByRole('link', { name: 'All integrations' }).click();
    await page.getByRole('button', { name: /^Settings of GitHub/ }).click();
    await button(page, 'Disconnect').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('GitHub').first().waitFor();
    await settle(page);
    await axe(page);
    assert(!(await dialog.innerText()).includes('The token itself'), 'there is no token of the person');
    await dialog.getByRole('button', { name: 'Disconnect', exact: true }).click();
    await page.getByText('https://github.com/settings/applications').first().waitFor();
  }),
  flow('denied, run out, forbidden: each in words, and the way on', '/?client=github&signin=denied#/integrations/github', async (page) => {
    await begin(page);
    await page.getByText('access was not granted').waitFor();
    await button(page, 'Sign in at GitHub').waitFor();
    await page.goto(page.url().replace('signin=denied', 'signin=late'));
    await begin(page);
    await page.getByText('This code is no longer valid').waitFor();
    await settle(page);
    await axe(page);
    await button(page, 'Get a new code').click();
    await page.getByText('WDJB-8K3F').waitFor();
    await page.goto(page.url().replace('signin=late', 'signin=short'));
    await begin(page);
    await page.getByText('This code is no longer valid').waitFor();
    await page.goto(page.url().replace('signin=short', 'signin=off'));
    await button(page, 'Sign in at GitHub').click();
    await page.getByText('does not let this client registration sign in with a code').waitFor();
    await page.getByText('or use a token').waitFor();
    await settle(page);
    await axe(page);
    await page.getByText('Use a token', { exact: true }).click();
    await page.getByLabel('Personal access token', { exact: true }).waitFor();
  }),
  flow('cancelled, and without a client the way to one', '/?client=github&signin=wait#/integrations/github', async (page) => {
    await begin(page);
    await button(page, 'Cancel').click();
    await button(page, 'Sign in at GitHub').waitFor();
    await until(page, () => document.activeElement?.textContent.includes('Sign in at GitHub'), 'the focus is where one began');
    await page.goto(page.url().replace('client=github&', ''));
    equal(await page.getByRole('radio', { name: 'Use a token' }).isChecked(), true, 'without a client the token comes first');
    await page.getByText('Sign in', { exact: true }).click();
    await page.getByText('needs a client id for this sign-in first').waitFor();
    await page.getByText('Enable Device Flow').waitFor();
    await settle(page);
    await axe(page);
    await page.getByLabel('Client ID', { exact: true }).fill('Ov23liMine');
    await button(page, 'Save').click();
    await begin(page);
  }),
  flow('Linear in the browser, with German words', '/?tasks=none&client=linear#/integrations/linear', async (page) => {
    await page.getByText('Anmelden', { exact: true }).first().waitFor();
    await button(page, 'Verbinden').click();
    await page.getByText('Warten auf deinen Browser').waitFor();
    await page.getByText('Linear ist verbunden').waitFor();
    await settle(page);
    await axe(page);
    await button(page, 'Zu den Aufgaben').click();
    await until(page, () => location.hash.startsWith('#/tasks'), 'the tasks');
  }, { settings: { language: 'de' } }),
];
