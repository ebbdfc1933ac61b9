import { describe, expect, it } from 'vitest';
import { ImapSetup, signInAt } from './imap.svelte';

describe('a better way in than a password', () => {
  it.each([['outlook.com', 'microsoft'], ['Hotmail.com', 'microsoft'], ['live.com', 'microsoft'], ['msn.com', 'microsoft'], ['outlook.office365.com', 'microsoft'], ['smtp.office365.com ', 'microsoft'], ['gmail.com', 'google'], ['imap.gmail.com', 'google']])(
    'is known of %s', (name, integration) => expect(signInAt(name)).toBe(integration));
  it.each(['', 'com', 'example.org', 'notoutlook.com', 'outlook.com.evil.example', 'alive.com', 'icloud.com'])('is not known of “%s”', (name) => expect(signInAt(name)).toBeNull());
  it('is told by the address, by what was found, and by servers that were typed', () => {
    const setup = new ImapSetup(null);
    setup.email = 'mara@lindqvist.example';
    expect(setup.better).toBeNull();
    setup.imap.host = 'outlook.office365.com';
    expect(setup.better, 'not typed yet').toBeNull();
    setup.manual();
    expect(setup.better).toBe('microsoft');
    setup.imap.host = 'imap.lindqvist.example';
    expect(setup.better).toBeNull();
    setup.oauth = 'google';
    expect(setup.better).toBe('google');
    setup.oauth = null;
    setup.email = 'mara@hotmail.com';
    expect(setup.better).toBe('microsoft');
  });
});
