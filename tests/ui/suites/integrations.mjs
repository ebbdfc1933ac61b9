// Accounts from the first sign-in to the last: what each button does, what it says, and where the keyboard is afterwards.
import { join } from 'node:path';
import { assert, axe, equal, screens, settle, until, withPage } from '../lib/harness.mjs';

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
  flow('what is typed as the name stays, whatever else of the account is told anew', '/#/integrations', async (page) => {
    await open(page, 'Northwind');
    const name = page.getByLabel('Name', { exact: true });
    await name.focus();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('North');
    // Not a click: that would take the focus, and the name would be saved.
    await page.getByRole('radio', { name: 'Teal' }).first().evaluate((radio) => radio.click());
    await settle(page);
    equal(await name.inputValue(), 'North', 'the name');
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
  ...screens([
    ['integration-jmap', '/#/integrations/jmap'],
    ['integration-caldav', '/#/integrations/caldav'],
    ['integration-ics', '/#/integrations/ics'],
    ['integrations-calendars', '/?scenario=calendars#/integrations', async (page) => {
      await button(page, 'Settings of dav.lindqvist.example').click();
      await page.getByText('Public holidays').first().waitFor();
    }],
  ]),
  flow('mail by JMAP: where, who, and what its server says', '/#/integrations/jmap', async (page, env) => {
    const server = () => page.getByLabel('Server or your email address');
    const said = await text(page);
    for (const words of ['fastmail.com', 'read, change and send mail', 'is sent only to this server', 'Read your folders']) assert(said.includes(words), `${words} in ${said}`);
    equal(await page.getByLabel('User name').count(), 0, 'a token needs no name');
    await button(page, 'Connect').click();
    await page.getByRole('alert').getByText('2 fields need a look').waitFor();
    await until(page, () => document.activeElement?.autocomplete === 'url', 'the first field');
    await server().fill('ftp://mail.example');
    await page.getByLabel('Token', { exact: true }).and(page.locator('input[type=password]')).fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('This is not the address of a server').waitFor();
    await server().fill('mara@fastmail.com');
    await page.keyboard.press('Enter');
    await until(page, () => document.activeElement?.type === 'password' && document.activeElement.getAttribute('aria-invalid') === 'true', 'the token has the focus');
    await page.getByText('fastmail.com does not accept the user name and password, or the token').waitFor();
    await settle(page);
    await axe(page);
    await shot(env, page, 'jmap-refused');
    await page.getByRole('radio', { name: 'Password' }).check({ force: true });
    assert(!(await text(page)).includes('does not accept'), 'what was said of the token is not said of a password');
    equal(await server().inputValue(), 'mara@fastmail.com', 'nothing else typed is lost');
    await page.getByLabel('User name').fill('mara');
    await page.locator('input[type=password]').fill('right');
    await server().fill('nohost.example');
    await button(page, 'Connect').click();
    await page.getByText("nohost.example can't be reached").waitFor();
    await until(page, () => document.activeElement?.autocomplete === 'url', 'at its field');
    await server().fill('web.example');
    await button(page, 'Connect').click();
    await page.getByRole('alert').getByText('does not answer as a mail server with JMAP').waitFor();
    await server().fill('mail.example');
    await button(page, 'Connect').click();
    await page.getByText('mara@postkasse.example is connected').waitFor();
    await until(page, () => document.activeElement?.matches('[data-step]'), 'the focus is on the answer');
    await settle(page);
    await axe(page);
    await shot(env, page, 'jmap-connected');
    // Its account: it signs in again by the same form, and says how far back mail is read.
    await page.getByRole('link', { name: 'All integrations' }).click();
    await button(page, 'Settings of mara@postkasse.example').click();
    await page.getByLabel('Mail from', { exact: true }).selectOption('90');
    equal(await page.getByLabel('Mail from', { exact: true }).inputValue(), '90', 'it is kept');
  }),
  flow('JMAP in German', '/#/integrations/jmap', async (page, env) => {
    await page.getByLabel('Server oder deine E-Mail-Adresse').waitFor();
    await page.getByText('Dein Token oder Passwort liegt verschlüsselt auf diesem Gerät').waitFor();
    await settle(page);
    await axe(page);
    await shot(env, page, 'jmap-german');
  }, { settings: { language: 'de' } }),
  flow('calendars behind a password: what each provider wants, and what its server says', '/#/integrations/caldav', async (page, env) => {
    // The provider's own server needs no address.
    assert((await text(page)).includes('caldav.icloud.com') && (await text(page)).includes('account.apple.com'), 'iCloud');
    equal(await page.getByLabel('Server address').count(), 0, 'no address is asked for');
    await button(page, 'Connect').click();
    await page.getByRole('alert').getByText('2 fields need a look').waitFor();
    await until(page, () => document.activeElement?.autocomplete === 'username', 'the first field');
    await page.getByLabel('Email address of your Apple Account').fill('mara@lindqvist.example');
    await page.getByLabel('App-specific password').fill('wrong');
    await page.keyboard.press('Enter');
    await until(page, () => document.activeElement?.type === 'password' && document.activeElement.getAttribute('aria-invalid') === 'true', 'the password has the focus');
    const why = await page.evaluate(() => document.getElementById(document.activeElement.getAttribute('aria-describedby').split(' ')[0])?.textContent);
    assert(why.includes('iCloud wants an app-specific password'), why);
    await settle(page);
    await axe(page);
    await shot(env, page, 'caldav-refused');
    await page.getByRole('radio', { name: 'Fastmail' }).check({ force: true });
    assert(!(await text(page)).includes('does not accept'), 'what iCloud said is not said of Fastmail');
    equal(await page.getByLabel('Your Fastmail address').inputValue(), 'mara@lindqvist.example', 'nothing typed is lost');
    await page.getByRole('radio', { name: 'Nextcloud' }).check({ force: true });
    await page.getByLabel('Address of your Nextcloud').fill('cloud.lindqvist.example');
    await page.getByLabel('App password').fill('right');
    await button(page, 'Connect').click();
    await page.getByText('cloud.lindqvist.example is connected').waitFor();
    await until(page, () => document.activeElement?.matches('[data-step]'), 'the focus is on the answer');
    await settle(page);
    await axe(page);
    await shot(env, page, 'caldav-connected');
    await button(page, 'Go to the calendar').click();
    await until(page, () => location.hash.startsWith('#/calendar'), 'the calendar');
  }),
  flow('a calendar server that is wrong, that sends on, that is not known', '/#/integrations/caldav', async (page, env) => {
    await page.getByRole('radio', { name: 'Other' }).check({ force: true });
    await page.getByLabel('User name').fill('mara');
    await page.getByLabel('Password', { exact: true }).fill('right');
    await button(page, 'Connect').click();
    await until(page, () => document.activeElement?.getAttribute('aria-invalid') === 'true' && document.activeElement.type === 'url', 'the address is needed');
    assert((await text(page)).includes('your user name does not tell the server'), 'and why');
    await page.getByLabel('Server address').fill('https://mara:secret@dav.example');
    await button(page, 'Connect').click();
    await page.getByText('Take the user name and the password out of the address').waitFor();
    await page.getByLabel('Server address').fill('nohost.example');
    await button(page, 'Connect').click();
    await until(page, () => document.activeElement?.type === 'url' && document.getElementById(document.activeElement.getAttribute('aria-describedby')?.split(' ')[0])?.textContent.includes('nohost.example can\'t be reached'), 'at its field');
    await page.getByLabel('Server address').fill('moved.example');
    await button(page, 'Connect').click();
    await page.getByRole('alert').getByText('keeps its calendars at cloud.elsewhere.example').waitFor();
    assert((await page.getByRole('alert').innerText()).includes('give cloud.elsewhere.example as the server'), 'and what to do');
    await settle(page);
    await axe(page);
    await shot(env, page, 'caldav-moved');
    await page.getByLabel('Server address').fill('self.example');
    await button(page, 'Connect').click();
    await page.getByRole('alert').getByText('is not trusted').waitFor();
    const said = await page.getByRole('alert').innerText();
    assert(said.includes('Your password was not sent') && said.includes('ca_file') && !said.includes('pin the certificate'), said);
    equal(await page.getByLabel('Password', { exact: true }).inputValue(), 'right', 'nothing typed is lost');
    // An address of mail tells the server by itself.
    await page.getByLabel('Server address').fill('');
    await page.getByLabel('User name').fill('mara@lindqvist.example');
    await button(page, 'Connect').click();
    await page.getByText('lindqvist.example is connected').waitFor();
  }),
  flow('a subscription: its address, and the private network only when it is allowed', '/#/integrations/ics', async (page, env) => {
    await button(page, 'Subscribe').click();
    await until(page, () => document.activeElement?.getAttribute('aria-invalid') === 'true', 'the address has the focus');
    await page.getByLabel('Address of the calendar').fill('ftp://feeds.example/a.ics');
    await page.keyboard.press('Enter');
    await page.getByText('It begins with https:// or webcal://.').first().waitFor();
    await page.getByLabel('Address of the calendar').fill('https://web.example/calendar');
    await page.keyboard.press('Enter');
    await page.getByText('web.example sent a web page, not a calendar').waitFor();
    await page.getByLabel('Address of the calendar').fill('https://192.168.1.20/home.ics');
    await page.keyboard.press('Enter');
    await page.getByText('192.168.1.20 is inside this machine or its network').waitFor();
    await settle(page);
    await axe(page);
    await shot(env, page, 'ics-private');
    const allow = page.getByRole('switch', { name: /^Allow an address of this computer/ });
    assert(!(await allow.isChecked()), 'off by default');
    await allow.check();
    await page.getByLabel('Name', { exact: true }).fill('At home');
    await button(page, 'Subscribe').click();
    await page.getByText('At home is connected').waitFor();
    await until(page, () => document.activeElement?.matches('[data-step]'), 'the focus is on the answer');
  }),
  flow('accounts of calendars say what lies in them, and ask for nothing of mail', '/?scenario=calendars#/integrations', async (page, env) => {
    const card = page.locator('main li', { hasText: 'dav.lindqvist.example' }).first();
    await card.getByRole('link', { name: '3 calendars' }).waitFor();
    equal(await card.getByRole('link', { name: '3 calendars' }).getAttribute('href'), '#/calendar', 'and where');
    assert(!(await card.innerText()).includes('message'), 'no number of mails');
    await open(page, 'dav.lindqvist.example');
    const said = await card.innerText();
    for (const part of ['Personal', 'Work', 'Family', 'Read only', 'did not answer in time', 'Make, change and delete events', 'mara@lindqvist.example']) assert(said.includes(part), `${part} in ${said}`);
    for (const part of ['Mail from', 'Folders', 'Colour']) assert(!said.includes(part), `no ${part}`);
    await card.getByRole('button', { name: 'Disconnect' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    const asked = await dialog.innerText();
    assert(asked.includes('Disconnect dav.lindqvist.example?') && asked.includes('its calendars and events') && !/mail|drafts/.test(asked), asked);
    await settle(page);
    await axe(page);
    await shot(env, page, 'calendar-disconnect');
    await dialog.getByRole('button', { name: 'Disconnect', exact: true }).click();
    await dialog.getByText('dav.lindqvist.example is disconnected').waitFor();
    assert(!(await dialog.innerText()).includes('0 messages'), 'no mail was erased');
    await dialog.getByRole('button', { name: 'Done' }).click();
    await until(page, () => document.querySelectorAll('main li .toggle').length === 3, 'three are left');
  }),
  flow('calendars sign in again with what is known of them', '/?scenario=calendars#/integrations/caldav?reconnect=c-dav', async (page) => {
    await page.getByRole('heading', { name: 'Sign in again as mara@lindqvist.example' }).waitFor();
    equal(await page.getByLabel('Server address').inputValue(), 'https://dav.lindqvist.example', 'the server');
    equal(await page.getByLabel('User name').inputValue(), 'mara@lindqvist.example', 'the user');
    equal(await page.getByRole('radio').count(), 0, 'the provider stays');
    await page.getByLabel('Password', { exact: true }).fill('right');
    await button(page, 'Reconnect').click();
    await page.getByText('dav.lindqvist.example is connected').waitFor();
    await page.getByRole('link', { name: 'All integrations' }).click();
    await until(page, () => document.querySelectorAll('main li .toggle').length === 4, 'and no second one');
  }),
  flow('a subscription has nothing to sign in to', '/?scenario=calendars#/integrations/ics?reconnect=c-feed', async (page) => {
    await page.getByRole('heading', { name: 'Subscribe to Public holidays at another address' }).waitFor();
    assert((await text(page)).includes('then disconnect the old one'), 'what to do');
  }),
  flow('who connects a first account is not offered calendars', '/?scenario=nothing', async (page) => {
    await button(page, 'Connect an account').click();
    await page.getByText('IMAP and SMTP', { exact: true }).waitFor();
    assert(!/CalDAV|Calendar subscription/.test(await page.locator('body').innerText()), 'mail alone');
  }),
  flow('calendars in German', '/?scenario=calendars#/integrations/caldav', async (page, env) => {
    const said = await text(page);
    for (const part of ['Anbieter', 'Anwendungsspezifisches Passwort', 'E-Mail-Adresse deines Apple Accounts', '3 Kalender', 'Deine Kalender und die Termine darin lesen']) assert(said.includes(part), `${part} in ${said}`);
    await shot(env, page, 'caldav-german');
  }, { settings: { language: 'de' } }),
];
