import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { FileRow, FilesReq } from '../../ipc/bindings';

let answer: (req: FilesReq) => Promise<unknown> = () => Promise.resolve({ items: [], next: null });
const asked: FilesReq[] = [];
vi.mock('../../ipc/transport', () => ({
  call: (_: string, req: FilesReq) => {
    asked.push(req);
    return answer(req);
  },
  asCallError: (e: unknown) => e,
}));
const { FileWindow } = await import('./list.svelte');
const { remindTime } = await import('../composer/remind');

const file = (id: number, name: string): FileRow => ({ id, message: id, thread: id, account: 1, name, mime: '', kind: 'other', size: 1, risk: 'none', from: { name: 'Léna', email: 'l@x.example' }, subject: 's', date: id });

describe('the window of files', () => {
  beforeEach(() => { asked.length = 0; });

  it('adds pages and searches what is there, accents or not', async () => {
    answer = (req) => Promise.resolve(req.after === null ? { items: [file(1, 'Plan.pdf')], next: '1' } : { items: [file(2, 'Foto.jpg')], next: null });
    const files = new FileWindow();
    await files.read();
    files.query = 'lena foto';
    expect([files.rows.length, files.wanting]).toEqual([0, true]);
    await files.more();
    expect([files.rows.map((f) => f.name), files.wanting]).toEqual([['Foto.jpg'], false]);
    await files.more();
    expect(asked.map((r) => r.after)).toEqual([null, '1']);
  });

  it('forgets the answer to an older question', async () => {
    const waiting: ((page: unknown) => void)[] = [];
    answer = () => new Promise((resolve) => waiting.push(resolve));
    const files = new FileWindow();
    const first = files.read();
    files.kind = 'image';
    const second = files.read();
    waiting[1]?.({ items: [file(2, 'new')], next: null });
    await second;
    waiting[0]?.({ items: [file(1, 'old')], next: 'x' });
    await first;
    expect([files.rows.map((f) => f.name), files.next, files.loading]).toEqual([['new'], null, false]);
  });

  it('keeps what it has when a later page fails, and stops asking', async () => {
    answer = (req) => (req.after === null ? Promise.resolve({ items: [file(1, 'a')], next: '1' }) : Promise.reject(Object.assign(new Error('no'), { code: 'store' })));
    const files = new FileWindow();
    await files.read();
    await files.more();
    await files.more();
    expect([files.rows.length, files.error?.message, asked.length]).toEqual([1, 'no', 2]);
  });
});

describe('a reminder', () => {
  const morning = { hour: 8, minute: 30 };
  it('comes in the morning, days of the calendar after the mail goes out', () =>
    expect(remindTime({ days: 3 }, new Date(2026, 2, 27, 23, 50).getTime(), morning)).toBe(new Date(2026, 2, 30, 8, 30).getTime()));
  it('or at its own time', () => expect(remindTime({ at: 5 }, 1, morning)).toBe(5));
});
