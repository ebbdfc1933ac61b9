// Accounts from the first sign-in to the last: what each button does, what it says, and where the keyboard is afterwards.
import { join } from 'node:path';
import { assert, axe, equal, settle, until, withPage } from '../lib/harness.mjs';

const shot = (env, page, name) => page.screenshot({ path: join(env.out, `${name}.png`), animations: 'disabled', caret: 'hide' });
const button = (page, name) => page.getByRole('button', { name, exact: true });
const focused = (page) => page.evaluate(() => (document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '').trim());
const text = (page) => page.evaluate(() => document.querySelector('main').innerText);
const open = async (page, name) => {
  await button(page, `Settings of ${name}`).click();
  await until(page, () => document.querySelector('.settings .tools'), 'the settings of the account');
};
const flow = (name, path, run, options = {}) => ({ name: `integrations: ${name}`, timeout: 60_000, run: (env) => withPage(env, path, { name: `int-${name}`, ...options }, (page) => run(page, env)) });

async function fillImap(page, { email = 'eve@fjord.example', password = 'secret', host = null } = {}) {
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await button(page, 'Find the servers').click();
  await button(page, 'Edit servers').waitFor();
  if (host === null) return;
  await button(page, 'Edit servers').click();
  await page.getByLabel('Server', { exact: true }).first().fill(host);
}

