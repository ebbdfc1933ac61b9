// What the tasks show and what is being done in them. One of these lives as long as the screen does.
import '../../i18n/late';
import { router, tasksAt, type TasksRoute, type TasksShow } from '../../app/router.svelte';
import { firstDay } from '../../app/week';
import { session } from '../../data/session.svelte';
import { isClosed } from '../../data/taskOrder';
import { tasks } from '../../data/tasks.svelte';
import { toasts } from '../../data/toasts.svelte';
import { locale, t } from '../../i18n';
import type { Id, TaskAbilitiesDto, TaskDone, TaskFieldsDto, TaskFilterDto, TaskListDto, TaskPriority, TaskRow } from '../../ipc/bindings';
import { call } from '../../ipc/transport';
import { wall } from '../calendar/zones';
import { dueOf, fieldsOf, fresh, held, patch, whenOf, withBelow } from './change';
import { itemsOf, type Item, type Line } from './groups';
import { isOverdue } from './late';
import type { Quick, When } from './quick';
import { titleOf } from './words';

const NOTHING: TaskAbilitiesDto = { write: false, notes: false, dueDay: false, dueTime: false, priority: false, coarsePriority: false, labels: false, subtasks: false, moves: false, deletes: false };
/** What a field of the panel is asked to take the focus for. */
export type Asked = 'title' | 'subtask' | null;

export class TasksView {
  readonly #route: () => TasksRoute;
  readonly #now: () => number;
  /** The task that the keys are about. */
  active = $state<Id | null>(null);
  collapsed = $state.raw<ReadonlySet<Id>>(new Set());
  /** What is done in the list is shown below it. */
  doneOpen = $state(false);
  /** It takes long enough to be told. */
  late = $state(false);
  dueFor = $state.raw<TaskRow | null>(null);
  choosing = $state.raw<{ what: 'list' | 'parent'; row: TaskRow } | null>(null);
  asked = $state<Asked>(null);
  /** Brings the focus back to the list; of the list that is on screen. */
  focusList: () => void = () => undefined;
  focusField: () => void = () => undefined;

  constructor(route: () => TasksRoute, now: () => number) {
    this.#route = route;
    this.#now = now;
  }

