// Putting off, silencing, splits and bulk jobs of the mock.
import type { AppEvent, BulkJob, Commands, Id, SplitDto, ThreadFilter } from '../bindings';
import type { MailStore } from './store';

type Names = 'snooze' | 'mute' | 'remind' | 'undo_last' | 'undo_list' | 'bulk_start' | 'bulk_jobs' | 'bulk_cancel' | 'splits' | 'split_save' | 'split_delete' | 'split_order' | 'split_suggestions';
type Handlers = { [K in Names]: (req: Commands[K][0]) => Commands[K][1] };

interface World {
  mail: MailStore;
  emit: (event: AppEvent, ms?: number) => void;
  mailboxName: (id: Id | null) => string | null;
  fail: (code: string, message: string, hint?: string) => unknown;
  /** So that pictures show a job under way. */
  slowBulk: boolean;
}

const plural = (n: number) => (n === 1 ? 'Conversation' : `${n.toLocaleString('en-GB')} conversations`);

export function triage({ mail, emit, mailboxName, fail, slowBulk }: World): { handlers: Handlers; undo: (token: string) => boolean } {
  let jobs: BulkJob[] = [];
  const parts = new Map<Id, string[]>();
  let nextSplit = mail.splits.length + 1;
  const changed = (ids: Id[]) => emit({ type: 'changed', entity: 'thread', ids, rev: mail.rev });
  const counts = (account: Id | null, split: Id): { total: number; unread: number } => {
    const ids = mail.all({ account, role: 'inbox', mailbox: null, unread: false, split }, null);
    return { total: ids.length, unread: ids.filter((id) => mail.unread(id)).length };
  };
  const list = (account: Id | null): SplitDto[] => {
    if (!mail.splits.length) return [];
    return [...mail.splits.map((s) => ({ ...s, ...counts(account, s.id) })), { id: 0, name: 'Other', rule: null, ...counts(account, 0) }];
  };
  const put = (job: BulkJob) => {
    jobs = [job, ...jobs.filter((j) => j.id !== job.id)];
    emit({ type: 'bulk', job }, 1);
    return job;
  };
  const last: string[] = [];

  const handlers: Handlers = {
    snooze: ({ threads, until }) => {
      const res = mail.change(threads, () => ({ snoozed: until, returned: null }), until === null ? `${plural(threads.length)} back in the inbox` : `${plural(threads.length)} snoozed`);
      changed(threads);
      return res;
    },
    mute: ({ threads, on }) => {
      const res = mail.change(threads, () => ({ muted: on }), `${plural(threads.length)} ${on ? 'muted' : 'no longer muted'}`);
      changed(threads);
      return res;
    },
    remind: ({ threads, at }) => {
      const res = mail.change(threads, () => ({ remind: at }), at === null ? 'Reminder removed' : 'You will be reminded if nobody answers');
      changed(threads);
      return res;
    },
    undo_last: () => {
      const token = last.pop();
      if (token === undefined) throw fail('nothing_to_undo', 'There is nothing to take back.');
      return mail.undo(token);
    },
    undo_list: () => [],
    bulk_start: ({ action, what }) => {
      const filter: ThreadFilter | null = what.type === 'filter' ? what.filter : null;
      const ids = what.type === 'threads' ? what.ids : filter ? mail.all(filter, mailboxName(filter.mailbox)).filter((id) => what.type === 'filter' && !what.except.includes(id)) : [];
      const id = jobs.length + 1;
      const name = action.type === 'move' || action.type === 'label' ? mailboxName(action.mailbox) : null;
      const perform = (some: Id[]) => (action.type === 'snooze' ? mail.change(some, () => ({ snoozed: action.until, returned: null }), '')
        : action.type === 'mute' ? mail.change(some, () => ({ muted: action.on }), '') : action.type === 'remind' ? mail.change(some, () => ({ remind: action.at }), '') : mail.act(some, action, name));
      const KEPT: Record<string, string> = { snooze: 'snoozed', mute: 'muted', remind: 'listed' };
      const verb = KEPT[action.type] ?? perform([]).words.replace(/^\S+ \S+ /, '');
      parts.set(id, []);
      const say = (n: number) => `${plural(n)} ${verb}`;
      const STEPS = 6;
      const step = (k: number) => {
        if (jobs.find((j) => j.id === id)?.state !== 'running') return;
        const from = Math.floor((ids.length * k) / STEPS);
        const to = Math.floor((ids.length * (k + 1)) / STEPS);
        const token = perform(ids.slice(from, to)).undo;
        if (token !== null) parts.get(id)?.push(token);
        put({ id, state: to === ids.length ? 'done' : 'running', words: say(to), done: to, total: ids.length, error: null, undo: `bulk:${String(id)}` });
        changed([]);
        if (to < ids.length) setTimeout(() => step(k + 1), slowBulk ? 60_000 : 180);
      };
      setTimeout(() => step(0), 120);
      return put({ id, state: 'running', words: say(0), done: 0, total: ids.length, error: null, undo: null });
    },
    bulk_jobs: () => jobs,
    bulk_cancel: ({ id }) => {
      const job = jobs.find((j) => j.id === id);
      if (!job) throw fail('not_found', 'This job has ended.');
      return put({ ...job, state: 'cancelled' });
    },
    splits: ({ account }) => list(account),
    split_save: ({ id, name, rule }) => {
      if (rule.type === 'query' && /\b(?:in|is):/.test(rule.query)) throw fail('split_query', '“in:” and “is:” have no place in a split.', 'A split is about who wrote and what about; the list has its own filter for unread mail.');
      const split = { id: id ?? nextSplit++, name, rule };
      mail.splits = id === null ? [...mail.splits, split] : mail.splits.map((s) => (s.id === id ? split : s));
      mail.rev++;
      emit({ type: 'splits' });
      changed([]);
      return { ...split, ...counts(null, split.id) };
    },
    split_delete: ({ id }) => {
      mail.splits = mail.splits.filter((s) => s.id !== id);
      mail.rev++;
      emit({ type: 'splits' });
      return {};
    },
    split_order: ({ ids }) => {
      mail.splits = ids.map((id) => mail.splits.find((s) => s.id === id)).filter((s) => s !== undefined);
      mail.rev++;
      emit({ type: 'splits' });
      return list(null);
    },
    split_suggestions: () => [
      { name: 'People', rule: { type: 'people' }, threads: 118 },
      { name: 'Newsletters', rule: { type: 'news' }, threads: 74 },
      { name: 'Invitations', rule: { type: 'calendar' }, threads: 9 },
    ],
  };
  return {
    handlers,
    undo: (token) => {
      const id = Number(/^bulk:(\d+)$/.exec(token)?.[1] ?? 0);
      if (!id) return false;
      for (const part of (parts.get(id) ?? []).reverse()) mail.undo(part);
      const job = jobs.find((j) => j.id === id);
      if (job) put({ ...job, state: 'undone', undo: null });
      changed([]);
      return true;
    },
  };
}
