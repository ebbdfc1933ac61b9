// `{first_name}` and the like: what is still to be filled in. Apart, because every open draft asks.
/** What the core fills in; the order is the one they are offered in. */
export const VARIABLES = ['first_name', 'name', 'email', 'subject', 'my_first_name', 'my_name', 'my_email', 'date'] as const;
export type Variable = (typeof VARIABLES)[number];

const BLANK = new RegExp(`\\{(${VARIABLES.join('|')})\\}`, 'g');

/** Variables that stand in a text unfilled, each once. */
export const blanks = (text: string): Variable[] => [...new Set([...text.matchAll(BLANK)].map((m) => m[1] as Variable))];

/** Where the first one is. */
export function firstBlank(text: string): { from: number; to: number } | null {
  const m = new RegExp(BLANK.source).exec(text);
  return m === null ? null : { from: m.index, to: m.index + m[0].length };
}
