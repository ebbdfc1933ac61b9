// Notion's tables in the mock: chosen and mapped for as long as the window is open. `?tables=none|error|offline|slow|refuse|gone|alone`.
import { plus } from '../../views/calendar/days';
import { wall } from '../../views/calendar/zones';
import { stepOf } from '../../views/integrations/tables/tables.svelte';
import type { Commands, ConnectionDto, TableDto, TableMappingDto, TablePreviewRow, TablePropertyDto } from '../bindings';
import { fail } from './accounts';

type Names = 'task_tables' | 'task_table_preview' | 'task_tables_save';
type Handlers = { [K in Names]: (req: Commands[K][0]) => Commands[K][1] | Promise<Commands[K][1]> };

interface World {
  now: number;
  /** `?tables=` */
  scenario: string;
  connection: (id: string) => ConnectionDto;
  /** Keeps what became of a connection. */
  keep: (connection: ConnectionDto) => void;
}

const property = (id: string, name: string, kind: TablePropertyDto['kind'], options: [id: string, name: string, step?: string][] = []): TablePropertyDto => ({ id, name, kind, options: options.map(([key, label, step]) => ({ id: key, name: label, step: step ?? null })) });
const mapping = (done: TableMappingDto['done'], over: Partial<TableMappingDto> = {}): TableMappingDto => ({ done, due: null, priority: null, priorities: [], labels: null, notes: null, assigned: null, person: null, ...over });

const STATUS = property('stat', 'Status', 'status', [['s0', 'Not started', 'open'], ['s1', 'In progress', 'started'], ['s2', 'Done', 'done'], ['s3', 'Archived', 'done']]);
const title = (name: string) => property('title', name, 'title');

function tablesOf(scenario: string): TableDto[] {
  const studio = mapping({ by: 'groups', property: 'stat' }, { due: 'due', labels: 'tags' });
  const home = mapping({ by: 'checkbox', property: 'done' }, { due: 'when' });
  const table = (id: string, name: string, properties: TablePropertyDto[], suggested: TableMappingDto | null): TableDto => ({ id, name, properties, used: suggested !== null, mapping: suggested, suggested, problem: null });
  const all = [
    table('t1', 'Studio tasks', [title('Task'), STATUS, property('due', 'Due', 'date'), property('tags', 'Tags', 'multi_select'), property('est', 'Estimate', 'other')], studio),
    table('t2', 'Household', [title('Name'), property('done', 'Done', 'checkbox'), property('when', 'When', 'date')], home),
    table('t3', 'Editorial calendar', [title('Story'), property('stg', 'Stage', 'select', [['a', 'Pitch'], ['b', 'Writing'], ['c', 'Published'], ['d', 'Dropped']]), property('dead', 'Deadline', 'date'), property('imp', 'Importance', 'select', [['x', 'High'], ['y', 'Normal'], ['z', 'Low']]), property('who', 'Author', 'people'), property('txt', 'Notes', 'text'), property('beat', 'Beat', 'multi_select')], null),
    table('t4', 'Books', [title('Title'), property('n', 'Pages', 'other')], null),
  ];
  if (scenario === 'gone') all[0] = { ...all[0]!, properties: all[0]!.properties.filter((p) => p.id !== 'due'), problem: 'The property for “Due” is no longer in this table. Choose another one: until then its tasks are read-only.' };
  return scenario === 'none' ? [] : all;
}

/** Pages, by ids of options and whether a checkbox is ticked. */
const PAGES: Record<string, { title: string; option?: string; ticked?: boolean; days?: number; importance?: string; who?: string; labels?: string[] }[]> = {
  t1: [{ title: 'Proofs of the spring catalogue', option: 's1', days: 3, labels: ['print'] }, { title: 'Order paper samples', option: 's0', days: 8 }, { title: 'Photograph the bindery', option: 's0', labels: ['web'] }, { title: 'Sort the old letterheads', option: 's3', days: -4 }],
  t2: [{ title: 'Candles', days: 9 }, { title: 'Water the fig tree', days: 0 }, { title: 'Defrost the freezer', ticked: true }],
  t3: [{ title: 'The last type foundry', option: 'b', days: 5, importance: 'x', who: 'p1', labels: ['craft'] }, { title: 'A week with the night printers', option: 'a', days: 12, importance: 'y', who: 'p2' }, { title: 'Paper prices', option: 'c', days: -6, importance: 'z', who: 'p2' }],
};

export function tablesMock(w: World) {
  let all = tablesOf(w.scenario);
  let down = w.scenario === 'error' || w.scenario === 'offline';
  const today = wall(null, w.now).slice(0, 10);
  const wait = (ms: number) => new Promise((go) => setTimeout(go, ms));
  const found = (id: string): TableDto => {
    const table = all.find((t) => t.id === id);
    if (!table) throw fail('not_found', 'This table does not exist', 'Refresh the list; it may have been removed meanwhile.');
    return table;
  };
  const handlers: Handlers = {
    task_tables: async () => {
      await wait(w.scenario === 'slow' ? 60_000 : 60);
      if (down) {
        down = w.scenario === 'offline';
        throw w.scenario === 'offline' ? fail('unreachable', 'api.notion.com can’t be reached.', 'Check your connection and try again.') : fail('server', 'Notion has a problem of its own: service_unavailable', 'Try again later.');
      }
      return { tables: all, people: w.scenario === 'alone' ? [] : [{ id: 'p1', name: 'Ines Moreau' }, { id: 'p2', name: 'Tom Weber' }] };
    },
    task_table_preview: async ({ table: id, mapping: m }) => {
      await wait(80);
      const property = found(id).properties.find((p) => p.id === m.done.property);
      const pages = (PAGES[id] ?? []).filter((page) => m.person === null || page.who === m.person);
      return pages.map((page): TablePreviewRow => {
        const status = m.done.by === 'checkbox' ? (page.ticked === true ? 'done' : 'open') : property && page.option !== undefined ? stepOf(property, m.done, page.option) : 'open';
        const day = m.due === null || page.days === undefined ? null : plus(today, page.days);
        return {
          title: page.title, status, priority: m.priority === null ? 'none' : (m.priorities.find((p) => p.option === page.importance)?.priority ?? 'none'), labels: m.labels === null ? [] : (page.labels ?? []),
          due: day === null ? null : { day, time: null, overdue: day < today && status !== 'done', exact: { type: 'day', day } },
        };
      });
    },
    task_tables_save: async ({ connection, choices }) => {
      await wait(200);
      if (w.scenario === 'refuse') throw fail('wedged', '2 changes of these tasks are not at the provider yet.', 'Wait until they are written, or discard them in the outbox.');
      for (const choice of choices) {
        const table = found(choice.table);
        all = all.map((t) => (t.id === table.id ? { ...t, used: choice.used, mapping: choice.mapping, problem: null } : t));
      }
      const next = { ...w.connection(connection), unusedTables: all.filter((t) => !t.used).length };
      w.keep(next);
      return next;
    },
  };
  return { handlers };
}
