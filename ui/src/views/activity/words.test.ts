// Whatever the core can write into its log has words. The codes are read from its sources, so that a new one fails here and not in
// front of a person.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import '../../i18n/late';
import { language } from '../../i18n/language.svelte';
import { detailWords, TARGET_CODES, targetWords } from './details';
import { ACTOR_CODES, OUTCOME_CODES, actionWords, actorWords, areaWords, knownAction, knownArea, outcomeWords } from './words';

const ROOT = join(import.meta.dirname, '../../../../src-tauri');
const SOURCES = ['src', 'crates/engine/src', 'crates/store/src', 'crates/host/src'].flatMap((dir) =>
  readdirSync(join(ROOT, dir), { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.rs') && !/(^|\/)(tests?|testing|.*_tests)(\.rs|\/)/.test(f)).map((f) => join(ROOT, dir, f)));

/** Words with a dot that are written near an entry but are no action. */
const OTHERS = new Set(['mail.send', 'mail.modify', 'mail.read', 'mail.drafts', 'mail.db', 'mail.ru', 'signature.asc', 'store.db', 'vault.json', 'config.toml', 'mailbox.org', 'vault.new', 'config.new']);
/** The prefix of a token of undo. */
const UNDO = 'u';
const NEAR = /\b(?:audit|audit_only|audit_refused|on_connection|note_attachment|queue_mailbox|NewAudit)\b|Actor::|-> &'static str/;
const AREA = /^(?:mail|connection|draft|outbox|oauth|sender|mailbox|vault|settings|store|bulk|split|signature|activity|thread|list|text|revocation|account|images|attachment|event|task|file)\./;

const actions = new Set<string>();
const targets = new Set<string>();
for (const file of SOURCES) {
  // What follows the tests of a module is not what it writes.
  const lines = (readFileSync(file, 'utf8').split(/#\[cfg\(test\)\]\s*mod \w+ \{/)[0] ?? '').split('\n');
  lines.forEach((line, i) => {
    const near = NEAR.test(lines.slice(Math.max(0, i - 8), i + 1).join('\n'));
    for (const [, code] of line.matchAll(/"([a-z]+\.[a-z_]+)"/g)) if (code && !OTHERS.has(code) && (AREA.test(code) || (near && !/\.(?:example|com|db|rs|json|toml|sock|lock|addr)$/.test(code)))) actions.add(code);
    if (near) for (const [, kind] of line.matchAll(/(?:format!\()?"([a-z_]+):(?:\{[^"]*\})?"/g)) if (kind && kind !== UNDO) targets.add(kind);
  });
}
const audit = readFileSync(join(ROOT, 'crates/domain/src/audit.rs'), 'utf8');
const arms = (name: string) => [...(new RegExp(`impl ${name} \\{[\\s\\S]*?\\n\\}`).exec(audit)?.[0] ?? '').matchAll(/=> "([a-z_]+)"/g)].map((m) => m[1] ?? '');

afterEach(() => language.use('en'));

describe('the log in words', () => {
  it('finds what the core writes', () => {
    expect(actions.size).toBeGreaterThan(50);
    expect([...actions]).toEqual(expect.arrayContaining(['mail.moved', 'outbox.wedged', 'oauth.callback_refused', 'vault.rekey', 'mail.draft', 'attachment.saved']));
    expect([...targets]).toEqual(expect.arrayContaining(['message', 'outbox', 'connection', 'integration', 'threads']));
  });
  it.each([...actions].sort())('%s', (code) => {
    expect(knownAction(code), 'words for the action').toBe(true);
    expect(knownArea(code.split('.')[0] ?? ''), 'words for its area').toBe(true);
    expect(actionWords(code)).not.toBe('');
  });
  it.each([...targets].sort())('target %s', (kind) => expect(TARGET_CODES).toContain(kind));
  it('knows every actor and outcome', () => {
    expect(arms('Actor')).toHaveLength(4);
    expect([...ACTOR_CODES].sort()).toEqual(arms('Actor').sort());
    expect([...OUTCOME_CODES].sort()).toEqual(arms('Outcome').sort());
  });
  it('says numbers, kinds and reasons', async () => {
    expect(detailWords('kind=move attempts=2 refused=0')).toBe('moving, 2 attempts');
    expect(detailWords('messages=1 to=junk')).toBe('1 message, to spam');
    expect(targetWords('message:12')).toBe('Message 12');
    expect(targetWords('threads:')).toBe('');
    expect(targetWords('connection:gone')).toBe('An account that is gone');
    await language.use('de');
    expect(detailWords('threads=2')).toBe('2 Unterhaltungen');
    expect(actionWords('mail.moved')).not.toMatch(/[a-z]\.[a-z]/);
  });
  it('shows what it does not know readable and whole', () => {
    expect(actionWords('robot.was_switched_on')).toBe('robot · was switched on');
    expect(outcomeWords('half_done')).toBe('half done');
    expect(actorWords('night_shift')).toBe('night shift');
    expect(areaWords('new_area')).toBe('new area');
    expect(targetWords('robot:7')).toBe('robot 7');
    expect(detailWords('left_arm=2 odd')).toBe('left arm: 2, odd');
  });
});
