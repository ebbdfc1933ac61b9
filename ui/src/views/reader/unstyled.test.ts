import { expect, it } from 'vitest';
import { unstyled } from './unstyled';

it('keeps words, links and their order, and drops the looks', () => {
  const out = unstyled('<table width="600" bgcolor="#123456"><tr><td style="color:red"><h1 style="font-size:40px">Sale</h1></td><td><a href="https://a.example/x" style="color:#fff">Look</a></td></tr><tr><td>&nbsp;</td></tr></table><p><font color="red">End</font></p>');
  expect(out).not.toMatch(/style|bgcolor|width|table|font/);
  expect(out).toContain('<a href="https://a.example/x">Look</a>');
  expect(out.indexOf('Sale')).toBeLessThan(out.indexOf('Look'));
  expect(out).toContain('<p>End</p>');
});
it('says pictures by their words only', () => {
  expect(unstyled('<img src="aurelius-img://x" alt="Our shop"><img src="data:image/png;base64,AA==" alt="">')).toBe('[Our shop]');
});
