// What a person does, with the keyboard first.
import { join } from 'node:path';
import { assert, axe, equal, settle, until, withPage } from '../lib/harness.mjs';

const list = (page) => until(page, () => document.querySelectorAll('[role=grid] [role=row]').length > 5, 'rows');
const activeIndex = (page) => page.evaluate(() => {
  const grid = document.querySelector('[role=grid]');
  const row = document.getElementById(grid.getAttribute('aria-activedescendant') ?? '');
  return row ? Number(row.getAttribute('aria-rowindex')) : -1;
});
const total = (page) => page.evaluate(() => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount')));

export const tests = [
  {
    name: 'flow the client form keeps the way back, and takes addresses',
    run: (env) => withPage(env, '/#/integrations/oidc', { name: 'client-form' }, async (page) => {
      await until(page, () => document.querySelector('form select'), 'the form');
      equal(await page.evaluate(() => document.querySelector('form select').value), 'scheme', 'what holds where nobody chose');
      const field = (label) => page.getByLabel(label, { exact: true });
      await field('Issuer').fill('https://id.example');
      await field('Client ID').fill('me');
      await page.getByText('Addresses', { exact: true }).click();
      await field('Tokens').fill('https://proxy.example/token');
      await page.getByRole('button', { name: 'Save' }).click();
      await until(page, () => document.body.textContent.includes('saved') || document.body.textContent.includes('Saved'), 'it is saved');
      // Reads again what was saved: the way back is still the one that held.
      await page.evaluate(() => { location.hash = '#/inbox'; });
      await until(page, () => !document.querySelector('form select'), 'another page');
      await page.evaluate(() => { location.hash = '#/integrations/oidc'; });
      await until(page, () => document.querySelector('form input[type=url]')?.value === 'https://id.example', 'what was saved');
      equal(await page.evaluate(() => document.querySelector('form select').value), 'scheme', 'saving changed nothing that was not typed');
      equal(await page.evaluate(() => [...document.querySelectorAll('details.more input')].map((i) => i.value).filter(Boolean).join()), 'https://proxy.example/token', 'the address');
      equal(await page.evaluate(() => document.querySelector('details.more').open), true, 'what is set is not hidden');
    }),
  },
  {
    name: 'flow j×50, e×5, z restores',
    run: (env) => withPage(env, '/#/inbox', { name: 'triage' }, async (page) => {
      await list(page);
      const before = await total(page);
      for (let i = 0; i < 50; i += 1) await page.keyboard.press('j');
      await until(page, () => document.querySelector(`#${CSS.escape(document.querySelector('[role=grid]').getAttribute('aria-activedescendant'))}`)?.getAttribute('aria-rowindex') === '51', 'row 51 is active');
      for (let i = 0; i < 5; i += 1) await page.keyboard.press('e');
      await until(page, (n) => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount')) === n, 'five rows gone', 4000, before - 5);
      equal(await activeIndex(page), 51, 'the active row stays where the person is');
      assert(await page.evaluate(() => document.activeElement?.getAttribute('role') === 'grid'), 'the list has the focus');
      for (let i = 0; i < 5; i += 1) {
        await page.keyboard.press('z');
        await page.waitForTimeout(60);
      }
      await until(page, (n) => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount')) === n, 'all five are back', 4000, before);
    }),
  },
  {
    name: 'flow rows leave in the frame of the key',
    run: (env) => withPage(env, '/?latency=1500#/inbox', { name: 'optimistic' }, async (page) => {
      await until(page, () => document.querySelectorAll('[role=grid] [role=row]').length > 5, 'rows', 15_000);
      const gone = await page.evaluate(() => new Promise((resolve) => {
        const count = () => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount'));
        const before = count();
        document.querySelector('[role=grid]').focus();
        document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'e', bubbles: true, cancelable: true }));
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(before - count())));
      }));
      equal(gone, 1, 'rows gone after a frame, with a core that takes 1.5 s');
      await page.waitForTimeout(1700);
    }),
  },
  {
    name: 'flow a refused change comes back and says why',
    run: (env) => withPage(env, '/?act=fail#/inbox', { name: 'refused' }, async (page) => {
      await list(page);
      const before = await total(page);
      await page.keyboard.press('e');
      await until(page, () => document.body.textContent.includes('the disk is full'), 'the reason is shown');
      equal(await total(page), before, 'rows');
    }),
  },
  {
    name: 'flow scroll to row 90,000 and back',
    timeout: 60_000,
    run: (env) => withPage(env, '/?scenario=large#/all', { name: 'large' }, async (page) => {
      await until(page, () => Number(document.querySelector('[role=grid]')?.getAttribute('aria-rowcount')) > 90_000, 'a long list', 20_000);
      const go = async (index) => {
        await page.evaluate((i) => {
          const grid = document.querySelector('[role=grid]');
          const box = grid.scrollHeight > grid.clientHeight + 10 ? grid : [...grid.querySelectorAll('*')].concat(grid.parentElement).find((e) => e.scrollHeight > e.clientHeight + 1000);
          box.scrollTop = i * 40;
        }, index);
        await until(page, (i) => document.querySelector(`[aria-rowindex="${i + 3}"]`)?.textContent.trim().length > 10, `row ${index} has words`, 8000, index);
        const nodes = await page.evaluate(() => document.querySelectorAll('[role=grid] [role=row]').length);
        assert(nodes <= 60, `${nodes} rows in the document`);
      };
      for (const index of [10_000, 45_000, 90_000, 60_000, 0]) await go(index);
    }),
  },
  {
    name: 'flow click in the mail, then j moves the list',
    run: (env) => withPage(env, '/#/inbox/t/1', { name: 'handback' }, async (page) => {
      await list(page);
      await until(page, () => document.querySelector('iframe[data-mail].ready') !== null, 'the mail');
      const before = await activeIndex(page);
      await page.frameLocator('iframe[data-mail]').getByText('The open question').click();
      await until(page, () => document.activeElement?.getAttribute('role') === 'grid', 'focus goes back to the list');
      await page.keyboard.press('j');
      await until(page, (n) => document.getElementById(document.querySelector('[role=grid]').getAttribute('aria-activedescendant'))?.getAttribute('aria-rowindex') === String(n), 'the list moved', 3000, before + 1);
    }),
  },
  {
    name: 'flow a selection in the mail survives, and keys still act',
    run: (env) => withPage(env, '/#/inbox/t/1', { name: 'selection' }, async (page) => {
      await list(page);
      await until(page, () => document.querySelector('iframe[data-mail].ready') !== null, 'the mail');
      await page.frameLocator('iframe[data-mail]').getByText('The open question').dblclick();
      const selected = () => page.evaluate(() => String(document.querySelector('iframe[data-mail]').contentDocument.getSelection()));
      const words = await selected();
      assert(words.trim().length > 1, 'a word is selected');
      await page.waitForTimeout(900);
      equal(await selected(), words, 'the selection after 0.9 s');
      assert(await page.evaluate(() => document.activeElement?.tagName === 'IFRAME'), 'the frame keeps the focus while text is selected');
      await page.keyboard.press('j');
      await until(page, () => !location.hash.endsWith('/t/1'), 'j moves on');
    }),
  },
  {
    name: 'flow Tab into the mail reaches its links',
    run: (env) => withPage(env, '/#/inbox/t/1', { name: 'tab' }, async (page) => {
      await until(page, () => document.querySelector('iframe[data-mail].ready') !== null, 'the mail');
      await page.getByRole('button', { name: /^Actions for the message/ }).focus();
      await page.keyboard.press('Tab');
      await page.waitForTimeout(700);
      const at = await page.evaluate(() => document.querySelector('iframe[data-mail]').contentDocument.activeElement?.tagName);
      equal(at, 'A', 'the link in the mail has the focus');
    }),
  },
  {
    name: 'flow link mismatch asks, Enter cancels',
    run: (env) => withPage(env, '/#/inbox/t/3', { name: 'link' }, async (page) => {
      await until(page, () => document.querySelector('iframe[data-mail].ready') !== null, 'the mail');
      await page.frameLocator('iframe[data-mail]').getByText('https://bank.example/confirm').click();
      await until(page, () => document.activeElement?.textContent.trim() === 'Cancel', 'Cancel has the focus');
      const words = await page.getByRole('dialog').innerText();
      assert(words.includes('bank.example') && words.includes('evil.example'), 'both hosts are named');
      equal(await page.locator('[role=dialog] strong').innerText(), 'evil.example', 'the host that stands out');
      await page.keyboard.press('Enter');
      await until(page, () => document.querySelector('[role=dialog]') === null, 'the dialog closes');
    }),
  },
  {
    name: 'flow keyboard only: open, reply, send, archive',
    run: (env) => withPage(env, '/#/inbox', { name: 'keyboard' }, async (page) => {
      await list(page);
      const before = await total(page);
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await until(page, () => document.querySelector('#reader-pane article') !== null, 'the conversation');
      await page.keyboard.press('r');
      await until(page, () => document.activeElement?.classList.contains('prose') === true, 'the editor has the focus');
      await page.keyboard.type('Saturday is lovely.');
      await page.keyboard.press('Control+Shift+Enter');
      await until(page, () => document.querySelector('[data-composer]') === null, 'sent');
      await until(page, () => document.activeElement !== document.body, 'the focus is somewhere');
      assert(await page.evaluate(() => document.body.textContent.includes('Message sent')), 'it says so');
      await page.keyboard.press('e');
      await until(page, (n) => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount')) === n, 'archived', 4000, before - 1);
    }),
  },
  {
    name: 'flow n and p walk through a conversation',
    run: (env) => withPage(env, '/#/inbox/t/20', { name: 'np' }, async (page) => {
      await until(page, () => document.querySelector('.message.open') !== null, 'a message');
      const open = () => page.evaluate(() => document.querySelectorAll('.message.open').length);
      const before = await open();
      await page.keyboard.press('p');
      await until(page, (n) => document.querySelectorAll('.message.open').length === n, 'the one before opens', 3000, before + 1);
      await page.keyboard.press('Shift+O');
      await until(page, () => document.querySelectorAll('.message.open').length === 12, 'all twelve open');
    }),
  },
  {
    name: 'flow pictures: once, and always for a sender',
    run: (env) => {
      const proxied = [];
      return withPage(env, '/#/inbox/t/5', { name: 'pictures', proxied }, async (page) => {
        await until(page, () => document.querySelector('iframe[data-mail].ready') !== null, 'the mail');
        equal(proxied, [], 'requests before asking');
        await page.getByRole('button', { name: 'Show once' }).click();
        await until(page, () => document.querySelector('iframe[data-mail]')?.contentDocument.querySelector('img')?.naturalWidth > 0, 'a picture');
        assert(proxied.length > 0 && proxied.every((u) => u.startsWith('http://aurelius-img.localhost/')), 'only the proxy was asked');
        await page.keyboard.press('j');
        await page.keyboard.press('k');
        await until(page, () => document.body.textContent.includes('4 images blocked'), 'once means once');
        await page.getByRole('button', { name: 'Always show' }).click();
        await page.getByRole('menuitem', { name: /hello@tideline/ }).click();
        await until(page, () => document.querySelector('iframe[data-mail]')?.contentDocument.querySelector('img')?.naturalWidth > 0, 'pictures for the sender');
        await page.keyboard.press('j');
        await page.keyboard.press('k');
        await until(page, () => document.querySelector('iframe[data-mail]')?.contentDocument.querySelector('img')?.naturalWidth > 0, 'always means always');
      });
    },
  },
  {
    name: 'flow search: type, walk, open, back',
    run: (env) => withPage(env, '/#/inbox', { name: 'search' }, async (page) => {
      await list(page);
      await page.keyboard.press('/');
      await until(page, () => document.activeElement?.getAttribute('role') === 'combobox', 'the box has the caret');
      await page.keyboard.type('from:ing');
      await until(page, () => document.querySelector('[role=option]')?.textContent.includes('Ingrid'), 'people are offered');
      await page.keyboard.press('Tab');
      await page.keyboard.type('launch');
      await until(page, () => document.querySelectorAll('[role=row]').length > 1, 'results');
      // The places are asked for once the rows are drawn.
      await until(page, () => document.querySelectorAll('[role=row] mark').length > 0, 'found words are marked');
      await page.keyboard.press('Enter');
      await until(page, () => document.activeElement?.getAttribute('role') === 'grid', 'the results have the focus');
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await until(page, () => /#\/search\/t\/\d+/.test(location.hash) && document.querySelector('article') !== null, 'the conversation');
      await page.keyboard.press('u');
      await until(page, () => !location.hash.includes('/t/'), 'back to the results');
      await settle(page);
    }),
  },
  {
    name: 'flow search: events with the same words stand above the mail, and open in the calendar',
    run: (env) => withPage(env, '/#/search?q=with', { name: 'search-events' }, async (page) => {
      const links = page.locator('section.events a');
      await until(page, () => document.querySelectorAll('section.events a').length === 2, 'the first two events');
      equal(await links.locator('.title').allTextContents(), ['Lunch with Ana', 'Dinner with Amara'], 'those to come first');
      await settle(page);
      await page.screenshot({ path: join(env.out, 'search-events.png') });
      await page.getByRole('button', { name: /more event/ }).click();
      assert((await links.count()) > 2, 'all of them');
      await page.getByRole('button', { name: 'Fewer events' }).click();
      await axe(page);
      // Operators ask for mail.
      await page.getByRole('combobox').fill('from:ingrid with');
      await until(page, () => document.querySelector('section.events') === null, 'no events');
      await page.getByRole('combobox').fill('lunch kaf');
      await until(page, () => document.querySelectorAll('section.events a').length === 1, 'by title and place');
      await settle(page);
      await page.screenshot({ path: join(env.out, 'search-events-only.png') });
      await links.first().click();
      await until(page, () => document.querySelector('[data-event-panel]')?.textContent.includes('Lunch with Ana') === true, 'the event');
      await page.goBack();
      await until(page, () => document.querySelectorAll('section.events a').length === 1, 'back at the results');
    }),
  },
  {
    // A slow machine draws the next frame long after the person typed on.
    name: 'flow search: what is typed before the next frame stays in order',
    run: (env) => withPage(env, '/#/search?q=', { name: 'search-fast' }, async (page) => {
      await until(page, () => document.activeElement?.getAttribute('role') === 'combobox', 'the box has the caret');
      await page.keyboard.type('from:ing');
      await until(page, () => document.querySelector('[role=option]')?.textContent.includes('Ingrid'), 'people are offered');
      await page.evaluate(() => {
        const frame = window.requestAnimationFrame.bind(window);
        window.requestAnimationFrame = (draw) => setTimeout(() => frame(draw), 150);
      });
      await page.keyboard.press('Tab');
      await page.keyboard.type('lau');
      await page.waitForTimeout(400);
      await page.keyboard.type('nch');
      assert((await page.evaluate(() => document.activeElement.value)).endsWith(' launch'), 'the letters are in the order they were typed');
    }),
  },
  {
    name: 'flow search: the best instead of the newest, and back',
    run: (env) => withPage(env, '/#/search?q=launch', { name: 'search-best' }, async (page) => {
      const headings = () => [...document.querySelectorAll('[role=grid] [role=rowgroup], [role=grid] h2, [role=grid] .group, [role=grid] .head')].map((h) => h.textContent).join();
      await until(page, () => document.querySelectorAll('[role=row]').length > 1, 'results');
      await page.getByText('Best', { exact: true }).click();
      await until(page, () => document.querySelector('input[value=best]').checked && document.querySelectorAll('[role=row]').length > 1, 'the best');
      assert(!(await page.evaluate(headings)).includes('Earlier'), 'what is not in the order of time has no months');
      await page.getByText('Newest', { exact: true }).click();
      await until(page, () => document.querySelector('input[value=newest]').checked && document.querySelectorAll('[role=row]').length > 1, 'the newest');
      await settle(page);
    }),
  },
];
