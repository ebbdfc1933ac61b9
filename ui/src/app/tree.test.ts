import { expect, it } from 'vitest';
import { tree } from './tree';

const box = (name: string, id = 1) => ({ id, name, role: null, total: 0, unread: 0, pending: false });
it('puts children under their parents, also under one that is no folder', () => {
  expect(tree([box('Work/B'), box('Archive 2'), box('Archive/2020'), box('Archive'), box('Work/A/x')]).map((r) => [r.key, r.depth, r.box !== null])).toEqual([
    ['Archive', 0, true], ['Archive/2020', 1, true], ['Archive 2', 0, true],
    ['Work', 0, false], ['Work/A', 1, false], ['Work/A/x', 2, true], ['Work/B', 1, true],
  ]);
});
