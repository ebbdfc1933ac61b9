// A choice in the settings shows at once and is saved a moment later; whatever the core says in between must not take it back.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Settings } from '../ipc/bindings';

const { call } = vi.hoisted(() => ({ call: vi.fn() }));
vi.mock('../ipc/transport', () => ({ call, asCallError: (e: unknown) => e, onEvent: () => () => undefined }));
vi.mock('../app/theme', () => ({ applyLook: () => undefined, themeNow: () => 'light' }));
const { DEFAULTS, session } = await import('./session.svelte');

/** As the core holds it. */
let core: Settings;
let refuse: boolean;
const saved = () => (call.mock.calls as [string, Settings][]).filter(([name]) => name === 'settings_save').map(([, settings]) => settings);
const state = () => ({ stage: 'locked', problem: null, sample: false, connections: 0, settings: core }) as unknown as Parameters<typeof session.enter>[0];

describe('the settings', () => {
  beforeEach(async () => {
    vi.useFakeTimers({ now: 1_000_000 });
    refuse = false;
    core = { ...DEFAULTS };
    call.mockReset().mockImplementation((name: string, req: Settings) => {
      if (name !== 'settings_save') return Promise.resolve(state());
      if (refuse) return Promise.reject(new Error('the disk is full'));
      core = req;
      return Promise.resolve(req);
    });
    await vi.advanceTimersByTimeAsync(1000);
    session.enter(state());
  });

  it('keep a choice that the core has not heard of when it tells its state', async () => {
    session.change({ theme: 'dark' });
    session.enter(state());
    expect(session.settings.theme).toBe('dark');
    await vi.advanceTimersByTimeAsync(300);
    expect(core.theme).toBe('dark');
  });

  it('take over what the core changed by itself, and do not save the old value over it', async () => {
    session.change({ theme: 'dark' });
    core = { ...core, notifyPausedUntil: 5_000_000 };
    session.enter(state());
    await vi.advanceTimersByTimeAsync(300);
    expect(core).toMatchObject({ theme: 'dark', notifyPausedUntil: 5_000_000 });
    // Once saved, the core is right again.
    core = { ...core, theme: 'light' };
    session.enter(state());
    expect(session.settings.theme).toBe('light');
  });

  it('are saved once for many changes, with all of them', async () => {
    for (let width = 500; width < 520; width += 1) session.change({ listWidth: width });
    session.change({ theme: 'dark' });
    await vi.advanceTimersByTimeAsync(300);
    expect(saved()).toHaveLength(1);
    expect(core).toMatchObject({ theme: 'dark', listWidth: 519 });
  });

  it('that could not be saved are saved with the next', async () => {
    refuse = true;
    session.change({ theme: 'dark' });
    await vi.advanceTimersByTimeAsync(300);
    expect(core.theme).toBe('system');
    refuse = false;
    session.enter(state());
    expect(session.settings.theme).toBe('dark');
    session.change({ density: 'compact' });
    await vi.advanceTimersByTimeAsync(300);
    expect(core).toMatchObject({ theme: 'dark', density: 'compact' });
  });
});
