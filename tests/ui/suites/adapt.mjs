// The window bends: text size, zoom, motion, colours, reading direction, spacing.
import { join } from 'node:path';
import { assert, axe, settle, until, withPage } from '../lib/harness.mjs';

const sideways = (page) => page.evaluate(() => {
  const wide = [];
  for (const el of document.querySelectorAll('html, body, #app, main, [data-pane], #reader-pane .scroll, [data-composer]')) if (el.scrollWidth > el.clientWidth + 1) wide.push(`${el.tagName}.${el.className} ${el.scrollWidth}>${el.clientWidth}`);
  return wide;
});
const PLACES = [['inbox', '/#/inbox'], ['reader', '/#/inbox/t/3'], ['search', '/#/search?q=launch'], ['integrations', '/#/integrations']];

export const tests = [
  ...PLACES.map(([name, path]) => ({
    name: `adapt ${name}: text 150 %`,
    run: (env) => withPage(env, path, { name: `text-${name}` }, async (page) => {
      await page.evaluate(() => { document.documentElement.style.fontSize = '150%'; window.dispatchEvent(new Event('resize')); });
      await settle(page);
      const wide = await sideways(page);
      assert(wide.length === 0, `scrolls sideways: ${wide.join(', ')}`);
      await page.screenshot({ path: join(env.out, `text150-${name}.png`) });
    }),
  })),
  ...PLACES.map(([name, path]) => ({
    name: `adapt ${name}: zoom 200 %`,
    run: (env) => withPage(env, path, { name: `zoom-${name}`, size: { width: 640, height: 400 }, deviceScaleFactor: 2, theme: 'dark' }, async (page) => {
      const wide = await sideways(page);
      assert(wide.length === 0, `scrolls sideways: ${wide.join(', ')}`);
      await page.screenshot({ path: join(env.out, `zoom200-${name}.png`) });
      await axe(page);
    }),
  })),
  {
    name: 'adapt composer: zoom 200 %',
    run: (env) => withPage(env, '/#/inbox', { name: 'zoom-composer', size: { width: 640, height: 400 }, deviceScaleFactor: 2 }, async (page) => {
      await until(page, () => document.querySelector('[role=grid]') !== null, 'the list');
      await page.keyboard.press('c');
      await until(page, () => document.querySelector('[data-composer] .prose') !== null, 'the editor');
      const box = await page.locator('[data-composer]').boundingBox();
      assert(box.x >= 0 && box.y >= 0 && box.x + box.width <= 641 && box.y + box.height <= 401, `inside the window: ${JSON.stringify(box)}`);
      const send = await page.getByRole('button', { name: 'Send', exact: true }).boundingBox();
      assert(send.y + send.height <= 400, 'Send can be reached');
      await page.screenshot({ path: join(env.out, 'zoom200-composer.png') });
    }),
  },
  {
    name: 'adapt reduced motion: nothing lasts',
    run: (env) => withPage(env, '/#/inbox/t/3', { name: 'motion', reducedMotion: 'reduce' }, async (page) => {
      const slow = await page.evaluate(() => [...document.querySelectorAll('*')].filter((el) => {
        const s = getComputedStyle(el);
        return parseFloat(s.transitionDuration) > 0.001 || (parseFloat(s.animationDuration) > 0.001 && s.animationName !== 'none');
      }).map((el) => `${el.tagName}.${el.className}`).slice(0, 5));
      assert(slow.length === 0, slow.join(', '));
    }),
  },
  ...[['inbox', '/#/inbox/t/1'], ['search', '/#/search?q=launch']].map(([name, path]) => ({
    name: `adapt forced colours: ${name} still shows selection and focus`,
    run: (env) => withPage(env, path, { name: `forced-${name}`, forcedColors: 'active' }, async (page) => {
      await until(page, () => document.querySelector('[aria-selected=true]') !== null, 'a selected row');
      const shown = await page.evaluate(() => {
        const row = document.querySelector('[aria-selected=true]');
        return [row, ...row.querySelectorAll('*')].some((el) => {
          const s = getComputedStyle(el);
          return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0;
        });
      });
      assert(shown, 'the active row has an outline');
      await page.screenshot({ path: join(env.out, `forced-${name}.png`) });
    }),
  })),
  {
    name: 'adapt text spacing (WCAG 1.4.12) loses nothing',
    run: (env) => withPage(env, '/#/inbox/t/3', { name: 'spacing' }, async (page) => {
      await page.evaluate(() => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync('*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}p{margin-block-end:2em!important}');
        document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
      });
      await settle(page);
      const cut = await page.evaluate(() => [...document.querySelectorAll('#reader-pane button')].filter((b) => b.scrollWidth > b.clientWidth + 2 && !b.querySelector('.truncate, bdi')).map((b) => b.textContent.trim().slice(0, 30)));
      assert(cut.length === 0, `cut off: ${cut.join(', ')}`);
      await page.screenshot({ path: join(env.out, 'spacing.png') });
    }),
  },
  {
    name: 'adapt right to left',
    run: (env) => withPage(env, '/#/inbox/t/3', { name: 'rtl' }, async (page) => {
      await page.evaluate(() => { document.documentElement.dir = 'rtl'; });
      await settle(page);
      const wide = await sideways(page);
      assert(wide.length === 0, `scrolls sideways: ${wide.join(', ')}`);
      const [rail, main] = await page.evaluate(() => [document.querySelector('nav').getBoundingClientRect().left, document.querySelector('main').getBoundingClientRect().left]);
      assert(rail > main, 'the rail is on the right');
      await page.screenshot({ path: join(env.out, 'rtl.png') });
    }),
  },
  {
    name: 'adapt the theme key changes the mail too',
    run: (env) => withPage(env, '/#/inbox/t/1', { name: 'theme' }, async (page) => {
      await until(page, () => document.querySelector('iframe[data-mail].ready') !== null, 'the mail');
      await page.keyboard.press('Control+Shift+L');
      await until(page, () => {
        const body = document.querySelector('iframe[data-mail]')?.contentDocument?.body;
        return body && getComputedStyle(body).backgroundColor === 'rgb(24, 24, 28)';
      }, 'a mail without colours takes the dark theme');
    }),
  },
];
