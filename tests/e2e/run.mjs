// The real window (WebKitGTK under a virtual display), driven through tauri-driver: what only it can show. Needs a session bus
// and a private HOME (cargo xtask test gives both). Usage: node tests/e2e/run.mjs BINARY TAURI_DRIVER
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Desk, FakeBrowser, equal, sleep, startSandbox, unlockKeyring } from './desk.mjs';

const [binary, tauriDriver] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'aurelius-e2e-'));
const cli = join(dirname(binary), 'aurelius-cli');
const children = [];

const browser = new FakeBrowser(scratch);
unlockKeyring();
children.push(await startSandbox(binary));
// Deep links are what only the real window can show; loopback is tested without one.
process.env.AURELIUS_PROVIDERS__OIDC__REDIRECT = 'scheme';

const desk = await Desk.start(binary, tauriDriver);
const waitText = (pattern, ms) => desk.driver.until(`text /${pattern}/`, `(pattern) => new RegExp(pattern, 'i').test(document.body.innerText)`, [pattern], ms);

await desk.test('demo start shows a full inbox', async () => {
  await desk.open(['--demo']);
  await desk.rows(50, 60000);
  await desk.shot('inbox');
});

await desk.test('nothing of the system is open to the page', async () => {
  const results = await desk.driver.run(`async () => {
    const out = {};
    for (const command of ['plugin:shell|open', 'plugin:fs|read_text_file', 'plugin:http|fetch', 'plugin:webview|create_webview_window', 'plugin:deep-link|get_current']) {
      out[command] = await window.__TAURI_INTERNALS__.invoke(command, {}).then(() => 'allowed', () => 'refused');
    }
    out.tauri = typeof window.__TAURI__;
    return out;
  }`);
  for (const [command, outcome] of Object.entries(results)) {
    if (outcome === 'allowed' || (command === 'tauri' && outcome !== 'undefined')) throw new Error(`${command}: ${outcome}`);
  }
});

await desk.test('a conversation opens in a frame without scripts', async () => {
  await desk.driver.run(`() => document.querySelector('[role=grid]').focus()`);
  await desk.driver.keys('Enter');
  await desk.driver.until('the reader', `() => document.querySelector('#reader h2')?.textContent.trim().length > 0`);
  const frame = await desk.driver.until('a body', `() => { const f = document.querySelector('#reader iframe'); if (f) return f.getAttribute('sandbox'); return document.querySelector('#reader .message') ? 'plain' : null; }`);
  if (frame.includes('allow-scripts')) throw new Error(frame);
  await sleep(400);
  await desk.shot('reader');
});

/** One after the other, without waiting for what they open. */
const burst = async (...keys) => {
  for (const key of keys) await desk.driver.keys(key);
};

await desk.test('what is typed before a field is there goes into it', async () => {
  await desk.driver.run(`() => document.querySelector('[role=grid]').focus()`);
  await burst('Control+k', 'l', 'a', 'u');
  await desk.driver.until('the palette', `() => document.activeElement?.getAttribute('role') === 'combobox' && document.activeElement.value === 'lau'`);
  await desk.driver.keys('Escape');
  await desk.driver.run(`() => document.querySelector('[role=grid]').focus()`);
  const before = await desk.driver.run(`() => document.querySelector('[role=grid]').getAttribute('aria-rowcount')`);
  await burst('r', 'e', 'a', 's', 'y');
  await desk.driver.until('the answer', `() => document.querySelector('[data-composer] .prose')?.textContent.includes('easy')`);
  equal(await desk.driver.run(`() => document.querySelector('[role=grid]').getAttribute('aria-rowcount')`), before, 'conversations in the list');
  await desk.driver.keys('Control+Shift+d');
  await desk.driver.until('the answer to be thrown away', `() => document.querySelector('[data-composer]') === null`);
});

await desk.test('reply and send', async () => {
  await desk.driver.keys('r');
  await desk.driver.until('the editor', `() => document.querySelector('[data-composer] [contenteditable=true]') !== null`);
  await desk.driver.run(`() => document.querySelector('[data-composer] [contenteditable=true]').focus()`);
  await desk.driver.type('[data-composer] [contenteditable=true]', 'Thank you, sounds good to me.');
  await desk.shot('composer');
  await desk.driver.keys('Control+Enter');
  await desk.driver.until('the composer to close', `() => document.querySelector('[data-composer]') === null`);
  await desk.driver.until(
    'the outbox to empty',
    `async () => (await window.__TAURI_INTERNALS__.invoke('outbox', { req: {} })).length === 0`,
    [],
    40000,
  );
  const sent = await desk.driver.until('the sent mail', `async () => {
    const page = await window.__TAURI_INTERNALS__.invoke('search', { req: { query: 'in:sent "sounds good to me"', after: null, limit: 10 } });
    return page.hits.length;
  }`, [], 40000);
  if (sent !== 1) throw new Error(`${sent} copies in Sent`);
});

