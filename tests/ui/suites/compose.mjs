// Writing: recipients, files, sending, and taking it back.
import { assert, axe, equal, screens, until, withPage } from '../lib/harness.mjs';

const dock = async (page) => {
  await until(page, () => document.querySelector('[role=grid]') !== null, 'the list');
  await page.keyboard.press('c');
  await until(page, () => document.activeElement?.getAttribute('role') === 'combobox' && document.querySelector('[data-composer] .prose') !== null, 'the address field has the caret');
};
const chips = (page) => page.evaluate(() => [...document.querySelectorAll('[data-composer] .chip')].map((c) => c.getAttribute('aria-label')));
const gone = (page) => until(page, () => document.querySelector('[data-composer]') === null, 'the composer closes');

export const tests = [
  ...screens([['compose-suggested', '/#/inbox', async (page) => { await dock(page); await page.keyboard.type('qu'); await until(page, () => document.querySelectorAll('[role=option]').length > 2, 'suggestions'); }]]),
  {
    name: 'compose chips, file, send, undo brings it back',
    run: (env) => withPage(env, '/#/inbox', { name: 'compose' }, async (page) => {
      await dock(page);
      await page.keyboard.type('ingr');
      await until(page, () => document.querySelector('[role=option]') !== null, 'suggestions');
      await page.keyboard.press('Enter');
      await page.keyboard.type('tomas@x.example, ');
      equal(await chips(page), ['Ingrid Solheim <ingrid.solheim@northwind.example>', 'tomas@x.example'], 'chips');
      await page.getByLabel('Subject').fill('Two files');
      await page.locator('.prose').click();
      await page.keyboard.type('Here they are.');
      await page.locator('[data-composer] input[type=file]').setInputFiles([{ name: 'plan.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(120_000, 1) }, { name: 'plan.pdf', mimeType: 'application/pdf', buffer: Buffer.from('x') }]);
      await until(page, () => document.querySelectorAll('[data-composer] section li').length === 2, 'two files');
      assert((await page.locator('[data-composer] section').innerText()).includes('plan 2.pdf'), 'files of one name are told apart');
      await until(page, () => /Saved \d/.test(document.querySelector('[data-composer]').textContent), 'it is saved');
      await page.keyboard.press('Control+Enter');
      await gone(page);
      await page.getByRole('button', { name: 'Undo' }).click();
      await until(page, () => document.querySelector('[data-composer] .prose')?.textContent.includes('Here they are.') === true, 'the text is back');
      equal((await chips(page)).length, 2, 'chips after undo');
      equal(await page.getByLabel('Subject').inputValue(), 'Two files', 'subject after undo');
      equal(await page.locator('[data-composer] section li').count(), 2, 'files after undo');
    }),
  },
  {
    name: 'compose suggests people of the lists of providers, and says where they are known from',
    run: (env) => withPage(env, '/#/inbox', { name: 'compose-people' }, async (page) => {
      await dock(page);
      await page.keyboard.type('qui');
      await until(page, () => document.querySelectorAll('[role=option]').length === 2, 'two of them');
      const said = await page.evaluate(() => [...document.querySelectorAll('[role=option]')].map((el) => el.innerText.replace(/\s+/g, ' ').trim()));
      equal(said.map((words) => words.replace(/^\S\S? /, '')), ['Quinn Abernathy quinn@abernathy.example Google contacts', 'Quirin Vogt quirin.vogt@vogt-holzbau.example Outlook contacts'], 'with their lists');
      await axe(page);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      equal(await chips(page), ['Quirin Vogt <quirin.vogt@vogt-holzbau.example>'], 'taken like any other');
    }),
  },
  {
    name: 'compose z takes a sent mail back too',
    run: (env) => withPage(env, '/#/inbox', { name: 'compose-z' }, async (page) => {
      await dock(page);
      await page.keyboard.type('a@x.example,');
      await page.getByLabel('Subject').fill('Hello');
      await page.keyboard.press('Control+Enter');
      await gone(page);
      await until(page, () => document.activeElement?.getAttribute('role') === 'grid', 'the list has the focus');
      await page.keyboard.press('z');
      await until(page, () => document.querySelector('[data-composer]') !== null, 'back on screen');
    }),
  },
  {
    name: 'compose errors stand beside the field and the focus goes there',
    run: (env) => withPage(env, '/#/inbox', { name: 'compose-errors' }, async (page) => {
      await dock(page);
      await page.getByLabel('Subject').fill('Hello');
      await page.keyboard.press('Control+Enter');
      await until(page, () => document.activeElement?.getAttribute('aria-invalid') === 'true', 'the address field has the focus');
      const described = await page.evaluate(() => document.getElementById(document.activeElement.getAttribute('aria-describedby'))?.textContent);
      assert(described.includes('at least one recipient'), `said: ${described}`);
      await page.keyboard.type('nonsense,');
      await page.keyboard.press('Control+Enter');
      await until(page, () => document.body.textContent.includes('nonsense is not a valid address'), 'the bad one is named');
      await page.keyboard.press('Backspace');
      await page.keyboard.press('Backspace');
      equal(await chips(page), [], 'Backspace twice takes the chip away');
      await page.keyboard.type('a@x.example');
      await page.keyboard.press('Control+Enter');
      await gone(page);
    }),
  },
  {
    name: 'compose a promised attachment and a missing subject are asked about once',
    run: (env) => withPage(env, '/#/inbox', { name: 'compose-doubt' }, async (page) => {
      await dock(page);
      await page.keyboard.type('a@x.example,');
      await page.locator('.prose').click();
      await page.keyboard.type('I attached the plan.');
      await page.keyboard.press('Control+Enter');
      await until(page, () => document.body.textContent.includes('nothing is attached'), 'asked about the file');
      await page.getByRole('button', { name: 'Send anyway' }).click();
      await until(page, () => document.body.textContent.includes('has no subject'), 'asked about the subject');
      await page.getByRole('button', { name: 'Send anyway' }).click();
      await gone(page);
    }),
  },
  {
    name: 'compose a file that is too large is refused, the rest stays',
    run: (env) => withPage(env, '/#/inbox', { name: 'compose-large' }, async (page) => {
      await dock(page);
      await page.locator('[data-composer] input[type=file]').setInputFiles([{ name: 'small.txt', mimeType: 'text/plain', buffer: Buffer.from('x') }, { name: 'huge.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(26_000_000) }]);
      await until(page, () => document.body.textContent.includes('would pass 25 MB'), 'the reason is shown at the file');
      await until(page, () => document.querySelectorAll('[data-composer] section li').length === 2, 'both are listed');
    }),
  },
  {
    name: 'compose paste from Word and Google Docs keeps the meaning only',
    run: (env) => withPage(env, '/#/inbox', { name: 'compose-paste' }, async (page) => {
      await dock(page);
      await page.locator('.prose').click();
      const paste = (html) => page.evaluate((h) => {
        const data = new DataTransfer();
        data.setData('text/html', h);
        data.setData('text/plain', 'plain');
        document.querySelector('.prose').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
      }, html);
      await paste('<html><head><style>p{color:red}</style></head><body><!--StartFragment--><p class=MsoNormal style="color:red"><span style="font-weight:700">Bold</span> and <span style="font-style:italic">slanted</span></p><p class=MsoListParagraph style="mso-list:l0 level1 lfo1"><span style="mso-list:Ignore">·<span>   </span></span>One</p><p class=MsoListParagraph style="mso-list:l0 level1 lfo1"><span style="mso-list:Ignore">·</span>Two</p><img src="https://evil.example/x.png" onerror="alert(1)"><!--EndFragment--></body></html>');
      await until(page, () => document.querySelectorAll('.prose li').length === 2, 'a list of two');
      const html = await page.evaluate(() => document.querySelector('.prose').innerHTML);
      assert(/<strong>Bold<\/strong>/.test(html) && /<em>slanted<\/em>/.test(html), 'weight and slant stay');
      assert(!/style=|class="Mso|<img src|evil|mso-/.test(html), `left behind: ${html}`);
      await paste('<b style="font-weight:normal" id="docs-internal-guid-1"><p><span style="font-weight:400">From docs</span></p><p><a href="javascript:alert(1)">bad</a> <a href="https://ok.example/">good</a></p></b>');
      await until(page, () => document.querySelector('.prose').textContent.includes('From docs'), 'pasted');
      const links = await page.evaluate(() => [...document.querySelectorAll('.prose a')].map((a) => a.getAttribute('href')));
      equal(links, ['https://ok.example/'], 'links');
    }),
  },
  {
    name: 'compose Esc saves and closes, the draft is in Drafts; an untouched one leaves nothing',
    run: (env) => withPage(env, '/?scenario=full#/inbox', { name: 'compose-esc' }, async (page) => {
      await dock(page);
      await page.getByLabel('Subject').fill('Half a thought');
      await page.keyboard.press('Escape');
      await gone(page);
      await dock(page);
      await page.keyboard.press('Escape');
      await gone(page);
      await page.keyboard.press('g');
      await page.keyboard.press('d');
      await until(page, () => document.querySelectorAll('[role=row]').length > 0, 'drafts');
      const words = await page.locator('main').innerText();
      assert(words.includes('Half a thought'), 'the draft is listed');
      equal(await page.locator('[role=row]').count(), 2, 'drafts: the one of the fixtures and this one');
    }),
  },
  {
    name: 'compose a failed save keeps the text and says so',
    run: (env) => withPage(env, '/?save=fail#/inbox', { name: 'compose-fail' }, async (page) => {
      await dock(page);
      await page.locator('.prose').click();
      await page.keyboard.type('Do not lose me');
      await until(page, () => document.body.textContent.includes('Your text is still here'), 'said');
      await page.keyboard.press('Escape');
      await page.waitForTimeout(300);
      assert((await page.locator('.prose').innerText()).includes('Do not lose me'), 'it stays open with its text');
    }),
  },
  {
    name: 'compose a refused sending keeps the draft with the reason',
    run: (env) => withPage(env, '/?send=fail#/inbox', { name: 'compose-refused' }, async (page) => {
      await dock(page);
      await page.keyboard.type('a@x.example,');
      await page.getByLabel('Subject').fill('Hello');
      await page.keyboard.press('Control+Enter');
      await until(page, () => document.body.textContent.includes('The server refused this message'), 'the reason');
      assert((await page.locator('[data-composer]').count()) === 1, 'the composer stays');
    }),
  },
  {
    name: 'compose an input method is left alone',
    run: (env) => withPage(env, '/#/inbox', { name: 'compose-ime' }, async (page) => {
      await dock(page);
      const client = await page.context().newCDPSession(page);
      await client.send('Input.imeSetComposition', { text: 'たな', selectionStart: 2, selectionEnd: 2 });
      await page.evaluate(() => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, isComposing: true, bubbles: true, cancelable: true })));
      equal(await chips(page), [], 'Enter that ends a composition makes no chip');
      await client.send('Input.insertText', { text: '田中' });
      equal(await page.evaluate(() => document.activeElement.value), '田中', 'the composed words');
    }),
  },
  {
    name: 'compose send later says what it understood',
    run: (env) => withPage(env, '/#/inbox', { name: 'compose-later' }, async (page) => {
      await dock(page);
      await page.keyboard.type('a@x.example,');
      await page.getByLabel('Subject').fill('Hello');
      await page.keyboard.press('Control+Alt+Enter');
      await page.getByLabel('Or say when').fill('mon 9:30');
      await until(page, () => /Sends Mon,? 23 Mar,? 0?9:30/.test(document.querySelector('[role=dialog]').textContent), 'Monday the 23rd');
      await page.getByLabel('Or say when').fill('yesterday');
      await until(page, () => document.querySelector('[role=dialog]').textContent.includes('not a time ahead'), 'a time that has passed');
      assert(await page.getByRole('button', { name: 'Schedule' }).isDisabled(), 'nothing to schedule');
      await page.getByRole('button', { name: /Tomorrow morning/ }).click();
      await gone(page);
    }),
  },
  {
    name: 'compose a doubt about a scheduled mail does not send it now',
    run: (env) => withPage(env, '/#/inbox', { name: 'compose-later-doubt' }, async (page) => {
      await dock(page);
      await page.keyboard.type('a@x.example,');
      await page.locator('.prose').click();
      await page.keyboard.type('Read this on Monday.');
      await page.keyboard.press('Control+Alt+Enter');
      await page.getByLabel('Or say when').fill('mon 9:30');
      await page.getByRole('button', { name: 'Schedule', exact: true }).click();
      await until(page, () => document.body.textContent.includes('has no subject'), 'asked about the subject');
      await page.getByRole('button', { name: 'Schedule anyway' }).click();
      await gone(page);
      await page.goto(page.url().replace(/#.*/, '#/outbox'));
      await until(page, () => /Mon,? 23 Mar,? 0?9:30/.test(document.querySelector('main').textContent), 'it waits until Monday');
    }),
  },
  {
    name: 'compose three drafts dock as tabs',
    run: (env) => withPage(env, '/#/inbox', { name: 'compose-dock' }, async (page) => {
      for (const subject of ['One', 'Two']) {
        await dock(page);
        await page.getByLabel('Subject').fill(subject);
        await page.getByRole('button', { name: 'Minimise' }).click();
        await page.evaluate(() => document.querySelector('[role=grid]').focus());
      }
      equal(await page.locator('.tab').count(), 2, 'tabs');
      await page.getByRole('button', { name: 'Open One' }).click();
      await until(page, () => document.querySelector('[data-composer] input[type=text][autocomplete=off]:not([role])')?.value === 'One', 'the first is open again');
    }),
  },
];
