import { expect, it } from 'vitest';
import { t } from './index';
import { en } from './messages/en';
import { late } from './messages/late';

it('chooses the plural', () => {
  expect(t('list.count', { count: 1 })).toBe('1 conversation');
  expect(t('list.count', { count: 0 })).toBe('0 conversations');
});
it('leaves nothing of a placeholder', () => {
  expect(t('partial.importing', { name: 'Work', percent: '42 %' })).toBe('Still importing Work, newest first (42 %). Counts are not final.');
});
it('writes a value with $ and braces as it is', () => {
  expect(t('empty.mailbox', { name: '$& {name}' })).toBe('$& {name} is empty');
});
it('has words for each key, without blame and without shouting', () => {
  for (const [key, entry] of Object.entries({ ...en, ...late })) {
    const texts: string[] = typeof entry === 'string' ? [entry] : Object.values(entry as Record<string, string>);
    for (const text of texts) {
      expect(text.trim(), key).not.toBe('');
      expect(text, key).not.toMatch(/!|\boops\b|\binvalid\b/i);
    }
  }
});
