// What the core says has its German: every error code that is documented, every action; and no table speaks of a sentence that the
// core no longer says.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallError } from '../ipc/transport';
import { errorWords, fromCore } from './core';
import { codes } from './core/codes';
import { done, sentences } from './core/sentences';
import { language } from './language.svelte';

const root = join(import.meta.dirname, '..', '..', '..');
const documented = [...readFileSync(join(root, 'docs', 'cli', 'errors.md'), 'utf8').matchAll(/^\| (`[^|]*`) \|/gm)]
  .flatMap((row) => [...(row[1] ?? '').matchAll(/`(\w+)`/g)].map((m) => m[1] ?? ''));

/** All the core's source, with every placeholder written `{}` and line continuations closed. */
function source(dir: string): string {
  return readdirSync(dir, { withFileTypes: true }).filter((e) => e.isDirectory() || e.name.endsWith('.rs'))
    .map((e) => (e.isDirectory() ? (/^(?:tests|target)$/.test(e.name) ? '' : source(join(dir, e.name))) : readFileSync(join(dir, e.name), 'utf8'))).join('\n');
}
const bare = (text: string): string => text.replace(/\{[^{}\s"]*\}/g, '{}');

afterEach(() => language.use('en'));

describe('German words for the core', () => {
  beforeEach(() => language.use('de'));

  it('finds codes in the documentation', () => {
    expect(documented.length).toBeGreaterThan(90);
  });
  it.each(documented)('has %s', (code) => {
    const words = codes[code];
    expect(words, code).toBeDefined();
    expect(words?.message.trim()).not.toBe('');
    // A sentence that nobody knows still has the meaning of its code.
    const said = errorWords(code, 'Zxqw of a foreign server', 'Zxqw hint');
    expect(said.message).toBe(words?.message);
    expect(said.hint).not.toContain('Zxqw hint');
    for (const text of [said.message, words?.hint ?? '']) expect(text).not.toMatch(/["“](?=\w)|!|\b(?:Sie können|Ihre[nmr]?|Ihnen)\b/);
  });
  it('keeps what a foreign server said, where that tells more', () => {
    expect(errorWords('refused', '552 too big', '').hint).toContain('(552 too big)');
    expect(errorWords('disk_full', 'the disk is full', 'Free some').hint).toBe('Schaffe etwas Platz; Aurelius macht von selbst weiter.');
  });
  it('shows what it does not know as it is', () => {
    expect(errorWords('brand_new', 'A thing', 'Do it')).toEqual({ message: 'A thing', hint: 'Do it' });
    expect(fromCore('A thing')).toBe('A thing');
    expect(fromCore('')).toBe('');
    expect(fromCore('constructor')).toBe('constructor');
  });
  it('puts names and numbers where they belong, and looks into what a sentence holds', () => {
    expect(fromCore('Undone: 9,800 conversations archived')).toBe('Rückgängig gemacht: 9.800 Unterhaltungen archiviert');
    expect(fromCore('imap.example.org:993 can\'t be reached: it took too long')).toBe('imap.example.org:993 ist nicht erreichbar: Es hat zu lange gedauert.');
    expect(fromCore('3 conversations moved to A $& {n} B')).toBe('3 Unterhaltungen nach A $& {n} B verschoben');
    expect(fromCore('2 conversations moved to the inbox')).toBe('2 Unterhaltungen in den Posteingang verschoben');
    expect(fromCore('The name xn--a looks like paypal.com but is b.example.')).toBe('Der Name xn--a sieht aus wie paypal.com, ist aber b.example.');
  });
  it('says what Microsoft and the task tools refuse', () => {
    expect(fromCore('GitHub refused this issue: Validation Failed')).toBe('GitHub hat diesen Vorgang abgelehnt: Validation Failed');
    expect(fromCore('every 2 weeks, on 3 days')).toBe('alle 2 Wochen, an 3 Tagen');
    expect(fromCore('every month')).toBe('jeden Monat');
    expect(fromCore('Changing tasks was not granted by Microsoft for this account (scope Tasks.ReadWrite). Reconnect it and allow that.')).toBe('Aufgaben ändern: Das hat Microsoft für dieses Konto nicht erlaubt (Tasks.ReadWrite). Verbinde es neu und erlaube es.');
    expect(fromCore('this folder no longer exists at the provider')).toBe('diesen Ordner gibt es beim Anbieter nicht mehr');
    expect(fromCore('Sending mail was not granted by Microsoft for this account (scope Mail.Send). Reconnect it and allow that.')).toBe('Mails senden: Das hat Microsoft für dieses Konto nicht erlaubt (Mail.Send). Verbinde es neu und erlaube es.');
    expect(errorWords('denied', 'the sign-in was refused: access was not granted', 'Start the sign-in again and allow what you want to use.')).toEqual({ message: 'Die Anmeldung wurde abgelehnt: Der Zugriff wurde nicht erlaubt.', hint: 'Beginne die Anmeldung noch einmal und erlaube, was du benutzen möchtest.' });
    expect(fromCore('The sign-in is no longer valid: Microsoft says invalid_grant: AADSTS700082: The refresh token has expired.')).toBe('Die Anmeldung gilt nicht mehr: Microsoft meldet invalid_grant: AADSTS700082: The refresh token has expired.');
    expect(errorWords('auth', 'Notion does not accept this token.', 'Copy it again from https://www.notion.so/profile/integrations.')).toEqual({ message: 'Notion nimmt diesen Token nicht an.', hint: 'Kopiere ihn noch einmal von https://www.notion.so/profile/integrations.' });
  });
  it.each(Object.entries(sentences))('%s', (from, to) => {
    const names = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? ''))].sort();
    if (!from.startsWith('This {what}')) expect(names(to)).toEqual(names(from));
    expect(to.trim() === to || from.startsWith(' ')).toBe(true);
    expect(to).not.toMatch(/!|\b(?:Sie können|Ihre[nmr]?|Ihnen)\b/);
  });
  it('is said in the language of the moment', async () => {
    const error = new CallError({ code: 'wrong_passphrase', message: 'the passphrase is wrong', hint: 'Try again; nothing was changed.', retryAt: null });
    expect(error.message).toBe('Die Passphrase stimmt nicht.');
    expect(error.hint).toBe('Versuch es noch einmal; geändert wurde nichts.');
    await language.use('en');
    expect(error.message).toBe('the passphrase is wrong');
    expect(error.hint).toBe('Try again; nothing was changed.');
    expect(error.raw.message).toBe('the passphrase is wrong');
    expect(String(error)).toBe('CallError: the passphrase is wrong');
  });
});

describe('English', () => {
  it('is what the core says', () => {
    for (const text of [...Object.keys(sentences), 'anything']) expect(fromCore(text)).toBe(text);
    expect(errorWords('disk_full', 'the disk is full', 'Free some.')).toEqual({ message: 'the disk is full', hint: 'Free some.' });
  });
});

describe('the sentences', () => {
  const text = bare(source(join(root, 'src-tauri'))).replace(/\\\n\s*/g, '').replaceAll('\\"', '"');
  it.each(Object.keys(sentences).filter((s) => !Object.hasOwn(done, s)))('the core still says: %s', (sentence) => {
    // Some are put together: a sentence and what follows it.
    const parts = bare(sentence).replace(/ SHA-256 \{\}$/, '').replace(/\{\}$/, '').trim();
    expect(text.includes(parts), parts).toBe(true);
  });
});
