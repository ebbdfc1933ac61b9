import { describe, expect, it } from 'vitest';
import { foldQuotes } from './fold';

function fold(html: string): DocumentFragment {
  const template = document.createElement('template');
  template.innerHTML = html;
  foldQuotes(template.content, 'Show quoted text');
  return template.content;
}

describe('quoted history', () => {
  it('folds a quote at the end with the line above it', () => {
    const root = fold('<p>Yes.</p><div class="gmail_attr">On Monday Ada wrote:</div><blockquote class="gmail_quote">old</blockquote>');
    expect(root.querySelector('details')?.textContent).toContain('Ada wrote');
    expect(root.querySelector('details blockquote')).not.toBeNull();
  });
  it('leaves an answer below the quote in sight', () => {
    expect(fold('<blockquote type="cite">old</blockquote><p>My answer.</p>').querySelector('details')).toBeNull();
  });
  it('leaves a mail that is only a quote', () => {
    expect(fold('<blockquote type="cite">all there is</blockquote>').querySelector('details')).toBeNull();
  });
  it('leaves a citation alone', () => {
    expect(fold('<p>She said it best</p><blockquote>wisdom</blockquote>').querySelector('details')).toBeNull();
  });
});
