import { tick, type Component } from 'svelte';
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
      if (!view) {
        const found = (await load()).default;
        // The button that was pressed is written anew: who stood on it stands there still, or the focus would be nowhere when the
        // panel closes.
        const old = document.activeElement;
        const around = old?.parentElement;
        const at = around && old ? [...around.children].indexOf(old) : -1;
        view = found;
        await tick();
        if (old && !old.isConnected && around?.children[at] instanceof HTMLElement) around.children[at].focus();
      }
      then();
    },
  };
}
