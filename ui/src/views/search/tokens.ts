// The words of the search box, cut up as the engine's parser cuts them, for three uses: colouring what is an operator, completing
// it, and marking the found words in the results. The engine alone decides what a query means and what is wrong with it.

export const OPERATORS = [
  'from', 'to', 'cc', 'subject', 'has', 'filename', 'in', 'is', 'label', 'before', 'after', 'account',
] as const;
export type Operator = (typeof OPERATORS)[number];

export interface Token {
  kind: 'space' | 'word' | 'phrase' | 'operator' | 'or' | 'paren';
  /** As written, so that the tokens joined are the text again. */
  text: string;
  start: number;
  end: number;
  negated: boolean;
  /** Of `operator`. */
  name: Operator | null;
  /** Word, phrase or the operator's value, without quotes. */
  value: string;
}

const PATTERN = /(\s+)|([()])|(-?)(?:([A-Za-z]+):("(?:[^"]*)"?|[^\s()]*)|("[^"]*"?)|([^\s()]+))/gu;

function unquote(text: string): string {
  return text.startsWith('"') ? text.slice(1).replace(/"$/, '') : text;
}

export function tokens(text: string): Token[] {
  const out: Token[] = [];
  for (const m of text.matchAll(PATTERN)) {
    const whole = m[0];
    const base = { text: whole, start: m.index, end: m.index + whole.length, negated: m[3] === '-', name: null, value: whole };
    const name = m[4]?.toLowerCase();
    if (m[1] !== undefined) out.push({ ...base, kind: 'space' });
    else if (m[2] !== undefined) out.push({ ...base, kind: 'paren' });
    else if (name !== undefined && isOperator(name)) out.push({ ...base, kind: 'operator', name, value: unquote(m[5] ?? '') });
    else if (m[6] !== undefined) out.push({ ...base, kind: 'phrase', value: unquote(m[6]) });
    else if (whole === 'OR') out.push({ ...base, kind: 'or' });
    else out.push({ ...base, kind: 'word', value: name === undefined ? (m[7] ?? '') : `${m[4] ?? ''}:${m[5] ?? ''}` });
  }
  return out;
}

/**
 * What is asked for while the person types: the text as it stands, without an operator that waits for its value at the end. The engine
 * reads it the same way; anywhere else an operator without a value is a group's (`-from:(ada OR bob)`) or a mistake, and the engine's
 * to judge.
 */
export function asked(text: string): string {
  const last = tokens(text).findLast((x) => x.kind !== 'space');
  const open = last?.kind === 'operator' && last.value === '' && !last.text.includes('"');
  return (open ? text.slice(0, last.start) : text).trim();
}

function isOperator(name: string): name is Operator {
  return (OPERATORS as readonly string[]).includes(name);
}

/** The token the caret stands in or right after. */
export function tokenAt(list: readonly Token[], caret: number): Token | null {
  return list.find((t) => t.kind !== 'space' && t.start < caret && caret <= t.end) ?? null;
}

/** Words to mark in results: everything looked for in text, nothing that was excluded. */
export function marks(text: string): string[] {
  return tokens(text)
    .filter((t) => !t.negated && (t.kind === 'word' || t.kind === 'phrase' || (t.kind === 'operator' && (t.name === 'subject' || t.name === 'from'))))
    .map((t) => t.value.replace(/\*$/, '').trim())
    .filter((w) => w.length > 0)
    .sort((a, b) => b.length - a.length);
}

/** Folds case and diacritics one character at a time, so that positions stay those of the original. */
function fold(text: string): string {
  return [...text]
    .map((c) => {
      const plain = c.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
      return plain.length === c.length ? plain : c.toLowerCase().length === c.length ? c.toLowerCase() : c;
    })
    .join('');
}

export interface Piece {
  text: string;
  hit: boolean;
}

/** Cuts `text` into found and other pieces. Words match at their beginning, as the index does; CJK matches anywhere. */
export function highlight(text: string, words: readonly string[]): Piece[] {
  const folded = fold(text);
  const hits: [number, number][] = [];
  for (const word of words) {
    const want = fold(word);
    if (want === '') continue;
    for (let at = folded.indexOf(want); at >= 0; at = folded.indexOf(want, at + want.length)) {
      const before = at === 0 ? ' ' : folded.charAt(at - 1);
      const inside = /[\p{L}\p{N}]/u.test(before) && !/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/u.test(want);
      const end = at + want.length;
      if (!inside && !hits.some(([a, b]) => at < b && end > a)) hits.push([at, end]);
    }
  }
  hits.sort((a, b) => a[0] - b[0]);
  const out: Piece[] = [];
  let from = 0;
  for (const [start, end] of hits) {
    if (start > from) out.push({ text: text.slice(from, start), hit: false });
    out.push({ text: text.slice(start, end), hit: true });
    from = end;
  }
  if (from < text.length) out.push({ text: text.slice(from), hit: false });
  return out;
}

/** Characters of a line that the narrowest list shows, and how many of them lead up to what was found. */
const IN_SIGHT = 36;
const LEAD = 14;

/** A line that is cut off at its end, begun so late that the first thing found is in sight. */
export function insight(pieces: readonly Piece[]): readonly Piece[] {
  const [first, second] = pieces;
  if (first === undefined || second === undefined || first.hit || first.text.length + second.text.length <= IN_SIGHT) return pieces;
  const latest = Math.max(0, first.text.length - LEAD);
  // At the beginning of a word, if one is near; never between the halves of a character.
  const space = first.text.lastIndexOf(' ', latest);
  const start = space >= latest - LEAD ? space + 1 : latest;
  const lead = first.text.slice(start).replace(/^[\uDC00-\uDFFF]/, '');
  return [{ text: `… ${lead}`, hit: false }, ...pieces.slice(1)];
}

/** Puts `value` in place of `token`, quoted if it must be, with a space after it; returns the text and where the caret goes. */
export function complete(text: string, token: Token | null, value: string): { text: string; caret: number } {
  const start = token?.start ?? text.length;
  const end = token?.end ?? text.length;
  const minus = token?.negated ? '-' : '';
  const open = value.endsWith(':');
  const written = `${minus}${value}${open ? '' : ' '}`;
  const gap = start > 0 && !/\s$/.test(text.slice(0, start)) ? ' ' : '';
  const rest = text.slice(end).replace(/^\s+/, '');
  return { text: text.slice(0, start) + gap + written + rest, caret: start + gap.length + written.length };
}

export function quoted(value: string): string {
  return /[\s()"]/.test(value) ? `"${value.replace(/"/g, '')}"` : value;
}
