import { flushSync, mount, unmount, type Component } from 'svelte';

/** Chunks that are fetched when the window is idle, so that the first key press does not wait for them. */
export const loadComposer = () => Promise.all([import('../views/composer/open.svelte'), import('../views/composer/ComposerDock.svelte')]);

export const loadSearch = () => import('../views/search/Search.svelte');

/**
 * Draws a component once, unseen: what runs for the first time takes four times as long, and the first opening is a key press like any
 * other. In the document, so that styles and layout are met as well; hidden, so that nothing in it can have the focus. Only for what
 * asks nothing of the core and leaves nothing behind.
 */
export function rehearse<P extends Record<string, unknown>>(component: Component<P>, props: P): void {
  const stage = document.createElement('div');
  stage.inert = true;
  const focused = document.activeElement;
  stage.style.cssText = 'position: fixed; inset: 0; visibility: hidden; pointer-events: none';
  document.body.append(stage);
  const shown = mount(component, { target: stage, props });
  flushSync();
  // Asking for a size is what makes it lay out.
  void stage.offsetHeight;
  void unmount(shown);
  stage.remove();
  // WebKit takes the focus from where it is also for what can't have it: a palette that was opened meanwhile would get no key any more.
  if (focused instanceof HTMLElement && document.activeElement !== focused) focused.focus({ preventScroll: true });
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
