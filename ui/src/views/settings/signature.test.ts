import { expect, it } from 'vitest';
import { htmlOf, linesOf } from './signature';

it('goes there and back', () => {
  for (const text of ['Mara Lindqvist\nLindqvist Studio', 'A & B <c> "d"', 'one\n\ntwo']) expect(linesOf(htmlOf(text))).toBe(text);
});
it('writes text as text', () => {
  expect(htmlOf('<img src=x onerror=alert(1)>')).toBe('<p>&lt;img src=x onerror=alert(1)&gt;</p>');
});
it('reads what another program made', () => {
  expect(linesOf('<div>Mara</div><div>Studio <b>North</b></div>')).toBe('Mara\nStudio North');
});
