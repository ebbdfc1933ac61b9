// The core speaks English: its errors, its reasons and what it says was done. In another language the window says the same itself,
// by the error's code and by the sentence. What no table knows is shown as the core said it: words are never lost.
import { language } from './language.svelte';

/** A sentence of the core in the language of the window. Follows a change of it. */
export function fromCore(text: string): string {
  return language.core?.sentence(text) ?? text;
}

export function errorWords(code: string, message: string, hint: string): { message: string; hint: string } {
  return language.core?.error(code, message, hint) ?? { message, hint };
}
