// Files at Google Drive and OneDrive in the search of the window: asked for by a click, never by typing.
import { assert, axe, equal, screens, until, withPage } from '../lib/harness.mjs';

const QUERY = '#/search?q=e';
const ask = (page) => page.getByRole('button', { name: /^Search .+ for “|durchsuchen$/ });
const found = (page) => until(page, () => document.querySelector('.files li, .files .faint, .files [role=alert], .files .notice') !== null && document.querySelector('.files[aria-busy=true]') === null, 'the files');
const names = (page) => page.evaluate(() => [...document.querySelectorAll('.files li bdi')].map((el) => el.textContent));
const said = (page) => page.evaluate(() => document.querySelector('.files').innerText.replace(/\s+/g, ' '));
const asked = async (page) => { await ask(page).click(); await found(page); };
const test = (name, path, run, options = {}) => ({ name: `found files: ${name}`, run: (env) => withPage(env, path, { name: `found-${name.slice(0, 20)}`, ...options }, (page) => run(page, env)) });

export const tests = [
  ...screens([
    ['found-files-ask', `/?drive=both${QUERY}`, async (page) => { await ask(page).waitFor(); }],
    ['found-files', `/?drive=both${QUERY}`, asked],
    ['found-files-none', '/?drive=google#/search?q=zebra', asked, { sizes: ['wide'] }],
    ['found-files-broken', `/?drive=broken${QUERY}`, asked],
  ]),
  test('nobody is asked by typing, and without a place nothing is offered', '/?drive=google#/search', async (page) => {
    await page.evaluate(() => { window.__asked = 0; });
    await page.getByRole('searchbox').or(page.getByRole('combobox')).first().fill('invoice');
    await ask(page).waitFor();
    equal(await page.locator('.files').count(), 0, 'only an offer');
    await page.getByRole('searchbox').or(page.getByRole('combobox')).first().fill('from:ingrid');
    await until(page, () => ![...document.querySelectorAll('button')].some((b) => /^Search Google Drive for/.test(b.textContent.trim())), 'operators ask for mail');
  }),
  test('without a drive nothing is offered', `/${QUERY}`, async (page) => {
    await until(page, () => document.querySelector('[role=grid]') !== null, 'results');
    equal(await ask(page).count(), 0, 'no offer');
  }),
  test('they are found by keyboard, and it says what can be seen', `/?drive=both${QUERY}`, async (page) => {
    await ask(page).focus();
    await page.keyboard.press('Enter');
    await found(page);
    equal(await names(page), ['Field guide, proof 2.pdf', 'Invoice 4711.pdf', 'Budget'], 'by their names');
    const words = await said(page);
    for (const part of ['Google Drive', 'OneDrive', 'Only what Aurelius saved to Google Drive or was given can be found', 'Only the folder of Aurelius in OneDrive can be searched', 'Document in the browser', 'No file here has “e” in its name']) assert(words.includes(part), `${part} in “${words}”`);
    equal(await page.evaluate(() => document.activeElement?.textContent), 'Files', 'the focus is on what came');
    await axe(page);
    equal(await page.getByRole('button', { name: 'Attach Budget to a new message' }).count(), 0, 'a document without bytes can only be opened');
    await page.getByRole('button', { name: 'Attach Invoice 4711.pdf to a new message' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove Invoice 4711.pdf' }).waitFor();
  }),
  test('other words forget them', `/?drive=google${QUERY}`, async (page) => {
    await asked(page);
    await page.getByRole('searchbox').or(page.getByRole('combobox')).first().fill('budget');
    await until(page, () => document.querySelector('.files') === null, 'gone');
    await asked(page);
    equal(await names(page), ['Budget'], 'the one');
    await page.getByRole('button', { name: 'Open Budget in the browser' }).click();
    equal(await page.locator('[role=alert]').count(), 0, 'no error');
  }),
  test('a drive that can’t be asked says so, and is asked again', `/?drive=broken${QUERY}`, async (page) => {
    await asked(page);
    assert((await said(page)).includes("can't be reached"), await said(page));
    await axe(page);
    await page.getByRole('button', { name: 'Retry' }).first().click();
    await found(page);
  }),
  test('German', `/?drive=both${QUERY}`, async (page) => {
    await asked(page);
    const words = await said(page);
    for (const part of ['Dateien', 'Gefunden wird nur, was Aurelius in Google Drive gesichert hat', 'Keine Datei hier hat „e“ im Namen']) assert(words.includes(part), `${part} in “${words}”`);
  }, { settings: { language: 'de' } }),
];
