// German says all that English says, with the same placeholders and the forms its plurals need; and no style sheet knows left from
// right, so that a language written the other way needs no second one.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { clock, fullTime } from './dates';
import { number, t } from './index';
import { language, type Plural } from './language.svelte';
import { de } from './messages/de';
import { deLate } from './messages/deLate';
import { en } from './messages/en';
import { writing } from './messages/en/writing';
import { late } from './messages/late';
import { pseudo } from './pseudo';

type Entry = string | Plural;
const english: Record<string, Entry> = { ...en, ...late, ...writing };
const german: Record<string, Entry | undefined> = { ...de, ...deLate };
const texts = (entry: Entry): string[] => (typeof entry === 'string' ? [entry] : Object.values(entry));
const names = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? ''))].sort();

afterEach(() => language.use('en'));

describe('German', () => {
  it('has the keys of English, no more and no fewer', () => {
    expect(Object.keys(german).sort()).toEqual(Object.keys(english).sort());
  });
  it.each(Object.keys(english))('%s', (key) => {
    const from = english[key] ?? '';
    const to = german[key] ?? '';
    expect(typeof to, 'text or plural').toBe(typeof from);
    if (typeof to !== 'string') for (const form of new Intl.PluralRules('de').resolvedOptions().pluralCategories) expect(to[form], form).toBeTypeOf('string');
    const wanted = [...new Set(texts(from).flatMap(names))].sort();
    // `one` may say "Ein" instead of the number.
    for (const text of texts(to)) expect(wanted, text).toEqual(expect.arrayContaining(names(text)));
    const whole = typeof to === 'string' ? to : (to.other ?? '');
    expect(names(whole)).toEqual(names(typeof from === 'string' ? from : (from.other ?? '')));
    for (const text of texts(to)) {
      expect(text.trim()).toBe(text);
      expect(text).not.toBe('');
      // Its own quotation marks, no shouting, one form of address.
      expect(text).not.toMatch(/["“](?=\w)|!|\b(Sie können|Ihre[nmr]?|Ihnen)\b/);
    }
  });
  it('is chosen at once, with its plurals, numbers and dates', async () => {
    await language.use('de');
    expect(t('nav.inbox')).toBe('Posteingang');
    expect(t('sync.attention', { count: 1 })).toBe('1 Konto braucht dich');
    expect(t('list.count', { count: 12_345 })).toBe('12.345 Unterhaltungen');
    expect(number(1234.5)).toBe('1.234,5');
    expect(clock(new Date(2026, 2, 19, 15, 5).getTime())).toBe('15:05');
    expect(fullTime(new Date(2026, 2, 19, 15, 5).getTime())).toMatch(/^Donnerstag, 19\. März 2026/);
    expect(document.documentElement.lang).toBe('de');
  });
  it('gives way to a later choice that is there sooner', async () => {
    const first = language.use('de');
    await language.use('en');
    await first;
    expect(t('nav.inbox')).toBe('Inbox');
  });
});

describe('the invented languages', () => {
  it('are 40 % longer and keep their placeholders', () => {
    const long = pseudo({ a: 'Search all mail for “{query}”', b: { one: '{count} setting', other: '{count} settings' } }) as unknown as { a: string; b: Plural };
    expect(long.a.length).toBeGreaterThan('Search all mail for “{query}”'.length * 1.35);
    expect(names(long.a)).toEqual(['query']);
    expect(names(long.b.other ?? '')).toEqual(['count']);
  });
  it('turn the window round', async () => {
    await language.use('ar-XB');
    expect(document.documentElement.dir).toBe('rtl');
    await language.use('en');
    expect(document.documentElement.dir).toBe('ltr');
  });
});

describe('what the first screen says', () => {
  // These are in the first bundle; the words of `late` are not there yet when they are drawn.
  const early = ['app', 'data', 'kit', 'views/inbox', 'views/reader', 'views/composer', 'views/search', 'views/outbox', 'views/drafts'].flatMap((dir) =>
    readdirSync(join(import.meta.dirname, '..', dir), { recursive: true, encoding: 'utf8' }).filter((f) => /\.(svelte|ts)$/.test(f) && !f.startsWith('palette') && !f.endsWith('.test.ts')).map((f) => join(dir, f)));
  it.each(early)('%s has its words', (file) => {
    const used = [...readFileSync(join(import.meta.dirname, '..', file), 'utf8').matchAll(/'([a-z]+\.[\w.-]+)'/gi)].map((m) => m[1] ?? '');
    expect(used.filter((key) => Object.hasOwn(late, key))).toEqual([]);
  });
});

describe('what is said about writing', () => {
  const files = readdirSync(join(import.meta.dirname, '..'), { recursive: true, encoding: 'utf8' }).filter((f) => /\.(svelte|ts)$/.test(f) && !f.startsWith('i18n') && !f.endsWith('.test.ts'));
  it.each(files)('%s brings the words it uses', (file) => {
    const source = readFileSync(join(import.meta.dirname, '..', file), 'utf8');
    const used = [...source.matchAll(/'([a-z]+\.[\w.-]+)'/gi)].map((m) => m[1] ?? '').filter((key) => Object.hasOwn(writing, key));
    if (used.length) expect(source).toMatch(/import '(?:\.\.\/)+i18n\/writing';/);
  });
});

describe('styles', () => {
  const files = readdirSync(join(import.meta.dirname, '..'), { recursive: true, encoding: 'utf8' }).filter((f) => /\.(svelte|css)$/.test(f));
  // `left` of a measured place and of a gradient's corner is geometry, not reading direction.
  const physical = /(?<![\w-])(?:(?:margin|padding|border)-(?:left|right)|float:\s*(?:left|right)|text-align:\s*(?:left|right)|(?<!-)(?:left|right):\s*[\d-])/;
  it.each(files)('%s uses logical properties', (file) => {
    const source = readFileSync(join(import.meta.dirname, '..', file), 'utf8');
    const css = file.endsWith('.css') ? source : (/<style>([\s\S]*)<\/style>/.exec(source)?.[1] ?? '');
    expect(physical.exec(css)?.[0]).toBeUndefined();
  });
});
