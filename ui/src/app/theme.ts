// How the window looks: everything is an attribute of <html>, so that one style sheet serves all, and it stands before the first paint.
import type { Settings } from '../ipc/bindings';

type Look = Pick<Settings, 'theme' | 'density' | 'systemFont' | 'fontScale' | 'contrast' | 'reducedMotion'>;
const dark = typeof matchMedia === 'undefined' ? null : matchMedia('(prefers-color-scheme: dark)');
/** Every frame is painted by the processor. */
const plain = typeof window !== 'undefined' && window.__AURELIUS__?.plain === true;
let look: Look = { theme: 'system', density: 'default', systemFont: false, fontScale: 100, contrast: 'system', reducedMotion: 'system' };
export const SCALE = { min: 90, max: 150, step: 5 } as const;

function paint(): void {
  const root = document.documentElement;
  root.dataset['theme'] = look.theme === 'system' ? (dark?.matches ? 'dark' : 'light') : look.theme;
  root.dataset['density'] = look.density;
  root.dataset['font'] = look.systemFont ? 'system' : 'inter';
  root.dataset['contrast'] = look.contrast;
  root.dataset['motion'] = { on: 'none', off: 'full' }[look.reducedMotion] ?? (plain ? 'none' : 'system');
  if (plain) root.dataset['graphics'] = 'plain';
  const scale = `${String(Math.min(SCALE.max, Math.max(SCALE.min, look.fontScale)))}%`;
  if (root.style.fontSize === scale || (scale === '100%' && root.style.fontSize === '')) return;
  root.style.fontSize = scale === '100%' ? '' : scale;
  // Row heights are counted in rem: whoever measures has to measure again.
  window.dispatchEvent(new Event('resize'));
}

/** Before the first paint: the shell passes the saved look, so that no flash of another one is seen. */
export function startTheme(): void {
  look = { ...look, ...window.__AURELIUS__?.look, theme: window.__AURELIUS__?.theme ?? 'system' };
  paint();
  dark?.addEventListener('change', paint);
}

export function applyLook(next: Look): void {
  look = next;
  paint();
}

export const themeNow = (): 'light' | 'dark' => (document.documentElement.dataset['theme'] === 'dark' ? 'dark' : 'light');
