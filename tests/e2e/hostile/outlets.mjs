// Where else a mail is shown, or goes: with its pictures, on paper, quoted in an answer, as its original in a browser. The families whose
// tricks fit there go through all four, in the real window; the originals in the browser of the interface's tests.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { sleep } from '../desk.mjs';
import { launch } from '../../ui/lib/harness.mjs';
import { answer, look, onPaper, openAndLook, showPictures } from './watch.mjs';

const FAMILIES = new Set(['mutation', 'css', 'svg', 'efail', 'pictures']);
/** What showing pictures, printing and answering may ask the core for. */
const USING = new Set([
  'app_state', 'status', 'mailboxes', 'threads', 'thread', 'message_body', 'act', 'outbox', 'splits', 'tasks', 'file_places', 'saved_to', 'connections', 'settings', 'integrations',
  'draft_new', 'draft', 'drafts', 'draft_save', 'draft_discard', 'signatures', 'texts', 'contacts', 'suggest_addresses', 'search',
]);

/** Addresses that the pictures of these bodies name: what may be called, once they are shown. */
const wanted = (html) => [...html.matchAll(/aurelius-img:\/\/localhost\/remote\/\d+\?u=([^"'&\s]+)/g)].map(([, address]) => decodeURIComponent(address));

export async function beyond({ desk, threads, chosen, hits, asked, less, opened, canaryBase, fresh }) {
  const ids = new Set(chosen.filter((p) => FAMILIES.has(p.family)).map((p) => `payload ${p.id}`));
  const rows = threads.filter((t) => ids.has(t.subject));
  if (rows.length === 0) return;
  await fresh();
  const before = asked();
  const names = (list, limit = 8) => [...new Set(list)].slice(0, limit).join('\n     ');
  const faults = { pictures: [], paper: [], answers: [] };
  const done = { pictures: 0, paper: 0, answers: 0, quoted: 0 };
  const allowed = [];
  const messages = [];
  hits.length = 0;
  for (const { id, subject } of rows) {
    let step = 'pictures';
    const note = (bad) => { if (bad.length > 0) faults[step].push(`${subject}: ${[...new Set(bad)].slice(0, 3).join('; ')}`); };
    try {
      note((await desk.driver.run(openAndLook, id)).bad);
      for (const { id: message } of (await desk.invoke('thread', { id })).messages) {
        messages.push({ message, subject });
        allowed.push(...wanted((await desk.invoke('message_body', { id: message, format: 'html', images: true })).html ?? ''));
      }
      const shown = await desk.driver.run(showPictures);
      if (shown) done.pictures += 1;
      note(await desk.driver.run(look, id, shown));
      step = 'paper';
      note(await desk.driver.run(onPaper, id, shown));
      done.paper += 1;
      step = 'answers';
      const { bad, quoted } = await desk.driver.run(answer);
      done.answers += 1;
      if (quoted) done.quoted += 1;
      note(bad);
      // Closing throws an empty answer away; one that it kept would hang on to the conversation.
      for (const { id: draft } of await desk.invoke('drafts')) await desk.invoke('draft_discard', { id: draft }).catch(() => undefined);
      const windows = await desk.driver.windows();
      if (windows.length !== 1) note([`${windows.length} windows`]);
    } catch (error) {
      await desk.driver.dismiss().catch(() => undefined);
      note([error.message]);
    }
  }
  await sleep(1500);

  await desk.test(`${done.pictures} of ${rows.length} mails with their pictures shown: only those were fetched, only through the core, telling nobody who asks`, async () => {
    if (faults.pictures.length > 0) throw new Error(names(faults.pictures));
    if (done.pictures === 0) throw new Error('no mail had a picture to show');
    const hosts = new Set(allowed.map((address) => new URL(address).hostname));
    const strange = hits.filter((hit) => {
      if (hit.includes(' with ') || hit.includes(new URL(canaryBase).host)) return true;
      const name = hit.match(/^name (.+)$/)?.[1] ?? hit.match(/^port \d+ of (?:::ffff:)?(.+)$/)?.[1];
      return name ? !hosts.has(name) : !hit.startsWith('GET ') || !allowed.includes(hit.slice(4));
    });
    if (strange.length > 0) throw new Error(names(strange));
    if (hits.length === 0) throw new Error('nothing was fetched at all');
  });
  await desk.test(`${done.paper} laid out for paper: nothing more than on screen`, async () => {
    if (faults.paper.length > 0) throw new Error(names(faults.paper));
  });
  await desk.test(`${done.answers} answered, ${done.quoted} with what they quote unfolded: nothing came into the editor, nothing ran in the quotation`, async () => {
    if (faults.answers.length > 0) throw new Error(names(faults.answers));
    if (done.quoted === 0) throw new Error('no answer quoted anything');
  });
  await desk.test('none of that asked for a command that it does not need', async () => {
    const { counts, acts } = less(asked(), before);
    const strange = [...counts].filter(([name]) => !USING.has(name));
    if (strange.length > 0) throw new Error(strange.join('; '));
    if (acts.some((act) => act !== 'Read')) throw new Error(`acts: ${[...new Set(acts)].join(', ')}`);
  });
  await originals({ desk, messages, hits, opened, canaryBase, names });
}

/** Every original in a real browser, in the same namespace: without pictures it must not call anybody. */
async function originals({ desk, messages, hits, opened, canaryBase, names }) {
  const browser = await launch();
  const faults = [];
  let shown = 0;
  const context = await browser.newContext();
  hits.length = 0;
  for (const { message, subject } of messages) {
    rmSync(opened, { force: true });
    // Only what has HTML has an original to show.
    if (!(await desk.invoke('original_open', { id: message, images: false }).then(() => true, () => false))) continue;
    // The file is there before what is written into it.
    const written = () => (existsSync(opened) ? readFileSync(opened, 'utf8') : '');
    for (let i = 0; i < 100 && !written().endsWith('\n'); i += 1) await sleep(50);
    const address = written().trim().split('\n').at(-1);
    const page = await context.newPage();
    const bad = [];
    page.on('dialog', (dialog) => { bad.push(`a dialog: ${dialog.message()}`); void dialog.dismiss(); });
    page.on('popup', () => bad.push('a window'));
    await page.goto(address, { waitUntil: 'load', timeout: 10_000 }).catch((error) => bad.push(error.message.split('\n')[0]));
    await sleep(120);
    if (page.url() !== address) bad.push(`it went to ${page.url()}`);
    if (page.frames().length > 1) bad.push('a frame');
    await page.close();
    shown += 1;
    if (bad.length > 0) faults.push(`${subject}: ${bad.join('; ')}`);
  }
  rmSync(opened, { force: true });
  await sleep(500);
  await browser.close();
  // The browser has errands of its own, and every name leads to the same address here: a mail's are known by the names they ask for, and
  // those to a bare address by its port (no mail names one with https).
  const calls = hits.filter((hit) => !/^port 443 of /.test(hit)).filter((hit) => hit.includes(new URL(canaryBase).host) || /evil\.example|203\.0\.113|bank\.|\.example\b/.test(hit));
  await desk.test(`${shown} originals opened in a browser: no script, no window, nothing called (${calls.length})`, async () => {
    if (faults.length > 0) throw new Error(names(faults));
    if (calls.length > 0) throw new Error(names(calls));
    if (shown === 0) throw new Error('no original was opened');
  });
}
