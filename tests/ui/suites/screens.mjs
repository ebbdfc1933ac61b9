// Every screen in its main states, in both themes and at two sizes: a picture, no accessibility violation, and (by the harness) no
// console error, nothing refused by the policy, no request to anywhere.
import { screens, settle, until } from '../lib/harness.mjs';

const frame = (page) => until(page, () => document.querySelector('iframe[data-mail].ready') !== null, 'the mail is shown');
const press = async (page, ...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};
const dock = async (page) => {
  await until(page, () => document.querySelector('[role=grid]') !== null, 'the list is there');
  await press(page, 'c');
  await until(page, () => document.querySelector('[data-composer] .prose') !== null, 'the editor is there');
};

/** name, path, and what to do before the picture. `sizes`: states that differ little keep to one. */
const SCREENS = [
  ['onboarding', '/?scenario=welcome'],
  ['onboarding-empty', '/?scenario=nothing'],
  ['passphrase', '/?scenario=needs-passphrase', null, { sizes: ['wide'] }],
  ['locked', '/?scenario=locked', null, { sizes: ['wide'] }],
  ['problem', '/?scenario=corrupt', null, { sizes: ['wide'] }],
  ['key-lost', '/?scenario=key-lost', null, { sizes: ['wide'], themes: ['light'] }],
  ['inbox', '/#/inbox'],
  ['inbox-empty', '/?scenario=empty#/inbox', null, { sizes: ['wide'] }],
  ['inbox-importing', '/?scenario=importing#/inbox', null, { sizes: ['wide'] }],
  ['inbox-offline', '/?scenario=offline#/inbox', null, { sizes: ['wide'] }],
  ['inbox-error', '/?scenario=error#/inbox', null, { sizes: ['wide'] }],
  ['inbox-selection', '/#/inbox', async (page) => {
    await until(page, () => document.querySelector('[role=row]') !== null, 'rows');
    await press(page, 'x', 'Shift+j', 'Shift+j');
  }, { sizes: ['wide'] }],
  ['drafts', '/#/drafts'],
  ['outbox', '/?scenario=wedged#/outbox'],
  ['integrations', '/#/integrations'],
  ['integration-imap', '/#/integrations/imap', null, { sizes: ['wide'] }],
  ['integration-google', '/#/integrations/google', null, { sizes: ['wide'] }],
  ['reader', '/#/inbox/t/1', frame],
  ['reader-phishing', '/#/inbox/t/3', frame],
  ['reader-newsletter', '/#/inbox/t/5', frame],
  ['reader-images', '/#/inbox/t/5', async (page) => {
    await frame(page);
    await page.getByRole('button', { name: 'Show once' }).click();
    await until(page, () => document.querySelector('iframe[data-mail]').contentDocument.querySelector('img[src]')?.naturalWidth > 0, 'pictures are shown');
  }, { sizes: ['wide'] }],
  ['reader-plain', '/#/inbox/t/2'],
  ['reader-details', '/#/inbox/t/12', async (page) => {
    await page.getByRole('button', { name: /^to me/ }).click();
  }, { sizes: ['wide'] }],
  ['reader-long', '/#/inbox/t/20', null, { sizes: ['wide'] }],
  ['reader-arabic', '/?body=arabic#/inbox/t/2', frame, { sizes: ['wide'], themes: ['light'] }],
  ['reader-japanese', '/?body=japanese#/inbox/t/15', null, { sizes: ['wide'], themes: ['light'] }],
  ...['downloading', 'missing', 'failed', 'large', 'decode', 'signed', 'encrypted', 'form'].map((state) => [`reader-${state}`, `/?body=${state}#/inbox/t/2`, null, { sizes: ['wide'], themes: [state < 'f' ? 'light' : 'dark'] }]),
  ['reader-source', '/#/inbox/t/3', async (page) => {
    await frame(page);
    await press(page, 'Control+Shift+O');
    await until(page, () => document.querySelector('[role=dialog] pre') !== null, 'the source is shown');
  }, { sizes: ['wide'] }],
  ['link-dialog', '/#/inbox/t/3', async (page) => {
    await frame(page);
    await page.frameLocator('iframe[data-mail]').getByText('https://bank.example/confirm').click();
    await until(page, () => document.querySelector('[role=dialog]') !== null, 'the dialog opens');
  }],
  ['composer', '/#/inbox', async (page) => {
    await dock(page);
    await page.keyboard.type('ingrid');
    await until(page, () => document.querySelector('[role=option]') !== null, 'suggestions');
    await press(page, 'Enter');
    await page.keyboard.type('not an address,');
    await page.getByLabel('Subject').fill('Notes for Thursday');
    await page.locator('.prose').click();
    await page.keyboard.type('Hello Ingrid, the file is attached.');
    await press(page, 'Control+Enter');
    await settle(page);
  }],
  ['composer-full', '/#/inbox', async (page) => {
    await dock(page);
    await page.getByRole('button', { name: 'Full size' }).click();
  }, { sizes: ['wide'] }],
  ['composer-later', '/#/inbox', async (page) => {
    await dock(page);
    await press(page, 'Control+Alt+Enter');
    await page.getByLabel('Or say when').fill('mon 9:30');
  }],
  ['composer-inline', '/#/inbox/t/2', async (page) => {
    await press(page, 'r');
    await until(page, () => document.querySelector('[data-composer] .prose') !== null, 'the editor is there');
  }],
  ['composer-unsaved', '/?save=fail#/inbox', async (page) => {
    await dock(page);
    await page.getByLabel('Subject').fill('Kept');
    await until(page, () => document.body.textContent.includes('Your text is still here'), 'the failure is shown');
  }, { sizes: ['wide'] }],
  ['composer-offline', '/?scenario=offline#/inbox', dock, { sizes: ['wide'], themes: ['dark'] }],
  ['search', '/#/search'],
  ['search-results', '/#/search?q=from:ingrid%20launch', async (page) => {
    await until(page, () => document.querySelectorAll('[role=row]').length > 2, 'results');
  }],
  ['search-best', '/#/search?q=launch', async (page) => {
    await page.getByText('Best', { exact: true }).click();
    await page.waitForTimeout(300);
  }],
  ['search-open', '/#/search/t/1?q=launch', frame, { sizes: ['wide'] }],
  ['search-suggest', '/#/search', async (page) => {
    await page.keyboard.type('lease is:');
    await until(page, () => document.querySelectorAll('[role=option]').length > 3, 'suggestions');
  }, { sizes: ['wide'] }],
  ['search-none', '/#/search?q=from:ingrid%20zebra', null, { sizes: ['wide'] }],
  ['search-syntax', '/?search=syntax#/search?q=before:soon', null, { sizes: ['wide'] }],
  ['search-partial', '/?scenario=importing#/search?q=launch', null, { sizes: ['wide'], themes: ['light'] }],
];

export const tests = screens(SCREENS);
