import { describe, expect, it } from 'vitest';
import { add, chip, format, parse, validAddress } from './addresses';
import { freeName, promisesFile } from './attach';
import { parseWhen, presets, timesOf } from './when';

describe('addresses', () => {
  it('splits lists outside quotes and brackets', () => {
    expect(parse('"Lovelace, Ada" <ada@x.example>, bob@y.example; Carol <c@z.example>\nd@w.example').map((c) => [c.name, c.email])).toEqual([
      ['Lovelace, Ada', 'ada@x.example'], ['', 'bob@y.example'], ['Carol', 'c@z.example'], ['', 'd@w.example'],
    ]);
  });
  it('takes a pasted row of bare addresses', () => {
    expect(parse('a@x.example b@y.example').map((c) => c.email)).toEqual(['a@x.example', 'b@y.example']);
  });
  it.each(['a@x.example', 'ä@müller.example', '"a b"@x.example', 'a+b@sub.x.example', 'x@[192.0.2.1]'])('accepts %s', (a) => expect(validAddress(a)).toBe(true));
  it.each(['a', 'a@', '@x.example', 'a@x', 'a..b@x.example', '.a@x.example', 'a b@x.example', 'a@-x.example', 'a@x.example\nBcc: y@z', 'a@x..example', 'a@1.2.3.4'])('refuses %s', (a) => expect(validAddress(a)).toBe(false));
  it('does not double, but learns a name', () => {
    expect(add([chip('', 'A@x.example')], [chip('Ada', 'a@X.example')])).toEqual([{ name: 'Ada', email: 'A@x.example', valid: true }]);
  });
  it('writes what it can read back', () => {
    for (const a of [{ name: 'Lovelace, "Ada"', email: 'a@x.example' }, { name: '', email: 'b@x.example' }]) expect(parse(format(a)).map(({ name, email }) => ({ name, email }))[0]?.email).toBe(a.email);
  });
});

describe('send later', () => {
  const now = new Date(2026, 2, 19, 9, 41); // a Thursday
  const at = (words: string) => {
    const d = parseWhen(words, now);
    return d && `${d.getFullYear()}-${d.getMonth() + 1}-${d.getDate()} ${d.getHours()}:${String(d.getMinutes()).padStart(2, '0')}`;
  };
  it.each([
    ['tomorrow 8am', '2026-3-20 8:00'], ['tomorrow', '2026-3-20 8:00'], ['mon 9:30', '2026-3-23 9:30'], ['in 2 h', '2026-3-19 11:41'],
    ['in 30 min', '2026-3-19 10:11'], ['3pm', '2026-3-19 15:00'], ['8:00', '2026-3-20 8:00'], ['24 dec 18:00', '2026-12-24 18:00'],
    ['1 march', '2027-3-1 8:00'], ['2026-04-02 07:15', '2026-4-2 7:15'], ['friday at noon', '2026-3-20 12:00'], ['tonight', '2026-3-19 18:00'],
    ['thursday', '2026-3-26 8:00'], ['next week', '2026-3-23 8:00'], ['half an hour', '2026-3-19 10:11'],
    ['tue 3pm', '2026-3-24 15:00'], ['8 am tomorrow', '2026-3-20 8:00'], ['am 24. dez um 9:15', '2026-12-24 9:15'], ['tomorrow evening', '2026-3-20 18:00'], ['morgen', '2026-3-20 8:00'], ['morgen früh', '2026-3-20 8:00'], ['morgen um 9 uhr', '2026-3-20 9:00'],
    ['übermorgen 10:30', '2026-3-21 10:30'], ['heute abend', '2026-3-19 18:00'], ['mi 14 uhr', '2026-3-25 14:00'], ['Sonntag', '2026-3-22 8:00'], ['24. Dez 18:00', '2026-12-24 18:00'],
    ['in 2 std', '2026-3-19 11:41'], ['in 3 tagen', '2026-3-22 9:41'], ['in einer halben Stunde', '2026-3-19 10:11'], ['nächste Woche', '2026-3-23 8:00'], ['1. märz', '2027-3-1 8:00'],
  ])('%s', (words, wanted) => expect(at(words)).toBe(wanted));
  it.each(['', 'soon', '25:00', '31 feb', 'today 8:00', '2020-01-01', '13pm'])('refuses %s', (words) => expect(at(words)).toBeNull());
  it("takes the person's own morning and evening", () => {
    const own = timesOf({ laterMorning: '07:30', laterEvening: '20:15', laterHours: 5 });
    const said = (d: Date | null | undefined) => d && `${d.getDate()} ${d.getHours()}:${String(d.getMinutes()).padStart(2, '0')}`;
    expect(Object.fromEntries(presets(now, own).map((p) => [p.id, said(p.at)]))).toEqual({ laterToday: '19 15:00', tonight: '19 20:15', tomorrow: '20 7:30', monday: '23 7:30' });
    expect(said(parseWhen('tomorrow', now, own))).toBe('20 7:30');
    expect(said(parseWhen('tonight', now, own))).toBe('19 20:15');
    expect(timesOf({ laterMorning: '25:00', laterEvening: '', laterHours: 0 })).toEqual(timesOf({ laterMorning: '08:00', laterEvening: '18:00', laterHours: 3 }));
  });
  it('offers only what lies ahead', () => {
    for (const hour of [0, 9, 16, 17, 19, 23]) {
      const when = new Date(2026, 2, 22, hour, 59);
      for (const p of presets(when)) expect(p.at.getTime()).toBeGreaterThan(when.getTime());
    }
  });
});

describe('attachments', () => {
  it('hears a promise in several languages', () => {
    for (const text of ['I attached the file', 'see attachment', 'Anbei die Pläne', 'ci-joint le devis', 'adjunto el plano', '資料を添付します']) expect(promisesFile(text, 'x')).toBe(true);
    expect(promisesFile('I am attracted to this', 'Re: attached files')).toBe(false);
  });
  it('keeps names apart', () => {
    expect(freeName('image.png', ['image.png', 'image 2.png'])).toBe('image 3.png');
  });
});
