// The rows that the core and the window have in common say the same: the core's registry is read.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { german } from '../../i18n/core/de';
import { MICROSOFT, TOOLS, integrations } from './catalogue';

const root = join(import.meta.dirname, '..', '..', '..', '..', 'src-tauri', 'crates', 'providers', 'src');
const registry = ['registry.rs', 'registry/by_token.rs'].map((file) => readFileSync(join(root, file), 'utf8')).join('\n').replaceAll('\\"', '"');
const rows = integrations().filter((i) => i.id === 'microsoft' || i.id === 'jmap' || Object.hasOwn(TOOLS, i.id));

describe('the catalogue', () => {
  it('has every integration of the core, in its order', () => {
    const named = [...registry.matchAll(/^(?:pub )?const \w+: &str = "([a-z]+)";$/gm)].map((m) => m[1]);
    expect(new Set(integrations().map((i) => i.id))).toEqual(new Set(named));
    const order = ['google', 'microsoft', 'oidc', 'imap', 'jmap', 'caldav', 'ics', ...Object.keys(TOOLS)];
    expect(integrations().map((i) => i.id)).toEqual(order);
  });
  it.each(rows.map((i) => [i.id, i] as const))('says of %s what the core says, in German too', (_, i) => {
    const words = [i.description, ...i.features.flatMap((f) => [f.label, f.without])].filter((text) => text !== '');
    for (const text of [...words, i.label, i.accountPage ?? '']) expect(registry).toContain(`"${text}"`);
    for (const text of words) expect(german.sentence(text), text).not.toBeNull();
  });
  it('names all that Microsoft is asked for', () => {
    const part = registry.slice(registry.indexOf('const MICROSOFT_FEATURES'), registry.indexOf('const OIDC_FEATURES'));
    expect([...part.matchAll(/id: "([\w.]+)"/g)].map((m) => m[1])).toEqual(MICROSOFT.map((f) => f.id));
  });
});
