// The look of a mail frame: a document of its own cannot see the app's variables, so their values are copied into it.
import type { Look } from '../../mailframe/document';
import { session } from '../../data/session.svelte';
import { themeNow } from '../../app/theme';
import { locale } from '../../i18n';

const dark = typeof matchMedia === 'undefined' ? null : matchMedia('(prefers-color-scheme: dark)');

// The app's own font does not reach into the frame (its policy loads no fonts): the nearest that systems have.
const FAMILY = "Inter, -apple-system, 'Segoe UI Variable Text', 'Segoe UI', Roboto, Ubuntu, Cantarell, 'Noto Sans', 'Liberation Sans', 'Helvetica Neue', Arial, sans-serif";

class Appearance {
  /** Counts changes of the system's theme; the settings are reactive on their own. */
  #system = $state(0);

  constructor() {
    dark?.addEventListener('change', () => (this.#system += 1));
  }

  get dark(): boolean {
    void this.#system;
    void session.settings.theme;
    return themeNow() === 'dark';
  }

  look(mode: Look['mode'], flush = false): Look {
    void this.dark;
    const root = getComputedStyle(document.documentElement);
    const token = (name: string) => root.getPropertyValue(name).trim();
    return {
      mode,
      flush,
      fontSize: Math.round(parseFloat(root.fontSize) * 0.875 * 10) / 10,
      colors: { text: token('--text'), muted: token('--text-2'), link: token('--link'), surface: token('--surface'), border: token('--border-strong'), chip: token('--surface-3'), chipText: token('--text-2') },
      lang: locale(),
      family: FAMILY,
    };
  }
}

export const appearance = new Appearance();
