import { flushSync, mount, unmount, type Component } from 'svelte';

/** Chunks that are fetched when the window is idle, so that the first key press does not wait for them. */
export const loadComposer = () => Promise.all([import('../views/composer/open.svelte'), import('../views/composer/ComposerDock.svelte')]);

export const loadSearch = () => import('../views/search/Search.svelte');

/**
 * Draws a component once, out of sight: what runs for the first time takes four times as long, and the first opening is a key press like
 * any other. Only for what asks nothing of the core and leaves nothing behind.
 */
export function rehearse<P extends Record<string, unknown>>(component: Component<P>, props: P): void {
  const shown = mount(component, { target: document.createElement('div'), props });
  flushSync();
  void unmount(shown);
}

/** WebKitGTK has no requestIdleCallback. */
export function whenIdle(run: () => void): () => void {
  if (typeof requestIdleCallback === 'function') {
    const id = requestIdleCallback(run, { timeout: 4000 });
    return () => cancelIdleCallback(id);
  }
  const id = setTimeout(run, 1200);
  return () => clearTimeout(id);
}
