// The language of the window. English is always there; another one is fetched when it is chosen, and everything that shows words
// is drawn again: `words` is state, and whatever called `t` follows it.
import type { CoreSpeech } from './core/speech';
import { en } from './messages/en';
import type { writing } from './messages/en/writing';
import type { late } from './messages/late';

export type Plural = Partial<Record<Intl.LDMLPluralRule, string>>;
/** The catalogue by its English keys; what a translation lacks is said in English. */
export type Words = Record<keyof typeof en | keyof typeof late | keyof typeof writing, string | Plural>;

export const LANGUAGES = ['en', 'de'] as const;
/** Invented languages that find words without room (`en-XA`) and layouts that run one way only (`ar-XB`). */
const PSEUDO = ['en-XA', 'ar-XB'];

/** WebKitGTK hands the system's locale through, and `C` is no language to Intl. */
export function usable(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? 'en';
  } catch {
    return 'en';
  }
}

async function german(): Promise<Words> {
  const [{ de }, { deLate }] = await Promise.all([import('./messages/de'), import('./messages/deLate')]);
  return { ...de, ...deLate };
}

const system = usable(typeof navigator === 'undefined' ? '' : navigator.language);
const base = (tag: string): string => tag.split('-')[0] ?? tag;

class Language {
  /** Language of the words. */
  tag = $state('en');
  /** Of dates and numbers: the person's own region where it speaks the same language. */
  locale = $state(system);
  words = $state.raw<Partial<Words>>(en);
  /** What the core says, in this language; null: as it says it. */
  core = $state.raw<CoreSpeech | null>(null);
  #wanted = '';

  /** `system`, or a tag. Resolves when the words are there; a later choice wins over an earlier one that arrives late. */
  async use(choice: string): Promise<void> {
    this.#wanted = choice;
    const tag = choice === 'system' ? base(system) : choice;
    const core = tag === 'de' ? (await import('./core/de')).german : null;
    const words = tag === 'de' ? await german() : PSEUDO.includes(tag) ? (await import('./pseudo')).invented() : en;
    if (this.#wanted !== choice) return;
    this.tag = words === en ? 'en' : tag;
    this.locale = choice === 'system' || base(choice) === base(system) ? system : choice;
    this.words = words;
    this.core = core;
    const root = document.documentElement;
    root.lang = this.tag;
    root.dir = base(this.tag) === 'ar' ? 'rtl' : 'ltr';
  }
}

export const language = new Language();
