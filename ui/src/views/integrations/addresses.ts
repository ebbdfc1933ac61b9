// What a person types as the address of a calendar, and what is asked of the core for it.

export const PRESETS = ['icloud', 'fastmail', 'nextcloud', 'other'] as const;
export type Preset = (typeof PRESETS)[number];

/** Providers with one server for everybody. */
export const SERVERS: Partial<Record<Preset, string>> = { icloud: 'https://caldav.icloud.com', fastmail: 'https://caldav.fastmail.com' };
/** Where a Nextcloud keeps its calendars, below its own address. */
const NEXTCLOUD = '/remote.php/dav';
const EMAIL = /^[^\s@"<>]+@[^\s@.]+(\.[^\s@.]+)+$/u;

function read(typed: string): URL | null {
  const text = typed.trim();
  try {
    const url = new URL(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `https://${text}`);
    return /^https?:$/.test(url.protocol) && url.hostname !== '' ? url : null;
  } catch {
    return null;
  }
}

/** The provider that an address belongs to, for the form of an account that signs in again. */
export function presetOf(address: string): Preset {
  const url = read(address);
  if (!url) return 'other';
  // After discovery iCloud's address may be that of one of its many hosts.
  if (url.hostname === 'caldav.icloud.com' || url.hostname.endsWith('-caldav.icloud.com')) return 'icloud';
  if (url.hostname === 'caldav.fastmail.com') return 'fastmail';
  return url.pathname.includes(NEXTCLOUD) ? 'nextcloud' : 'other';
}

/** Where to look for calendars. A Nextcloud is known by its front page, so that may be given as it stands in the browser. */
export function davUrl(preset: Preset, typed: string): string {
  const fixed = SERVERS[preset];
  if (fixed !== undefined) return fixed;
  const url = preset === 'nextcloud' ? read(typed) : null;
  if (!url) return typed.trim();
  if (url.pathname.includes(NEXTCLOUD)) return url.href;
  const below = url.pathname.replace(/\/(?:index\.php|apps|login|settings)(?:\/.*)?$/, '').replace(/\/+$/, '');
  return `${url.origin}${below}${NEXTCLOUD}`;
}

export type UrlProblem = 'needed' | 'bad' | 'password';
/** What is wrong with the address of a server; null: nothing that can be seen here. */
export function davProblem(preset: Preset, typed: string, username: string): UrlProblem | null {
  if (SERVERS[preset] !== undefined) return null;
  if (typed.trim() === '') return preset === 'other' && EMAIL.test(username.trim()) ? null : 'needed';
  const url = read(typed);
  if (!url) return 'bad';
  return url.username !== '' || url.password !== '' ? 'password' : null;
}

/** The same for a JMAP server, which may be named by the person's own address, too. */
export function jmapProblem(typed: string, username: string): UrlProblem | null {
  return !typed.includes('://') && EMAIL.test(typed.trim()) ? null : davProblem('other', typed, username);
}

/** The address of a subscription; null: it can't be one. Otherwise as it was typed: a part of it may be a key. */
export function feedUrl(typed: string): string | null {
  const text = typed.trim();
  const named = text.includes('://');
  const whole = named ? text : `https://${text}`;
  if (!/^(?:https?|webcals?):\/\/\S+$/i.test(whole)) return null;
  try {
    const { hostname } = new URL(whole.replace(/^webcals?:/i, 'https:'));
    // One word alone is more often a slip than a server.
    return hostname !== '' && (named || hostname.includes('.')) ? whole : null;
  } catch {
    return null;
  }
}
