import { describe, expect, it } from 'vitest';
import { defuse } from './defuse';
import { escape, frameDocument } from './document';
import { findLink, shownHost } from './links';
import { FRAME_CSP, FRAME_SANDBOX, imageAllowed, linkAllowed } from './policy';

describe('defuse', () => {
  it('takes the names of handlers, base and frameset away, and leaves words alone', () => {
    expect(defuse('<img src=x onerror="a()"><svg/onload=b()>')).not.toMatch(/\son(error|load)=|\/onload/);
    expect(defuse('<BASE href="https://e.example/"></base><frameset>')).toBe('<x-BASE href="https://e.example/"></x-base><x-frameset>');
    const words = 'It depends on x=1, once = twice. <p>Conference on line</p>';
    expect(defuse(words)).toBe(words);
  });
});

describe('policy', () => {
  it('never lets scripts in', () => {
    expect(FRAME_SANDBOX).not.toContain('allow-scripts');
    expect(FRAME_CSP).toContain("default-src 'none'");
    expect(FRAME_CSP).not.toMatch(/https:|\*/);
  });
  it('takes pictures from the mail and the proxy only', () => {
    for (const src of ['data:image/png;base64,AA', 'aurelius-img://localhost/x', 'http://aurelius-img.localhost/x']) expect(imageAllowed(src)).toBe(true);
    for (const src of ['https://x.example/a.png', '//x.example/a.png', 'data:text/html,x', 'http://aurelius-img.localhost.evil.example/x', 'aurelius://x', 'blob:x', 'cid:x']) expect(imageAllowed(src)).toBe(false);
  });
  it('takes absolute web and mail links only', () => {
    for (const href of ['https://x.example', 'mailto:a@x.example']) expect(linkAllowed(href)).toBe(true);
    for (const href of ['javascript:1', '#top', '/x', 'aurelius://oauth', 'data:text/html,x', 'https:x', 'file:///etc']) expect(linkAllowed(href)).toBe(false);
  });
});

describe('links', () => {
  it('shows the true host, without credentials', () => {
    expect(shownHost('https://bank.example@evil.example:8443/x')).toBe('evil.example:8443');
    expect(shownHost('mailto:a%40x.example?subject=y')).toBe('a@x.example');
    expect(shownHost('https://')).toBe('');
  });
  it('finds the words that look most like an address among links to one place', () => {
    document.body.innerHTML = '<a href="https://evil.example/">Click here</a><a href="https://evil.example/">https://bank.example</a><a href="https://other.example/">www.c.example</a>';
    expect(findLink('https://evil.example/', [{ doc: document, message: 7 }])).toEqual({ text: 'https://bank.example', message: 7 });
    expect(findLink('https://nowhere.example/', [{ doc: document, message: 7 }])).toEqual({ text: '', message: null });
  });
});

describe('the document', () => {
  it('lets no value of the look or the title break out', () => {
    const colors = { text: 'red;}</style><script>', muted: '', link: '', surface: '', border: '', chip: '', chipText: '' };
    const html = frameDocument('<p>x</p>', '</title><script>', { mode: 'theme', flush: false, fontSize: 14, colors, lang: '"><script>', family: 'x;}</style>' });
    expect(html).not.toMatch(/<script|<\/style>.*<\/style>/);
    expect(escape('<&>"\'')).not.toMatch(/[<>"']/);
  });
});
