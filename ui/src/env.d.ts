/// <reference types="vite/client" />
/// <reference types="svelte" />

/** True in `--mode test` and in the dev server: the mock and the bridge are in the bundle. */
declare const __TEST_BUILD__: boolean;

interface Window {
  /** Set by the shell before the first script runs, so that the first paint has the right theme. */
  __AURELIUS__?: { theme?: string; platform?: string; look?: Partial<import('./ipc/bindings').Settings>; plain?: boolean };
  __TAURI_INTERNALS__?: unknown;
}
