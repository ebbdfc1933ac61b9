// Which slot of a pool shows which row of a list. A row that was shown stays in its slot wherever it has moved to, so that only those that
// came are written anew: one when a row is dealt with, one when the list is scrolled by one.

/** Rows that are not known yet are their places. */
export function keyOf(index: number, key: number | undefined): number {
  return key ?? -1 - index;
}

/** `held`: the keys of the slots before. Returns the rows `first` … `first + pool − 1`, each once, by slot. */
export function assign(held: readonly number[], first: number, pool: number, key: (index: number) => number | undefined): number[] {
  const slotOf = new Map(held.slice(0, pool).map((k, slot) => [k, slot]));
  const out = new Array<number>(pool).fill(-1);
  const come: number[] = [];
  for (let index = first; index < first + pool; index += 1) {
    const slot = slotOf.get(keyOf(index, key(index)));
    if (slot !== undefined && out[slot] === -1) out[slot] = index;
    else come.push(index);
  }
  let next = 0;
  return out.map((index) => (index === -1 ? (come[next++] ?? first) : index));
}
