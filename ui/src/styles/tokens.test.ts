import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
// @ts-expect-error a plain script without types
import { PAIRS, css, failures, ratio } from './tokens.mjs';

it('knows the ratios of WCAG', () => {
  expect((ratio as (a: string, b: string) => number)('#000000', '#ffffff')).toBeCloseTo(21);
  expect((ratio as (a: string, b: string) => number)('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
});
it('has no pair under its minimum', () => {
  expect((PAIRS as unknown[]).length).toBeGreaterThan(60);
  expect((failures as () => string[])()).toEqual([]);
});
it('is what the window uses', () => {
  expect(readFileSync('src/styles/tokens.css', 'utf8')).toBe((css as () => string)());
});
