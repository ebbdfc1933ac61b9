// Google Drive and OneDrive of the mock, by `?drive=`: `google`, `both`, `full` (no room), `slow` (stays under way), `broken` (can't be asked),
// `empty`. Without it no connection has files. What is saved is there from then on.
import type { AppEvent, Commands, DraftDto, FilePlaceDto, Id, RemoteFileDto, SavedToDto } from '../bindings';
import { fail } from './accounts';

type Names = 'file_places' | 'attachment_save_to' | 'saved_to' | 'saved_open' | 'file_page' | 'remote_files' | 'remote_file_open' | 'draft_attach_remote';
type Handlers = { [K in Names]: (req: Commands[K][0]) => Commands[K][1] };

interface World {
  now: number;
  drive: string | null;
  emit: (event: AppEvent) => void;
  draft: (id: Id) => DraftDto;
  keep: (draft: DraftDto) => void;
}

/** For as long it can be taken back. */
const UNDO_MS = 2500;
const NO_ROOM = 'There is no room left in this Google account: make some at Google, then try again.';
const GOOGLE: FilePlaceDto = { connection: 'c-work', integration: 'google', label: 'mara@northwind.example' };
const ONEDRIVE: FilePlaceDto = { connection: 'c-outlook', integration: 'microsoft', label: 'mara.lindqvist@outlook.example' };

export function filesMock(w: World): Handlers & { act: (id: Id, action: string) => boolean } {
  const places = w.drive === null ? [] : w.drive === 'both' ? [GOOGLE, ONEDRIVE] : [GOOGLE];
  const saved = new Map<Id, SavedToDto[]>();
  let next = 70_000;
  let room = w.drive !== 'full';

  const there: RemoteFileDto[] = w.drive === 'empty' ? [] : [
    { key: 'c-work:1', name: 'Field guide, proof 2.pdf', size: 1_840_000, modifiedAt: w.now - 3_600_000, hasPage: true },
    { key: 'c-work:2', name: 'Invoice 4711.pdf', size: 84_000, modifiedAt: w.now - 2 * 86_400_000, hasPage: true },
    { key: 'c-work:3', name: 'Budget', size: null, modifiedAt: w.now - 9 * 86_400_000, hasPage: true },
    { key: 'c-work:4', name: 'Raw scans.zip', size: 640_000_000, modifiedAt: w.now - 30 * 86_400_000, hasPage: false },
  ];

  const change = (id: Id, to: Partial<SavedToDto> | null) => {
    for (const [message, all] of saved) saved.set(message, all.flatMap((s) => (s.outbox === id ? (to ? [{ ...s, ...to }] : []) : [s])));
    w.emit({ type: 'outbox' });
  };
  const state = (id: Id) => [...saved.values()].flat().find((s) => s.outbox === id)?.state;
  const run = (id: Id) => {
    setTimeout(() => {
      if (state(id) !== 'queued') return;
      change(id, { state: 'sending' });
      if (w.drive === 'slow') return;
      setTimeout(() => change(id, room ? { state: 'saved', words: '', hasPage: true } : { state: 'failed', words: NO_ROOM }), 300);
    }, UNDO_MS);
  };

  return {
    /** False: the item is none of these. */
    act: (id, action) => {
      if (state(id) === undefined) return false;
      if (action === 'discard') change(id, null);
      if (action === 'retry') {
        room = true;
        change(id, { state: 'queued', words: '' });
        run(id);
      }
      return true;
    },
    file_places: () => places,
    attachment_save_to: ({ message, attachment, connection }) => {
      const all = saved.get(message) ?? [];
      if (!all.some((s) => s.attachment === attachment && s.connection === connection && s.state !== 'saved')) {
        const outbox = next++;
        saved.set(message, [...all, { outbox, connection, attachment, state: 'queued', words: '', hasPage: false }]);
        w.emit({ type: 'outbox' });
        run(outbox);
      }
      return saved.get(message) ?? [];
    },
    saved_to: ({ id }) => saved.get(id) ?? [],
    saved_open: () => ({}),
    remote_file_open: () => ({}),
    file_page: () => ({}),
    remote_files: ({ query }) => places.map((place) => {
      const broken = w.drive === 'broken';
      const files = place === GOOGLE && !broken ? there.filter((f) => f.name.toLowerCase().includes(query.trim().toLowerCase())) : [];
      return { place, files, leftOut: query === '' && files.length > 0 ? 12 : 0, complete: !broken, error: broken ? fail('unreachable', "www.googleapis.com can't be reached: no connection", 'Check the host name, the port and the network, then try again.') : null };
    }),
    draft_attach_remote: ({ id, key }) => {
      const file = there.find((f) => f.key === key);
      const draft = w.draft(id);
      if (file?.size == null) throw fail('not_found', 'This file no longer exists at the provider');
      const made = { ...draft, attachments: [...draft.attachments, { id: next++, name: file.name, mime: 'application/pdf', size: file.size }], savedAt: Date.now(), version: draft.version + 1 };
      w.keep(made);
      return made;
    },
  };
}
