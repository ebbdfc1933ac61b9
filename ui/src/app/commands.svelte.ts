// Which commands can run now. A view binds handlers while it is mounted; the latest binding wins, so that a dialog or the composer
// shadows the list behind it, and a handler that answers `false` passes the command on to the one before.
import { untrack } from 'svelte';
import { COMMANDS, IDS, OWN, keysOf, type CommandId } from './keymap';
import { follow, isPlain, stroke } from './keys';
import { TypeAhead } from './typeahead';

export type Handler = () => unknown;
export type Handlers = Partial<Record<CommandId, Handler>>;

const PAUSE = 1000;
const FIELD = 'input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=range]),textarea,select,[contenteditable]:not([contenteditable=false]),[role=textbox],[role=combobox]';

class CommandCentre {
  #ahead = new TypeAhead(FIELD);
  /** The first part of a sequence that waits for its next key. */
  pending = $state('');
  #bound = $state.raw(new Map<CommandId, Handler[]>());
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What is bound to which keys: the preset and the person's own. */
  map = $state.raw(keysOf('gmail', {}));
  /** WCAG 2.1.4: keys without Ctrl or ⌘ can be switched off. */
  singleKeys = true;

  bind(handlers: Handlers): () => void {
    const added = Object.entries(handlers) as [CommandId, Handler][];
    const next = new Map(this.#bound);
    for (const [id, run] of added) next.set(id, [...(next.get(id) ?? []), run]);
    this.#bound = next;
    return () => {
      const rest = new Map(this.#bound);
      for (const [id, run] of added) {
        const left = (rest.get(id) ?? []).filter((h) => h !== run);
        if (left.length) rest.set(id, left);
        else rest.delete(id);
      }
      this.#bound = rest;
    };
  }

  get available(): CommandId[] {
    return [...this.#bound.keys()];
  }
  has(id: CommandId): boolean {
    return this.#bound.has(id);
  }

  /**
   * Views name the keys of a control as Gmail has them, or its command; here is what they are now. Empty when the command has none any more.
   * A text that is nobody's key (a list of formatting keys inside the editor) stays as it is.
   */
  shown(keys: string): string {
    const id = IDS.find((c) => c === keys || COMMANDS[c].keys.includes(keys));
    if (id === undefined) return keys;
    const now = this.inForce(id);
    return now.includes(keys) ? keys : (now[0] ?? '');
  }

  /** The keys of a command that reach it now: on a screen with keys of its own those come first. */
  inForce(id: CommandId): readonly string[] {
    if (OWN.includes(COMMANDS[id].group)) return this.map[id];
    const before = this.available.filter((other) => OWN.includes(COMMANDS[other].group)).flatMap((other) => this.map[other]);
    return before.length ? this.map[id].filter((keys) => !before.includes(keys)) : this.map[id];
  }

  /** What the command is given beside its name, while it runs: a time that was typed in the palette. */
  argument: number | null = null;

  run(id: CommandId, argument: number | null = null): boolean {
    const handlers = this.#bound.get(id) ?? [];
    this.argument = argument;
    try {
      const focused = document.activeElement;
      for (const handler of [...handlers].reverse()) {
        if (handler() === false) continue;
        if (COMMANDS[id].opensField === true) this.#ahead.expect(focused);
        return true;
      }
      return false;
    } finally {
      this.argument = null;
    }
  }

  /** Keys that can follow what has been pressed, with their commands. */
  get hints(): { key: string; id: CommandId }[] {
    if (!this.pending) return [];
    return this.available.flatMap((id) =>
      this.map[id].filter((k) => k.startsWith(`${this.pending} `)).map((k) => ({ key: k.slice(this.pending.length + 1), id })),
    );
  }

  #bindings(field: boolean): Map<string, CommandId[]> {
    const out = new Map<string, CommandId[]>();
    // Later bindings first: `Escape` belongs to the composer before it belongs to the shell.
    for (const id of this.available.reverse()) {
      const b = COMMANDS[id];
      for (const keys of this.map[id]) {
        const plain = isPlain(keys.split(' ')[0] ?? keys);
        if (field && (b.inField !== true || (plain && keys !== 'Escape'))) continue;
        if (!this.singleKeys && plain && !/^(Escape|Enter|Arrow|Home|End|Page|Delete|Shift\+Arrow)/.test(keys)) continue;
        out.set(keys, [...(out.get(keys) ?? []), id]);
      }
    }
    return out;
  }

  onkeydown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented) return;
    if (this.#ahead.take(event)) {
      event.preventDefault();
      return;
    }
    const key = stroke(event);
    if (key === null) return;
    const target = event.target instanceof Element ? event.target : null;
    if (document.querySelector('[data-modal]')) return;
    // A focused button keeps its Enter and Space; arrows keep their meaning in what they already move.
    if (target?.closest('button,a,summary,[role=separator],[role=tab]') && /^(Enter|Space|Arrow|Home|End|Page)/.test(key)) return;
    const bindings = this.#bindings(target?.closest(FIELD) != null);
    const outcome = follow(bindings, this.pending, key);
    const had = this.pending !== '';
    this.#wait(outcome.kind === 'wait' ? outcome.prefix : '');
    if (outcome.kind === 'none') {
      if (had && key === 'Escape') event.preventDefault();
      return;
    }
    if (outcome.kind === 'run') {
      for (const id of outcome.id) {
        if (event.repeat && COMMANDS[id].repeats !== true) break;
        if (this.run(id)) break;
        if (id === outcome.id.at(-1)) return;
      }
    }
    event.preventDefault();
  };

  #wait(prefix: string): void {
    clearTimeout(this.#timer);
    this.pending = prefix;
    if (prefix) this.#timer = setTimeout(() => (this.pending = ''), PAUSE);
  }
}

export const commands = new CommandCentre();

/** In a component's script: binds while the component is mounted. Handlers may read state; they are called, not tracked. */
export function useCommands(handlers: Handlers): void {
  // Binding reads the list it changes: tracked, it would run itself again for ever.
  $effect(() => untrack(() => commands.bind(handlers)));
}
