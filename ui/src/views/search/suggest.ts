// What to offer while a query is typed: operators by name, their values, people for from: to: cc:.
import type { AccountDto, AccountMailboxes, AddressDto } from '../../ipc/bindings';
import { OPERATORS, quoted, type Operator, type Token } from './tokens';

export interface Suggestion {
  /** What is written into the box. */
  value: string;
  label: string;
  hint: string;
  person: AddressDto | null;
}

const FIXED: Partial<Record<Operator, readonly string[]>> = {
  has: ['attachment'],
  is: ['unread', 'read', 'starred', 'unstarred', 'draft', 'answered'],
  in: ['inbox', 'sent', 'archive', 'drafts', 'junk', 'trash', 'all'],
  filename: ['pdf', 'docx', 'xlsx', 'zip', 'ics'],
};

export interface Known {
  mailboxes: readonly AccountMailboxes[];
  accounts: readonly AccountDto[];
  people: readonly AddressDto[];
  /** Words for an operator. */
  words: (operator: Operator) => string;
}

export const wantsPeople = (token: Token | null): boolean =>
  token?.kind === 'operator' && (token.name === 'from' || token.name === 'to' || token.name === 'cc') && token.value !== '';

function iso(day: Date): string {
  return `${String(day.getFullYear())}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`;
}

/** Dates are written out, so that the query means the same tomorrow. */
function dates(now: Date): string[] {
  const at = (days: number) => iso(new Date(now.getFullYear(), now.getMonth(), now.getDate() - days));
  return [at(0), at(7), at(30), `${String(now.getFullYear())}-01-01`];
}

export function suggest(token: Token | null, known: Known, now: Date): Suggestion[] {
  if (!token) return [];
  const typed = token.value.toLowerCase();
  if (token.kind === 'word') {
    if (typed.length < 1) return [];
    return OPERATORS.filter((o) => o.startsWith(typed)).map((o) => ({ value: `${o}:`, label: `${o}:`, hint: known.words(o), person: null }));
  }
  if (token.kind !== 'operator' || token.name === null) return [];
  const { name } = token;
  const plain = (value: string, label = value, hint = ''): Suggestion => ({ value: `${name}:${quoted(value)}`, label, hint, person: null });
  const begins = (value: string) => value.toLowerCase().startsWith(typed) && value.toLowerCase() !== typed;
  switch (name) {
    case 'from': case 'to': case 'cc':
      return known.people.map((p) => ({ value: `${name}:${p.email}`, label: p.name || p.email, hint: p.name ? p.email : '', person: p }));
    case 'account':
      return known.accounts.filter((a) => begins(a.email) || begins(a.name)).map((a) => plain(a.email, a.email, a.name));
    case 'label':
      return unique(known.mailboxes.flatMap((a) => a.mailboxes.filter((m) => m.role === null).map((m) => m.name))).filter(begins).map((n) => plain(n));
    case 'in':
      return unique([...(FIXED.in ?? []), ...known.mailboxes.flatMap((a) => a.mailboxes.filter((m) => m.role === null).map((m) => m.name))]).filter(begins).map((n) => plain(n));
    case 'before': case 'after':
      return dates(now).filter(begins).map((d) => plain(d));
    case 'subject':
      return [];
    case 'has': case 'filename': case 'is':
      return (FIXED[name] ?? []).filter(begins).map((v) => plain(v));
  }
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)];
}
