// Search and the completion of addresses over the mails of the fixtures.
import type { Commands, SuggestionDto } from '../bindings';
import { fail } from './accounts';
import { TEMPLATES } from './people';
import type { MailStore } from './store';

type Handlers = { [K in 'suggest_addresses' | 'search' | 'search_excerpts']: (req: Commands[K][0]) => Commands[K][1] };

/** Of lists of people; nobody has written to them. */
const LISTED: readonly SuggestionDto[] = [
  { name: 'Quinn Abernathy', email: 'quinn@abernathy.example', knownBy: { integration: 'google', list: 'contacts' } },
  { name: '', email: 'quotes@printworks.example', knownBy: { integration: 'google', list: 'others' } },
  { name: 'Quirin Vogt', email: 'quirin.vogt@vogt-holzbau.example', knownBy: { integration: 'microsoft', list: 'contacts' } },
];

/** `partial`: mail is still being imported. `?search=syntax`: the question is not understood. */
export function finding({ mail, query, partial }: { mail: MailStore; query: URLSearchParams; partial: boolean }): Handlers {
  return {
    suggest_addresses: ({ prefix }) => {
      const q = prefix.toLowerCase();
      const all: SuggestionDto[] = [...TEMPLATES.flatMap((t) => t.from).map((a) => ({ ...a, knownBy: null })), ...LISTED];
      return all.filter((a, i) => all.findIndex((b) => b.email === a.email) === i && (a.name.toLowerCase().includes(q) || a.email.includes(q))).slice(0, 8);
    },
    search: ({ query: text, account, after, limit, best }) => {
      if (query.get('search') === 'syntax') throw fail('bad_query', '“soon” is not a date.', 'Write before:2026-03-01, or before:2026.');
      const terms = text.toLowerCase().split(/\s+/).filter(Boolean);
      const hits = [];
      for (let id = 1; id <= mail.size; id++) {
        if (account !== null && mail.template(id).account !== account) continue;
        const row = mail.row(id);
        const hay = `${row.subject} ${row.snippet} ${row.senders.map((s) => `${s.name} ${s.email}`).join(' ')}`.toLowerCase();
        if (terms.every((term) => hay.includes(term.replace(/^[a-z]+:/, '').replaceAll('"', '')))) {
          hits.push({ message: id * 100 + row.count - 1, thread: id, account: row.account, from: row.senders[0]!, subject: row.subject, snippet: row.snippet, date: row.date, unread: row.unread, starred: row.starred, attachments: row.attachments, mailbox: mail.role(id), role: mail.role(id) });
        }
      }
      const first = terms[0] ?? '';
      if (best) hits.sort((a, b) => Number(b.subject.toLowerCase().includes(first)) - Number(a.subject.toLowerCase().includes(first)));
      const from = Number(after ?? 0);
      return { hits: hits.slice(from, from + limit), next: !best && from + limit < hits.length ? String(from + limit) : null, ms: 3, partial };
    },
    // The first mail of a conversation says in its text what its snippet does not.
    search_excerpts: ({ query: text, messages }) => {
      const word = text.split(/\s+/).find((w) => w !== '' && !w.includes(':'));
      return word === undefined ? [] : messages.map((message) => ({ message, text: `… what we said of ${word} still holds for the second half…` }));
    },
  };
}
