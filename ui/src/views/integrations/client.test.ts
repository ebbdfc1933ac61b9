import { describe, expect, it } from 'vitest';
import type { ClientConfig } from '../../ipc/bindings';
import { addressesOf, incomplete, variable } from './client';

const client = (change: Partial<ClientConfig> = {}): ClientConfig => ({
  integration: 'oidc', clientId: '', clientSecret: null, hasSecret: false, issuer: '', redirect: 'scheme', scopes: '', authorizeUrl: '', deviceUrl: '', tokenUrl: '',
  revokeUrl: '', userinfoUrl: '', gmailUrl: '', calendarUrl: '', tasksUrl: '', driveUrl: '', peopleUrl: '', graphUrl: '', overridden: [], ...change,
});

describe('a client registration', () => {
  it('needs its id, and an organisation its issuer', () => {
    expect(incomplete(client(), client())).toEqual(['issuer', 'clientId']);
    expect(incomplete(client(), client({ issuer: 'https://id.example', clientId: 'a' }))).toEqual([]);
    const google = client({ integration: 'google' });
    expect(incomplete(google, google)).toEqual(['clientId']);
    const microsoft = client({ integration: 'microsoft' });
    expect(incomplete(microsoft, microsoft)).toEqual(['clientId']);
    expect(incomplete(microsoft, { ...microsoft, clientId: 'a' }), 'its issuer is that of all accounts').toEqual([]);
  });
  it('can be taken away again', () => {
    const stored = client({ issuer: 'https://id.example', clientId: 'a' });
    expect(incomplete(stored, client())).toEqual([]);
    expect(incomplete(stored, client({ issuer: 'https://id.example' }))).toEqual(['clientId']);
    expect(incomplete(client({ integration: 'google', clientId: 'a' }), client({ integration: 'google' }))).toEqual([]);
    expect(incomplete(client({ integration: 'microsoft', clientId: 'a' }), client({ integration: 'microsoft', issuer: 'https://login.example/t/v2.0' }))).toEqual([]);
  });
  it('is complete with what the environment gives', () => {
    const given = client({ overridden: ['client_id', 'issuer'] });
    expect(incomplete(given, given)).toEqual([]);
    expect(variable('google', 'client_id')).toBe('AURELIUS_PROVIDERS__GOOGLE__CLIENT_ID');
  });
  it('has the addresses of its provider', () => {
    expect(addressesOf('google').map((a) => a.key)).toEqual(['authorize_url', 'token_url', 'revoke_url', 'userinfo_url', 'gmail_url', 'calendar_url', 'tasks_url', 'drive_url', 'people_url']);
    expect(addressesOf('oidc').map((a) => [a.field, a.usual])).toEqual([['authorizeUrl', ''], ['tokenUrl', ''], ['revokeUrl', ''], ['userinfoUrl', '']]);
    // The core refuses every other key there.
    expect(addressesOf('microsoft').map((a) => a.key)).toEqual(['authorize_url', 'token_url', 'graph_url']);
  });
});
