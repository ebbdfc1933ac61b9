// Connecting servers that a person names in the mock: what one may say to it, told apart by the names that are typed.
import type { CalendarDto, Commands, ConnectionDto } from '../bindings';
import { calDav, fail, feed, jmap } from './accounts';

type Names = 'connect_dav' | 'connect_feed' | 'connect_jmap';
type Handlers = { [K in Names]: (req: Commands[K][0]) => Promise<Commands[K][1]> };

interface World {
  now: number;
  /** Into the list of accounts. */
  add: (connection: ConnectionDto) => ConnectionDto;
}

const CHECK_MS = 500;
const REFUSED = 'Change what the reason names, then try again.';

export function connectCalendar({ now, add }: World): Handlers {
  const wait = () => new Promise((done) => setTimeout(done, CHECK_MS));
  return {
    connect_dav: async ({ url, username, password, reconnect }) => {
      await wait();
      const host = /^(?:https?:\/\/)?([^/:]+)/.exec(url)?.[1] ?? username.split('@')[1] ?? '';
      if (password === 'wrong') throw fail('auth', `${host} does not accept this user name and password.${host.endsWith('icloud.com') ? ' iCloud wants an app-specific password, not that of the Apple account: make one at account.apple.com.' : ' Where two-step sign-in is on, it may want an app password.'}`, 'Check the user name and the password (some providers want an app password), or sign in again.');
      if (host.includes('nohost')) throw fail('unreachable', `${host} can't be reached: no such host`, 'Check the host name, the port and the network, then try again.');
      if (host.includes('moved')) throw fail('refused', `${host} keeps its calendars at cloud.elsewhere.example. The password was not sent there: if that host belongs to your provider, give cloud.elsewhere.example as the server.`, REFUSED);
      if (host.includes('self')) throw fail('certificate', `the certificate of ${host} is not trusted: it is self-signed`, 'If this is your own server, give its CA file, or pin the certificate after comparing its fingerprint.');
      const made = calDav(now, url.startsWith('http') ? url : `https://${host}`, username);
      return add(reconnect === null ? made : { ...made, id: reconnect });
    },
    connect_jmap: async ({ url, username, secret, reconnect }) => {
      await wait();
      const host = /^(?:https?:\/\/)?(?:[^/@]+@)?([^/:]+)/.exec(url)?.[1] ?? username?.split('@')[1] ?? '';
      if (secret === 'wrong') throw fail('auth', `${host} does not accept the user name and password, or the token`, 'Check the user name and the password (some providers want an app password), or sign in again.');
      if (host.includes('nohost')) throw fail('unreachable', `${host} can't be reached: no such host`, 'Check the host name, the port and the network, then try again.');
      if (host.includes('web')) throw fail('refused', `${host} does not answer as a mail server with JMAP. Give the address that your provider names for it; not every provider has it.`, REFUSED);
      const made = jmap(now, url);
      return add(reconnect === null ? made : { ...made, id: reconnect });
    },
    connect_feed: async ({ url, name, privateAllowed }) => {
      await wait();
      const host = /^[a-z]+:\/\/([^/:]+)/i.exec(url)?.[1] ?? '';
      if (/^(?:127\.|192\.168\.|10\.|localhost|nas\b)/.test(host) && !privateAllowed) throw fail('refused', `${host} is inside this machine or its network. If that is what you mean, allow private addresses for this subscription.`, REFUSED);
      if (host.includes('nohost')) throw fail('unreachable', `${host} can't be reached: no such host`, 'Check the host name, the port and the network, then try again.');
      if (host.includes('web')) throw fail('refused', `${host} sent a web page, not a calendar: copy the address that ends in .ics.`, REFUSED);
      return add(feed(now, name || 'Public holidays', host));
    },
  };
}

/** What lies in the accounts of the scenario with calendars. */
export function connectedCalendars(now: number): CalendarDto[] {
  const of = (id: number, connection: string, name: string, hue: number, rest: Partial<CalendarDto> = {}): CalendarDto => ({ id, connection, source: connection === 'c-dav' ? 'dav.lindqvist.example' : 'Public holidays', name, hue, shown: true, writable: true, default: false, video: null, error: null, lastSync: now - 120_000, ...rest });
  return [
    of(1, 'c-dav', 'Personal', 6, { default: true }), of(2, 'c-dav', 'Work', 3), of(3, 'c-dav', 'Family', 4, { writable: false, error: 'The server did not answer in time.' }), of(4, 'c-feed', 'Public holidays', 7, { writable: false }),
  ];
}