await desk.test('search finds a word and opens its conversation', async () => {
  await desk.go('#/search');
  await desk.driver.until('the field', `() => document.querySelector('input[type=search], [role=searchbox], [role=combobox], main input') !== null`);
  await desk.driver.type('input[type=search], [role=searchbox], [role=combobox], main input', 'invoice');
  await desk.driver.until('hits with the word', `() => { const rows = [...document.querySelectorAll('[role=row]')]; return rows.length > 0 && /invoice/i.test(rows[0].textContent) && document.querySelector('[role=row] mark') !== null; }`);
  await desk.shot('search');
  // Out of the field into the results, then into the first.
  await desk.driver.keys('Enter');
  await desk.driver.until('the results to have the focus', `() => document.activeElement?.getAttribute('role') === 'grid'`);
  await desk.driver.keys('Enter');
  await desk.driver.until('its conversation', `() => location.hash.startsWith('#/search/t/') && document.querySelector('#reader h2')?.textContent.trim().length > 0`);
});

await desk.test('disconnecting an account takes its mail away', async () => {
  const before = await desk.driver.run(`async () => (await window.__TAURI_INTERNALS__.invoke('connections', { req: {} })).map((c) => ({ id: c.id, messages: c.messages, email: c.email }))`);
  // Calendars are connections as well.
  const account = before.filter((c) => c.messages > 0).at(-1);
  if (before.filter((c) => c.email === account?.email).length !== 1) throw new Error(`not one account of ${account?.email}: ${JSON.stringify(before)}`);
  await desk.go('#/integrations');
  await waitText(account.email);
  await desk.shot('integrations');
  // As a person does it: on the card of that account, and the question answered.
  await desk.driver.until('the button of its card', `(email) => {
    const card = [...document.querySelectorAll('main li')].find((c) => c.textContent.includes(email));
    const toggle = card?.querySelector('button[aria-expanded]');
    if (toggle?.getAttribute('aria-expanded') === 'false') toggle.click();
    const button = [...(card?.querySelectorAll('button') ?? [])].find((b) => b.textContent.trim() === 'Disconnect');
    button?.click();
    return button !== undefined;
  }`, [account.email]);
  await desk.driver.until('the question', `(email) => [...document.querySelectorAll('[role=dialog], [role=alertdialog]')].some((d) => d.textContent.includes('Disconnect ' + email))`, [account.email]);
  await desk.driver.until('the answer', `() => { const b = [...document.querySelectorAll('[role=dialog] button, [role=alertdialog] button')].find((x) => x.textContent.trim() === 'Disconnect'); b?.click(); return b !== undefined; }`);
  await desk.driver.until('one less', `async (n) => (await window.__TAURI_INTERNALS__.invoke('connections', { req: {} })).length === n - 1`, [before.length]);
  const gone = await desk.driver.run(`async (email) => (await window.__TAURI_INTERNALS__.invoke('mailboxes', { req: {} })).some((a) => a.email === email)`, account.email);
  if (gone) throw new Error('its mailboxes are still listed');
});

await desk.test('dark and light', async () => {
  for (const theme of ['dark', 'light']) {
    await desk.go('#/settings/appearance');
    await desk.driver.until(`${theme} chosen`, `(theme) => { const radio = document.querySelector('[data-option=theme] input[value=' + theme + ']'); radio?.click(); return radio?.checked ?? false; }`, [theme]);
    await desk.driver.until(`${theme} saved`, `async (theme) => (await window.__TAURI_INTERNALS__.invoke('settings', { req: {} })).theme === theme`, [theme]);
    await desk.go('#/inbox');
    const light = await desk.driver.until('the list', `() => { const grid = document.querySelector('[role=grid]'); if (!grid) return false; for (let e = grid; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor.match(/[\\d.]+/g)?.map(Number); if (c && (c[3] ?? 1) > 0) return 'sum ' + (c[0] + c[1] + c[2]); } return false; }`);
    const sum = Number(light.slice(4));
    if (theme === 'dark' ? sum > 200 : sum < 600) throw new Error(`${theme}: the list is ${light}`);
    await sleep(300);
    await desk.shot(`inbox-${theme}`);
  }
  await desk.close();
});

