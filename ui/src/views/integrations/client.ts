/** The client registration of an integration: which addresses it has, and when it is complete. */
import type { ClientConfig } from '../../ipc/bindings';

type AddressKey = 'authorize_url' | 'token_url' | 'revoke_url' | 'userinfo_url' | 'gmail_url' | 'calendar_url' | 'tasks_url' | 'drive_url';
export type AddressField = 'issuer' | 'authorizeUrl' | 'tokenUrl' | 'revokeUrl' | 'userinfoUrl' | 'gmailUrl' | 'calendarUrl' | 'tasksUrl' | 'driveUrl';

export interface Address { key: AddressKey; field: AddressField; usual: string }

/** `usual`: Google's own; an organisation's come from its discovery document. */
const ADDRESSES: readonly (Address & { google?: boolean })[] = [
  { key: 'authorize_url', field: 'authorizeUrl', usual: 'https://accounts.google.com/o/oauth2/v2/auth' },
  { key: 'token_url', field: 'tokenUrl', usual: 'https://oauth2.googleapis.com/token' },
  { key: 'revoke_url', field: 'revokeUrl', usual: 'https://oauth2.googleapis.com/revoke' },
  { key: 'userinfo_url', field: 'userinfoUrl', usual: 'https://openidconnect.googleapis.com/v1/userinfo' },
  { key: 'gmail_url', field: 'gmailUrl', usual: 'https://gmail.googleapis.com', google: true },
  { key: 'calendar_url', field: 'calendarUrl', usual: 'https://www.googleapis.com/calendar/v3', google: true },
  { key: 'tasks_url', field: 'tasksUrl', usual: 'https://tasks.googleapis.com/tasks/v1', google: true },
  { key: 'drive_url', field: 'driveUrl', usual: 'https://www.googleapis.com/drive/v3', google: true },
];

export const addressesOf = (integration: string): Address[] =>
  integration === 'oidc' ? ADDRESSES.filter((a) => !a.google).map((a) => ({ ...a, usual: '' })) : [...ADDRESSES];

/** The environment variable that sets a key of config.toml. */
export const variable = (integration: string, key: string): string => `AURELIUS_PROVIDERS__${integration.toUpperCase()}__${key.toUpperCase()}`;

/**
 * What is still needed. A first registration needs its id (and issuer); one that is there may be emptied, which takes it away. What the
 * environment gives is there.
 */
export function incomplete(stored: ClientConfig, draft: ClientConfig): ('clientId' | 'issuer')[] {
  const had = !!stored.clientId || !!stored.issuer;
  const removing = had && !draft.clientId.trim() && (stored.integration !== 'oidc' || !draft.issuer.trim());
  if (removing) return [];
  const out: ('clientId' | 'issuer')[] = [];
  if (stored.integration === 'oidc' && !draft.issuer.trim() && !stored.overridden.includes('issuer')) out.push('issuer');
  if (!draft.clientId.trim() && !stored.overridden.includes('client_id')) out.push('clientId');
  return out;
}
