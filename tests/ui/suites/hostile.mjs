// The corpus goes straight into the window, as if nothing before it had cleaned it. Whatever is in it: no request, no script, no
// dialog, no popup, nothing for the policy to refuse, and nothing that leaves the frame.
import { assert, until, withPage } from '../lib/harness.mjs';

const COUNT = 56;

export const tests = [
  ...[[1, 28], [29, COUNT]].map(([from, to]) => ({
    name: `hostile mail ${from}–${to}`,
    timeout: 90_000,
    run: (env) => {
      const proxied = [];
      return withPage(env, `/?body=hostile#/inbox/t/${from}`, { name: `hostile-${from}`, proxied }, async (page) => {
        for (let n = from; n <= to; n += 1) {
          await page.evaluate((id) => { location.hash = `#/inbox/t/${id}`; }, n);
          await until(page, (id) => {
            const messages = document.querySelectorAll('#reader-pane [data-message]');
            const last = messages[messages.length - 1];
            const frame = last?.querySelector('iframe[data-mail]');
            return Number(last?.getAttribute('data-message')) >= id * 100 && Number(last?.getAttribute('data-message')) < id * 100 + 100 && frame?.contentDocument?.readyState === 'complete' && frame.contentDocument.body !== null;
          }, `mail ${n} is shown`, 10_000, n);
          const found = await page.evaluate(() => {
            const frame = [...document.querySelectorAll('iframe[data-mail]')].at(-1);
            const doc = frame.contentDocument;
            const bad = [];
            if (frame.getAttribute('sandbox').includes('allow-scripts')) bad.push('allow-scripts');
            if (window.__pwned !== undefined) bad.push(`a script ran: ${window.__pwned}`);
            for (const el of doc.querySelectorAll('body *')) {
              if (/^(script|style|iframe|object|embed|form|input|button|textarea|select|svg|math|meta|base|link|video|audio|source|picture|template|noscript|dialog|portal|frame|applet|marquee|bgsound|slot)$/i.test(el.tagName) || el.tagName.includes('-')) bad.push(`<${el.tagName.toLowerCase()}>`);
              for (const { name, value } of el.attributes) {
                if (/^on/i.test(name) || /^(srcdoc|srcset|ping|formaction|background|poster|id|name|tabindex|accesskey|contenteditable|autofocus)$/i.test(name)) bad.push(`${name}=`);
                if (name === 'href' && !/^(https?:\/\/|mailto:)/.test(value)) bad.push(`href=${value.slice(0, 30)}`);
                if (name === 'src' && !/^(data:image\/|aurelius-img:|http:\/\/aurelius-img\.localhost\/)/.test(value)) bad.push(`src=${value.slice(0, 30)}`);
                if (name === 'style' && /url\(|image-set|expression|fixed|var\(|\dv[hw]|animation|transition/i.test(value)) bad.push(`style=${value.slice(0, 60)}`);
              }
              if (el.tagName === 'A' && el.hasAttribute('href') && el.getAttribute('target') !== '_blank') bad.push('a link that would stay in the frame');
              if (el.tagName === 'A' && el.hasAttribute('href') && el.getAttribute('data-host') !== new URL(el.href).host && !el.href.startsWith('mailto:')) bad.push('a link with another host beside it');
            }
            return bad;
          });
          assert(found.length === 0, `mail ${n}: ${found.join(', ')}`);
        }
        assert(proxied.length === 0, `the proxy was asked: ${proxied[0]}`);
      });
    },
  })),
  {
    name: 'hostile mail: the policy of the frame and of the app stand behind the cleaning',
    run: (env) => withPage(env, '/#/inbox/t/1', { name: 'frame-policy', allow: ['CSP: img-src', 'Content Security Policy', 'Blocked script', 'violates the following'] }, async (page) => {
      await until(page, () => document.querySelector('iframe[data-mail].ready') !== null, 'the mail');
      // As if both cleaners had failed: markup put into the frame's document by hand.
      await page.evaluate(() => {
        const doc = document.querySelector('iframe[data-mail]').contentDocument;
        doc.body.insertAdjacentHTML('beforeend', '<img src="https://evil.example/x.png"><img src=x onerror="top.__pwned=1"><iframe src="https://evil.example/"></iframe><link rel=stylesheet href="https://evil.example/s.css"><a id=esc href="javascript:top.__pwned=2">x</a>');
        doc.getElementById('esc').click();
      });
      await page.waitForTimeout(400);
      assert(await page.evaluate(() => window.__pwned === undefined), 'no script ran');
      const foreign = (await page.faults()).filter((f) => f.startsWith('request to'));
      assert(foreign.length === 0, foreign.join());
    }),
  },
  {
    name: 'hostile mail: direction, alignment and colours of honest mail stay',
    run: (env) => withPage(env, '/?body=arabic#/inbox/t/2', { name: 'honest' }, async (page) => {
      await until(page, () => document.querySelector('iframe[data-mail].ready') !== null, 'the mail');
      assert(await page.evaluate(() => getComputedStyle(document.querySelector('iframe[data-mail]').contentDocument.querySelector('p')).direction === 'rtl'), 'Arabic runs from the right');
    }),
  },
];
