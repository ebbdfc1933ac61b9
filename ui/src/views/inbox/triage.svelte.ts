// What the triage keys do to a list, be it a folder or the results of a search; the questions they ask are in TriageDialogs.
import { commands, type Handlers } from '../../app/commands.svelte';
import { session } from '../../data/session.svelte';
import type { Action, Id, ThreadState } from '../../ipc/bindings';
import type { After, ListController, Row } from './list.svelte';

export interface TriageRow extends Row {
  readonly account: Id;
  readonly starred: boolean;
  readonly subject?: string;
  readonly labels?: readonly string[];
  readonly state?: ThreadState | null;
}

export class Triage<R extends TriageRow = TriageRow> {
  choosing = $state<'move' | 'label' | 'unlabel' | null>(null);
  timing = $state<'snooze' | 'remind' | null>(null);
  /** The conversation of which a task is made. */
  tasking = $state.raw<Id | null>(null);
  /** About to be deleted for ever, if the person says so. */
  doomed = $state.raw<{ ids: readonly Id[]; count: number } | null>(null);
  timed: readonly Id[] = [];

  constructor(
    readonly list: ListController<R>,
    private readonly opened: () => Id | null,
    /** The list is one of spam: the key takes out of it. */
    private readonly junk: () => boolean = () => false,
    /** The label whose list it is: that is the one to take away. */
    private readonly label: () => Id | null = () => null,
  ) {}

  /** Settings: where to go when the open conversation leaves. With none open, the row that follows is the next. */
  after(): After {
    const chosen = session.settings.afterArchive;
    return this.opened() !== null && (chosen === 'list' || chosen === 'newer') ? chosen : 'older';
  }
  act(action: Action, then: After = this.after()): void {
    this.list.act(action, { then });
  }
  row(id: Id): R | undefined {
    return this.list.window.row(this.list.window.indexOf(id));
  }

  star(ids: Id[] = this.list.targets()): void {
    const on = ids.some((id) => this.row(id)?.starred === false);
    this.list.act({ type: on ? 'star' : 'unstar' }, { ids });
  }
  mute(): void {
    const ids = this.list.targets();
    if (ids.length === 0) return;
    const on = ids.some((id) => this.row(id)?.state?.muted !== true);
    this.list.keep({ type: 'mute', on }, { ids, then: this.after() });
  }
  toggleRead(): void {
    const unread = this.list.targets().some((id) => this.row(id)?.unread === true);
    this.list.act({ type: unread ? 'read' : 'unread' });
  }
  choose(what: 'move' | 'label' | 'unlabel'): void {
    if (this.list.targets().length > 0) this.choosing = what;
  }
  /** Of one conversation: the first that is meant. */
  task(ids: readonly Id[] = this.list.targets()): void {
    this.tasking = ids[0] ?? null;
  }
  /** In the bin there is no further bin to go to. */
  trash(): void {
    if (this.list.window.filter.role !== 'trash') return this.act({ type: 'trash' });
    const ids = this.list.targets();
    if (ids.length > 0) this.doomed = { ids, count: this.list.size || ids.length };
  }
  destroy(): void {
    const ids = this.doomed?.ids;
    this.doomed = null;
    if (ids) this.list.act({ type: 'deleteForever' }, { ids: [...ids], then: this.after() });
  }
  unlabel(): void {
    const mailbox = this.label();
    if (mailbox === null) this.choose('unlabel');
    else this.act({ type: 'label', mailbox, on: false });
  }
  time(what: 'snooze' | 'remind', ids: readonly Id[] = this.list.targets()): void {
    if (ids.length === 0) return;
    this.timed = ids;
    this.timing = what;
    if (commands.argument !== null) this.timeChosen(commands.argument);
  }
  timeChosen(at: number | null): void {
    const what = this.timing;
    const over = { ids: [...this.timed], then: this.after() };
    this.timing = null;
    this.list.keep(what === 'remind' ? { type: 'remind', at } : { type: 'snooze', until: at }, over);
  }
  hasState(of: 'snoozedUntil' | 'remindAt'): boolean {
    return this.timed.some((id) => (this.row(id)?.state?.[of] ?? null) !== null);
  }

  /** What moves, selects and triages; the view adds what opens and goes back. `page`: rows that fit. */
  handlers(page: () => number): Handlers {
    const { list } = this;
    return {
      'list.next': () => list.move(1),
      'list.prev': () => list.move(-1),
      'list.open': () => list.open(),
      'list.select': () => list.toggle(),
      'list.extendNext': () => list.extendTo(list.active + 1),
      'list.extendPrev': () => list.extendTo(list.active - 1),
      'list.selectAll': () => list.selectAll(),
      'list.selectNone': () => list.clear(),
      'list.selectRead': () => list.selectWhere((r) => !r.unread),
      'list.selectUnread': () => list.selectWhere((r) => r.unread),
      'list.first': () => list.activate(0),
      'list.last': () => list.activate(list.window.count - 1),
      'list.pageDown': () => list.activate(list.active + page()),
      'list.pageUp': () => list.activate(list.active - page()),
      'triage.archive': () => this.act({ type: 'archive' }),
      'triage.trash': () => this.trash(),
      'triage.spam': () => this.act({ type: this.junk() ? 'inbox' : 'spam' }),
      'triage.star': () => this.star(),
      'triage.read': () => this.act({ type: 'read' }),
      'triage.unread': () => this.act({ type: 'unread' }),
      'triage.toggleRead': () => this.toggleRead(),
      'triage.inbox': () => this.act({ type: 'inbox' }),
      'triage.snooze': () => this.time('snooze'),
      'triage.remind': () => this.time('remind'),
      'triage.mute': () => this.mute(),
      'triage.move': () => this.choose('move'),
      'triage.label': () => this.choose('label'),
      'triage.unlabel': () => this.unlabel(),
      'triage.task': () => this.task(),
      'triage.archiveNewer': () => this.act({ type: 'archive' }, 'newer'),
      'triage.archiveOlder': () => this.act({ type: 'archive' }, 'older'),
    };
  }
}
