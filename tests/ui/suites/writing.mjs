// Writing with less typing: snippets, templates, versions, reminders; and the files of all mails.
import { assert, equal, screens, until, withPage } from '../lib/harness.mjs';

const dock = async (page) => {
  await until(page, () => document.querySelector('[role=grid]') !== null, 'the list');
  await page.keyboard.press('c');
  await until(page, () => document.activeElement?.getAttribute('role') === 'combobox' && document.querySelector('[data-composer] .prose') !== null, 'the address field has the caret');
};
const prose = (page) => page.locator('[data-composer] .prose');
const words = (page) => prose(page).innerText();
const toIngrid = async (page) => {
  await page.keyboard.type('ingr');
  await until(page, () => document.querySelector('[role=option]') !== null, 'suggestions');
  await page.keyboard.press('Enter');
};
const offered = (page) => page.evaluate(() => [...document.querySelectorAll('[popover] [role=option] .name')].map((n) => n.textContent.trim()));
const dialogName = (page) => page.locator('[role=dialog]:not([data-composer])').getByRole('heading').first().innerText();

const openDraft = async (page) => {
  await page.getByText('Notes for Thursday').click();
  await until(page, () => document.querySelector('[data-composer] .prose')?.textContent.includes('Three things') === true, 'the draft');
};
const versionsOf = async (page) => {
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Earlier versions' }).click();
  await until(page, () => document.activeElement?.getAttribute('role') === 'listbox', 'the versions');
};
const filesThere = (page) => until(page, () => document.querySelector('[role=row] .name') !== null, 'files');
const conflict = async (page) => {
  await dock(page);
  await prose(page).click();
  await page.keyboard.type('My words, written here.');
  await until(page, () => document.querySelector('[role=dialog]')?.textContent.includes('changed somewhere else') === true, 'asked');
};

