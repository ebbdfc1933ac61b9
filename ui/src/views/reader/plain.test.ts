import { describe, expect, it } from 'vitest';
import { blocks, linkify } from './plain';

const links = (text: string) => linkify(text).flatMap((r) => (r.href === null ? [] : [r.href]));

describe('linkify', () => {
  it('keeps the text whole', () => {
    const text = 'See https://a.example/x_(y), or www.b.example. Write to ada@c.example!';
    expect(linkify(text).map((r) => r.text).join('')).toBe(text);
  });
  it('leaves the sentence its marks', () => {
    expect(links('(see https://a.example/x_(y)).')).toEqual(['https://a.example/x_(y)']);
    expect(links('Go to www.b.example, now')).toEqual(['https://www.b.example']);
    expect(links('ada@c.example.')).toEqual(['mailto:ada@c.example']);
  });
  it('makes no link of other schemes', () => {
    expect(links('javascript:alert(1) data:text/html,x file:///etc/passwd')).toEqual([]);
  });
});

describe('blocks', () => {
  it('groups lines by quote depth and drops the marks', () => {
    const found = blocks('Hi\n\n> one\n> two\n>> deeper\n\nbye');
    expect(found.map((b) => [b.depth, b.runs.map((r) => r.text).join('')])).toEqual([[0, 'Hi'], [1, 'one\ntwo'], [2, 'deeper'], [0, 'bye']]);
  });
  it('takes any line end', () => {
    expect(blocks('a\r\nb\rc')).toHaveLength(1);
  });
});
