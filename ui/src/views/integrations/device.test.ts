import { describe, expect, it } from 'vitest';
import { addressesOf } from './client';
import { spelled } from './device.svelte';

describe('a sign-in with a code', () => {
  it('is read letter by letter, its halves apart', () => {
    expect(spelled('WDJB-8K3F')).toBe('W D J B, 8 K 3 F');
    expect(spelled('ABC')).toBe('A B C');
  });
  it('has the addresses that config.toml takes, and no others', () => {
    expect(addressesOf('github').map((a) => a.key)).toEqual(['device_url', 'token_url']);
    expect(addressesOf('linear').map((a) => a.key)).toEqual(['authorize_url', 'token_url', 'revoke_url']);
  });
});
