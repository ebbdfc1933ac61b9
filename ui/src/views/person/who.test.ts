import { expect, it } from 'vitest';
import type { MessageDto } from '../../ipc/bindings';
import { whoIsThere } from './who';

const p = (name: string, email: string) => ({ name, email });
const mail = (id: number, from: string, to: string[], over: Partial<MessageDto> = {}): MessageDto => ({
  id, from: p('', from), to: to.map((e) => p(e.toUpperCase(), e)), cc: [], date: id, snippet: '', unread: false, starred: false, draft: false, mailboxes: [], attachments: [], size: 1, ...over,
});
const emails = (messages: MessageDto[]) => whoIsThere(messages, ['Me@x.example']).map((w) => w.email);

it('begins with the one who wrote last, and leaves oneself out', () => {
  expect(emails([mail(1, 'a@x.example', ['me@x.example']), mail(2, 'b@x.example', ['me@x.example', 'c@x.example']), mail(3, 'me@x.example', ['b@x.example'])])).toEqual(['b@x.example', 'a@x.example', 'c@x.example']);
});
it('names whom it was sent to when only oneself wrote', () => {
  expect(emails([mail(1, 'ME@x.example', ['c@x.example'])])).toEqual(['c@x.example']);
});
it('does not count drafts, learns a name later, and keeps the latest mail of each', () => {
  const found = whoIsThere([mail(1, 'b@x.example', []), mail(2, 'b@x.example', ['B@x.example']), mail(3, 'd@x.example', [], { draft: true })], []);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ name: 'B@X.EXAMPLE', message: { id: 2 } });
});
it('has nobody in a note to oneself', () => {
  expect(emails([mail(1, 'me@x.example', ['me@x.example'])])).toEqual([]);
});
