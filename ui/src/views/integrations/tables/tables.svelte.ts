// Which tables of a connection are task lists, and what their properties mean: what the provider has, what is being chosen, and how the
// first pages would look with it. Nothing is kept before it is saved.
import type { TableDoneDto, TableDto, TableMappingDto, TablePreviewRow, TablePropertyDto, TablePropertyKind, TablesDto, TaskPriority } from '../../../ipc/bindings';
import { asCallError, call, type CallError } from '../../../ipc/transport';

export type Step = 'open' | 'started' | 'done';
export interface Draft { used: boolean; mapping: TableMappingDto | null }

/** A pause in which several choices in a row are one question to the provider, which takes few in a second. */
const PAUSE_MS = 250;

export const draftOf = (table: TableDto): Draft => ({ used: table.used, mapping: table.mapping });

/** A mapping that begins with what says “done”. Options of a select mean nothing yet. */
export function begun(property: TablePropertyDto, before: TableMappingDto | null): TableMappingDto {
  const done: TableDoneDto = property.kind === 'checkbox' ? { by: 'checkbox', property: property.id } : property.kind === 'status' ? { by: 'groups', property: property.id } : { by: 'options', property: property.id, started: [], done: [] };
  return { due: null, priority: null, priorities: [], labels: null, notes: null, assigned: null, person: null, ...before, done };
}

/** What an option means by now. */
export function stepOf(property: TablePropertyDto, done: TableDoneDto, option: string): Step {
  if (done.by === 'options') return done.done.includes(option) ? 'done' : done.started.includes(option) ? 'started' : 'open';
  return (property.options.find((o) => o.id === option)?.step as Step | null | undefined) ?? 'open';
}

/** An option that means something else from now on: the others stay as they are, in the order of the table. */
export function withStep(property: TablePropertyDto, done: TableDoneDto, option: string, step: Step): TableDoneDto {
  const of = (wanted: Step): string[] => property.options.filter((o) => (o.id === option ? step : stepOf(property, done, o.id)) === wanted).map((o) => o.id);
  return { by: 'options', property: property.id, started: of('started'), done: of('done') };
}

export const means = (mapping: TableMappingDto, option: string): TaskPriority => mapping.priorities.find((p) => p.option === option)?.priority ?? 'none';
export function withPriority(mapping: TableMappingDto, option: string, priority: TaskPriority): TableMappingDto {
  const others = mapping.priorities.filter((p) => p.option !== option);
  return { ...mapping, priorities: priority === 'none' ? others : [...others, { option, priority }] };
}

/** Whether something in it says that a task is done. */
export function complete(table: TableDto, mapping: TableMappingDto | null): boolean {
  if (mapping === null) return false;
  const property = table.properties.find((p) => p.id === mapping.done.property);
  return property !== undefined && (property.kind === 'checkbox' || property.options.some((o) => stepOf(property, mapping.done, o.id) === 'done'));
}

export class TableSetup {
  data = $state.raw<TablesDto | null>(null);
  error = $state.raw<CallError | null>(null);
  drafts = $state.raw<Record<string, Draft>>({});
  current = $state<string | null>(null);
  rows = $state.raw<TablePreviewRow[] | null>(null);
  rowsError = $state.raw<CallError | null>(null);
  saving = $state(false);
  saveError = $state.raw<CallError | null>(null);
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly connection: string) {}

  table = $derived(this.data?.tables.find((t) => t.id === this.current) ?? null);
  draft = $derived(this.table === null ? null : this.of(this.table));
  changed = $derived((this.data?.tables ?? []).filter((t) => JSON.stringify(this.of(t)) !== JSON.stringify(draftOf(t))));
  /** Used, and nothing says “done”. */
  unfinished = $derived(this.changed.filter((t) => this.of(t).used && !complete(t, this.of(t).mapping)));
  unused = $derived((this.data?.tables ?? []).filter((t) => !this.of(t).used).length);

  of(table: TableDto): Draft {
    return this.drafts[table.id] ?? draftOf(table);
  }

  async read(): Promise<void> {
    this.error = null;
    try {
      this.data = await call('task_tables', { id: this.connection });
      const first = this.data.tables.find((t) => t.problem !== null) ?? this.data.tables[0];
      if (this.table === null) this.current = first?.id ?? null;
    } catch (error) {
      this.error = asCallError(error);
    }
  }

  choose(part: Partial<Draft>): void {
    if (this.table === null || this.draft === null) return;
    this.saveError = null;
    this.drafts = { ...this.drafts, [this.table.id]: { ...this.draft, ...part } };
  }
  map(part: Partial<TableMappingDto>): void {
    if (this.draft?.mapping != null) this.choose({ mapping: { ...this.draft.mapping, ...part } });
  }
  doneBy(id: string): void {
    const property = this.table?.properties.find((p) => p.id === id);
    if (property) this.choose({ mapping: begun(property, this.draft?.mapping ?? null), used: true });
  }
  properties(...kinds: TablePropertyKind[]): TablePropertyDto[] {
    return (this.table?.properties ?? []).filter((p) => kinds.includes(p.kind));
  }

  /** The first pages with what is chosen now; an answer to an earlier question is not shown. */
  look(): void {
    clearTimeout(this.#timer);
    const asked = ++this.#asked;
    const [table, mapping] = [this.table, this.draft?.mapping ?? null];
    this.rowsError = null;
    if (table === null || mapping === null || !complete(table, mapping)) {
      this.rows = null;
      return;
    }
    this.#timer = setTimeout(() => {
      void call('task_table_preview', { connection: this.connection, table: table.id, mapping }).then(
        (rows) => { if (asked === this.#asked) this.rows = rows; },
        (error: unknown) => { if (asked === this.#asked) [this.rows, this.rowsError] = [null, asCallError(error)]; },
      );
    }, PAUSE_MS);
  }
  stop(): void {
    clearTimeout(this.#timer);
    this.#asked += 1;
  }

  async save(): Promise<boolean> {
    this.saving = true;
    this.saveError = null;
    try {
      await call('task_tables_save', { connection: this.connection, choices: this.changed.map((t) => ({ table: t.id, ...this.of(t) })) });
      return true;
    } catch (error) {
      this.saveError = asCallError(error);
      return false;
    } finally {
      this.saving = false;
    }
  }
}
