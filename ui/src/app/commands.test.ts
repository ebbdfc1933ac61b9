import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { commands } from './commands.svelte';

const key = (target: EventTarget, k: string, init: KeyboardEventInit = {}) => {
  const event = new KeyboardEvent('keydown', { key: k, bubbles: true, cancelable: true, ...init });
  target.dispatchEvent(event);
  return event;
};
let stops: (() => void)[] = [];
beforeEach(() => {
  document.body.innerHTML = '<div id="list" tabindex="0"></div><input id="field"><button id="button">b</button>';
  window.addEventListener('keydown', commands.onkeydown);
});
afterEach(() => {
  for (const stop of stops) stop();
  stops = [];
  commands.pending = '';
  commands.singleKeys = true;
  window.removeEventListener('keydown', commands.onkeydown);
  vi.useRealTimers();
});
const bind = (h: Parameters<typeof commands.bind>[0]) => stops.push(commands.bind(h));
const at = (id: string) => document.getElementById(id)!;

describe('commands', () => {
  it('runs what is bound, and nothing after it is unbound', () => {
    const run = vi.fn();
    bind({ 'triage.archive': run });
    expect(key(at('list'), 'e').defaultPrevented).toBe(true);
    stops.pop()?.();
    expect(key(at('list'), 'e').defaultPrevented).toBe(false);
    expect(run).toHaveBeenCalledTimes(1);
  });
  it('leaves plain keys to fields, and takes Mod keys there', () => {
    const archive = vi.fn();
    const search = vi.fn();
    bind({ 'triage.archive': archive, 'app.palette': search });
    key(at('field'), 'e');
    key(at('field'), '/');
    expect(archive).not.toHaveBeenCalled();
    expect(search).not.toHaveBeenCalled();
    key(at('field'), 'k', { ctrlKey: true });
    expect(search).toHaveBeenCalledTimes(1);
  });
  it('leaves Mod+Z of a field to the field', () => {
    const undo = vi.fn();
    bind({ 'app.undo': undo });
    key(at('field'), 'z', { ctrlKey: true });
    expect(undo).not.toHaveBeenCalled();
  });
  it('leaves Enter to a button', () => {
    const open = vi.fn();
    bind({ 'list.open': open });
    key(at('button'), 'Enter');
    expect(open).not.toHaveBeenCalled();
    key(at('button'), 'o');
    expect(open).toHaveBeenCalledTimes(1);
  });
  it('is silent while a dialog is open', () => {
    const archive = vi.fn();
    bind({ 'triage.archive': archive });
    document.body.insertAdjacentHTML('beforeend', '<div data-modal></div>');
    key(at('list'), 'e');
    expect(archive).not.toHaveBeenCalled();
  });
  it('follows sequences, shows what can follow, and forgets after a second', () => {
    vi.useFakeTimers();
    const inbox = vi.fn();
    bind({ 'go.inbox': inbox, 'go.starred': vi.fn() });
    key(at('list'), 'g');
    expect(commands.hints.map((h) => h.key).sort()).toEqual(['i', 's']);
    key(at('list'), 'i');
    expect(inbox).toHaveBeenCalledTimes(1);
    key(at('list'), 'g');
    vi.advanceTimersByTime(1001);
    expect(commands.pending).toBe('');
    key(at('list'), 'i');
    expect(inbox).toHaveBeenCalledTimes(1);
  });
  it('lets the latest binding win and pass on', () => {
    const first = vi.fn();
    const second = vi.fn(() => false);
    bind({ 'app.back': first });
    bind({ 'app.back': second });
    key(at('list'), 'Escape');
    expect(second).toHaveBeenCalledTimes(1);
    expect(first).toHaveBeenCalledTimes(1);
  });
  it('puts the commands of the calendar before those of the window, and says so', () => {
    const reply = vi.fn();
    const agenda = vi.fn();
    bind({ 'app.compose': vi.fn(), 'thread.replyAll': reply });
    expect(commands.inForce('app.compose')).toEqual(['c']);
    bind({ 'calendar.new': vi.fn(), 'calendar.agenda': agenda });
    key(at('list'), 'a');
    expect(agenda).toHaveBeenCalledTimes(1);
    expect(reply).not.toHaveBeenCalled();
    expect(commands.inForce('app.compose')).toEqual([]);
    expect(commands.shown('c')).toBe('');
    expect(commands.shown('calendar.new')).toBe('c');
  });
  it('gives each screen with keys of its own what is its own', () => {
    const [bin, remove] = [vi.fn(), vi.fn()];
    bind({ 'app.compose': vi.fn(), 'triage.trash': bin, 'tasks.new': vi.fn(), 'tasks.delete': remove });
    key(at('list'), 'Delete');
    expect(remove).toHaveBeenCalledTimes(1);
    expect(bin).not.toHaveBeenCalled();
    expect(commands.inForce('app.compose')).toEqual([]);
    expect(commands.inForce('triage.trash')).toEqual([]);
    expect(commands.inForce('tasks.new')).toContain('c');
  });
  it('does not repeat an action while the key is held, but moves on', () => {
    const archive = vi.fn();
    const next = vi.fn();
    bind({ 'triage.archive': archive, 'list.next': next });
    key(at('list'), 'e', { repeat: true });
    key(at('list'), 'j', { repeat: true });
    expect(archive).not.toHaveBeenCalled();
    expect(next).toHaveBeenCalledTimes(1);
  });
  it('drops single keys when the person switched them off', () => {
    const archive = vi.fn();
    const search = vi.fn();
    const down = vi.fn();
    commands.singleKeys = false;
    bind({ 'triage.archive': archive, 'app.palette': search, 'list.next': down });
    key(at('list'), 'e');
    key(at('list'), '/');
    key(at('list'), 'ArrowDown');
    key(at('list'), 'k', { ctrlKey: true });
    expect(archive).not.toHaveBeenCalled();
    expect(down).toHaveBeenCalledTimes(1);
    expect(search).toHaveBeenCalledTimes(1);
  });
});
