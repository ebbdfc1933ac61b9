import { describe, expect, it } from 'vitest';
import { eventWords } from './events.svelte';
import { asked, complete, highlight, insight, marks, tokenAt, tokens } from './tokens';

describe('tokens', () => {
  it('join to the text again', () => {
    for (const text of ['from:ada -is:read "two words" OR x', ' in:"Old mail" (a OR b)', 'subject:"open', 'https://x.example a:b', '-"no"']) {
      expect(tokens(text).map((t) => t.text).join('')).toBe(text);
    }
  });
  it('knows operators, values and negation', () => {
    const found = tokens('-From:"Ada L" has:attachment x:y').filter((t) => t.kind !== 'space');
    expect(found.map((t) => [t.kind, t.name, t.value, t.negated])).toEqual([
      ['operator', 'from', 'Ada L', true], ['operator', 'has', 'attachment', false], ['word', null, 'x:y', false],
    ]);
  });
  it('finds the token at the caret and completes it', () => {
    const text = 'lease fro';
    const token = tokenAt(tokens(text), text.length);
    expect(complete(text, token, 'from:')).toEqual({ text: 'lease from:', caret: 11 });
    expect(complete('a -is:un', tokenAt(tokens('a -is:un'), 8), 'is:unread')).toEqual({ text: 'a -is:unread ', caret: 13 });
  });
});

describe('what is asked for while typing', () => {
  it.each([
    ['-from:(ada)', '-from:(ada)'],
    ['from:(ada OR bob) lease', 'from:(ada OR bob) lease'],
    ['subject:(spring -draft) from:', 'subject:(spring -draft)'],
    ['lease from: ', 'lease'],
    ['from:', ''],
    ['-from:', ''],
    ['from: lease', 'from: lease'],
    ['in:"', 'in:"'],
    ['(from:ada to:', '(from:ada'],
  ])('%s', (text, wanted) => expect(asked(text)).toBe(wanted));
});

describe('highlight', () => {
  const hits = (text: string, query: string) => highlight(text, marks(query)).filter((p) => p.hit).map((p) => p.text);
  it('marks at the beginning of words, without case or accents', () => {
    expect(hits('Façade drawings, surface', 'FACADE face')).toEqual(['Façade']);
    expect(hits('cafés and Cafe', 'café')).toEqual(['café', 'Cafe']);
  });
  it('marks CJK anywhere', () => expect(hits('来週の打ち合わせ', '打ち')).toEqual(['打ち']));
  it('leaves out what was excluded', () => expect(hits('lease clause', 'lease -clause')).toEqual(['lease']));
  it('loses no character', () => expect(highlight('aİb ß café', ['b', 'ca']).map((p) => p.text).join('')).toBe('aİb ß café'));
});

describe('insight', () => {
  const line = (text: string, query: string) => insight(highlight(text, marks(query))).map((p) => (p.hit ? `[${p.text}]` : p.text)).join('');
  it.each([
    ['The invoice is attached to this', 'invoice', 'The [invoice] is attached to this'],
    ['Hi Mara, thank you for your order 631032. The invoice is attached', 'invoice', '… order 631032. The [invoice] is attached'],
    ['Hi Mara, thank you for your order 631032. No more', 'invoice', 'Hi Mara, thank you for your order 631032. No more'],
    ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bill', 'bill', '… aaaaaaaaaaaaa-[bill]'],
    [`${'😀'.repeat(30)}x bill`, 'bill', `… ${'😀'.repeat(6)}x [bill]`],
  ])('%s: what was found is in sight', (text, query, wanted) => expect(line(text, query)).toBe(wanted));
});

describe('what an event could be found by', () => {
  it.each([
    ['lunch  kafka', 'lunch kafka'],
    ['"lunch with" ana', 'lunch with ana'],
    ['from:ada lunch', ''],
    ['lunch -ana', ''],
    ['lunch OR ana', ''],
    ['', ''],
  ])('%s', (query, words) => expect(eventWords(query)).toBe(words));
});
