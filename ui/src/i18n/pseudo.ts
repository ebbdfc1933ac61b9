// Two invented languages made from the English words: longer by 40 % and with marks on the letters, so that a cut-off label or a
// text that was never translated stands out. Placeholders stay as they are.
import type { Plural, Words } from './language.svelte';
import { en } from './messages/en';
import { writing } from './messages/en/writing';
import { late } from './messages/late';

const MARKED: Record<string, string> = { a: 'á', c: 'ç', e: 'é', i: 'í', n: 'ñ', o: 'ö', u: 'ü', y: 'ý', A: 'Å', E: 'É', I: 'Î', O: 'Ø', S: 'Š', U: 'Û' };

function stretch(text: string): string {
  const parts = text.split(/(\{\w+\})/);
  const letters = parts.filter((_, i) => i % 2 === 0).join('').length;
  const marked = parts.map((part, i) => (i % 2 ? part : [...part].map((c) => MARKED[c] ?? c).join(''))).join('');
  return `⟦${marked}${letters > 2 ? ` ${'·~'.repeat(Math.ceil((letters * 0.4) / 2))}` : ''}⟧`;
}

export function pseudo(words: Readonly<Record<string, string | Plural>>): Words {
  return Object.fromEntries(Object.entries(words).map(([key, entry]) =>
    [key, typeof entry === 'string' ? stretch(entry) : Object.fromEntries(Object.entries(entry).map(([form, text]) => [form, stretch(text)]))],
  )) as Words;
}

export const invented = (): Words => pseudo({ ...en, ...late, ...writing });
