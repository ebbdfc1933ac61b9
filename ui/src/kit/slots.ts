// Which slot of a pool shows which row of a list. A row that was shown stays in its slot wherever it has moved to, so that only those that
// came are written anew: one when a row is dealt with, one when the list is scrolled by one.

/** Rows that are not known yet are their places. */
export function keyOf(index: number, key: number | undefined): number {
  return key ?? -1 - index;
}

/** `held`: the keys of the slots before; `keys`: of the rows from `first` on. Returns these rows, each once, by slot. */
export function assign(held: readonly number[], first: number, keys: readonly number[]): number[] {
  const slotOf = new Map(held.slice(0, keys.length).map((k, slot) => [k, slot]));
  const out = new Array<number>(keys.length).fill(-1);
  const come: number[] = [];
  keys.forEach((key, at) => {
    const slot = slotOf.get(key);
    if (slot !== undefined && out[slot] === -1) out[slot] = first + at;
    else come.push(first + at);
  });
  let next = 0;
  return out.map((index) => (index === -1 ? (come[next++] ?? first) : index));
}