/** Lets the sandbox consent, and returns the address that the browser would be sent to. */
async function consent(url) {
  const response = await fetch(url, { redirect: 'manual' });
  const location = response.headers.get('location');
  if (!location) throw new Error(`no redirect: ${response.status} ${await response.text()}`);
  return location;
}
const connections = () => desk.driver.run(`async () => (await window.__TAURI_INTERNALS__.invoke('connections', { req: {} })).filter((c) => c.integration === 'oidc').length`);
const beginOidc = async () => {
  await desk.driver.run(`async () => { await window.__TAURI_INTERNALS__.invoke('connect_oauth', { req: { integration: 'oidc', reconnect: null } }); }`);
  return browser.next();
};
const openWorkspace = async (args = []) => {
  await desk.open(args);
  await desk.driver.until('the window', `() => document.body.innerText.trim().length > 20`, [], 30000);
};

await desk.test('sample data is explored before anything is set up, and left without a trace', async () => {
  await openWorkspace();
  await desk.clickNamed('sample data', ['button'], '^explore with sample data');
  await desk.rows(50, 60_000);
  await waitText('sample workspace');
  await desk.clickNamed('leave', ['button'], '^leave$');
  await waitText('explore with sample data', 20_000);
  if (await desk.driver.run(`async () => (await window.__TAURI_INTERNALS__.invoke('app_state', { req: {} })).stage`) !== 'welcome') throw new Error('something was set up');
  await desk.close();
});

await desk.test('a first start offers the keyring vault and sample data', async () => {
  await openWorkspace();
  await waitText('explore with sample data');
  await sleep(300);
  await desk.shot('onboarding');
  await desk.driver.run(`async () => { await window.__TAURI_INTERNALS__.invoke('vault_create', { req: { passphrase: null } }); }`);
  await desk.driver.until('an empty workspace', `async () => (await window.__TAURI_INTERNALS__.invoke('app_state', { req: {} })).stage === 'empty'`);
});

await desk.test('a deep link reaches the running window', async () => {
  const target = await consent(await beginOidc());
  if (!target.startsWith('aurelius://oauth/callback')) throw new Error(target);
  // As the desktop does it: the registered handler, found by gio.
  execFileSync('gio', ['open', target], { stdio: 'inherit' });
  await desk.driver.until('the connection', `async () => (await window.__TAURI_INTERNALS__.invoke('connections', { req: {} })).some((c) => c.integration === 'oidc')`);
});

await desk.test('a forged and a replayed deep link change nothing', async () => {
  const before = await connections();
  const url = await beginOidc();
  const target = await consent(url);
  for (const link of ['aurelius://oauth/callback?code=x&state=forged', target.replace(/state=[^&]+/, 'state=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')]) {
    spawnSync(binary, [link], { timeout: 10000 });
  }
  await sleep(500);
  if ((await connections()) !== before) throw new Error('a forged link was accepted');
  const audit = JSON.parse(execFileSync(cli, ['--json', 'audit'], { encoding: 'utf8' }));
  const refused = (audit.items ?? audit).filter((entry) => entry.outcome === 'refused').length;
  if (refused < 2) throw new Error(`${refused} refusals in the audit log`);
});

await desk.test('a deep link into a cold start completes the sign-in', async () => {
  await desk.driver.run(`async () => { for (const c of await window.__TAURI_INTERNALS__.invoke('connections', { req: {} })) await window.__TAURI_INTERNALS__.invoke('disconnect', { req: { id: c.id } }); }`);
  if ((await connections()) !== 0) throw new Error('still connected');
  const target = await consent(await beginOidc());
  await desk.close();
  await openWorkspace([target]);
  await desk.driver.until('the connection', `async () => (await window.__TAURI_INTERNALS__.invoke('connections', { req: {} })).some((c) => c.integration === 'oidc')`);
  await desk.shot('after-cold-start');
});

await desk.test('everything is erased by a typed word: the home is gone, the grant withdrawn, and a new start begins', async () => {
  const home = join(process.env.XDG_DATA_HOME, 'aurelius');
  if (!existsSync(join(home, 'vault.json'))) throw new Error(`no home in ${home}`);
  await desk.go('#/settings/privacy');
  await desk.driver.until('the button', `() => { const b = document.querySelector('[data-option=wipe] button'); b?.click(); return b !== null; }`);
  await desk.driver.type('[role=dialog] input, [role=alertdialog] input', 'erase');
  await sleep(300);
  await desk.shot('erase');
  await desk.clickNamed('the answer', ['button'], '^erase everything$');
  await waitText('explore with sample data', 30_000);
  if (await desk.driver.run(`async () => (await window.__TAURI_INTERNALS__.invoke('app_state', { req: {} })).stage`) !== 'welcome') throw new Error('no new start');
  if (existsSync(home)) throw new Error(`left: ${readdirSync(home).join(', ')}`);
  const said = await desk.text();
  if (/could not be told/.test(said)) throw new Error('the grant was not withdrawn');
  await desk.close();
});

const code = await desk.end();
for (const child of children) child.kill();
rmSync(scratch, { recursive: true, force: true });
process.exit(code);
