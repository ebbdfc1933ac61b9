import { describe, expect, it } from 'vitest';
import type { TableDto, TablePropertyDto } from '../../../ipc/bindings';
import { begun, complete, means, stepOf, withPriority, withStep } from './tables.svelte';

const property = (id: string, kind: TablePropertyDto['kind'], steps: Record<string, string | null> = {}): TablePropertyDto => ({ id, name: id, kind, options: Object.entries(steps).map(([option, step]) => ({ id: option, name: option, step })) });
const status = property('s', 'status', { a: 'open', b: 'started', c: 'done', d: 'done' });
const select = property('p', 'select', { x: null, y: null });
const table: TableDto = { id: 't', name: 'T', properties: [property('title', 'title'), status, select, property('k', 'checkbox')], used: false, mapping: null, suggested: null, problem: null };

describe('what says done', () => {
  it('begins with the groups of a status, a checkbox, or nothing chosen of a select', () => {
    expect(begun(status, null).done).toEqual({ by: 'groups', property: 's' });
    expect(begun(property('k', 'checkbox'), null).done).toEqual({ by: 'checkbox', property: 'k' });
    const before = { ...begun(status, null), due: 'd' };
    expect(begun(select, before)).toMatchObject({ due: 'd', done: { by: 'options', done: [], started: [] } });
    expect(complete(table, begun(select, before))).toBe(false);
    expect(complete(table, begun(status, null))).toBe(true);
    expect(complete(table, null)).toBe(false);
  });
  it('keeps what the groups said of the options that nobody changes', () => {
    const done = withStep(status, begun(status, null).done, 'd', 'open');
    expect(done).toEqual({ by: 'options', property: 's', started: ['b'], done: ['c'] });
    expect(['a', 'b', 'c', 'd'].map((o) => stepOf(status, done, o))).toEqual(['open', 'started', 'done', 'open']);
    expect(complete(table, { ...begun(status, null), done: withStep(status, done, 'c', 'started') })).toBe(false);
  });
  it('gives an option one priority', () => {
    const mapping = withPriority(withPriority({ ...begun(status, null), priority: 'p' }, 'x', 'high'), 'x', 'low');
    expect([means(mapping, 'x'), means(mapping, 'y'), mapping.priorities.length]).toEqual(['low', 'none', 1]);
    expect(withPriority(mapping, 'x', 'none').priorities).toEqual([]);
  });
});
