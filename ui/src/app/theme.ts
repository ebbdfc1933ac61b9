import type { Settings } from '../ipc/bindings';

type Look = Pick<Settings, 'theme' | 'density' | 'systemFont'>;
const dark = typeof matchMedia === 'undefined' ? null : matchMedia('(prefers-color-scheme: dark)');
let look: Look = { theme: 'system', density: 'default', systemFont: false };

function paint(): void {
  const root = document.documentElement;
  root.dataset['theme'] = look.theme === 'system' ? (dark?.matches ? 'dark' : 'light') : look.theme;
  root.dataset['density'] = look.density;
  root.dataset['font'] = look.systemFont ? 'system' : 'inter';
}

/** Before the first paint: the shell passes the saved theme, so that no flash of the other one is seen. */
export function startTheme(): void {
  look = { ...look, theme: window.__AURELIUS__?.theme ?? 'system' };
  paint();
  dark?.addEventListener('change', paint);
}

export function applyLook(next: Look): void {
  look = next;
  paint();
}

export const themeNow = (): 'light' | 'dark' => (document.documentElement.dataset['theme'] === 'dark' ? 'dark' : 'light');
