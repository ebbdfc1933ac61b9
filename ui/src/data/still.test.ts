// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MOST_MS, STILL_MS, whenStill } from './still';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const press = () => dispatchEvent(new KeyboardEvent('keydown', { key: 'j' }));

it('runs at once when the keys rest', () => {
  vi.advanceTimersByTime(STILL_MS);
  const run = vi.fn();
  whenStill(run);
  expect(run).toHaveBeenCalledOnce();
});

it('waits for the last key, and runs once', () => {
  const run = vi.fn();
  press();
  whenStill(run);
  vi.advanceTimersByTime(STILL_MS - 1);
  press();
  vi.advanceTimersByTime(STILL_MS - 1);
  expect(run).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(MOST_MS);
  expect(run).toHaveBeenCalledOnce();
});

it('is not starved by a held key', () => {
  const run = vi.fn();
  press();
  whenStill(run);
  for (let ms = 0; ms < MOST_MS; ms += 30) {
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(30);
    press();
  }
  expect(run).toHaveBeenCalledOnce();
});
