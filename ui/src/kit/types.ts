import type Inbox from '@lucide/svelte/icons/inbox';

/** Any icon of the set, imported by its path. */
export type Icon = typeof Inbox;

export type Tone = 'neutral' | 'info' | 'success' | 'warning' | 'danger';

export type MenuItem =
  | { kind: 'item'; label: string; icon?: Icon; keys?: string; run: () => void; danger?: boolean; disabled?: boolean; hint?: string }
  | { kind: 'check'; label: string; checked: boolean; run: () => void; hue?: number; hint?: string; icon?: Icon }
  | { kind: 'heading'; label: string }
  | { kind: 'line' };
