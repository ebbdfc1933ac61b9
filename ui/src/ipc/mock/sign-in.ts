// Signing in at a provider in the mock, in the browser or with a code. `?signin=` says how it ends: `denied`, `wait`, `short` (the time is
// over at once), and of a code `late` (the provider says that it is over) or `off` (the registration may not do it).
import type { AppEvent, Commands, ConnectionDto } from '../bindings';
import { fail, microsoft, tool } from './accounts';
import { TOOLS, refusal } from './catalogue';

type Names = 'connect_oauth' | 'connect_device' | 'connect_cancel' | 'connect_reopen';
type Handlers = { [K in Names]: (req: Commands[K][0]) => Commands[K][1] };

interface World {
  now: number;
  query: URLSearchParams;
  emit: (event: AppEvent) => void;
  /** Into the list of accounts. */
  add: (connection: ConnectionDto) => ConnectionDto;
  /** A mailbox is connected. */
  mail: (integration: string) => void;
  /** The lists of a task tool are there. */
  lists: (integration: string) => void;
}

const PERSON_MS = 2500;
const SHORT_MS = 1500;

export function connectSignIn({ now, query, emit, add, mail, lists }: World): Handlers {
  const ending = query.get('signin') ?? '';
  let attempts = 0;
  const expiresAt = () => Date.now() + (ending === 'short' ? SHORT_MS : 300_000);
  const connected = (integration: string, reconnect: string | null): string => {
    if (integration === 'microsoft') return add(microsoft(now)).id;
    if (!Object.hasOwn(TOOLS, integration)) {
      mail(integration);
      return 'c-work';
    }
    lists(integration);
    const made = { ...tool(integration, now), withdrawable: integration !== 'github' };
    return add(reconnect === null ? made : { ...made, id: reconnect }).id;
  };
  function begin(integration: string, reconnect: string | null): string {
    attempts += 1;
    const attempt = `a${String(Date.now())}-${String(attempts)}`;
    if (!['wait', 'short'].includes(ending)) {
      setTimeout(() => {
        const error = ending === 'denied' ? refusal(integration)
          : ending === 'late' ? { code: 'code_expired', message: 'the code was not used in time', hint: 'Start the sign-in again: there is a new code then.', retryAt: null } : null;
        emit({ type: 'signIn', attempt, ok: error === null, connection: error === null ? connected(integration, reconnect) : null, error });
      }, PERSON_MS);
    }
    return attempt;
  }
  return {
    connect_oauth: ({ integration, reconnect }) => {
      const attempt = begin(integration, reconnect);
      return { attempt, url: `https://accounts.example/o/oauth2/v2/auth?client_id=demo&state=${attempt}`, expiresAt: expiresAt() };
    },
    connect_device: ({ integration, reconnect }) => {
      if (ending === 'off') throw fail('device_flow_disabled', 'GitHub does not let this client registration sign in with a code', 'Switch on its device flow at the provider (docs/own-client.md), or use a token.');
      return { attempt: begin(integration, reconnect), code: 'WDJB-8K3F', url: 'https://github.com/login/device', expiresAt: expiresAt() };
    },
    connect_cancel: () => ({}),
    connect_reopen: () => ({}),
  };
}
