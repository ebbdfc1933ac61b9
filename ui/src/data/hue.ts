/** A hue of the palette for an address: the same person has the same colour in each list. Grey (9) is left to machines. */
export function hueOf(text: string): number {
  let h = 0;
  for (let i = 0; i < text.length; i++) h = (h * 31 + text.charCodeAt(i)) >>> 0;
  return h % 9;
}

/** One or two letters; the first sign of scripts that have no cases. */
export function initials(name: string, email: string): string {
  const words = (name || email.split('@')[0] || '?').replace(/^(dr|prof|mr|mrs|ms|the)\.?\s+/i, '').replace(/[[\]()"“”']/g, '').split(/[\s._-]+/).filter(Boolean);
  const first = [...(words[0] ?? '?')][0] ?? '?';
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
  return /\p{Lu}|\p{Ll}/u.test(first) ? (first + last).toLocaleUpperCase() : first;
}
