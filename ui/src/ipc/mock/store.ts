// The mock's state. A thread is a number from which its row is computed, so that 100,000 of them cost an array of numbers; what a
// person changed lies in a map over it.
import type { ActRes, Action, Id, MessageDto, SplitRule, ThreadDto, ThreadFilter, ThreadRow, ThreadsPage, ThreadState } from '../bindings';
import { ME, TEMPLATES, type Template } from './people';

const MINUTE = 60_000;
export interface Change { role?: string; unread?: boolean; starred?: boolean; labels?: string[]; snoozed?: number | null; muted?: boolean; remind?: number | null; returned?: string | null }
interface Undo { ids: Id[]; before: (Change | undefined)[] }

/** A cheap hash to numbers in 0…1, the same on each run. */
export function noise(n: number): number {
  let x = (n + 0x9e3779b9) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x45d9f3b);
  x = Math.imul(x ^ (x >>> 16), 0x45d9f3b);
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
}

export const LABELS = ['Launch', 'Clients', 'Hiring', 'Newsletters', 'Code', 'Reading', 'Projects/Atlas', 'Projects/Studio move'];
const REPLIES = ['Thank you, that is exactly what I needed.', 'Works for me. I will tell the others today.', 'Could we move it by an hour?', 'Agreed, with one small change below.'];

export class MailStore {
  rev = 1;
  /** In order; a conversation is in the first that takes it. */
  splits: { id: Id; name: string; rule: SplitRule }[] = [];
  /** Came back from a snooze before the window opened. */
  returned = new Map<Id, string>();
  #changes = new Map<Id, Change>();
  #undo = new Map<string, Undo>();
  #nextUndo = 1;
  #cache: { key: string; rev: number; ids: Id[] } | null = null;

  constructor(readonly size: number, readonly now: number) {}

  template(id: Id): Template {
    // The first forty appear in order, so that pictures show each kind; later ones are shuffled.
    const at = id <= TEMPLATES.length ? id - 1 : Math.floor(noise(id * 7) * TEMPLATES.length);
    return TEMPLATES[at]!;
  }
  role(id: Id): string {
    const own = this.#changes.get(id)?.role;
    if (own) return own;
    if (id <= 40) return 'inbox';
    const n = noise(id * 3);
    return n < 0.78 ? 'inbox' : n < 0.93 ? 'archive' : n < 0.97 ? 'junk' : 'trash';
  }
  unread(id: Id): boolean {
    return this.#changes.get(id)?.unread ?? (id < 12 ? [1, 2, 4, 6, 9].includes(id) : noise(id * 11) < 0.12);
  }
  starred(id: Id): boolean {
    return this.#changes.get(id)?.starred ?? noise(id * 13) < 0.06;
  }
  state(id: Id): ThreadState | undefined {
    const c = this.#changes.get(id);
    const returned = c?.returned !== undefined ? c.returned : this.returned.get(id) ?? null;
    if (!returned && !c?.snoozed && !c?.muted && !c?.remind) return undefined;
    return { snoozedUntil: c?.snoozed ?? null, returned, muted: c?.muted ?? false, remindAt: c?.remind ?? null };
  }
  inSplit(id: Id, rule: SplitRule): boolean {
    const { kind, subject } = this.template(id);
    switch (rule.type) {
      case 'people': return kind === 'person' || kind === 'foreign';
      case 'news': return kind === 'newsletter';
      case 'calendar': return kind === 'invite';
      case 'query': return subject.toLowerCase().includes(rule.query.toLowerCase().replace(/^[a-z]+:/, ''));
    }
  }
  labels(id: Id): string[] {
    return this.#changes.get(id)?.labels ?? this.template(id).labels ?? [];
  }
  date(id: Id): number {
    const minutes = id < 40 ? id * 34 + noise(id) * 30 : 40 * 34 + (id - 40) * 170 + noise(id) * 160;
    return this.now - 4 * MINUTE - Math.floor(minutes) * MINUTE;
  }

  row(id: Id): ThreadRow {
    const t = this.template(id);
    const round = id > TEMPLATES.length ? Math.floor(id / TEMPLATES.length) : 0;
    return {
      id, account: t.account, senders: t.from, count: t.count ?? 1,
      subject: round > 0 && (t.kind === 'notice' || t.kind === 'receipt') ? `${t.subject} · ${String(1000 + (id % 9000))}` : t.subject,
      snippet: t.snippet, date: this.date(id), unread: this.unread(id), starred: this.starred(id),
      attachments: t.attachments !== undefined, labels: this.labels(id), pending: false, ...this.#stated(id),
    };
  }

