import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { DraftDto, DraftSaveReq } from '../../ipc/bindings';

const calls: { name: string; req: unknown }[] = [];
let answer: (name: string, req: unknown) => Promise<unknown> = () => Promise.resolve({});
vi.mock('../../ipc/transport', () => ({
  call: (name: string, req: unknown) => {
    calls.push({ name, req });
    return answer(name, req);
  },
  asCallError: (e: unknown) => e,
}));
const { Draft } = await import('./draft.svelte');

const dto: DraftDto = { id: 7, account: 1, kind: 'new', to: [{ name: 'Ada', email: 'ada@x.example' }], cc: [], bcc: [], subject: 'Hello', html: '', quoted: '', attachments: [], savedAt: 0, version: 1 };
const make = (more: Partial<DraftDto> = {}) => new Draft({ ...dto, ...more }, 'dock', null, null);
const saves = () => calls.filter((c) => c.name === 'draft_save').map((c) => (c.req as DraftSaveReq).html);

beforeEach(() => {
  calls.length = 0;
  answer = () => Promise.resolve({ savedAt: 5, version: 2 });
});

describe('saving', () => {
  it('never runs twice at once, and saves what was typed meanwhile', async () => {
    const draft = make();
    let release: (() => void) | undefined;
    answer = () => new Promise((resolve) => { release = () => resolve({ savedAt: 5, version: 2 }); });
    draft.html = 'one';
    draft.touch();
    const first = draft.save();
    draft.html = 'two';
    draft.touch();
    const second = draft.save();
    expect(saves()).toEqual(['one']);
    release?.();
    await first;
    await vi.waitFor(() => expect(saves()).toEqual(['one', 'two']));
    release?.();
    await second;
    expect(draft.saveState).toBe('saved');
  });

  it('keeps the text and the reason when it fails, and tries again', async () => {
    const draft = make();
    answer = () => Promise.reject(Object.assign(new Error('The disk is full.'), { code: 'store_full', hint: '' }));
    draft.html = 'kept';
    draft.touch();
    await draft.save();
    expect([draft.saveState, draft.html, draft.error?.message]).toEqual(['failed', 'kept', 'The disk is full.']);
    answer = () => Promise.resolve({ savedAt: 9, version: 3 });
    await draft.save();
    expect([draft.saveState, draft.savedAt]).toEqual(['saved', 9]);
  });

  it('leaves an untouched draft alone', async () => {
    const draft = make();
    await draft.close();
    expect(calls).toEqual([]);
    expect(draft.untouched).toBe(true);
  });
});

describe('a draft that somebody else saved too', () => {
  const refuse = (stored: Partial<DraftDto>) => (name: string, req: unknown) =>
    name === 'draft' ? Promise.resolve({ ...dto, version: 4, ...stored })
      : (req as DraftSaveReq).version === 4 || (req as DraftSaveReq).version === undefined ? Promise.resolve({ savedAt: 9, version: 5 })
        : Promise.reject(Object.assign(new Error('changed'), { code: 'draft_conflict', hint: '' }));
  const edited = async (stored: Partial<DraftDto>) => {
    const draft = make();
    answer = refuse(stored);
    draft.html = 'mine';
    draft.touch();
    await draft.save();
    return draft;
  };

  it('overwrites nothing until it is told what to keep', async () => {
    const draft = await edited({ html: 'theirs' });
    expect([draft.saveState, draft.conflict?.html, draft.html]).toEqual(['failed', 'theirs', 'mine']);
    draft.touch();
    await draft.save();
    expect(calls.filter((c) => c.name === 'draft_save')).toHaveLength(1);
    expect(await draft.send(null, false)).toBeNull();
    await draft.keepMine();
    expect([draft.saveState, draft.conflict, saves()]).toEqual(['saved', null, ['mine', 'mine']]);
  });

  it('takes the other text whole, and has its own back', async () => {
    const draft = await edited({ html: 'theirs', subject: 'Other' });
    const mine = draft.content;
    if (draft.conflict) draft.load(draft.conflict);
    expect([draft.html, draft.subject, draft.saveState, draft.replaced]).toEqual(['theirs', 'Other', 'saved', 1]);
    draft.putBack(mine);
    await draft.save();
    expect([draft.html, draft.saveState]).toEqual(['mine', 'saved']);
  });

  it('is no conflict when only the count moved: a file was added', async () => {
    const draft = await edited({ html: dto.html });
    expect([draft.conflict, draft.saveState, saves()]).toEqual([null, 'saved', ['mine', 'mine']]);
  });

  it('is shown at once where nothing waits to be saved', async () => {
    const draft = make();
    answer = refuse({ html: 'theirs' });
    expect(await draft.follow()).toBe(true);
    expect(draft.html).toBe('theirs');
    draft.html = 'mine';
    draft.touch();
    expect(await draft.follow()).toBe(false);
    draft.drop();
  });
});

describe('sending', () => {
  it('saves first, and sends once however often it is asked', async () => {
    const draft = make();
    answer = (name) => Promise.resolve(name === 'draft_send' ? { undo: 'u', undoUntil: 1, count: 1, words: 'Sent' } : { savedAt: 1, version: 2 });
    const both = await Promise.all([draft.send(null, false), draft.send(null, false)]);
    expect(both.filter(Boolean)).toHaveLength(1);
    expect(calls.map((c) => c.name)).toEqual(['draft_save', 'draft_send']);
  });

  it('does not send what could not be saved', async () => {
    const draft = make();
    answer = () => Promise.reject(new Error('no'));
    draft.touch();
    expect(await draft.send(null, false)).toBeNull();
    expect(calls.map((c) => c.name)).toEqual(['draft_save']);
  });

  it('refuses no, bad and too much', async () => {
    expect(make({ to: [] }).problems.recipients).toBe('none');
    expect(make({ to: [{ name: '', email: 'nonsense' }] }).problems).toMatchObject({ recipients: 'invalid', bad: ['nonsense'] });
    const heavy = make({ attachments: [{ id: 1, name: 'a', mime: '', size: 25_000_001 }] });
    expect(heavy.problems.size).toBe(true);
    expect(await heavy.send(null, false)).toBeNull();
  });

  it('doubts a promised file and a missing subject until they are waived', () => {
    const draft = make({ subject: '' });
    draft.words = 'see the attached plan';
    expect(draft.doubt).toBe('file');
    draft.waived.add('file');
    expect(draft.doubt).toBe('subject');
    draft.waived.add('subject');
    expect(draft.doubt).toBeNull();
  });
});

describe('files', () => {
  it('refuses what would pass the limit before reading it, and keeps the others', async () => {
    const draft = make();
    answer = () => Promise.resolve({ ...dto, attachments: [{ id: 1, name: 'small', mime: '', size: 1 }] });
    const huge = new File(['x'], 'huge');
    Object.defineProperty(huge, 'size', { value: 26_000_000 });
    await draft.attach([huge, new File(['y'], 'small')], 'too large');
    expect(draft.incoming.map((f) => [f.name, f.error])).toEqual([['huge', 'too large']]);
    expect(draft.files.map((f) => f.name)).toEqual(['small']);
    expect(draft.bytes).toBe(1);
  });
});
