// Five invented conversations to try the keys on. Nothing here reaches the core: the rows are made of words and gone with the page.
import { t, type MessageKey } from '../../i18n';

export const TASKS = ['next', 'archive', 'undo', 'snooze', 'palette'] as const;
export type Task = (typeof TASKS)[number];

export interface Row { id: number; from: string; email: string; subject: string; snippet: string }
const ROWS: readonly { id: number; from: string; email: string }[] = [
  { id: 1, from: 'Ana Duarte', email: 'ana@harbour.example' },
  { id: 2, from: 'Harbour Library', email: 'news@library.example' },
  { id: 3, from: 'Jonas Weber', email: 'jonas@weber.example' },
  { id: 4, from: 'Ferry Tickets', email: 'tickets@ferry.example' },
  { id: 5, from: 'Mina Park', email: 'mina@studio.example' },
];
const GONE = { archive: 'start.said.archive', snooze: 'start.said.snooze' } as const satisfies Partial<Record<Task, MessageKey>>;

export class Practice {
  rows = $state.raw<readonly Row[]>(ROWS.map((r) => ({ ...r, subject: t(`start.mail${r.id}` as 'start.mail1'), snippet: t(`start.mail${r.id}b` as 'start.mail1b') })));
  at = $state(0);
  done = $state.raw<readonly Task[]>([]);
  /** What happened last, for the line below and for who listens. */
  said = $state('');
  #taken: { row: Row; at: number }[] = $state.raw([]);

  active = $derived(this.rows[this.at]);
  canUndo = $derived(this.#taken.length > 0);
  /** What is asked for now; undefined: all was done. */
  task = $derived<Task | undefined>(TASKS.find((task) => !this.done.includes(task)));

  #did(task: Task): void {
    if (!this.done.includes(task)) this.done = [...this.done, task];
  }

  go(at: number): void {
    const to = Math.max(0, Math.min(this.rows.length - 1, at));
    if (to > this.at) this.#did('next');
    this.at = to;
  }

  take(how: keyof typeof GONE): void {
    const row = this.active;
    if (!row) return;
    this.#taken = [...this.#taken, { row, at: this.at }];
    this.rows = this.rows.filter((r) => r !== row);
    this.at = Math.max(0, Math.min(this.at, this.rows.length - 1));
    this.said = t(GONE[how], { subject: row.subject });
    this.#did(how);
  }

  undo(): void {
    const last = this.#taken.at(-1);
    if (!last) {
      this.said = t('start.said.nothing');
      return;
    }
    this.#taken = this.#taken.slice(0, -1);
    this.rows = [...this.rows.slice(0, last.at), last.row, ...this.rows.slice(last.at)];
    this.at = last.at;
    this.said = t('start.said.undo', { subject: last.row.subject });
    this.#did('undo');
  }

  palette(): void {
    this.#did('palette');
  }
}
