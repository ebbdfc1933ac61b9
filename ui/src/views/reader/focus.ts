/** Gives focus to the button inside once the dialog has set up its own focus: the safe answer is the one Enter gives. */
export function focusFirst(node: HTMLElement): () => void {
  const focus = () => node.querySelector<HTMLElement>('button')?.focus();
  focus();
  const timers = [setTimeout(focus, 0), setTimeout(focus, 50)];
  return () => timers.forEach((t) => clearTimeout(t));
}