  #stated(id: Id): { state?: ThreadState } {
    const state = this.state(id);
    return state ? { state } : {};
  }

  /** Every conversation of a list. */
  all(f: ThreadFilter, mailboxName: string | null): Id[] {
    return [...this.#ids(f, mailboxName)];
  }

  #ids(f: ThreadFilter, mailboxName: string | null): Id[] {
    const key = JSON.stringify(f);
    if (this.#cache?.key === key && this.#cache.rev === this.rev) return this.#cache.ids;
    const ids: Id[] = [];
    for (let id = 1; id <= this.size; id++) {
      if (f.account !== null && this.template(id).account !== f.account) continue;
      if (f.unread && !this.unread(id)) continue;
      const role = this.role(id);
      const here = f.mailbox !== null
        ? mailboxName !== null && (role === 'inbox' || role === 'archive') && this.labels(id).includes(mailboxName)
        : f.role === 'all' ? role !== 'junk' && role !== 'trash'
        : f.role === 'starred' ? this.starred(id) && role !== 'trash'
        : f.role === 'sent' ? (this.template(id).count ?? 1) > 2 && role !== 'trash'
        : f.role === 'snoozed' ? (this.state(id)?.snoozedUntil ?? null) !== null
        : f.role === 'muted' ? this.state(id)?.muted === true
        : f.role === 'reminders' ? (this.state(id)?.remindAt ?? null) !== null
        : role === f.role && !(role === 'inbox' && (this.state(id)?.muted === true || (this.state(id)?.snoozedUntil ?? null) !== null));
      if (!here) continue;
      if (f.split !== undefined && f.split !== (this.splits.find((s) => this.inSplit(id, s.rule))?.id ?? 0)) continue;
      ids.push(id);
    }
    this.#cache = { key, rev: this.rev, ids };
    return ids;
  }

  page(f: ThreadFilter, mailboxName: string | null, offset: number, limit: number): ThreadsPage {
    const ids = this.#ids(f, mailboxName);
    let unread = 0;
    for (const id of ids) if (this.unread(id)) unread++;
    return { total: ids.length, unread, rev: this.rev, rows: ids.slice(offset, offset + limit).map((id) => this.row(id)) };
  }

  count(role: string, account: number, unreadOnly: boolean): number {
    const f = { account, role, mailbox: null, unread: unreadOnly };
    const keep = this.#cache;
    const n = this.#ids(f, null).length;
    this.#cache = keep;
    return n;
  }

  thread(id: Id): ThreadDto {
    const t = this.template(id);
    const count = t.count ?? 1;
    const me = ME[t.account - 1]!;
    const messages: MessageDto[] = Array.from({ length: count }, (_, k) => {
      const last = k === count - 1;
      const from = k % 3 === 2 && !last ? me : t.from[k % t.from.length]!;
      return {
        id: id * 100 + k, from, to: [from === me ? t.from[0]! : me], cc: t.from.length > 2 ? [t.from[1]!] : [],
        date: this.date(id) - (count - 1 - k) * 187 * MINUTE, snippet: last ? t.snippet : REPLIES[(id + k) % REPLIES.length]!,
        unread: last && this.unread(id), starred: last && this.starred(id), draft: false, mailboxes: [this.role(id)],
        attachments: last ? (t.attachments ?? []).map(([name, mime, size, risk], i) => ({ id: id * 1000 + i, name, mime, size, inline: false, risk: risk ?? 'none' })) : [],
        size: 4200 + (t.attachments ?? []).reduce((sum, a) => sum + a[2], 0),
      };
    });
    return { id, account: t.account, subject: this.row(id).subject, labels: this.labels(id), starred: this.starred(id), ...this.#stated(id), messages };
  }

  act(ids: Id[], action: Action, mailboxName: string | null): ActRes {
    return this.change(ids, (id) => ({ returned: null, ...this.#effect(id, action, mailboxName) }), words(action, ids.length, mailboxName));
  }

  change(ids: Id[], to: (id: Id) => Change, what: string): ActRes {
    const before = ids.map((id) => this.#changes.get(id));
    for (const id of ids) this.#changes.set(id, { ...this.#changes.get(id), ...to(id) });
    this.rev++;
    const token = `u${String(this.#nextUndo++)}`;
    this.#undo.set(token, { ids, before });
    return { undo: token, undoUntil: Date.now() + 900_000, count: ids.length, words: what };
  }

  #effect(id: Id, action: Action, name: string | null): Change {
    switch (action.type) {
      case 'archive': return { role: 'archive' };
      case 'trash': case 'deleteForever': return { role: action.type === 'trash' ? 'trash' : 'gone' };
      case 'spam': return { role: 'junk' };
      case 'inbox': return { role: 'inbox' };
      case 'move': return { role: 'archive', labels: name ? [name] : [] };
      case 'label': return { labels: action.on ? [...new Set([...this.labels(id), name ?? ''])] : this.labels(id).filter((l) => l !== name) };
      case 'read': case 'unread': return { unread: action.type === 'unread' };
      case 'star': case 'unstar': return { starred: action.type === 'star' };
    }
  }

  undo(token: string): ActRes {
    const entry = this.#undo.get(token);
    if (!entry) throw { code: 'undo_late', message: 'It is too late to undo this.', hint: 'The change has already reached the server.', retryAt: null };
    entry.ids.forEach((id, i) => {
      const old = entry.before[i];
      if (old) this.#changes.set(id, old);
      else this.#changes.delete(id);
    });
    this.#undo.delete(token);
    this.rev++;
    return { undo: null, undoUntil: null, count: entry.ids.length, words: 'Undone' };
  }
}

function words(action: Action, n: number, name: string | null): string {
  const what = n === 1 ? 'Conversation' : `${String(n)} conversations`;
  const done: Record<Action['type'], string> = {
    archive: 'archived', trash: 'moved to the bin', spam: 'marked as spam', inbox: 'moved to the inbox', read: 'marked as read',
    unread: 'marked as unread', star: 'starred', unstar: 'unstarred', move: `moved to ${name ?? 'the folder'}`, label: 'labelled',
    deleteForever: 'deleted for ever',
  };
  return `${what} ${done[action.type]}`;
}
