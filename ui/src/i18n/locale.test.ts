import { expect, test } from 'vitest';
import { usable } from './index';

test('a locale that Intl does not know becomes English', () => {
  expect(usable('C')).toBe('en');
  expect(usable('')).toBe('en');
  expect(usable('de-ch')).toBe('de-CH');
});
