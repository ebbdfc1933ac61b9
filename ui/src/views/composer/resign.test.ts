import { describe, expect, it } from 'vitest';
import { resigned } from './resign';

const OLD = '<p>Mara Lindqvist<br>Lindqvist Studio</p>';
const NEXT = '<p>Mara</p>';

describe('the signature of another sender', () => {
  it('takes the place of the one that stands at the end, with or without its frame', () => {
    expect(resigned(`<p>Hello</p><div class="signature" data-signature="1">${OLD}</div>`, OLD, NEXT)).toBe('<p>Hello</p><p>Mara</p>');
    expect(resigned(`<p>Hello</p>${OLD}`, OLD, NEXT)).toBe('<p>Hello</p><p>Mara</p>');
    expect(resigned(`<p><br></p>${OLD}`, OLD, null)).toBe('<p><br></p>');
  });
  it('is put below where there was none, and is nothing where neither signs', () => {
    expect(resigned('<p>Hello</p>', null, NEXT)).toBe('<p>Hello</p><p>Mara</p>');
    expect(resigned('', null, NEXT)).toBe('<p></p><p>Mara</p>');
    expect(resigned('<p>Hello</p>', null, null)).toBeNull();
  });
  it('leaves what was written over alone', () => {
    expect(resigned('<p>Hello</p><p>Mara L. (on the road)</p>', OLD, NEXT)).toBeNull();
    expect(resigned('<p>Mara Lindqvist</p><p>Bye</p>', OLD, NEXT)).toBeNull();
  });
  it('knows a signature of bare words', () => expect(resigned('<p>Hi</p><p>Mara</p>', 'Mara', '<p>M.</p>')).toBe('<p>Hi</p><p>M.</p>'));
});
