import { describe, expect, it } from 'vitest';
import { COMMANDS, apart, type CommandId } from './keymap';
import { ariaKeys, caps, follow, isPlain, stroke, type Stroke } from './keys';

const press = (key: string, over: Partial<Stroke> = {}): Stroke => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...over });

describe('stroke', () => {
  it('names letters with their Shift and signs without', () => {
    expect(stroke(press('j'), false)).toBe('j');
    expect(stroke(press('J', { shiftKey: true }), false)).toBe('Shift+j');
    expect(stroke(press('#', { shiftKey: true }), false)).toBe('#');
    expect(stroke(press('?', { shiftKey: true }), false)).toBe('?');
    expect(stroke(press('F6', { shiftKey: true }), false)).toBe('Shift+F6');
    expect(stroke(press(' '), false)).toBe('Space');
  });
  it('takes Caps Lock for what it is', () => {
    expect(stroke(press('J'), false)).toBe('j');
  });
  it('knows the modifier of each system and leaves the other one alone', () => {
    expect(stroke(press('k', { ctrlKey: true }), false)).toBe('Mod+k');
    expect(stroke(press('k', { metaKey: true }), true)).toBe('Mod+k');
    expect(stroke(press('k', { ctrlKey: true }), true)).toBeNull();
    expect(stroke(press('k', { metaKey: true }), false)).toBeNull();
    expect(stroke(press('L', { ctrlKey: true, shiftKey: true }), false)).toBe('Mod+Shift+l');
    expect(stroke(press('Enter', { ctrlKey: true, altKey: true }), false)).toBe('Mod+Alt+Enter');
  });
  it('reads digits by their place, so that Mod+1 works on a French keyboard', () => {
    expect(stroke(press('&', { ctrlKey: true, code: 'Digit1' }), false)).toBe('Mod+1');
  });
  it('reads a sign made with AltGr as the sign', () => {
    expect(stroke(press('[', { ctrlKey: true, altKey: true, getModifierState: (k) => k === 'AltGraph' }), false)).toBe('[');
  });
  it('ignores composition and bare modifiers', () => {
    expect(stroke(press('j', { isComposing: true }), false)).toBeNull();
    expect(stroke(press('j', { keyCode: 229 }), false)).toBeNull();
    expect(stroke(press('Shift', { shiftKey: true }), false)).toBeNull();
    expect(stroke(press('Dead'), false)).toBeNull();
  });
});

describe('follow', () => {
  const bound = new Map([['e', 'archive'], ['g i', 'inbox'], ['g s', 'starred']]);
  it('runs, waits and gives up', () => {
    expect(follow(bound, '', 'e')).toEqual({ kind: 'run', id: 'archive' });
    expect(follow(bound, '', 'g')).toEqual({ kind: 'wait', prefix: 'g' });
    expect(follow(bound, 'g', 'i')).toEqual({ kind: 'run', id: 'inbox' });
    expect(follow(bound, '', 'q')).toEqual({ kind: 'none' });
  });
  it('does not archive after a mistyped sequence', () => {
    expect(follow(bound, 'g', 'e')).toEqual({ kind: 'none' });
  });
});

describe('words for keys', () => {
  it('draws caps', () => {
    expect(caps('Mod+Shift+l', false)).toEqual([['Ctrl', 'Shift', 'L']]);
    expect(caps('g i', true)).toEqual([['G'], ['I']]);
    expect(caps('Mod+\\', true)).toEqual([['⌘', '\\']]);
  });
  it('gives aria only what it can say', () => {
    expect(ariaKeys(['g i', 'Mod+k'], false)).toBe('Control+k');
  });
  it('knows what may be typing', () => {
    expect(isPlain('e')).toBe(true);
    expect(isPlain('Shift+i')).toBe(true);
    expect(isPlain('Mod+k')).toBe(false);
    expect(isPlain('F6')).toBe(false);
  });
});

describe('the key map', () => {
  it('gives a stroke to one command of the same place', () => {
    // The composer and the lists are never asked at once: the composer's bindings come last and win. Nor are the calendar and the lists.
    const seen = new Map<string, CommandId[]>();
    for (const [name, b] of Object.entries(COMMANDS)) {
      const id = name as CommandId;
      if (b.group === 'composer') continue;
      for (const keys of b.keys) {
        const others = seen.get(keys) ?? [];
        expect(others.filter((other) => !apart(other, id)), `${keys}: ${id}`).toEqual([]);
        seen.set(keys, [...others, id]);
      }
    }
  });
  it('has no sequence that begins with a bound key', () => {
    const all = Object.values(COMMANDS).flatMap((b) => b.keys);
    for (const keys of all) if (keys.includes(' ')) expect(all).not.toContain(keys.split(' ')[0]);
  });
});
