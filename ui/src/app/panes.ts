// F6 walks through the panes. Each remembers where the focus was in it.
const last = new WeakMap<Element, HTMLElement>();

const panes = (): HTMLElement[] =>
  [...document.querySelectorAll<HTMLElement>('[data-pane]')].filter((p) => p.offsetParent !== null && !p.closest('[inert]') && p.getClientRects().length > 0);

export function watchPanes(): () => void {
  const remember = (e: FocusEvent) => {
    const target = e.target;
    if (!(target instanceof HTMLElement)) return;
    const pane = target.closest('[data-pane]');
    if (pane) last.set(pane, target);
  };
  document.addEventListener('focusin', remember);
  return () => document.removeEventListener('focusin', remember);
}

export function focusPane(pane: HTMLElement): void {
  const before = last.get(pane);
  const target = before && pane.contains(before) && before.isConnected ? before
    : (pane.querySelector<HTMLElement>('[role=grid]') ?? pane.querySelector<HTMLElement>('[data-pane-start], a[href], button:not(:disabled), [tabindex="0"], input, iframe') ?? pane);
  // A pane with nothing to focus in it takes the focus itself.
  if (target === pane && !pane.hasAttribute('tabindex')) pane.tabIndex = -1;
  target.focus();
}

export function cyclePane(step: 1 | -1): void {
  const all = panes();
  if (!all.length) return;
  const at = all.findIndex((p) => p.contains(document.activeElement));
  const next = all[(at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step + all.length) % all.length];
  if (next) focusPane(next);
}
