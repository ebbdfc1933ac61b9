// The same window over the real core: the engine, the store and the provider's protocol behind every key. What is checked is the
// seam (what one side shows is what the other side did) and what the provider has at the end.
import { assert, equal, settle, until } from '../lib/harness.mjs';
import { Core } from '../lib/bridge.mjs';

export const rowCount = (page) => page.evaluate(() => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount')));
export const list = (page) => until(page, () => document.querySelectorAll('[role=grid] [role=row]').length > 5, 'rows', 20_000);
export const rows = (page, n, what) => until(page, (k) => Number(document.querySelector('[role=grid]')?.getAttribute('aria-rowcount')) === k, what, 8000, n);
const OFFLINE = { kind: 'drop' };

/** Runs on a core of its own kind, with one guarded page; both are closed whatever happens. */
async function on(make, env, path, options, run) {
  const core = await make();
  let page = null;
  try {
    await run(core, async (at = path, more = {}) => {
      page = await core.page(env.browser, at, { ...options, ...more });
      return page;
    });
    if (page && !page.isClosed()) await page.done();
  } catch (error) {
    if (page && !page.isClosed()) {
      const faults = await page.faults().catch(() => []);
      await page.screenshot({ path: `${env.out}/FAIL-core-${String(options.name)}-${Date.now()}.png` }).catch(() => undefined);
      if (faults.length > 0) error.message += `\nfaults: ${faults.slice(0, 5).join('\n')}`;
    }
    throw error;
  } finally {
    await page?.context().close().catch(() => undefined);
    await core.stop();
  }
}
export const onSample = (env, path, options, run) => on(Core.sample, env, path, options, run);

/** A workspace on disk, connected to the first account of its sandbox. */
async function connected() {
  const core = await Core.workspace();
  await core.sbx('POST', 'consent', { provider: 'google', auto: true, account: null, scopes: null, deny: false });
  await core.call('settings_save', { ...(await core.call('settings')), onboardingDone: true, undoSeconds: 3 });
  await core.call('connect_oauth', { integration: 'google', reconnect: null });
  await core.until('the connection', async () => (await core.call('connections')).length === 1);
  await core.settled();
  return core;
}
export const onWorkspace = (env, path, options, run) => on(connected, env, path, options, run);

export const email = async (core) => (await core.call('connections'))[0].email;
const subjects = async (core, who, label) => (await core.sbx('GET', `messages?email=${encodeURIComponent(who)}`)).items.filter((m) => m.labelIds.includes(label)).map((m) => m.subject);
const count = (listed, subject) => listed.filter((s) => s === subject).length;

// `allow: ['422']`: a draft that is taken back is asked for until it is there, and the first time may be too early.

/** Writes a mail in the open composer and leaves the caret in its text. */
export async function write(page, { to, subject, text }) {
  await page.keyboard.press('c');
  await until(page, () => document.querySelector('[data-composer] [contenteditable=true]') !== null, 'the composer');
  await page.getByRole('combobox', { name: /^to/i }).or(page.getByRole('textbox', { name: /^to/i })).first().fill(to);
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: /subject/i }).fill(subject);
  await page.locator('[data-composer] [contenteditable=true]').first().click();
  await page.keyboard.type(text);
}
export const composerGone = (page) => until(page, () => document.querySelector('[data-composer]') === null, 'the composer closes');

