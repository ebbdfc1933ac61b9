// The one door to the core. Three ways through it: Tauri in the window; a loopback bridge to a headless core (`?bridge=`), and a
// mock with fixtures (`?scenario=`), both only in test builds. Views never know which.
import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import { errorWords } from '../i18n/core';
import type { ApiError, AppEvent, Commands, Empty } from './bindings';

export type Command = keyof Commands;
export type Req<K extends Command> = Commands[K][0];
export type Res<K extends Command> = Commands[K][1];
/** A command without a request is called with its name alone. */
type Args<K extends Command> = Empty extends Req<K> ? [] : [req: Req<K>];

export interface Transport {
  invoke(name: Command, req: unknown): Promise<unknown>;
  /** Resolves once events flow. */
  listen(handler: (event: AppEvent) => void): Promise<void>;
}

/** What a failed command throws: words ready to be shown, in the language of the window as it is when they are read. */
export class CallError extends Error implements ApiError {
  readonly code: string;
  /** As the core said it: for what looks something up in it. */
  readonly raw: Readonly<ApiError>;
  readonly retryAt: number | null;
  constructor(error: ApiError) {
    super();
    this.name = 'CallError';
    this.code = error.code;
    this.raw = error;
    this.retryAt = error.retryAt;
    // `Error` has a message of its own on each error; this one follows the language.
    Object.defineProperty(this, 'message', { get: () => errorWords(error.code, error.message, error.hint).message });
  }
  get hint(): string {
    return errorWords(this.raw.code, this.raw.message, this.raw.hint).hint;
  }
}

/** Any thrown value as an error with a code and words. */
export function asCallError(error: unknown): CallError {
  if (error instanceof CallError) return error;
  const e = (typeof error === 'object' && error !== null ? error : {}) as Partial<ApiError>;
  return new CallError({
    code: typeof e.code === 'string' ? e.code : 'unexpected',
    message: typeof e.message === 'string' ? e.message : String(error),
    hint: typeof e.hint === 'string' ? e.hint : '',
    retryAt: typeof e.retryAt === 'number' ? e.retryAt : null,
  });
}

const tauri: Transport = {
  invoke: (name, req) => invoke(name, { req }),
  listen: async (handler) => {
    await listen<AppEvent>('aurelius://event', (event) => handler(event.payload));
    await listen<{ href: string }>('aurelius://link', (event) => {
      for (const follow of followers) follow(event.payload.href);
    });
  },
};

async function choose(): Promise<Transport> {
  if (__TEST_BUILD__) {
    const query = new URLSearchParams(location.search);
    const bridge = query.get('bridge');
    if (bridge) return (await import('./bridge')).bridge(bridge, query.get('token') ?? '');
    const scenario = query.get('scenario');
    if (scenario || !window.__TAURI_INTERNALS__) return (await import('./mock')).mock(scenario ?? 'full', query);
  }
  return tauri;
}

let chosen: Promise<Transport> | null = null;
const handlers = new Set<(event: AppEvent) => void>();

async function open(): Promise<Transport> {
  const transport = await choose();
  await transport.listen((event) => {
    for (const handler of handlers) handler(event);
  });
  return transport;
}

export async function call<K extends Command>(name: K, ...args: Args<K>): Promise<Res<K>> {
  try {
    chosen ??= open();
    return (await (await chosen).invoke(name, args[0] ?? {})) as Res<K>;
  } catch (error) {
    throw asCallError(error);
  }
}

const followers = new Set<(href: string) => void>();

/** A link of a mail asked for a window and the shell refused it: here is its address. Returns the way to stop. */
export function onLink(handler: (href: string) => void): () => void {
  followers.add(handler);
  return () => followers.delete(handler);
}

/** Listens to the core; returns the way to stop. */
export function onEvent(handler: (event: AppEvent) => void): () => void {
  handlers.add(handler);
  return () => handlers.delete(handler);
}
