import { describe, expect, it } from 'vitest';
import { parseMailto } from './mailto';

describe('mailto links', () => {
  it('fill in recipients, subject and text', () => {
    expect(parseMailto('mailto:ada@x.example,ben@x.example?cc=c@x.example&bcc=d%40x.example&subject=Lunch%20%26%20more&body=Dear%20Ada%2C%0D%0A%0D%0Anoon%3F')).toEqual({
      to: ['ada@x.example', 'ben@x.example'], cc: ['c@x.example'], bcc: ['d@x.example'], subject: 'Lunch & more', body: 'Dear Ada,\n\nnoon?',
    });
  });
  it('keep plus signs, commas within an address and question marks within a text', () => {
    const l = parseMailto('MAILTO:ada+news@x.example,%22Lovelace%2C%20A%22@x.example?subject=1+1=2?&to=e@x.example');
    expect(l.to).toEqual(['ada+news@x.example', '"Lovelace, A"@x.example', 'e@x.example']);
    expect(l.subject).toBe('1+1=2?');
  });
  it('carry nothing else, break no line and survive nonsense', () => {
    const l = parseMailto('mailto:a%0d%0aBcc:evil@x.example?attach=/etc/passwd&in-reply-to=x&subject=a%0Ab&body=50%&=&%zz=1');
    expect(l).toEqual({ to: ['a Bcc:evil@x.example'], cc: [], bcc: [], subject: 'a b', body: '50%' });
    expect(parseMailto('').to).toEqual([]);
    expect(parseMailto(`mailto:${Array.from({ length: 500 }, (_, n) => `u${String(n)}@x.example`).join(',')}`).to).toHaveLength(50);
  });
});
