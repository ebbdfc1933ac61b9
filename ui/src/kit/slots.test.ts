import { describe, expect, it } from 'vitest';
import { assign, keyOf } from './slots';

/** A list of ids, looked at through `pool` slots. */
function looked(pool: number) {
  let held: number[] = [];
  return (ids: readonly (number | undefined)[], first: number) => {
    const slots = assign(held, first, Array.from({ length: pool }, (_, at) => keyOf(first + at, ids[first + at])));
    held = slots.map((index) => keyOf(index, ids[index]));
    expect([...slots].sort((a, b) => a - b), 'each row once').toEqual(Array.from({ length: pool }, (_, i) => first + i));
    return slots.map((index) => ids[index]);
  };
}
const count = (n: number, from = 100) => Array.from({ length: n }, (_, i) => from + i);

describe('slots of a pool', () => {
  it('scrolled by one, one slot is written', () => {
    const look = looked(4);
    expect(look(count(20), 0)).toEqual([100, 101, 102, 103]);
    expect(look(count(20), 1)).toEqual([104, 101, 102, 103]);
    expect(look(count(20), 3)).toEqual([104, 105, 106, 103]);
    expect(look(count(20), 0)).toEqual([100, 101, 102, 103]);
  });
  it('a row that leaves is replaced by one that comes; the others stay as they are', () => {
    const look = looked(4);
    look(count(20), 0);
    expect(look(count(20).filter((id) => id !== 101), 0)).toEqual([100, 104, 102, 103]);
  });
  it('a row that comes on top pushes the last one out', () => {
    const look = looked(4);
    look(count(20), 0);
    expect(look([7, ...count(20)], 0)).toEqual([100, 101, 102, 7]);
  });
  it('rows that are not known yet stay where they are', () => {
    const look = looked(3);
    expect(look([1, undefined, undefined, undefined], 0)).toEqual([1, undefined, undefined]);
    expect(look([1, undefined, undefined, 4], 1)).toEqual([4, undefined, undefined]);
    expect(look([1, 2, 3, 4], 1)).toEqual([4, 2, 3]);
  });
  it('the pool grows and shrinks with the window', () => {
    expect(assign([100, 101, 102, 103], 0, [100, 101])).toEqual([0, 1]);
    expect(assign([100, 101], 0, [100, 101, 102, 103])).toEqual([0, 1, 2, 3]);
    expect(assign([], 0, [])).toEqual([]);
  });
  it('the same key twice is two rows all the same', () => expect(assign([5], 0, [5, 5])).toEqual([0, 1]));
});
