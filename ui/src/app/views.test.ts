import type { Component } from 'svelte';
import { describe, expect, it } from 'vitest';
import { rehearse } from './views';

describe('a rehearsal', () => {
  it('leaves nothing behind, and the focus where it was', () => {
    document.body.innerHTML = '<input id="typed">';
    const typed = document.getElementById('typed');
    typed?.focus();
    let drawn = 0;
    const grabs = ((anchor: Comment) => {
      const input = document.createElement('input');
      anchor.before(input);
      // What WebKit does when that asks for the focus.
      typed?.blur();
      drawn += 1;
      return {};
    }) as unknown as Component;
    rehearse(grabs, {});
    expect(drawn).toBe(1);
    expect(document.activeElement).toBe(typed);
    expect(document.body.children.length).toBe(1);
  });
});
