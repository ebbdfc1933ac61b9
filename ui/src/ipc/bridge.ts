// Test builds only: the same window over a headless core, by loopback HTTP and server-sent events.
import type { ApiError, AppEvent } from './bindings';
import type { Transport } from './transport';

export function bridge(base: string, token: string): Transport {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  return {
    async invoke(name, req) {
      const answer = await fetch(`${base}/ipc/${name}`, { method: 'POST', headers, body: JSON.stringify({ req }) });
      const value: unknown = await answer.json();
      if (!answer.ok) throw value as ApiError;
      return value;
    },
    listen(handler) {
      return new Promise((resolve) => {
        const source = new EventSource(`${base}/events?token=${encodeURIComponent(token)}`);
        source.onopen = () => resolve();
        source.onerror = () => resolve();
        source.onmessage = (message: MessageEvent<string>) => {
          const { event, payload } = JSON.parse(message.data) as { event: string; payload: AppEvent };
          if (event === 'aurelius://event') handler(payload);
        };
      });
    },
  };
}
