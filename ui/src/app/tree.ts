// Folders as a tree: names hold their path as `/`. A parent that is no folder itself still shows, so that a child does not hang
// under a stranger.
import type { MailboxDto } from '../ipc/bindings';

export interface TreeRow { key: string; name: string; depth: number; box: MailboxDto | null }

export function tree(boxes: readonly MailboxDto[]): TreeRow[] {
  const rows = new Map<string, TreeRow>();
  for (const box of boxes) {
    const parts = box.name.split('/').filter(Boolean);
    parts.forEach((name, depth) => {
      const key = parts.slice(0, depth + 1).join('/');
      const here = depth === parts.length - 1 ? box : null;
      const known = rows.get(key);
      if (!known) rows.set(key, { key, name, depth, box: here });
      else if (here) rows.set(key, { ...known, box: here });
    });
  }
  // By path segment, so that "A/b" stays under "A" and before "A 2".
  return [...rows.values()].sort((a, b) => {
    const x = a.key.split('/');
    const y = b.key.split('/');
    for (let i = 0; i < Math.min(x.length, y.length); i++) {
      const order = (x[i] ?? '').localeCompare(y[i] ?? '');
      if (order) return order;
    }
    return x.length - y.length;
  });
}