export const tests = [
  {
    name: 'core: the bridge lets nobody else in',
    run: async () => {
      const core = await Core.sample();
      try {
        const ask = (headers, path = '/ipc/app_state') => fetch(`${core.base}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{"req":{}}' }).then((r) => r.status);
        equal(await ask({}), 401, 'without a token');
        equal(await ask({ authorization: 'Bearer 00' }), 401, 'with another token');
        equal(await ask({ authorization: `Bearer ${core.token}`, origin: 'http://evil.example' }), 403, 'from another origin');
        equal(await fetch(`${core.base}/events?token=x`).then((r) => r.status), 401, 'events without a token');
        equal(await fetch(`${core.base}/%2e%2e/package.json`).then((r) => r.status), 404, 'a path that climbs');
        equal(await ask({ authorization: `Bearer ${core.token}` }), 200, 'with all of it');
        equal(await ask({ authorization: `Bearer ${core.token}` }, '/ipc/no_such'), 422, 'an unknown command');
      } finally {
        await core.stop();
      }
    },
  },
  {
    name: 'core: a start without an address asks for everything once',
    run: (env) => onSample(env, '/', { name: 'start' }, async (core, openPage) => {
      await core.settled();
      const page = await openPage('/');
      await list(page);
      const asked = new Map();
      page.on('request', (request) => {
        const name = /\/ipc\/(\w+)/.exec(request.url())?.[1];
        if (name) asked.set(name, (asked.get(name) ?? 0) + 1);
      });
      await page.reload();
      await list(page);
      await page.waitForTimeout(1500);
      for (const name of ['app_state', 'connections', 'mailboxes', 'threads']) assert((asked.get(name) ?? 0) >= 1 && asked.get(name) <= 4, `${name} was asked ${asked.get(name)} times`);
    }),
  },
  {
    name: 'core: j×50, e×5, z; the provider sees the final state only',
    timeout: 60_000,
    run: (env) => onSample(env, '/#/inbox', { name: 'triage' }, async (core, openPage) => {
      await core.settled();
      const page = await openPage();
      await list(page);
      const before = await rowCount(page);
      for (let i = 0; i < 50; i += 1) await page.keyboard.press('j');
      const active = () => page.evaluate(() => document.getElementById(document.querySelector('[role=grid]').getAttribute('aria-activedescendant'))?.getAttribute('aria-rowindex'));
      await until(page, () => document.getElementById(document.querySelector('[role=grid]').getAttribute('aria-activedescendant'))?.getAttribute('aria-rowindex') === '51', 'row 51');
      for (let i = 0; i < 5; i += 1) await page.keyboard.press('e');
      await rows(page, before - 5, 'five rows gone');
      equal(await active(), '51', 'the active row');
      // As fast as the keys go: some of the five are still on their way to the core.
      for (let i = 0; i < 5; i += 1) await page.keyboard.press('z');
      await rows(page, before, 'all five are back');
      await core.until('an empty outbox', async () => (await core.call('outbox')).length === 0);
      const inbox = await core.call('threads', { filter: { account: null, role: 'inbox', mailbox: null, unread: false }, offset: 0, limit: 1 });
      equal(inbox.total, before, 'threads in the core');
      await core.call('sync_now', { connection: null });
      await page.waitForTimeout(300);
      await core.settled();
      equal((await core.call('threads', { filter: { account: null, role: 'inbox', mailbox: null, unread: false }, offset: 0, limit: 1 })).total, before, 'threads after a sync: the provider has the same');
    }),
  },
  {
    name: 'core: write, send, undo inside the window, send: sent once',
    timeout: 60_000,
    run: (env) => onWorkspace(env, '/#/inbox', { name: 'send-undo', allow: ['422'] }, async (core, openPage) => {
      const who = await email(core);
      const page = await openPage();
      await list(page);
      await write(page, { to: 'ada@example.com', subject: 'Undo once', text: 'First words.' });
      await page.keyboard.press('Control+Enter');
      await composerGone(page);
      await page.keyboard.press('z');
      await until(page, () => document.querySelector('[data-composer] [contenteditable=true]')?.textContent.includes('First words.'), 'the draft is back');
      equal(await subjects(core, who, 'SENT').then((s) => count(s, 'Undo once')), 0, 'sent before the second time');
      await page.waitForTimeout(3500);
      equal(await subjects(core, who, 'SENT').then((s) => count(s, 'Undo once')), 0, 'sent after the window of the mail that was taken back');
      await page.keyboard.press('Control+Enter');
      await composerGone(page);
      await core.until('it is sent', async () => count(await subjects(core, who, 'SENT'), 'Undo once') > 0);
      await core.until('an empty outbox', async () => (await core.call('outbox')).length === 0);
      equal(count(await subjects(core, who, 'SENT'), 'Undo once'), 1, 'copies at the provider');
    }),
  },
  {
    name: 'core: offline, queued, back, sent once',
    timeout: 90_000,
    run: (env) => onWorkspace(env, '/#/inbox', { name: 'offline' }, async (core, openPage) => {
      const who = await email(core);
      const page = await openPage();
      await list(page);
      await core.fault('*', OFFLINE);
      await write(page, { to: 'ada@example.com', subject: 'From a train', text: 'Written without a net.' });
      await page.keyboard.press('Control+Enter');
      await composerGone(page);
      await core.until('it waits', async () => (await core.call('outbox')).some((o) => o.subject === 'From a train' && o.attempts > 0), 30_000);
      await page.goto(page.url().replace(/#.*/, '#/outbox'));
      await until(page, () => document.body.innerText.includes('From a train'), 'the outbox shows it', 10_000);
      await settle(page);
      await page.screenshot({ path: `${env.out}/core-offline-outbox.png` });
      await core.sbx('DELETE', 'faults');
      const [item] = await core.call('outbox');
      if (item) await core.call('outbox_act', { id: item.id, action: 'sendNow' }).catch(() => undefined);
      await core.until('it is sent', async () => count(await subjects(core, who, 'SENT'), 'From a train') > 0, 40_000);
      await core.until('an empty outbox', async () => (await core.call('outbox')).length === 0);
      equal(count(await subjects(core, who, 'SENT'), 'From a train'), 1, 'copies at the provider');
      await until(page, () => !document.querySelector('main')?.innerText.includes('From a train'), 'the window knows', 10_000);
    }),
  },
  {
    name: 'core: a draft survives kill -9',
    timeout: 60_000,
    run: (env) => onWorkspace(env, '/#/inbox', { name: 'draft-kill', allow: ['ERR_', 'Failed to'] }, async (core, openPage) => {
      let page = await openPage();
      await list(page);
      await write(page, { to: 'ada@example.com', subject: 'Half a letter', text: 'These words must survive.' });
      await until(page, () => /saved/i.test(document.querySelector('[data-composer]')?.innerText ?? ''), 'it says saved', 10_000);
      await core.kill();
      await page.context().close();
      await core.start();
      page = await openPage('/#/drafts');
      await until(page, () => document.body.innerText.includes('Half a letter'), 'the draft is listed', 15_000);
      await page.getByText('Half a letter').first().click();
      await until(page, () => document.querySelector('[data-composer] [contenteditable=true]')?.textContent.includes('These words must survive.'), 'its words');
      assert(await page.evaluate(() => document.querySelector('[data-composer]').innerText.includes('ada@example.com')), 'its recipient');
    }),
  },
  {
    name: 'core: the account expires, reconnect, the queue drains',
    timeout: 90_000,
    run: (env) => onWorkspace(env, '/#/inbox', { name: 'expired' }, async (core, openPage) => {
      const who = await email(core);
      const page = await openPage();
      await list(page);
      await core.sbx('POST', 'grants/kill', { provider: 'google', email: who });
      await core.sbx('POST', 'tokens/expire', { provider: 'google' });
      await write(page, { to: 'ada@example.com', subject: 'After the sign-in', text: 'Waiting for you.' });
      await page.keyboard.press('Control+Enter');
      await composerGone(page);
      await core.until('an expired account', async () => (await core.call('connections'))[0].status.state === 'expired', 30_000);
      await until(page, () => /no longer valid/.test(document.body.innerText), 'the window says so', 10_000);
      await settle(page);
      await page.screenshot({ path: `${env.out}/core-expired.png` });
      // The way of a person: the notice, then the account's own page, then the browser (which consents).
      await page.getByRole('button', { name: 'Reconnect' }).first().click();
      await until(page, () => location.hash.includes('integrations'), 'the account page');
      await settle(page);
      await page.screenshot({ path: `${env.out}/core-reconnect.png` });
      if ((await core.call('connections'))[0].status.state === 'expired') await page.locator('main').getByRole('button', { name: /reconnect|continue|sign in/i }).first().click({ timeout: 10_000 });
      await core.until('an account in order', async () => ['ok', 'syncing'].includes((await core.call('connections'))[0].status.state), 30_000);
      await core.until('it is sent', async () => count(await subjects(core, who, 'SENT'), 'After the sign-in') > 0, 40_000);
      equal(count(await subjects(core, who, 'SENT'), 'After the sign-in'), 1, 'copies at the provider');
    }),
  },
  {
    name: 'core: search finds what is there, opens it, and finds new mail',
    run: (env) => onSample(env, '/#/search', { name: 'search' }, async (core, openPage) => {
      await core.settled();
      const page = await openPage();
      await until(page, () => document.querySelector('[role=combobox]') !== null, 'the box');
      await page.getByRole('combobox').first().fill('invoice');
      await page.keyboard.press('Enter');
      await until(page, () => document.querySelectorAll('[role=row]').length > 0, 'hits');
      const shown = await page.evaluate(() => document.querySelectorAll('[role=row] mark').length);
      assert(shown > 0, 'found words are marked');
      const hits = (await core.call('search', { query: 'invoice', after: null, limit: 50 })).hits.length;
      assert(hits > 0, 'the core finds it too');
      const who = (await core.call('connections'))[0].email;
      await core.sbx('POST', 'deliver', { to: who, from: 'Ada <ada@example.com>', subject: 'Zanzibar timetable', body: `${'Ferries run every day but Sunday. '.repeat(40)}The quokka leaves at nine.` });
      await core.call('sync_now', { connection: null });
      await core.until('the new mail', async () => (await core.call('search', { query: 'quokka', after: null, limit: 5 })).hits.length === 1);
      await page.getByRole('combobox').first().fill('quokka');
      await page.keyboard.press('Enter');
      await until(page, () => document.querySelector('[role=row]')?.textContent.includes('Zanzibar'), 'the new mail is shown');
      // Not how the mail begins, but the place far down that was looked for.
      await until(page, () => document.querySelector('[role=row] .snippet mark')?.textContent === 'quokka', 'the place in the text');
    }),
  },
  {
    name: 'core: remote pictures only when asked for, and only through the proxy',
    run: (env) => {
      const proxied = [];
      return onSample(env, '/#/inbox', { name: 'pictures', proxied, allow: ['404'] }, async (core, openPage) => {
        await core.settled();
        const page = await openPage();
        const { hits } = await core.call('search', { query: 'unsubscribe', after: null, limit: 50 });
        let found = null;
        for (const hit of hits) {
          const body = await core.call('message_body', { id: hit.message, format: 'html', images: false });
          if (body.blockedImages > 0) found = { ...hit, body };
          if (found) break;
        }
        assert(found, 'a mail of the sample has remote pictures');
        await page.evaluate((id) => { location.hash = `#/inbox/t/${id}`; }, found.thread);
        await until(page, () => document.querySelector('iframe[data-mail].ready') !== null, 'the mail');
        await page.waitForTimeout(400);
        equal(proxied.filter((u) => u.includes('/remote/')), [], 'remote pictures before asking');
        await page.getByRole('button', { name: 'Show once' }).click();
        await until(page, () => [...document.querySelectorAll('iframe[data-mail]')].some((f) => f.contentDocument.querySelector('img[src*="/remote/"]')), 'addresses of the proxy');
        await page.waitForTimeout(400);
        const asked = proxied.filter((u) => u.includes('/remote/'));
        assert(asked.length > 0, 'the proxy was asked');
        const allowed = found.body.trackers.map((x) => x.host);
        const hosts = asked.map((u) => new URL(new URL(u).searchParams.get('u')).host);
        assert(found.body.trackers.every((x) => x.kind === 'redirect') || !hosts.some((h) => allowed.includes(h) && /pixel|track/.test(h)), `a tracker was asked: ${hosts.join()}`);
      });
    },
  },
  {
    name: 'core: discard a draft, take it back',
    run: (env) => onSample(env, '/#/inbox', { name: 'discard', allow: ['422'] }, async (core, openPage) => {
      await core.settled();
      const page = await openPage();
      await list(page);
      await write(page, { to: 'ada@example.com', subject: 'Second thoughts', text: 'Keep me after all.' });
      await until(page, () => /saved/i.test(document.querySelector('[data-composer]')?.innerText ?? ''), 'it says saved', 10_000);
      const drafts = async () => (await core.call('drafts')).filter((d) => d.subject === 'Second thoughts').length;
      equal(await drafts(), 1, 'drafts');
      await page.keyboard.press('Control+Shift+D');
      await composerGone(page);
      await core.until('discarded', async () => (await drafts()) === 0);
      await page.evaluate(() => document.querySelector('[role=grid]')?.focus());
      await page.keyboard.press('z');
      await core.until('taken back', async () => (await drafts()) === 1);
      await until(page, () => document.querySelector('[data-composer] [contenteditable=true]')?.textContent.includes('Keep me after all.') || document.body.innerText.includes('Second thoughts'), 'the window shows it again');
    }),
  },
  {
    name: 'core: a link that lies is asked about, with the core’s reasons',
    run: (env) => onSample(env, '/#/inbox', { name: 'link' }, async (core, openPage) => {
      await core.settled();
      const page = await openPage();
      let at = null;
      for (const query of ['verify', 'account', 'password', 'suspended', 'login']) {
        for (const hit of (await core.call('search', { query, after: null, limit: 50 })).hits) {
          const { html } = await core.call('message_body', { id: hit.message, format: 'html', images: false });
          for (const [, href, words] of (html ?? '').matchAll(/<a [^>]*href="([^"]+)"[^>]*>([^<]+)<\/a>/g)) {
            const verdict = await core.call('link_check', { href: href.replaceAll('&amp;', '&'), text: words, message: hit.message, confirmed: false });
            if (!verdict.ok) at = { thread: hit.thread, words, verdict };
            if (at) break;
          }
          if (at) break;
        }
        if (at) break;
      }
      assert(at, 'the sample has a phishing mail');
      await page.evaluate((id) => { location.hash = `#/all/t/${id}`; }, at.thread);
      await until(page, () => document.querySelector('iframe[data-mail].ready') !== null, 'the mail');
      await page.frameLocator('iframe[data-mail]').last().getByText(at.words).first().click();
      await until(page, () => document.activeElement?.textContent.trim() === 'Cancel', 'Cancel has the focus');
      const words = await page.getByRole('dialog').innerText();
      assert(words.includes(at.verdict.host), 'the true host is named');
      assert(at.verdict.reasons.every((r) => words.includes(r)), 'the reasons of the core are shown');
      await page.keyboard.press('Enter');
      await until(page, () => document.querySelector('[role=dialog]') === null, 'Enter cancels');
    }),
  },
  {
    name: 'core: a storm of 5,000 changes in 2 s leaves the window alive',
    timeout: 60_000,
    run: (env) => onSample(env, '/#/inbox', { name: 'storm' }, async (core, openPage) => {
      await core.settled();
      const page = await openPage();
      await list(page);
      const { rows: known } = await core.call('threads', { filter: { account: null, role: 'inbox', mailbox: null, unread: false }, offset: 0, limit: 200 });
      await page.evaluate(() => {
        window.__frames = [];
        let last = performance.now();
        const tick = (now) => { window.__frames.push(now - last); last = now; if (window.__frames) requestAnimationFrame(tick); };
        requestAnimationFrame(tick);
      });
      const storm = core.storm({ changes: 5000, millis: 2000, ids: known.map((r) => r.id) });
      for (let i = 0; i < 12; i += 1) {
        await page.keyboard.press('j');
        await page.waitForTimeout(140);
      }
      equal((await storm).status, 204, 'the storm');
      await page.waitForTimeout(300);
      const frames = (await page.evaluate(() => window.__frames)).toSorted((a, b) => a - b);
      const p95 = frames[Math.floor(frames.length * 0.95)];
      console.log(`     frames ${frames.length}, p50 ${frames[Math.floor(frames.length / 2)].toFixed(0)} ms, p95 ${p95.toFixed(0)} ms, longest ${frames.at(-1).toFixed(0)} ms`);
      equal(await page.evaluate(() => document.getElementById(document.querySelector('[role=grid]').getAttribute('aria-activedescendant'))?.getAttribute('aria-rowindex')), '13', 'the keys of the storm all counted');
      equal(await rowCount(page) > 5, true, 'rows are still there');
      // A shared machine measures itself; a window that freezes still fails.
      assert(p95 < (process.env.CI ? 1000 : 250), `95 of 100 frames within ${p95.toFixed(0)} ms`);
    }),
  },
  {
    name: 'core: slow, throttled and refused requests: words, no loss',
    timeout: 60_000,
    run: (env) => onSample(env, '/#/inbox', { name: 'faults' }, async (core, openPage) => {
      await core.settled();
      const page = await openPage();
      await list(page);
      const before = await rowCount(page);
      await core.fault('*', { kind: 'delay', millis: 400 });
      await core.fault('*modify*', { kind: 'status', status: 429, retry_after: '1', reason: 'rateLimitExceeded' }, { times: 2 });
      await core.fault('*batchModify*', { kind: 'status', status: 401, reason: 'authError' }, { times: 1 });
      await page.keyboard.press('e');
      await rows(page, before - 1, 'the row leaves at once');
      await core.until('an empty outbox', async () => (await core.call('outbox')).length === 0, 30_000);
      await core.sbx('DELETE', 'faults');
      await core.call('sync_now', { connection: null });
      await core.settled();
      equal(await rowCount(page), before - 1, 'rows after the provider was asked again');
    }),
  },
];
