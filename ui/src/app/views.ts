/** Chunks that are fetched when the window is idle, so that the first key press does not wait for them. */
export const loadComposer = () => Promise.all([import('../views/composer/open.svelte'), import('../views/composer/ComposerDock.svelte')]);

/** WebKitGTK has no requestIdleCallback. */
export function whenIdle(run: () => void): () => void {
  if (typeof requestIdleCallback === 'function') {
    const id = requestIdleCallback(run, { timeout: 4000 });
    return () => cancelIdleCallback(id);
  }
  const id = setTimeout(run, 1200);
  return () => clearTimeout(id);
}
