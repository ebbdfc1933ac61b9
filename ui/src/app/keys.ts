// Keys as text: `j`, `Shift+i`, `Mod+Enter`, `g i`. Pure, so that the rules can be tested without a window.
// Letters carry their Shift; signs do not, because `#` needs Shift on one keyboard and not on another.

export const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);

export interface Stroke {
  key: string;
  code?: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  isComposing?: boolean;
  keyCode?: number;
  repeat?: boolean;
  getModifierState?: (key: string) => boolean;
}

/** The stroke in the notation of the key map; null for a modifier alone and during composition with an input method. */
export function stroke(e: Stroke, mac = isMac): string | null {
  if (e.isComposing === true || e.keyCode === 229) return null;
  if (['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'Dead', 'Process', 'Unidentified'].includes(e.key)) return null;
  // A sign made with AltGr (`[` on a German keyboard) arrives with Ctrl and Alt held: it is the sign that counts.
  const altGraph = e.getModifierState?.('AltGraph') === true && e.key.length === 1;
  const mod = !altGraph && (mac ? e.metaKey : e.ctrlKey);
  const alt = !altGraph && e.altKey;
  const digit = mod && /^Digit\d$/.test(e.code ?? '') ? (e.code ?? '').slice(5) : null;
  const key = digit ?? (e.key.length === 1 ? e.key.toLowerCase() : e.key);
  const named = e.key.length > 1 || key !== key.toUpperCase();
  const shift = e.shiftKey && (named || mod);
  // The other one of Ctrl and ⌘ belongs to the system.
  if (!altGraph && (mac ? e.ctrlKey : e.metaKey)) return null;
  return `${mod ? 'Mod+' : ''}${alt ? 'Alt+' : ''}${shift ? 'Shift+' : ''}${key === ' ' ? 'Space' : key}`;
}

/** Without Ctrl, ⌘ or Alt a stroke may be typing. */
export const isPlain = (s: string): boolean => !s.startsWith('Mod+') && !s.startsWith('Alt+') && !/^(Shift\+)?F\d+$/.test(s);

/** Whether the stroke puts a character into a field. */
export function isTyping(e: Stroke): boolean {
  const key = e.key.length === 1 ? stroke(e) : null;
  return key !== null && isPlain(key);
}

export type Outcome<T> = { kind: 'run'; id: T } | { kind: 'wait'; prefix: string } | { kind: 'none' };

/** Follows sequences such as `g i`. `bindings`: notation → command, of what is bound at this moment. */
export function follow<T>(bindings: ReadonlyMap<string, T>, pending: string, next: string): Outcome<T> {
  const whole = pending ? `${pending} ${next}` : next;
  const hit = bindings.get(whole);
  if (hit !== undefined) return { kind: 'run', id: hit };
  for (const keys of bindings.keys()) if (keys.startsWith(`${whole} `)) return { kind: 'wait', prefix: whole };
  // A broken sequence does not run what its last key means alone: `g` then `e` must not archive.
  return { kind: 'none' };
}

const GLYPHS: Record<string, [mac: string, other: string]> = {
  Mod: ['⌘', 'Ctrl'], Alt: ['⌥', 'Alt'], Shift: ['⇧', 'Shift'], Enter: ['↩', 'Enter'], Escape: ['esc', 'Esc'],
  ArrowDown: ['↓', '↓'], ArrowUp: ['↑', '↑'], ArrowLeft: ['←', '←'], ArrowRight: ['→', '→'], PageUp: ['PgUp', 'PgUp'],
  PageDown: ['PgDn', 'PgDn'], Home: ['Home', 'Home'], End: ['End', 'End'],
};

/** For the eye: one list of caps per stroke of the sequence. */
export function caps(keys: string, mac = isMac): string[][] {
  return keys.split(' ').map((part) => {
    const plus = part.endsWith('++') ? [...part.slice(0, -2).split('+'), '+'] : part === '+' ? ['+'] : part.split('+');
    return plus.map((k) => GLYPHS[k]?.[mac ? 0 : 1] ?? (k.length === 1 ? k.toUpperCase() : k));
  });
}
/** For `aria-keyshortcuts`: single strokes only. */
export function ariaKeys(keys: readonly string[], mac = isMac): string {
  return keys.filter((k) => !k.includes(' ')).map((k) => k.replace('Mod', mac ? 'Meta' : 'Control')).join(' ');
}
