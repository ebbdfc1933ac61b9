// How the calendar was left: which view, and which second zone. Nothing of any event.
import { MODES, type Mode } from './days';
import { known } from './zones';

const KEY = 'calendar';
/** `last`: the zone that the key brings back. */
export interface Memory { mode: Mode; zone: string | null; last: string | null }

export function remembered(): Memory {
  try {
    const { mode, zone, last } = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Record<keyof Memory, unknown>>;
    const valid = (z: unknown): string | null => (typeof z === 'string' && known(z) ? z : null);
    return { mode: MODES.find((m) => m === mode) ?? 'week', zone: valid(zone), last: valid(last) };
  } catch {
    return { mode: 'week', zone: null, last: null };
  }
}

export function remember(memory: Memory): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(memory));
  } catch {
    // Without storage it begins with the week.
  }
}
