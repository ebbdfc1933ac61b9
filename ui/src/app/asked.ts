// What the person asked for outside the window: in the tray, or by a `mailto:` link. Kept by the core until it is taken here.
import { call } from '../ipc/transport';
import { toasts } from '../data/toasts.svelte';
import { composer } from '../views/composer/open.svelte';

export async function takeAsked(): Promise<void> {
  try {
    for (const ask of await call('asked')) {
      if (ask.type === 'go') location.hash = `#/${ask.to}`;
      else if (ask.type === 'compose') await composer.write(ask.mailto);
      else await composer.open({ kind: 'reply', message: ask.message, thread: ask.thread });
    }
  } catch (error) {
    toasts.error(error);
  }
}
