// Remapping: what is typed while a key is being recorded, and what stands in its way.
import { IDS, conflicts, keysOf, type CommandId } from '../../app/keymap';

export type Remaps = Readonly<Record<string, string | undefined>>;

/** Strokes so far, with one more; a sequence has two at most. */
export function record(soFar: string, stroke: string): string {
  const parts = soFar ? soFar.split(' ') : [];
  return [...parts.slice(-1), stroke].join(' ');
}

/** Commands that could no longer be reached as before if `id` had these keys. */
export function against(preset: string, remaps: Remaps, id: CommandId, keys: string): CommandId[] {
  const next = keysOf(preset, { ...remaps, [id]: keys });
  return [...new Set(conflicts(next).filter((c) => c.ids.includes(id)).map((c) => (c.ids[0] === id ? c.ids[1] : c.ids[0])))];
}

/** The same remaps with these keys on `id`, taken from whoever had them. */
export function assign(preset: string, remaps: Remaps, id: CommandId, keys: string): Record<string, string> {
  const next: Record<string, string> = Object.fromEntries(Object.entries(remaps).filter((e): e is [string, string] => e[1] !== undefined && IDS.some((i) => i === e[0])));
  next[id] = keys;
  for (const other of against(preset, remaps, id, keys)) {
    const left = keysOf(preset, next)[other].filter((k) => k !== keys && !k.startsWith(`${keys} `) && !keys.startsWith(`${k} `));
    next[other] = left[0] ?? '';
  }
  return next;
}