  route = $derived.by(() => this.#route());
  /** What the person's clock shows. */
  wall = $derived.by(() => wall(null, this.#now()));
  today = $derived(this.wall.slice(0, 10));
  first = $derived(firstDay(session.settings.weekStart, locale()));
  get now(): number {
    return this.#now();
  }
  filter = $derived.by((): TaskFilterDto => {
    const { show, list } = this.route;
    return show === 'list' ? { type: 'list', list: list ?? 0 } : { type: show };
  });
  below = $derived.by((): TaskFilterDto | null => (this.filter.type === 'list' && this.doneOpen ? { type: 'done', list: this.filter.list } : null));
  /** The list in view. */
  list = $derived.by((): TaskListDto | undefined => (this.route.show === 'list' ? tasks.list(this.route.list) : undefined));
  /** Where a new task goes unless one says otherwise. */
  target = $derived.by((): TaskListDto | undefined => (this.list?.can.write === true ? this.list : tasks.target));

  items = $derived.by((): Item[] => {
    const { wall, first, collapsed } = this;
    // What the rows are of: they follow the address a moment later.
    const filter = tasks.view ?? this.filter;
    const out = itemsOf(tasks.rows, { view: filter, wall, first, collapsed, more: tasks.state.more });
    if (filter.type !== 'list' || tasks.state.loading) return out;
    out.push({ kind: 'fold', key: 'fold', open: this.doneOpen });
    if (!this.doneOpen) return out;
    if (tasks.rowsBelow.length === 0 && !tasks.stateBelow.loading) out.push({ kind: 'none', key: 'none' });
    else out.push(...itemsOf(tasks.rowsBelow, { view: { type: 'search', text: '', closed: true }, wall, first, collapsed, more: tasks.stateBelow.more || tasks.stateBelow.loading }));
    return out;
  });
  lines = $derived(this.items.filter((i): i is Line => i.kind === 'task'));
  /** In the items; -1: none. */
  at = $derived(this.active === null ? -1 : this.items.findIndex((i) => i.kind === 'task' && i.row.id === this.active));
  #place = 0;

  /** After each change of what is shown: the active one is held, and when it has left, the one in its place takes over. */
  settle(): void {
    const { lines } = this;
    const at = lines.findIndex((l) => l.row.id === this.active);
    if (at >= 0) {
      this.#place = at;
      return;
    }
    if (this.active !== null && lines.length > 0) this.active = lines[Math.min(this.#place, lines.length - 1)]?.row.id ?? null;
    if (lines.length === 0 && !tasks.state.loading) this.active = null;
  }

  go(show: TasksShow, list: Id | null = null): void {
    this.active = null;
    this.#place = 0;
    this.doneOpen = false;
    router.go(tasksAt(show, { list }));
  }
  open(id: Id | null, asked: Asked = null): void {
    this.asked = asked;
    if (id !== null) this.active = id;
    if (id === this.route.task) return;
    router.go({ ...this.route, task: id }, { replace: this.route.task !== null && id !== null });
  }
  close(): void {
    this.open(null);
    this.focusList();
  }

  /** The keys come to the list: to the task that is open, else to the first. */
  arrive(): void {
    if (this.active !== null) return;
    const open = this.lines.find((l) => l.row.id === this.route.task);
    this.active = (open ?? this.lines[0])?.row.id ?? null;
  }

  activate(id: Id | null): void {
    if (id === null) return;
    this.active = id;
    if (this.route.task !== null && this.route.task !== id) this.open(id);
  }
  /** False: there is nothing to move in. */
  move(step: number): boolean {
    const { lines } = this;
    if (lines.length === 0) return false;
    const at = lines.findIndex((l) => l.row.id === this.active);
    const to = at < 0 ? (step > 0 ? 0 : lines.length - 1) : Math.max(0, Math.min(lines.length - 1, at + step));
    this.activate(lines[to]?.row.id ?? null);
    return true;
  }
  fold(open: boolean): boolean {
    const line = this.lines.find((l) => l.row.id === this.active);
    if (!line) return false;
    if (line.parent && line.open !== open) {
      this.toggleFold(line.row.id);
      return true;
    }
    // As in every tree: from a leaf to what it stands below, and from what is open to the first below it.
    if (open) return line.parent && this.move(1);
    const above = this.lines.find((l) => l.row.id === line.row.parent);
    if (above) this.activate(above.row.id);
    return above !== undefined;
  }
  toggleFold(id: Id): void {
    const next = new Set(this.collapsed);
    if (!next.delete(id)) next.add(id);
    this.collapsed = next;
  }

  /** The task that is meant: the one whose panel is open, else the active one. */
  get meant(): TaskRow | undefined {
    return tasks.find(this.route.task ?? this.active);
  }
  can(row: TaskRow): TaskAbilitiesDto {
    return tasks.list(row.list)?.can ?? NOTHING;
  }
  listName(row: TaskRow): string {
    return tasks.list(row.list)?.name ?? '';
  }

  /** Why a task does not change. */
  explain(row: TaskRow, reason = row.pending === 'conflict' ? t('task.conflictLead') : t('task.lockedShort')): void {
    toasts.show({ text: t('task.locked', { title: titleOf(row), reason }) });
  }
  #may(row: TaskRow): boolean {
    if (!row.editable) this.explain(row);
    return row.editable;
  }

  async done(row: TaskRow, on = !isClosed(row)): Promise<void> {
    if (!this.#may(row)) return;
    const change = patch(row, { status: on ? 'done' : 'open', completedAt: on ? this.now : null });
    const res = await tasks.act(change, () => call('task_complete', { id: row.id, done: on }));
    if (!on || res === null || res.openSubtasks === 0) return;
    const { openSubtasks: count } = res;
    toasts.show({ text: t('task.below', { count, title: titleOf(row) }), ms: 12_000, action: { label: t('task.completeBelow', { count }), run: () => void this.#doneBelow(row) } });
  }
  async #doneBelow(row: TaskRow): Promise<void> {
    try {
      const { subtasks } = await call('task', { id: row.id });
      const acts = subtasks.filter((r) => r.editable).map((r) => ({ change: patch(r, { status: 'done', completedAt: this.now }), work: () => call('task_complete', { id: r.id, done: true }) }));
      await tasks.together(acts, (count) => t('task.belowDone', { count }));
    } catch (error) {
      toasts.error(error);
    }
  }

  /** Writes what changed; null where the core refused. */
  async update(row: TaskRow, fields: TaskFieldsDto, part: Partial<TaskRow>): Promise<TaskDone | null> {
    if (!this.#may(row)) return null;
    return tasks.act(patch(row, part), () => call('task_update', { id: row.id, fields }));
  }
  priority(row: TaskRow, priority: TaskPriority): void {
    if (!this.#may(row) || row.priority === priority) return;
    if (!this.can(row).priority) return this.explain(row, t('task.cant.priority', { list: this.listName(row) }));
    void this.update(row, { priority }, { priority });
  }
  due(row: TaskRow, when: When | null): void {
    if (!this.#may(row)) return;
    const { dueDay, dueTime } = this.can(row);
    if (!dueDay && !dueTime) return this.explain(row, t('task.cant.due', { list: this.listName(row) }));
    const to = when === null || dueTime ? when : { day: when.day, time: null };
    if (to === null ? row.due === null : row.due?.day === to.day && row.due.time === to.time) return;
    void this.update(row, { due: whenOf(to) }, { due: dueOf(to, this.wall) });
  }
  /** To a day, at the time it has, unless that is over by then. */
  #onDay(row: TaskRow, day: string): When {
    const time = row.due?.time ?? null;
    return { day, time: time !== null && this.can(row).dueTime && `${day}T${time}` > this.wall ? time : null };
  }
  dueToday(row: TaskRow): void {
    this.due(row, this.#onDay(row, this.today));
  }
  /** What is overdue, at once. */
  async overdueToToday(): Promise<void> {
    const late = tasks.rows.filter((r) => r.editable && isOverdue(r, this.wall));
    const acts = late.map((row) => {
      const to = this.#onDay(row, this.today);
      return { change: patch(row, { due: dueOf(to, this.wall) }), work: () => call('task_update', { id: row.id, fields: { due: whenOf(to) } }) };
    });
    const words = (done: number): string => (done < acts.length ? t('task.movedSome', { done, count: acts.length }) : t('task.movedAll', { count: done }));
    await tasks.together(acts, words);
  }
  moveTo(row: TaskRow, list: TaskListDto): void {
    if (!this.#may(row) || list.id === row.list) return;
    const ids = withBelow(row, tasks.rows);
    const change = { touches: (r: TaskRow) => ids.has(r.id), apply: (r: TaskRow) => ({ ...r, list: list.id, parent: r.id === row.id ? null : r.parent }) };
    void tasks.act(change, () => call('task_update', { id: row.id, fields: { list: list.id } }));
  }
  putBelow(row: TaskRow, parent: Id | null): void {
    if (!this.#may(row) || parent === row.parent) return;
    void this.update(row, { parent: parent === null ? { type: 'top' } : { type: 'below', task: parent } }, { parent });
  }
  remove(row: TaskRow): void {
    if (!this.#may(row)) return;
    if (!this.can(row).deletes) return this.explain(row, t('task.cant.deletes', { list: this.listName(row) }));
    const ids = withBelow(row, tasks.rows);
    if (this.route.task !== null && ids.has(this.route.task)) {
      router.go({ ...this.route, task: null });
      this.focusList();
    }
    void tasks.act({ touches: (r) => ids.has(r.id), apply: () => null }, () => call('task_delete', { id: row.id }));
  }

  /** False where there is no list, nothing to be done, or the core refused. */
  async add(quick: Quick, list: TaskListDto | undefined, parent: TaskRow | null = null): Promise<boolean> {
    const title = quick.title.trim();
    if (!list || title === '') return false;
    const part = held(quick, list);
    const row = fresh(list, { title, due: dueOf(part.due, this.wall), priority: part.priority ?? 'none', labels: [...part.labels], parent: parent?.id ?? null, depth: parent ? parent.depth + 1 : 0 });
    const fields: TaskFieldsDto = { ...fieldsOf(title, part), ...(parent ? { parent: { type: 'below', task: parent.id } } : {}) };
    const done = await tasks.act({ touches: () => false, apply: (r) => r, add: [row] }, () => call('task_create', { list: list.id, fields }));
    if (parent === null && done?.task != null && this.route.task === null) this.active = done.task;
    return done !== null;
  }
}
