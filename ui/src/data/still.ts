// Work that nobody waits for gives way to the hands: while keys are being pressed, what arrives is drawn a moment later, so that no
// frame of a key press is late because of it. A held key does not starve it.

/** Longer than the pause between two keys of somebody at work, and shorter than anybody waits for news. */
export const STILL_MS = 350;
/** Nothing waits longer than this. */
export const MOST_MS = 2000;

let pressed = -Infinity;
if (typeof addEventListener === 'function') addEventListener('keydown', () => (pressed = performance.now()), { capture: true, passive: true });

/** Runs it at once when no key was pressed just now, else as soon as the keys rest. */
export function whenStill(run: () => void): void {
  const most = performance.now() + MOST_MS;
  const look = () => {
    const now = performance.now();
    const left = Math.min(pressed + STILL_MS, most) - now;
    if (left <= 0) run();
    else setTimeout(look, left);
  };
  look();
}

/** One run for all that is asked within `ms`, when the keys rest after that. */
export function gathered(ms: number, run: () => void): { ask: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    ask: () => {
      timer ??= setTimeout(() => whenStill(() => {
        timer = undefined;
        run();
      }), ms);
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
