// The tables of one language, and how a sentence finds its own in them. Comes with the language; English needs none.

/** `message` and `hint` of one error code. `detail`: what the core says itself tells more, and is shown behind them. */
export interface CodeWords { message: string; hint: string; detail?: boolean }
export interface CoreWords {
  codes: Readonly<Record<string, CodeWords>>;
  /** English sentence → sentence. `{name}` stands for any text, which is looked up too; `{n}` for a number. */
  sentences: Readonly<Record<string, string>>;
}
interface Pattern { test: RegExp; names: readonly string[]; to: string }

const NAME = /\{(\w*)\}/g;
const MOST = 400;

function pattern(from: string, to: string): Pattern {
  const names: string[] = [];
  let source = '';
  let at = 0;
  for (const m of from.matchAll(NAME)) {
    source += escape(from.slice(at, m.index));
    source += m[1] === 'n' ? '(\\d[\\d,]*)' : '(.+?)';
    names.push(m[1] ?? '');
    at = m.index + m[0].length;
  }
  return { test: new RegExp(`^${source}${escape(from.slice(at))}$`, 's'), names, to };
}
const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The tables of one language, made ready when they are first asked. */
export class CoreSpeech {
  #patterns: Pattern[] | null = null;
  #known = new Map<string, string | null>();
  constructor(private readonly words: CoreWords, private readonly tag: string) {}

  /** null: no table knows this sentence. */
  sentence(text: string): string | null {
    if (text === '') return null;
    const found = this.#known.get(text);
    if (found !== undefined) return found;
    const made = this.#make(text);
    if (this.#known.size >= MOST) this.#known.clear();
    this.#known.set(text, made);
    return made;
  }

  #make(text: string): string | null {
    if (Object.hasOwn(this.words.sentences, text)) return this.words.sentences[text] ?? null;
    this.#patterns ??= Object.entries(this.words.sentences).filter(([from]) => from.includes('{')).map(([from, to]) => pattern(from, to));
    for (const { test, names, to } of this.#patterns) {
      const values = test.exec(text)?.slice(1);
      if (!values) continue;
      return to.replace(NAME, (whole, name: string) => {
        const value = values[names.indexOf(name)];
        if (value === undefined) return whole;
        return name === 'n' ? new Intl.NumberFormat(this.tag).format(Number(value.replaceAll(',', ''))) : (this.sentence(value) ?? value);
      });
    }
    return null;
  }

  error(code: string, message: string, hint: string): { message: string; hint: string } {
    const known = Object.hasOwn(this.words.codes, code) ? this.words.codes[code] : undefined;
    const said = this.sentence(message);
    const next = this.sentence(hint);
    if (said !== null) return { message: said, hint: next ?? (hint === '' ? '' : (known?.hint ?? hint)) };
    if (!known) return { message, hint: next ?? hint };
    const more = known.detail === true && message !== '' ? `(${message.replace(/\.$/, '')})` : '';
    return { message: known.message, hint: [next ?? known.hint, more].filter(Boolean).join(' ') };
  }
}
