import { describe, expect, it } from 'vitest';
import { integrations } from '../../ipc/mock/catalogue';
import { connections } from '../../ipc/mock/accounts';
import { TokenSetup, WAYS, siteOf, tokenOf } from './token.svelte';

const row = (id: string) => integrations().find((i) => i.id === id)!;

describe('what was pasted', () => {
  it.each([[' "abc" ', 'abc'], ['“abc”', 'abc'], ['abc\n', 'abc'], ['a"b', 'a"b']])('%s is a token', (pasted, token) => expect(tokenOf(pasted)).toBe(token));
  it.each([['https://Northwind.atlassian.net/browse/AT-1', 'northwind.atlassian.net'], ['northwind', 'northwind'], [' northwind.atlassian.net/ ', 'northwind.atlassian.net'], ['http://a.atlassian.net?x=1', 'a.atlassian.net']])(
    '%s is a site', (pasted, site) => expect(siteOf(pasted)).toBe(site));
});

describe('what the core is given', () => {
  it('has a way for every tool of the catalogue', () => {
    expect(new Set(Object.keys(WAYS))).toEqual(new Set(integrations().filter((i) => i.auth === 'token').map((i) => i.id)));
  });
  it('is one text, as each provider needs it', () => {
    const trello = new TokenSetup(row('trello'), null);
    trello.extras.key = ' a1b2 ';
    trello.token = ' t ';
    expect(trello.whole).toBe('a1b2:t');
    const jira = new TokenSetup(row('jira'), null);
    Object.assign(jira.extras, { site: 'https://northwind.atlassian.net/jira', email: 'mara@northwind.example' });
    jira.token = 't';
    expect(jira.whole).toBe('northwind.atlassian.net/mara@northwind.example:t');
    const github = new TokenSetup(row('github'), null);
    github.token = 'github_pat_x';
    expect(github.whole).toBe('github_pat_x');
  });
  it('asks nobody again for what is known', () => {
    const again = connections('tools', 0).find((c) => c.integration === 'jira')!;
    expect(new TokenSetup(row('jira'), again).extras).toEqual({ key: '', site: '', email: 'mara@lindqvist.example' });
  });
  it('is nothing before every field is right', async () => {
    const setup = new TokenSetup(row('jira'), null);
    setup.token = 'ATATT3xFfGF0ATATT3xFfGF0';
    expect(await setup.connect()).toBe(false);
    expect([setup.at('site'), setup.at('email'), setup.atToken]).toEqual([expect.any(String), expect.any(String), null]);
    expect(setup.busy).toBe(false);
  });
});
