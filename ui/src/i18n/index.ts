// Words come from typed messages, never from concatenation: a key that is missing, or a placeholder that is not filled, does not
// compile. Plurals follow Intl.PluralRules, so that a language with more than two forms only needs more entries.
import { en } from './messages/en';

type Catalogue = typeof en;
export type MessageKey = keyof Catalogue;

type Names<S extends string> = S extends `${string}{${infer N}}${infer Rest}` ? N | Names<Rest> : never;
type Text<K extends MessageKey> = Catalogue[K] extends { other: infer O extends string } ? O : Catalogue[K] extends string ? Catalogue[K] : never;
type Params<K extends MessageKey> =
  | Names<Text<K>>
  | (Catalogue[K] extends { other: string } ? 'count' : never);
type Args<K extends MessageKey> = [Params<K>] extends [never] ? [] : [params: Record<Params<K>, string | number>];

export const locale: string = usable(typeof navigator === 'undefined' ? '' : navigator.language);

/** WebKitGTK hands the system's locale through, and `C` is no language to Intl. */
export function usable(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? 'en';
  } catch {
    return 'en';
  }
}
const language = 'en';
const plurals = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(locale);

export function number(value: number): string {
  return numbers.format(value);
}

export function t<K extends MessageKey>(key: K, ...args: Args<K>): string {
  const entry = en[key] as string | Partial<Record<Intl.LDMLPluralRule, string>>;
  const params: Record<string, string | number> = args[0] ?? {};
  const text =
    typeof entry === 'string' ? entry : (entry[plurals.select(Number(params['count']))] ?? entry.other ?? '');
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    return value === undefined ? whole : typeof value === 'number' ? number(value) : value;
  });
}
