// What a person does and takes back, over the real core: the window's undo is the core's, and a time that was chosen is the core's too.
import { assert, equal, until } from '../lib/harness.mjs';
import { composerGone, list, onSample, onWorkspace, rows, write } from './core.mjs';

const inbox = { account: null, role: 'inbox', mailbox: null, unread: false };

export const tests = [
  {
    name: 'core: a doubt about a scheduled mail keeps its time',
    run: (env) => onSample(env, '/#/inbox', { name: 'later-doubt' }, async (core, openPage) => {
      await core.settled();
      const page = await openPage();
      await list(page);
      await write(page, { to: 'ada@example.com', subject: '', text: 'Read this on Monday.' });
      await page.keyboard.press('Control+Alt+Enter');
      await page.getByLabel('Or say when').fill('in 3 days');
      await page.getByRole('button', { name: 'Schedule', exact: true }).click();
      await page.getByRole('button', { name: 'Schedule anyway' }).click();
      await composerGone(page);
      const item = await core.until('it waits', async () => (await core.call('outbox')).find((o) => o.kind === 'send'));
      assert(item.notBefore - Date.now() > 2 * 86_400_000, `it leaves at ${new Date(item.notBefore).toISOString()}`);
      equal(item.state, 'queued', 'its state');
    }),
  },
  {
    name: 'core: z takes back a whole job, also one from before a restart',
    timeout: 120_000,
    run: (env) => onWorkspace(env, '/#/inbox', { name: 'bulk-z', allow: ['ERR_', 'Failed to'] }, async (core, openPage) => {
      const total = async () => (await core.call('threads', { filter: inbox, offset: 0, limit: 1 })).total;
      const before = await total();
      let page = await openPage();
      await list(page);
      const archiveAll = async () => {
        for (const key of ['*', 'a', 'e']) await page.keyboard.press(key);
        await core.until('an empty inbox', async () => (await total()) === 0);
      };
      await archiveAll();
      await until(page, () => document.querySelector('.toast kbd') !== null, 'it is told, with the key');
      await page.keyboard.press('z');
      await core.until('all are back', async () => (await total()) === before);
      await rows(page, before, 'the window shows them');
      await archiveAll();
      await core.kill();
      await page.context().close();
      await core.start();
      page = await openPage('/#/inbox');
      // The heading stands before the keys are in force; that nothing is left to do is only said when the list was read.
      await until(page, () => document.querySelector('main .empty') !== null, 'the window', 15_000);
      await page.keyboard.press('z');
      await core.until('all are back after a restart', async () => (await total()) === before);
      await rows(page, before, 'the window shows them again');
    }),
  },
];
