import { describe, expect, it } from 'vitest';
import { against, assign, record } from '../views/settings/keytable';
import { COMMANDS, IDS, conflicts, keysOf } from './keymap';
import { answer, typed, type Item } from './palette/items';
import { score } from './palette/match';
import { synonyms } from './palette/synonyms';

describe('presets', () => {
  it.each(['gmail', 'superhuman'])('%s has no two commands on one key', (name) => {
    expect(conflicts(keysOf(name, {}))).toEqual([]);
  });
  it('has what Superhuman does otherwise', () => {
    const keys = keysOf('superhuman', {});
    expect(keys['triage.toggleRead']).toEqual(['u']);
    expect(keys['triage.inbox']).toEqual(['Shift+e']);
    expect(keys['thread.back']).toEqual([]);
    expect(keys['triage.archive']).toEqual(COMMANDS['triage.archive'].keys);
  });
  it('puts own keys over the preset, and an empty one takes them away', () => {
    const keys = keysOf('gmail', { 'triage.archive': 'y', 'triage.star': '', nonsense: 'q' });
    expect(keys['triage.archive']).toEqual(['y']);
    expect(keys['triage.star']).toEqual([]);
    expect(Object.keys(keys).sort()).toEqual([...IDS].sort());
  });
});

describe('conflicts', () => {
  it('finds the same key twice, and a key that begins a sequence', () => {
    expect(conflicts(keysOf('gmail', { 'triage.archive': 's' })).map((c) => c.ids)).toEqual([['triage.archive', 'triage.star']]);
    const g = conflicts(keysOf('gmail', { 'triage.archive': 'g' }));
    expect(g.length).toBeGreaterThan(5);
    expect(g.every((c) => c.keys === 'g')).toBe(true);
  });
  it('leaves the calendar its own keys, which no list is asked for at the same time', () => {
    expect(conflicts(keysOf('gmail', { 'calendar.today': 'e' })).map((c) => c.ids)).toEqual([['calendar.today', 'calendar.edit']]);
    expect(conflicts(keysOf('gmail', { 'calendar.today': 'j' }))).toEqual([]);
    expect(conflicts(keysOf('gmail', { 'calendar.today': '/' })).map((c) => c.ids)).toEqual([['app.search', 'calendar.today']]);
  });
  it('leaves the tasks theirs, beside the calendar and the lists', () => {
    expect(conflicts(keysOf('gmail', { 'tasks.today': 'e' })).map((c) => c.ids)).toEqual([['tasks.edit', 'tasks.today']]);
    expect(conflicts(keysOf('gmail', { 'tasks.today': 'w' }))).toEqual([]);
    expect(conflicts(keysOf('superhuman', { 'tasks.today': 'Shift+e' }))).toEqual([]);
    expect(conflicts(keysOf('gmail', { 'tasks.today': '?' })).map((c) => c.ids)).toEqual([['app.shortcuts', 'tasks.today']]);
  });
  it('lets Esc close the innermost', () => {
    expect(keysOf('gmail', {})['app.back']).toEqual(['Escape']);
    expect(keysOf('gmail', {})['composer.close']).toEqual(['Escape']);
  });
  it('names who is in the way and takes over', () => {
    expect(against('gmail', {}, 'triage.star', 'e')).toEqual(['triage.archive']);
    const next = assign('gmail', {}, 'triage.star', 'e');
    const keys = keysOf('gmail', next);
    expect(keys['triage.star']).toEqual(['e']);
    expect(keys['triage.archive']).toEqual([]);
    expect(conflicts(keys)).toEqual([]);
  });
  it('keeps the other keys of a command that loses one', () => {
    expect(keysOf('gmail', assign('gmail', {}, 'triage.mute', 'j'))['list.next']).toEqual(['ArrowDown']);
  });
  it('records two strokes at most', () => {
    expect(['g', 'x', 'y'].reduce(record, '')).toBe('x y');
  });
});

describe('the palette', () => {
  const item = (id: string, label: string, group: Item['group'] = 'commands', words = ''): Item => ({ id, label, group, words, icon: null as unknown as Item['icon'], run: () => undefined });
  const all = [item('cmd:bin', 'Move to bin', 'selection', synonyms('triage.trash', 'en')), item('cmd:archive', 'Archive', 'selection', 'done'), item('cmd:goArchive', 'Archive', 'goto'), item('go:f', 'Planning', 'folders'), item('set:theme', 'Theme', 'settings', 'dark')];
  const found = (text: string, lately: string[] = []) => answer(all, typed(text), lately).flatMap((s) => s.items.map((i) => i.id));
  it('finds by synonyms, by beginnings, by letters in order and without accents', () => {
    expect(found('delete')[0]).toBe('cmd:bin');
    expect(found('dark')[0]).toBe('set:theme');
    expect(found('arv')).toContain('cmd:archive');
    expect(score('posteingang', 'Pósteingang')).toBeGreaterThan(0);
    expect(found('löschen')).toEqual([]);
    expect(synonyms('triage.trash', 'de')).toContain('löschen');
  });
  it('puts what was chosen last first among equals', () => {
    expect(found('archive')[0]).toBe('cmd:archive');
    expect(found('archive', ['cmd:goArchive'])[0]).toBe('cmd:goArchive');
  });
  it('keeps to the prefix', () => {
    expect(found('#plan')).toEqual(['go:f']);
    expect(found('>plan')).toEqual([]);
    expect(typed('  @ ada ')).toEqual({ prefix: '@', text: 'ada' });
  });
  it('suggests without being asked', () => {
    expect(answer(all, typed(''), ['cmd:archive'])[0]).toMatchObject({ group: 'suggested' });
  });
});
