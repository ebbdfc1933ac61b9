import { beforeEach, describe, expect, it } from 'vitest';
import '../../i18n/late';
import { DEFAULTS } from '../../data/session.svelte';
import { Practice, TASKS } from './practice.svelte';
import { after, isDone, left, STEPS } from './steps';

describe('practising', () => {
  let p: Practice;
  const ids = () => p.rows.map((r) => r.id);
  beforeEach(() => (p = new Practice()));

  it('asks for one thing after the other, in any order in which they are done', () => {
    expect(p.task).toBe('next');
    p.take('snooze');
    expect(p.task).toBe('next');
    p.go(1);
    expect(p.task).toBe('archive');
    p.take('archive');
    p.undo();
    expect(p.task).toBe('palette');
    p.palette();
    expect(p.task).toBeUndefined();
    expect([...p.done].sort()).toEqual([...TASKS].sort());
  });

  it('puts back what was taken, where it was, as often as something was taken', () => {
    p.go(2);
    p.take('archive');
    p.take('snooze');
    expect(ids()).toEqual([1, 2, 5]);
    p.undo();
    p.undo();
    expect(ids()).toEqual([1, 2, 3, 4, 5]);
    expect(p.at).toBe(2);
    expect(p.canUndo).toBe(false);
  });

  it('nothing to take back is said and counts for nothing', () => {
    p.undo();
    expect(p.said).not.toBe('');
    expect(p.done).toEqual([]);
  });

  it('an empty list and the ends of it are no harm', () => {
    p.go(-3);
    expect(p.at).toBe(0);
    expect(p.done).toEqual([]);
    for (let i = 0; i < 7; i += 1) p.take('archive');
    expect(ids()).toEqual([]);
    p.go(1);
    expect(p.active).toBeUndefined();
    for (let i = 0; i < 7; i += 1) p.undo();
    expect(ids()).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('the steps', () => {
  it('an account is done when there is one, the rest when it was said, and a step counts once', () => {
    expect(left(DEFAULTS, 0)).toEqual([...STEPS]);
    expect(isDone('account', { ...DEFAULTS, startDone: ['account'] }, 0)).toBe(false);
    const once = { ...DEFAULTS, ...after('keys', { ...DEFAULTS, ...after('keys', DEFAULTS) }) };
    expect(once.startDone).toEqual(['keys']);
    expect(left(once, 1)).toEqual(['splits', 'notify']);
  });
});
