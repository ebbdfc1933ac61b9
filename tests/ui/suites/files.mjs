// Files at Google Drive and OneDrive: attachments are saved there, and what lies there is attached.
import { assert, axe, equal, screens, until, withPage } from '../lib/harness.mjs';

/** A conversation with an attachment. */
const THREAD = '#/inbox/t/9';
const files = (page) => page.locator('section').filter({ has: page.getByRole('button', { name: /^Save .+ to the cloud$|in der Cloud sichern$/ }) }).first();
const cloud = (page) => files(page).getByRole('button', { name: /^Save .+ to the cloud$|in der Cloud sichern$/ }).first();
const words = (page) => files(page).evaluate((el) => el.innerText.replace(/\s+/g, ' '));
const save = async (page, item = 'Save to Google Drive') => {
  await cloud(page).click();
  await page.getByRole('menuitem', { name: item }).click();
};
const says = (page, text) => until(page, (text) => [...document.querySelectorAll('.at [role=status]')].some((el) => el.textContent.includes(text)), `“${text}”`, 8000, text);
const seen = (page) => page.evaluate(() => document.querySelector('.at').scrollIntoView({ block: 'center' }));
const compose = async (page) => {
  await page.keyboard.press('c');
  await page.getByRole('button', { name: 'Attach from Google Drive or OneDrive' }).click();
  await page.getByRole('dialog').getByText('Field guide, proof 2.pdf').waitFor();
};

export const tests = [
  ...screens([
    ['files-menu', `/?drive=both${THREAD}`, async (page) => { await cloud(page).click(); await page.getByRole('menuitem').first().waitFor(); }],
    ['files-queued', `/?drive=slow${THREAD}`, async (page) => { await save(page); await says(page, 'Is being saved'); await seen(page); }, { sizes: ['wide'] }],
    ['files-saved', `/?drive=google${THREAD}`, async (page) => { await save(page); await says(page, 'Saved to Google Drive'); await seen(page); }],
    ['files-failed', `/?drive=full${THREAD}`, async (page) => { await save(page); await says(page, 'Not saved'); await seen(page); }],
    ['files-attach', '/?drive=both#/inbox', compose],
  ]),
  {
    name: 'files: without a place nothing is offered',
    run: (env) => withPage(env, `/${THREAD}`, { name: 'files-none' }, async (page) => {
      await page.getByRole('button', { name: /^Save .+/ }).first().waitFor();
      equal(await page.getByRole('button', { name: /to the cloud$/ }).count(), 0, 'nothing of the cloud');
    }),
  },
  {
    name: 'files: an attachment is saved by keyboard, taken back while it waits, and its page is reached once it is there',
    run: (env) => withPage(env, `/?drive=google${THREAD}`, { name: 'files-save' }, async (page) => {
      await cloud(page).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('menuitem', { name: 'Save to Google Drive' }).waitFor();
      await axe(page);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await says(page, 'Will be saved to Google Drive');
      const undo = files(page).getByRole('button', { name: 'Undo', exact: true });
      await undo.focus();
      await page.keyboard.press('Enter');
      await until(page, () => document.querySelector('.at') === null, 'taken back');
      await save(page);
      await says(page, 'Saved to Google Drive');
      equal(await files(page).getByRole('button', { name: 'Undo', exact: true }).count(), 0, 'what is there is not taken back');
      await files(page).locator('.at').getByRole('button', { name: 'Open', exact: true }).click();
      await axe(page);
    }),
  },
  {
    name: 'files: a refusal says why, and is tried again',
    run: (env) => withPage(env, `/?drive=full${THREAD}`, { name: 'files-refused' }, async (page) => {
      await save(page);
      await says(page, 'Not saved to Google Drive');
      assert((await words(page)).includes('There is no room left in this Google account'), await words(page));
      await axe(page);
      await files(page).getByRole('button', { name: 'Try again' }).click();
      await says(page, 'Saved to Google Drive');
    }),
  },
  {
    name: 'files: each place has its own line',
    run: (env) => withPage(env, `/?drive=both${THREAD}`, { name: 'files-both' }, async (page) => {
      await save(page);
      await save(page, 'Save to OneDrive');
      await until(page, () => document.querySelectorAll('.at.saved').length === 2 && [...document.querySelectorAll('.at [role=status]')].every((el) => el.textContent.includes('Saved to')), 'both are there');
      assert((await words(page)).includes('Saved to OneDrive'), await words(page));
    }),
  },
  {
    name: 'files: a file is attached from the drive, and it says what can be seen there',
    run: (env) => withPage(env, '/?drive=both#/inbox', { name: 'files-attach-do' }, async (page) => {
      await compose(page);
      const dialog = page.getByRole('dialog').filter({ hasText: 'Attach a file from the cloud' });
      const said = await dialog.evaluate((el) => el.innerText.replace(/\s+/g, ' '));
      for (const part of ['only what it saved to Google Drive itself or was given', 'only its own folder in OneDrive', '12 more files were found', 'A document without a file', 'Too large']) assert(said.includes(part), `${part} in “${said}”`);
      await axe(page);
      await dialog.getByRole('button', { name: /Budget/ }).dispatchEvent('click');
      equal(await dialog.count(), 1, 'what has no bytes is not attached');
      await dialog.getByRole('searchbox').fill('invoice');
      await until(page, () => [...document.querySelectorAll('[role=dialog] li')].length === 1, 'one is found');
      await dialog.getByRole('button', { name: /Invoice 4711/ }).focus();
      await page.keyboard.press('Enter');
      await until(page, () => !document.body.textContent.includes('Attach a file from the cloud'), 'closed');
      await page.getByRole('button', { name: 'Remove Invoice 4711.pdf' }).waitFor();
    }),
  },
  {
    name: 'files: a drive that can’t be asked says so',
    run: (env) => withPage(env, '/?drive=broken#/inbox', { name: 'files-broken' }, async (page) => {
      await page.keyboard.press('c');
      await page.getByRole('button', { name: 'Attach from Google Drive or OneDrive' }).click();
      await until(page, () => document.querySelector('[role=dialog]')?.textContent.includes('can\'t be reached'), 'why');
    }),
  },
  {
    name: 'files: German',
    run: (env) => withPage(env, `/?drive=full${THREAD}`, { name: 'files-de', settings: { language: 'de' } }, async (page) => {
      await save(page, 'In Google Drive sichern');
      await says(page, 'Nicht in Google Drive gesichert');
      const said = await words(page);
      for (const part of ['In diesem Konto bei Google ist kein Platz mehr', 'Noch einmal', 'Aufgeben']) assert(said.includes(part), `${part} in “${said}”`);
    }),
  },
];