export const tests = [
  {
    name: 'writing a snippet by ; and its word, filled in for the recipient',
    run: (env) => withPage(env, '/#/inbox', { name: 'snippet' }, async (page) => {
      await dock(page);
      await toIngrid(page);
      await prose(page).click();
      await page.keyboard.type('So; well. ');
      equal(await offered(page), [], 'a semicolon that ends a word asks nothing');
      await page.keyboard.type(';');
      await until(page, () => document.querySelectorAll('[popover] [role=option]').length === 3, 'all three are offered');
      equal(await page.evaluate(() => document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.textContent.includes('Thanks')), true, 'the first one is told');
      await page.keyboard.type('ad');
      await until(page, () => document.querySelectorAll('[popover] [role=option]').length === 1, 'one is left');
      await page.keyboard.press('Backspace');
      await page.keyboard.press('Backspace');
      await page.keyboard.type('th');
      await until(page, () => document.querySelector('[popover] [role=option]')?.textContent.includes('Thanks') === true, 'thanks');
      await page.keyboard.press('Enter');
      await until(page, () => document.querySelector('[data-composer] .prose').textContent.includes('Hi Ingrid, thank you'), 'filled in');
      equal(await words(page), 'So; well. Hi Ingrid, thank you, I am looking into it and will be back by tomorrow.', 'in the line it was asked in');
      await page.keyboard.press('Control+z');
      await until(page, () => document.querySelector('[data-composer] .prose').textContent.endsWith(';th'), 'one step of undo');
      assert((await page.locator('[data-composer]').count()) === 1, 'the composer is still open');
    }),
  },
  {
    name: 'writing Esc closes the offer, not the mail; ; stays a sign then',
    run: (env) => withPage(env, '/#/inbox', { name: 'snippet-esc' }, async (page) => {
      await dock(page);
      await prose(page).click();
      await page.keyboard.type('x ;t');
      await until(page, () => document.querySelector('[popover] [role=option]') !== null, 'offered');
      await page.keyboard.press('Escape');
      await until(page, () => document.querySelector('[popover] [role=option]') === null, 'gone');
      await page.keyboard.type('h');
      await page.waitForTimeout(120);
      equal(await offered(page), [], 'not offered again for the same sign');
      equal(await words(page), 'x ;th', 'what was typed');
      await page.keyboard.type(' ;addr');
      await until(page, () => document.querySelector('[popover] [role=option]') !== null, 'the next one asks again');
      await page.keyboard.press('Tab');
      await until(page, () => document.querySelector('[data-composer] .prose').textContent.includes('Hammarby'), 'Tab puts it in');
    }),
  },
  {
    name: 'writing a template brings its subject; what is unknown is asked about before sending',
    run: (env) => withPage(env, '/#/inbox', { name: 'template' }, async (page) => {
      await dock(page);
      await page.keyboard.type('someone@x.example,');
      await prose(page).click();
      await page.keyboard.press('Control+;');
      await until(page, () => document.querySelector('[role=dialog] [role=listbox]') !== null, 'the list of texts');
      await page.keyboard.type('intro');
      await until(page, () => document.querySelectorAll('[role=dialog] [role=option]').length === 1, 'found');
      assert((await page.locator('[role=dialog] mark').allInnerTexts()).includes('First name'), 'blanks are named in the preview');
      await page.keyboard.press('Enter');
      await until(page, () => document.querySelector('[data-composer] .prose').textContent.includes('it was good to meet you'), 'put in');
      equal(await page.getByLabel('Subject').inputValue(), 'Introduction: {name}', 'subject');
      await page.keyboard.press('Control+Enter');
      await until(page, () => document.querySelector('[data-doubt]')?.textContent.includes('still to be filled in') === true, 'asked');
      await page.getByRole('button', { name: 'Fill in' }).click();
      equal(await page.evaluate(() => document.getSelection().toString() || document.activeElement.value?.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)), '{name}', 'the first blank is selected');
      await page.keyboard.type('Sam');
      equal(await page.getByLabel('Subject').inputValue(), 'Introduction: Sam', 'typed over');
      await page.getByRole('button', { name: 'Fill in' }).click();
      await page.keyboard.type('Sam');
      await until(page, () => document.querySelector('[data-composer] .prose').textContent.startsWith('Hello Sam,'), 'and in the text');
      await page.keyboard.press('Control+Enter');
      await until(page, () => document.querySelector('[data-composer]') === null, 'sent');
    }),
  },
  {
    name: 'writing what is selected becomes a snippet of its own, and is there at once',
    run: (env) => withPage(env, '/#/inbox', { name: 'snippet-save' }, async (page) => {
      await dock(page);
      await prose(page).click();
      await page.keyboard.type('See you on Thursday.');
      await page.getByRole('button', { name: 'More', exact: true }).click();
      await page.getByRole('menuitem', { name: 'Save as snippet' }).click();
      await until(page, () => document.querySelector('[role=dialog] .prose')?.textContent === 'See you on Thursday.', 'the text is there');
      equal(await dialogName(page), 'New snippet', 'title');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await until(page, () => document.querySelector('[role=dialog]').textContent.includes('Give it a name'), 'a name is needed');
      await page.getByLabel('Name', { exact: true }).fill('Thursday');
      await page.getByLabel('Shortcut').fill('two words');
      await until(page, () => document.querySelector('[role=dialog]').textContent.includes('Use one word'), 'one word');
      await page.getByLabel('Shortcut').fill('thanks');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await until(page, () => document.querySelector('[role=dialog]').textContent.includes('Another text has the shortcut'), 'taken');
      await page.getByLabel('Shortcut').fill('thu');
      await page.keyboard.press('Control+Enter');
      await until(page, () => document.querySelector('[role=dialog]') === null, 'saved');
      await prose(page).click();
      await page.keyboard.press('Control+End');
      await page.keyboard.type(' ;thu');
      await until(page, () => document.querySelector('[popover] [role=option]')?.textContent.includes('Thursday') === true, 'offered');
    }),
  },
  {
    name: 'writing texts are changed and deleted in the settings, with a way back',
    run: (env) => withPage(env, '/#/settings/texts', { name: 'texts-settings' }, async (page) => {
      await until(page, () => document.querySelectorAll('.page li .open').length === 3, 'three texts');
      await page.getByRole('button', { name: 'Edit Address' }).click();
      await until(page, () => document.querySelector('[role=dialog] .prose')?.textContent.includes('Hammarby') === true, 'its text');
      await page.getByLabel('Name', { exact: true }).fill('Our address');
      await page.getByRole('button', { name: 'First name', exact: true }).click();
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await until(page, () => document.querySelector('[role=dialog]') === null && document.body.textContent.includes('[First name]Lindqvist'), 'saved with the blank');
      await page.getByRole('button', { name: 'Delete Our address' }).click();
      await until(page, () => document.querySelectorAll('.page li .open').length === 2, 'gone');
      await page.getByRole('button', { name: 'Undo' }).click();
      await until(page, () => document.querySelectorAll('.page li .open').length === 3, 'back');
    }),
  },
  {
    name: 'writing an earlier version is looked at, restored, and taken back',
    run: (env) => withPage(env, '/#/drafts', { name: 'versions' }, async (page) => {
      await openDraft(page);
      const before = await words(page);
      await versionsOf(page);
      equal(await page.locator('[role=dialog] [role=option]').count(), 2, 'versions');
      await page.keyboard.press('ArrowDown');
      const preview = await page.locator('[role=dialog] .preview .prose').innerText();
      assert(before.startsWith(preview) && preview.length < before.length, 'an earlier, shorter text');
      await page.keyboard.press('Enter');
      await until(page, () => document.querySelector('[role=dialog]:not([data-composer])') === null, 'restored');
      equal(await words(page), preview, 'the earlier text');
      await page.getByRole('button', { name: 'Undo' }).click();
      await until(page, (text) => document.querySelector('[data-composer] .prose').innerText === text, 'the later text again', 8000, before);
      await until(page, () => /Saved \d/.test(document.querySelector('[data-composer]').textContent), 'and saved');
    }),
  },
  ...[['Keep mine', 'My words'], ['Take the other', 'I began this on the phone']].map(([button, kept]) => ({
    name: `writing a draft changed elsewhere: ${button}`,
    run: (env) => withPage(env, '/?conflict=yes#/inbox', { name: 'conflict' }, async (page) => {
      await conflict(page);
      assert((await page.locator('[role=dialog]').innerText()).includes('I began this on the phone'), 'the other text is shown');
      await page.keyboard.press('Escape');
      await until(page, () => document.querySelector('[role=dialog]') === null, 'put off');
      assert((await page.locator('[data-composer]').innerText()).includes('Nothing is saved until you choose'), 'it says so');
      await page.getByRole('button', { name: 'Compare' }).click();
      await page.getByRole('button', { name: button }).click();
      await until(page, (text) => document.querySelector('[data-composer] .prose').textContent.includes(text), 'the text kept', 8000, kept);
      await until(page, () => /Saved \d/.test(document.querySelector('[data-composer]').textContent), 'saved');
      if (button === 'Take the other') {
        equal(await page.getByLabel('Subject').inputValue(), 'Written on the phone', 'its subject');
        await page.getByRole('button', { name: 'Undo' }).click();
        await until(page, () => document.querySelector('[data-composer] .prose').textContent.includes('My words'), 'and mine again');
      }
    }),
  })),
  {
    name: 'writing a draft changed elsewhere: both are kept',
    run: (env) => withPage(env, '/?conflict=yes#/inbox', { name: 'conflict-both' }, async (page) => {
      await conflict(page);
      await page.getByRole('button', { name: 'Keep both' }).click();
      await until(page, () => document.querySelector('.tab') !== null && document.querySelector('[data-composer] .prose')?.textContent.includes('My words') === true, 'mine is open, the other one a tab');
      await page.getByRole('button', { name: 'Open Written on the phone' }).click();
      await until(page, () => document.querySelector('[data-composer] .prose')?.textContent.includes('on the phone') === true, 'the other one');
    }),
  },
  {
    name: 'writing a reminder is chosen beside Send, goes with the mail, and comes back with it',
    run: (env) => withPage(env, '/#/inbox', { name: 'remind' }, async (page) => {
      await dock(page);
      await page.keyboard.type('a@x.example,');
      await page.getByLabel('Subject').fill('Hello');
      const bell = page.locator('[data-composer]').getByRole('button', { name: 'Remind me if nobody answers' });
      await bell.click();
      await page.getByRole('menuitemcheckbox', { name: 'In 3 days' }).click();
      await until(page, () => /Sun,? 22 Mar,? 0?8:00/.test(document.querySelector('[data-composer] footer').textContent), 'Sunday the 22nd, in the morning');
      await page.keyboard.press('Control+Enter');
      // The focus is on the button of the menu: the keys are still the composer's.
      await until(page, () => document.querySelector('[data-composer]') === null, 'sent');
      await page.getByRole('button', { name: 'Undo' }).click();
      await until(page, () => /22 Mar/.test(document.querySelector('[data-composer] footer')?.textContent ?? ''), 'the reminder is back too');
      await page.getByRole('button', { name: /Reminder Sun/ }).click();
      await page.getByRole('menuitem', { name: 'No reminder' }).click();
      await until(page, () => !/22 Mar/.test(document.querySelector('[data-composer] footer').textContent), 'none');
    }),
  },
  {
    name: 'writing a reminder before the mail is sent is refused',
    run: (env) => withPage(env, '/#/inbox', { name: 'remind-early' }, async (page) => {
      await dock(page);
      await page.keyboard.type('a@x.example,');
      await page.getByLabel('Subject').fill('Hello');
      await page.locator('[data-composer]').getByRole('button', { name: 'Remind me if nobody answers' }).click();
      await page.getByRole('menuitemcheckbox', { name: 'Choose a day and time' }).click();
      await page.getByLabel('Or say when').fill('tomorrow 9:00');
      await page.getByRole('button', { name: 'Remind me', exact: true }).click();
      await page.getByLabel('Subject').focus();
      await page.keyboard.press('Control+Alt+Enter');
      await page.getByLabel('Or say when').fill('mon 9:30');
      await page.getByRole('button', { name: 'Schedule' }).click();
      await until(page, () => document.querySelector('[data-composer]')?.textContent.includes('would come before this mail is sent') === true, 'said');
    }),
  },
  {
    name: 'files: keys, search, kinds, the question before a risky one, and the way to its mail',
    run: (env) => withPage(env, '/#/inbox', { name: 'files' }, async (page) => {
      await until(page, () => document.querySelector('[role=grid]') !== null, 'the list');
      await page.keyboard.press('g');
      await page.keyboard.press('f');
      await filesThere(page);
      assert((await page.locator('[role=row]').count()) <= 60, 'only rows near the window are there');
      await page.keyboard.press('End');
      await until(page, () => Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount')) > 100, 'the next page follows');
      await page.keyboard.press('Home');
      await page.keyboard.press('/');
      const name = await page.locator('[role=row] .name').first().innerText();
      await page.keyboard.type(name.slice(0, 6));
      await until(page, (n) => [...document.querySelectorAll('[role=row] .name')].every((x) => x.textContent === n), 'only these', 8000, name);
      await page.keyboard.type('zzzz');
      await until(page, () => document.querySelector('main').textContent.includes('No file fits'), 'none');
      await page.getByRole('button', { name: 'Clear filter' }).click();
      await page.getByRole('button', { name: 'Images', exact: true }).click();
      await until(page, () => document.querySelectorAll('[role=row] .icon:not(.image)').length === 0 && document.querySelector('[role=row] .image') !== null, 'images only');
      await page.getByRole('button', { name: 'All', exact: true }).click();
      await until(page, () => document.querySelector('[role=row] .icon.risky') !== null, 'all again');
      await page.locator('[role=row]:has(.icon.risky)').first().click();
      await until(page, () => document.querySelector('[role=dialog]')?.textContent.includes('came from') === true, 'asked first');
      await page.keyboard.press('Escape');
      await until(page, () => document.querySelector('[role=dialog]') === null, 'no');
      await page.evaluate(() => document.querySelector('[role=grid]').focus());
      await page.keyboard.press('Home');
      await page.keyboard.press('Control+s');
      await until(page, () => document.body.textContent.includes('Saved to'), 'saved');
      await page.keyboard.press('Shift+Enter');
      await until(page, () => /#\/all\/t\/\d+/.test(location.hash), 'its mail');
    }),
  },
  ...screens([
    ['files', '/#/files', filesThere],
    ['files-search', '/#/files', async (page) => { await filesThere(page); await page.keyboard.press('/'); await page.keyboard.type('pdf'); }, { sizes: ['wide'], themes: ['light'] }],
    ['files-empty', '/?scenario=empty#/files', undefined, { sizes: ['wide'] }],
    ['files-error', '/?broken=files#/files', undefined, { sizes: ['wide'] }],
    ['composer-remind', '/#/inbox', async (page) => {
      await dock(page);
      await page.locator('[data-composer]').getByRole('button', { name: 'Remind me if nobody answers' }).click();
      await page.getByRole('menuitemcheckbox', { name: 'In 3 days' }).click();
      await page.getByRole('button', { name: /Reminder Sun/ }).click();
    }],

    ['draft-versions', '/#/drafts', async (page) => { await openDraft(page); await versionsOf(page); }],
    ['draft-conflict', '/?conflict=yes#/inbox', conflict],

    ['snippet-offer', '/#/inbox', async (page) => {
      await dock(page);
      await toIngrid(page);
      await prose(page).click();
      await page.keyboard.type('Good morning, ;');
      await until(page, () => document.querySelectorAll('[popover] [role=option]').length === 3, 'offered');
    }],
    ['text-picker', '/#/inbox', async (page) => {
      await dock(page);
      await prose(page).click();
      await page.keyboard.press('Control+;');
      await until(page, () => document.querySelector('[role=dialog] .preview .prose') !== null, 'the picker');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
    }],
    ['text-picker-empty', '/?scenario=empty#/inbox', async (page) => {
      await page.keyboard.press('c');
      await prose(page).click();
      await page.keyboard.press('Control+;');
      await until(page, () => document.querySelector('[role=dialog]')?.textContent.includes('No snippets') === true, 'none yet');
    }, { sizes: ['wide'] }],
    ['text-dialog', '/#/settings/texts', async (page) => {
      await page.getByRole('button', { name: 'Edit Introduction' }).click();
      await until(page, () => document.querySelector('[role=dialog] .prose') !== null, 'the form');
    }],
    ['settings-texts', '/#/settings/texts'],
    ['settings-texts-empty', '/?scenario=empty#/settings/texts', undefined, { sizes: ['wide'] }],
  ]),
];
