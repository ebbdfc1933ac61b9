import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { commands } from './commands.svelte';

const press = (k: string, init: KeyboardEventInit = {}) => {
  const event = new KeyboardEvent('keydown', { key: k, bubbles: true, cancelable: true, ...init });
  (document.activeElement ?? document.body).dispatchEvent(event);
  return event.defaultPrevented;
};
const at = (id: string) => document.getElementById(id) as HTMLElement;
const archive = vi.fn();
const typed = vi.fn();
let stop: () => void;

describe('typing ahead of a field', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'requestAnimationFrame'] });
    document.body.innerHTML = '<div id="list" tabindex="0"></div><input id="old"><input id="field">';
    Object.assign(document, { execCommand: typed });
    archive.mockReset();
    typed.mockReset();
    window.addEventListener('keydown', commands.onkeydown);
    stop = commands.bind({ 'triage.archive': archive, 'thread.reply': () => undefined, 'app.palette': () => undefined });
    at('list').focus();
  });
  afterEach(() => {
    stop();
    window.removeEventListener('keydown', commands.onkeydown);
    vi.advanceTimersByTime(5000);
    vi.useRealTimers();
  });
  const arrive = () => {
    at('field').focus();
    vi.advanceTimersByTime(50);
  };

  it('what follows the key goes into the field, and archives nothing', () => {
    press('r');
    for (const k of ['e', 'h', '!', 'Backspace']) expect(press(k)).toBe(true);
    arrive();
    expect(typed).toHaveBeenCalledWith('insertText', false, 'eh');
    expect(archive).not.toHaveBeenCalled();
    // From then on the field has its keys itself.
    expect(press('e')).toBe(false);
  });

  it('what is typed while the field takes it over comes after it', () => {
    press('r');
    press('e');
    at('field').focus();
    expect(press('a')).toBe(true);
    vi.advanceTimersByTime(50);
    expect(typed.mock.calls).toEqual([['insertText', false, 'ea']]);
    expect(press('s')).toBe(false);
  });

  it('a field that never comes does not keep the keys', () => {
    press('r');
    vi.advanceTimersByTime(2100);
    press('e');
    expect(archive).toHaveBeenCalledTimes(1);
  });

  it('Escape ends the wait', () => {
    press('r');
    press('x');
    press('Escape');
    press('e');
    expect(archive).toHaveBeenCalledTimes(1);
    arrive();
    expect(typed).not.toHaveBeenCalled();
  });

  it('the field that the person comes from is not the one that is awaited', () => {
    at('old').focus();
    press('k', { ctrlKey: true });
    expect(press('e')).toBe(true);
    arrive();
    expect(typed).toHaveBeenCalledWith('insertText', false, 'e');
  });

  it('strokes with Ctrl stay commands', () => {
    press('r');
    expect(press('k', { ctrlKey: true })).toBe(true);
    arrive();
    expect(typed).not.toHaveBeenCalled();
  });
});
