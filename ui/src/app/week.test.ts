import { expect, it } from 'vitest';
import { firstDay, monthGrid } from './week';

it('begins where the person or the region does', () => {
  expect(firstDay(6, 'de-DE')).toBe(6);
  expect(firstDay(0, 'de-DE')).toBe(0);
  expect(firstDay(null, 'de-DE')).toBe(1);
  expect(firstDay(null, 'en-US')).toBe(0);
  expect(firstDay(null, 'en-GB')).toBe(1);
  expect(firstDay(9, 'no locale')).toBe(1);
});
it.each([0, 1, 6])('lays out a month from day %i, over the change of the clocks', (first) => {
  for (let m = 0; m < 14; m++) {
    const grid = monthGrid(new Date(2026, m, 15), first).flat();
    expect(grid).toHaveLength(42);
    expect(grid[0]?.getDay()).toBe(first);
    expect(grid.slice(0, 7).some((d) => d.getDate() === 1)).toBe(true);
    grid.forEach((d, i) => expect(d.getTime()).toBe(new Date(grid[0]!.getFullYear(), grid[0]!.getMonth(), grid[0]!.getDate() + i).getTime()));
  }
});
