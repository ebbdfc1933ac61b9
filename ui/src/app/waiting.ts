// A provider that asked to be left alone for a while, in words that count down.
import { session } from '../data/session.svelte';
import { t } from '../i18n';

/** One provider with many accounts. */
const MANY: Readonly<Record<string, string>> = { google: 'Google', microsoft: 'Microsoft' };

/** The provider itself asks, where it is one for many accounts; else it is the account's own server. */
function asker(connection: string, label: string): string {
  return MANY[session.connections.find((c) => c.id === connection)?.integration ?? ''] ?? label;
}

/** Until the next attempt after a failure. Null when it is not known, or due. */
export function retryWords(next: number | null, now: number): string | null {
  const seconds = next === null ? 0 : Math.ceil((next - now) / 1000);
  if (seconds <= 0) return null;
  return seconds > 90 ? t('sync.retryMinutes', { count: Math.ceil(seconds / 60) }) : t('sync.retry', { count: seconds });
}

/** Null when nothing is asked any more. */
export function waitWords(connection: string, label: string, retryAt: number | null, now: number): string | null {
  const seconds = retryAt === null ? 0 : Math.ceil((retryAt - now) / 1000);
  if (seconds <= 0) return null;
  const name = asker(connection, label);
  return seconds > 90 ? t('sync.waitMinutes', { label: name, count: Math.ceil(seconds / 60) }) : t('sync.wait', { label: name, count: seconds });
}
