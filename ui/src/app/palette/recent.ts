// What was chosen last, by its id, so that it stands first the next time. Ids of commands and folders only: nothing of any mail.
const KEY = 'palette';
const KEPT = 12;
const STORED = /^(?:cmd|go|set):/;

export function recent(): string[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(list) ? list.filter((id): id is string => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

export function remember(id: string): void {
  if (!STORED.test(id)) return;
  try {
    localStorage.setItem(KEY, JSON.stringify([id, ...recent().filter((other) => other !== id)].slice(0, KEPT)));
  } catch {
    // Without storage nothing is remembered; the palette works the same.
  }
}
