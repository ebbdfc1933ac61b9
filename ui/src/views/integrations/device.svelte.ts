// A sign-in with a code that is typed in at the provider: what is shown of it, and how it is read aloud.
import { call } from '../../ipc/transport';
import { SignIn } from './signin.svelte';
import type { DeviceSignIn } from '../../ipc/bindings';

export const deviceSignIn = (integration: string): SignIn<DeviceSignIn> =>
  new SignIn(integration, (reconnect) => call('connect_device', { integration, reconnect }));

/** Letter by letter, the halves apart: otherwise a code is read as a word. */
export const spelled = (code: string): string => code.split('-').map((half) => [...half].join(' ')).join(', ');
