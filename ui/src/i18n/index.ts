// Words come from typed messages, never from concatenation: a key that is missing, or a placeholder that is not filled, does not
// compile. Plurals follow Intl.PluralRules, so that a language with more than two forms only needs more entries.
import { language, type Plural } from './language.svelte';
import type { en } from './messages/en';
import type { writing } from './messages/en/writing';
import type { late } from './messages/late';

export { usable } from './language.svelte';
type Catalogue = typeof en & typeof late & typeof writing;
export type MessageKey = keyof Catalogue;

type Names<S extends string> = S extends `${string}{${infer N}}${infer Rest}` ? N | Names<Rest> : never;
type Text<K extends MessageKey> = Catalogue[K] extends { other: infer O extends string } ? O : Catalogue[K] extends string ? Catalogue[K] : never;
type Params<K extends MessageKey> =
  | Names<Text<K>>
  | (Catalogue[K] extends { other: string } ? 'count' : never);
type Args<K extends MessageKey> = [Params<K>] extends [never] ? [] : [params: Record<Params<K>, string | number>];

const plurals = new Map<string, Intl.PluralRules>();
const numbers = new Map<string, Intl.NumberFormat>();
function kept<T>(cache: Map<string, T>, tag: string, make: () => T): T {
  let made = cache.get(tag);
  if (made === undefined) cache.set(tag, (made = make()));
  return made;
}

// English of the views that come later; a translation holds everything.
const more: Record<string, string | Plural> = {};
export function also(words: Readonly<Record<string, string | Plural>>): void {
  Object.assign(more, words);
}

/** Of dates and numbers, as it is now. */
export const locale = (): string => language.locale;

export function number(value: number): string {
  const tag = language.locale;
  return kept(numbers, tag, () => new Intl.NumberFormat(tag)).format(value);
}

export function t<K extends MessageKey>(key: K, ...args: Args<K>): string {
  const { words, tag } = language;
  const entry = words[key] ?? more[key] ?? '';
  const params: Record<string, string | number> = args[0] ?? {};
  const text = typeof entry === 'string' ? entry : (entry[kept(plurals, tag, () => new Intl.PluralRules(tag)).select(Number(params['count']))] ?? entry.other ?? '');
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    return value === undefined ? whole : typeof value === 'number' ? number(value) : value;
  });
}
