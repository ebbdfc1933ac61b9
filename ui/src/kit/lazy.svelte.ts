import type { Component } from 'svelte';
import { whenIdle } from '../app/views';

/** A component that is fetched ahead when nothing else is to do, and put in place when it is used. */
export function lazyPanel<P extends Record<string, never> | object, B extends keyof P | ''>(load: () => Promise<{ default: Component<P, object, B extends string ? B : ''> }>) {
  let view = $state.raw<Component<P, object, B extends string ? B : ''> | null>(null);
  $effect(() => whenIdle(() => void load()));
  return {
    get view() {
      return view;
    },
    async use(then: () => void) {
      view ??= (await load()).default;
      then();
    },
  };
}
