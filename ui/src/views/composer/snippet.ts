// Rules of snippets and templates that need no window: when `;` asks for one, what is still to be filled in, how it goes into a line.
import type { TextDto } from '../../ipc/bindings';
import { score } from '../../app/palette/match';

export { blanks, firstBlank, VARIABLES, type Variable } from './blanks';

export const SHORTCUT = /^[\p{L}\p{N}_-]{0,32}$/u;

const ASKED = /(?:^|[\s(])(;[\p{L}\p{N}_-]{0,32})$/u;

/** The `;` and the word behind it, right before the caret. A semicolon that ends a word is punctuation. */
export function asked(before: string): { length: number; query: string } | null {
  const found = ASKED.exec(before)?.[1];
  return found === undefined ? null : { length: found.length, query: found.slice(1) };
}

/** One paragraph goes into the line it is put in; more of them keep their own lines. */
export function inLine(html: string): string {
  const one = /^\s*<p(?:\s[^>]*)?>((?:(?!<\/?p[\s>])[\s\S])*)<\/p>\s*$/i.exec(html);
  return one?.[1] ?? html;
}

export const plainOf = (html: string): string => (new DOMParser().parseFromString(html.replace(/<\/(?:p|div|li|h\d)>|<br[^>]*>/gi, ' $&'), 'text/html').body.textContent ?? '').replace(/\s+/g, ' ').trim();

/** Best first: the shortcut as far as it is typed, then the name, then the words; alike ones by how often they are used. */
export function matching(texts: readonly TextDto[], query: string): TextDto[] {
  const q = query.trim().toLowerCase();
  if (q === '') return [...texts];
  const rank = (x: TextDto): number => {
    if (x.shortcut.toLowerCase() === q) return 20;
    if (x.shortcut !== '' && x.shortcut.toLowerCase().startsWith(q)) return 12;
    const s = score(q, x.name, x.shortcut);
    return s > 1 ? s : plainOf(x.html).toLowerCase().includes(q) && q.length > 2 ? 1 : 0;
  };
  return texts.map((text, at) => ({ text, at, rank: rank(text) })).filter((f) => f.rank > 0).sort((a, b) => b.rank - a.rank || a.at - b.at).map((f) => f.text);
}
