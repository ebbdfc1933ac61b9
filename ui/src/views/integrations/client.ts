/** The client registration of an integration: which addresses it has, and when it is complete. */
import type { ClientConfig } from '../../ipc/bindings';

type AddressKey = 'authorize_url' | 'device_url' | 'token_url' | 'revoke_url' | 'userinfo_url' | 'gmail_url' | 'calendar_url' | 'tasks_url' | 'drive_url' | 'people_url' | 'graph_url';
export type AddressField = 'issuer' | 'authorizeUrl' | 'deviceUrl' | 'tokenUrl' | 'revokeUrl' | 'userinfoUrl' | 'gmailUrl' | 'calendarUrl' | 'tasksUrl' | 'driveUrl' | 'peopleUrl' | 'graphUrl';

export interface Address { key: AddressKey; field: AddressField; usual: string }

/** The usual address at each provider that has it; an organisation's come from its discovery document. */
const ADDRESSES: readonly (Omit<Address, 'usual'> & { at: Readonly<Record<string, string>> })[] = [
  { key: 'authorize_url', field: 'authorizeUrl', at: { google: 'https://accounts.google.com/o/oauth2/v2/auth', microsoft: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize', linear: 'https://linear.app/oauth/authorize', oidc: '' } },
  { key: 'device_url', field: 'deviceUrl', at: { github: 'https://github.com/login/device/code' } },
  { key: 'token_url', field: 'tokenUrl', at: { google: 'https://oauth2.googleapis.com/token', microsoft: 'https://login.microsoftonline.com/common/oauth2/v2.0/token', github: 'https://github.com/login/oauth/access_token', linear: 'https://api.linear.app/oauth/token', oidc: '' } },
  { key: 'revoke_url', field: 'revokeUrl', at: { google: 'https://oauth2.googleapis.com/revoke', linear: 'https://api.linear.app/oauth/revoke', oidc: '' } },
  { key: 'userinfo_url', field: 'userinfoUrl', at: { google: 'https://openidconnect.googleapis.com/v1/userinfo', oidc: '' } },
  { key: 'gmail_url', field: 'gmailUrl', at: { google: 'https://gmail.googleapis.com' } },
  { key: 'calendar_url', field: 'calendarUrl', at: { google: 'https://www.googleapis.com/calendar/v3' } },
  { key: 'tasks_url', field: 'tasksUrl', at: { google: 'https://tasks.googleapis.com/tasks/v1' } },
  { key: 'drive_url', field: 'driveUrl', at: { google: 'https://www.googleapis.com/drive/v3' } },
  { key: 'people_url', field: 'peopleUrl', at: { google: 'https://people.googleapis.com/v1' } },
  { key: 'graph_url', field: 'graphUrl', at: { microsoft: 'https://graph.microsoft.com' } },
];

export const addressesOf = (integration: string): Address[] =>
  ADDRESSES.flatMap(({ key, field, at }) => (at[integration] === undefined ? [] : [{ key, field, usual: at[integration] }]));

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
