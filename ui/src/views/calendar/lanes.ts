// Events that are at the same time stand side by side, and none is hidden. Pure.

export interface Placed { column: number; columns: number; span: number }
interface Item { id: string; from: number; to: number }

/**
 * Columns of what overlaps: each event takes the first that is free, and widens over free ones beside it. `least`: nothing counts as
 * shorter than this, because nothing is drawn shorter.
 */
export function columns(items: readonly Item[], least: number): Map<string, Placed> {
  const sorted = items.map((i) => ({ ...i, to: Math.max(i.to, i.from + least) })).sort((a, b) => a.from - b.from || b.to - a.to);
  const out = new Map<string, Placed>();
  let group: { item: Item; column: number }[] = [];
  let end = -Infinity;
  const close = (): void => {
    const count = 1 + Math.max(-1, ...group.map((g) => g.column));
    for (const { item, column } of group) {
      const beside = group.filter((g) => g.column > column && g.item.from < item.to && item.from < g.item.to);
      const next = Math.min(count, ...beside.map((g) => g.column));
      out.set(item.id, { column, columns: count, span: next - column });
    }
    group = [];
  };
  for (const item of sorted) {
    if (item.from >= end) close();
    const taken = new Set(group.filter((g) => g.item.to > item.from).map((g) => g.column));
    let column = 0;
    while (taken.has(column)) column++;
    group.push({ item, column });
    end = group.length === 1 ? item.to : Math.max(end, item.to);
  }
  close();
  return out;
}

export interface Bar { id: string; first: number; last: number; lane: number }

/** Lanes of what lasts for days. `first` and `last` are indices of days; what reaches out of `0 … count - 1` is cut off there. */
export function lanes(items: readonly { id: string; first: number; last: number }[], count: number): Bar[] {
  const sorted = items
    .filter((i) => i.last >= 0 && i.first < count)
    .map((i) => ({ id: i.id, first: Math.max(0, i.first), last: Math.min(count - 1, i.last) }))
    .map((i, at) => ({ ...i, at }))
    .sort((a, b) => a.first - b.first || b.last - a.last || a.at - b.at);
  const ends: number[] = [];
  return sorted.map(({ id, first, last }) => {
    let lane = ends.findIndex((end) => end < first);
    if (lane < 0) lane = ends.length;
    ends[lane] = last;
    return { id, first, last, lane };
  });
}
