import { describe, expect, it } from 'vitest';
import type { TextDto } from '../../ipc/bindings';
import { safeNodes } from './preview';
import { asked, blanks, firstBlank, inLine, matching, plainOf } from './snippet';

const text = (name: string, shortcut: string, html = '<p>x</p>'): TextDto => ({ id: name.length, kind: 'snippet', name, shortcut, subject: '', html, uses: 0 });

describe('a semicolon', () => {
  it.each([
    [';', ''], ['Hi ;th', 'th'], ['(;ad', 'ad'], ['line ;straße-2', 'straße-2'],
  ])('asks: %s', (before, query) => expect(asked(before)?.query).toBe(query));
  it.each(['so; ', 'wait;', ';-) x', ';)', 'a;b', '; b', ''])('is punctuation: %s', (before) => expect(asked(before)).toBeNull());
  it('says how much of the line it takes', () => expect(asked('Hi ;th')?.length).toBe(3));
});

describe('blanks', () => {
  it('are known variables, each once', () => expect(blanks('Hi {first_name}, {x} {date} {first_name} { {my_name}')).toEqual(['first_name', 'date', 'my_name']));
  it('are found where they stand', () => expect(firstBlank('Hi {foo} {name}!')).toEqual({ from: 9, to: 15 }));
  it('may be none', () => expect(firstBlank('Hi {foo}')).toBeNull());
});

describe('putting in', () => {
  it('takes a single paragraph into the line', () => expect(inLine('<p dir="auto">Hi <b>you</b></p>')).toBe('Hi <b>you</b>'));
  it('keeps several as they are', () => expect(inLine('<p>a</p><p>b</p>')).toBe('<p>a</p><p>b</p>'));
  it('keeps lists as they are', () => expect(inLine('<ul><li><p>a</p></li></ul>')).toBe('<ul><li><p>a</p></li></ul>'));
});

describe('finding', () => {
  const all = [text('Thanks a lot', 'thx'), text('Address', 'addr', '<p>Hammarby allé</p>'), text('The address of the house', '')];
  it('gives everything when nothing is asked', () => expect(matching(all, ' ')).toHaveLength(3));
  it('puts a typed shortcut first', () => expect(matching(all, 'addr').map((x) => x.name)).toEqual(['Address', 'The address of the house']));
  it('searches the words too', () => expect(matching(all, 'hammar').map((x) => x.name)).toEqual(['Address']));
  it('finds nothing rather than anything', () => expect(matching(all, 'zzz')).toEqual([]));
});

describe('looking at stored HTML', () => {
  const html = (source: string) => {
    const div = document.createElement('div');
    div.append(safeNodes(source));
    return div.innerHTML;
  };
  it('keeps weight and lists, without attributes', () => expect(html('<p onclick="x()" style="color:red">a <b class=k>b</b></p><ul><li>c</li></ul>')).toBe('<p>a <b>b</b></p><ul><li>c</li></ul>'));
  it('drops what could act or load', () => expect(html('<p>a<img src=x onerror=y><script>1</script><a href="javascript:x">b</a></p><style>p{}</style>')).toBe('<p>a<u class="link">b</u></p>'));
  it('names blanks', () => expect(html('<p>Hi {first_name}, {x}</p>')).toBe('<p>Hi <mark>First name</mark>, {x}</p>'));
  it('reads as one line of words', () => expect(plainOf('<p>a</p><p>b<br>c</p>')).toBe('a b c'));
});
