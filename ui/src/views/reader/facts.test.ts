import { describe, expect, it } from 'vitest';
import type { MessageDto } from '../../ipc/bindings';
import { fileKind, groups, nameHidesAddress, openAtFirst, shortName } from './facts';

const message = (id: number, more: Partial<MessageDto> = {}): MessageDto => ({
  id, from: { name: '', email: 'a@x.example' }, to: [], cc: [], date: 0, snippet: '', unread: false, starred: false, draft: false,
  mailboxes: [], attachments: [], size: 0, ...more,
});

describe('what is open', () => {
  it('opens the unread and the last', () => {
    expect([...openAtFirst([message(1), message(2, { unread: true }), message(3), message(4)])].sort()).toEqual([2, 4]);
  });
  it('does not count a draft as the last message', () => {
    expect([...openAtFirst([message(1), message(2, { draft: true })])]).toEqual([1]);
  });
});

describe('groups', () => {
  const many = Array.from({ length: 500 }, (_, i) => message(i + 1));
  it('folds the closed middle but keeps the first and the one before the open one', () => {
    const found = groups(many, new Set([500]), false);
    expect(found.map((g) => [g.folded, g.messages.length])).toEqual([[false, 1], [true, 497], [false, 1], [false, 1]]);
    expect(found.flatMap((g) => g.messages)).toHaveLength(500);
  });
  it('leaves short runs alone', () => {
    expect(groups(many.slice(0, 4), new Set([4]), false).some((g) => g.folded)).toBe(false);
  });
  it('shows all when asked', () => {
    expect(groups(many, new Set([500]), true).some((g) => g.folded)).toBe(false);
  });
});

describe('words', () => {
  it('shortens names', () => {
    expect(shortName({ name: 'Ada Lovelace', email: 'a@x.example' })).toBe('Ada');
    expect(shortName({ name: '', email: 'ada@x.example' })).toBe('ada');
    expect(shortName({ name: 'Lovelace, Ada', email: 'a@x.example' })).toBe('Lovelace, Ada');
  });
  it('sees an address in a name', () => {
    expect(nameHidesAddress({ name: 'ceo@bank.example', email: 'x@evil.example' })).toBe(true);
    expect(nameHidesAddress({ name: 'A@x.example', email: 'a@x.example' })).toBe(false);
  });
  it('knows kinds by type, then by name', () => {
    expect(fileKind({ mime: 'application/octet-stream', name: 'a.PDF' })).toBe('pdf');
    expect(fileKind({ mime: 'image/png', name: 'x' })).toBe('image');
    expect(fileKind({ mime: 'application/octet-stream', name: 'x' })).toBe('file');
  });
});