export const tests = [
  flow('disconnect asks, can be called off, tells what was done', '/#/integrations', async (page, env) => {
    await until(page, () => document.querySelectorAll('main li .toggle').length === 2, 'two accounts');
    await open(page, 'Northwind');
    await page.keyboard.press('Tab');
    await button(page, 'Disconnect').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    const words = await dialog.innerText();
    assert(/^Disconnect .+@.+\?/.test(words), `it names the account: ${words.slice(0, 60)}`);
    assert(words.includes('stays as it is') && words.includes('cannot be brought back'), 'what stays and what does not');
    assert((await focused(page)) !== 'Disconnect', 'the focus is not on what destroys');
    await settle(page);
    await axe(page);
    await shot(env, page, 'disconnect');
    await page.keyboard.press('Escape');
    await until(page, () => !document.querySelector('[role=dialog]'), 'called off');
    equal(await focused(page), 'Disconnect', 'focus after Esc');
    equal(await page.locator('main li .toggle').count(), 2, 'nothing happened');
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await dialog.getByRole('button', { name: 'Disconnect', exact: true }).click();
    // It has begun: closing would look like calling it off.
    await page.keyboard.press('Escape');
    assert(await dialog.isVisible(), 'the dialog stays while it works');
    await dialog.getByText('is disconnected').waitFor();
    const done = await dialog.innerText();
    assert(done.includes('Access was revoked at Google') && done.includes('48,211 messages were erased'), `what was done: ${done}`);
    await settle(page);
    await axe(page);
    await shot(env, page, 'disconnected');
    await dialog.getByRole('button', { name: 'Done' }).click();
    await until(page, () => !document.querySelector('[role=dialog]') && document.activeElement?.matches('[data-pane-start]'), 'the focus is on the page');
    equal(await page.locator('main li .toggle').count(), 1, 'one account is left');
    assert(!(await page.getByRole('navigation').first().innerText()).includes('Northwind'), 'the rail forgot it too');
  }),
  flow('a disconnect that fails says why and changes nothing', '/?disconnect=fail#/integrations', async (page) => {
    await open(page, 'Northwind');
    await button(page, 'Disconnect').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Disconnect', exact: true }).click();
    await dialog.getByRole('alert').getByText('the disk is full').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    equal(await page.locator('main li .toggle').count(), 2, 'both accounts are there');
  }),
  flow('pause and resume by the keyboard', '/#/integrations', async (page, env) => {
    await open(page, 'Northwind');
    await button(page, 'Pause').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Until I resume' }).waitFor();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await button(page, 'Resume').waitFor();
    await until(page, () => document.activeElement?.textContent.trim() === 'Resume', 'the focus is on the way back');
    await until(page, () => [...document.querySelectorAll('[aria-live], [role=status]')].some((e) => e.textContent.includes('Paused')), 'it is spoken');
    equal(await page.locator('main li').first().locator('.badge').first().innerText(), 'Paused', 'the badge');
    await settle(page);
    await axe(page);
    await shot(env, page, 'account-paused');
    await page.keyboard.press('Enter');
    await button(page, 'Pause').waitFor();
    await until(page, () => document.activeElement?.textContent.trim() === 'Pause', 'the focus is on the way back');
    equal(await page.locator('main li').first().locator('.badge').first().innerText(), 'Up to date', 'the badge');
  }),
  flow('an expired account signs in again', '/?scenario=expired#/integrations', async (page, env) => {
    await page.locator('main').getByText('Google needs you to sign in again').waitFor();
    await settle(page);
    await axe(page);
    await shot(env, page, 'account-expired');
    await button(page, 'Reconnect').first().click();
    await page.getByRole('heading', { name: /^Sign in again as .+@/ }).waitFor();
    await button(page, 'Reconnect').click();
    await page.getByText('Waiting for your browser').waitFor();
    await until(page, () => document.activeElement?.textContent.trim() === 'Copy link', 'the focus stays in the box');
    await shot(env, page, 'account-waiting');
    await page.getByText('Google is connected').waitFor();
    await until(page, () => document.activeElement?.textContent.trim() === 'Go to the inbox', 'the focus goes on');
    await button(page, 'Go to the inbox').click();
    await until(page, () => location.hash === '#/inbox' && document.querySelectorAll('[role=grid] [role=row]').length > 5, 'the inbox');
  }),
  flow('a password account reconnects with what is known of it', '/#/integrations/imap?reconnect=c-home', async (page) => {
    const id = await page.evaluate(() => location.hash);
    assert(id.includes('reconnect'), 'the address');
    await page.getByRole('heading', { name: /^Sign in again as .+@/ }).waitFor();
    assert(await page.getByLabel('Email address').evaluate((e) => e.readOnly && e.value.includes('@')), 'the address stays');
    await page.getByLabel('Password', { exact: true }).fill('wrong');
    await button(page, 'Reconnect').click();
    await until(page, () => document.activeElement?.getAttribute('aria-invalid') === 'true' && document.activeElement.type === 'password', 'the password has the focus');
    assert((await text(page)).includes('did not accept the user name'), 'what the server said stands at the field');
    await page.getByLabel('Password', { exact: true }).fill('right');
    await page.keyboard.press('Enter');
    await page.getByText(/is connected/).waitFor();
  }),
  flow('a sign-in is called off while it waits, and tried again when its time is over', '/?signin=short#/integrations/google', async (page, env) => {
    await button(page, 'Connect').click();
    await page.getByText('Waiting for your browser').waitFor();
    await button(page, 'Cancel').click();
    await button(page, 'Connect').waitFor();
    await until(page, () => document.activeElement?.textContent.trim() === 'Connect', 'the focus is where it began');
    await page.keyboard.press('Enter');
    await page.getByText('Waiting for your browser').waitFor();
    await page.getByText('The time to sign in is over').waitFor();
    await settle(page);
    await axe(page);
    await shot(env, page, 'signin-over');
    await button(page, 'Try again').click();
    await page.getByText('Waiting for your browser').waitFor();
    equal(await page.locator('[role=alert]').count(), 0, 'the old answer is gone');
  }),
  flow('a sign-in that was denied says so and can begin again', '/?signin=denied#/integrations/google', async (page) => {
    await button(page, 'Connect').click();
    await page.getByRole('alert').getByText('You did not allow access').waitFor();
    assert((await text(page)).includes('Nothing was connected'), 'and what that means');
    assert(await button(page, 'Connect').isVisible(), 'the way to try again');
  }),
  flow('a wrong server is told at its field', '/#/integrations/imap', async (page, env) => {
    await fillImap(page, { host: 'nohost.fjord.example' });
    await button(page, 'Connect').click();
    await until(page, () => document.activeElement?.getAttribute('aria-invalid') === 'true' && document.activeElement.value === 'nohost.fjord.example', 'the server has the focus');
    const described = await page.evaluate(() => document.getElementById(document.activeElement.getAttribute('aria-describedby').split(' ')[0])?.textContent);
    assert(described?.includes('No server answers at nohost.fjord.example'), `described by ${described}`);
    await settle(page);
    await axe(page);
    await shot(env, page, 'imap-wrong-host');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('imap.fjord.example');
    await page.keyboard.press('Enter');
    await page.getByText('eve@fjord.example is connected').waitFor();
    await until(page, () => document.activeElement?.matches('[data-step]'), 'the focus is on the answer');
  }),
  flow('an unknown certificate: only its fingerprint decides', '/#/integrations/imap', async (page, env) => {
    await fillImap(page, { host: 'self.fjord.example' });
    await button(page, 'Connect').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Do you know this certificate?').waitFor();
    assert(/(?:[0-9A-F]{4} ){15}[0-9A-F]{4}/.test(await dialog.innerText()), 'the fingerprint in groups of four');
    assert((await focused(page)) !== 'Trust this certificate', 'the focus is not on the risk');
    await settle(page);
    await axe(page);
    await shot(env, page, 'imap-certificate');
    await page.keyboard.press('Escape');
    await until(page, () => !document.querySelector('[role=dialog]'), 'called off');
    assert(!(await text(page)).includes('is connected'), 'nothing was connected');
    await button(page, 'Connect').click();
    await dialog.getByRole('button', { name: 'Trust this certificate' }).click();
    await page.getByText('eve@fjord.example is connected').waitFor();
    await until(page, () => document.activeElement?.matches('[data-step]'), 'the focus is on the answer');
  }),
  flow('a search for servers that is given up does not overwrite what is typed', '/#/integrations/imap', async (page) => {
    await page.getByLabel('Email address').fill('eve@fjord.example');
    await page.getByLabel('Password', { exact: true }).fill('secret');
    await button(page, 'Find the servers').click();
    await button(page, 'Enter the servers myself').click();
    await page.getByLabel('Server', { exact: true }).first().fill('mine.example');
    await page.waitForTimeout(900);
    equal(await page.getByLabel('Server', { exact: true }).first().inputValue(), 'mine.example', 'what was typed');
    assert(await button(page, 'Connect').isVisible(), 'the button is free again');
  }),
  flow('several faults: a summary, and the first field', '/#/integrations/imap', async (page) => {
    await button(page, 'Find the servers').click();
    await page.getByRole('alert').getByText('2 fields need a look').waitFor();
    await until(page, () => document.activeElement?.type === 'email', 'the first one');
  }),
  flow('the client registration: what is missing, what is refused, what is kept', '/#/integrations/oidc', async (page, env) => {
    await button(page, 'Save').click();
    await until(page, () => document.activeElement?.getAttribute('aria-invalid') === 'true' && document.activeElement.type === 'url', 'the issuer has the focus');
    await page.getByLabel('Issuer', { exact: true }).fill('http://id.example');
    await page.getByLabel('Client ID', { exact: true }).fill('me');
    await button(page, 'Save').click();
    await page.getByRole('alert').getByText('must be an https address').waitFor();
    equal(await page.getByLabel('Client ID', { exact: true }).inputValue(), 'me', 'nothing typed is lost');
    await settle(page);
    await axe(page);
    await shot(env, page, 'client-refused');
    await page.getByLabel('Issuer', { exact: true }).fill('https://id.example');
    await button(page, 'Save').click();
    await button(page, 'Connect').waitFor();
    equal(await page.locator('[role=alert]').count(), 0, 'the refusal is gone');
  }),
  flow('a client secret is written, never shown, and taken away', '/#/integrations/google', async (page) => {
    await page.getByText('Your own client registration').click();
    await page.getByLabel('Client ID', { exact: true }).fill('me');
    await page.getByLabel('Client secret', { exact: true }).fill('hush');
    await button(page, 'Save').click();
    await page.getByText('A secret is stored').waitFor();
    equal(await page.getByLabel('Client secret', { exact: true }).inputValue(), '', 'not shown');
    await page.getByText('Remove the stored secret').click();
    await button(page, 'Save').click();
    await page.getByText('Only if your registration has one').waitFor();
  }),
  flow('what a provider asked to wait counts down on the card', '/?scenario=throttled#/integrations', async (page, env) => {
    const words = page.locator('main li .note');
    await words.getByText(/asked us to wait \d+ seconds/).waitFor();
    const seconds = async () => Number(/(\d+) second/.exec(await words.innerText())?.[1]);
    const first = await seconds();
    await shot(env, page, 'account-throttled');
    await page.waitForTimeout(2200);
    const then = await seconds();
    assert(then < first && then >= first - 4, `from ${first} to ${then}`);
  }),
  flow('a server that does not answer: the next attempt counts down, and can be had now', '/?scenario=broken#/integrations', async (page, env) => {
    const next = page.locator('main .trouble .next');
    await next.getByText(/Next attempt in \d+ seconds/).waitFor();
    const first = Number(/(\d+)/.exec(await next.innerText())[1]);
    await settle(page);
    await axe(page);
    await shot(env, page, 'account-broken');
    await page.waitForTimeout(2200);
    assert(Number(/(\d+)/.exec(await next.innerText())[1]) < first, 'it ticks');
    await page.locator('main .trouble').getByRole('button', { name: 'Try again' }).click();
    await until(page, () => [...document.querySelectorAll('main .badge')].some((b) => b.textContent.includes('Syncing')), 'it is tried');
  }),
];
