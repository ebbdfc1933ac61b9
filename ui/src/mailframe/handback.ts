// A focused mail frame swallows every key, and WebKit lets nobody listen inside a scriptless frame. So when the window loses focus to
// a frame, focus is given back to the list, unless the person is selecting text (then it waits) or came there with Tab (then the
// frame's links are what they want; Tab leads out again).

const FIRST_LOOK_MS = 180;
const SELECTING_MS = 400;

export interface Handback {
  /** Elements to give focus to, the first that exists. */
  home: () => HTMLElement | null;
}

function frameFocused(): HTMLIFrameElement | null {
  const active = document.activeElement;
  return active instanceof HTMLIFrameElement && active.hasAttribute('data-mail') ? active : null;
}

function selecting(frame: HTMLIFrameElement): boolean {
  const selection = frame.contentDocument?.getSelection();
  return selection !== null && selection !== undefined && !selection.isCollapsed;
}

/** Starts the watch for the whole window; returns the way to stop it. */
export function watchFrames({ home }: Handback): () => void {
  let timer = 0;
  let tabbed = false;

  const look = (frame: HTMLIFrameElement) => {
    if (frameFocused() !== frame) return;
    if (selecting(frame)) {
      timer = window.setTimeout(() => look(frame), SELECTING_MS);
      return;
    }
    home()?.focus({ preventScroll: true });
  };
  const onblur = () => {
    window.clearTimeout(timer);
    const frame = frameFocused();
    if (frame && !tabbed) timer = window.setTimeout(() => look(frame), FIRST_LOOK_MS);
  };
  const onkey = (event: KeyboardEvent) => {
    tabbed = event.key === 'Tab';
  };
  const onpointer = () => {
    tabbed = false;
  };
  window.addEventListener('blur', onblur);
  window.addEventListener('keydown', onkey, true);
  window.addEventListener('pointerdown', onpointer, true);
  return () => {
    window.clearTimeout(timer);
    window.removeEventListener('blur', onblur);
    window.removeEventListener('keydown', onkey, true);
    window.removeEventListener('pointerdown', onpointer, true);
  };
}

/** Where the engine allows it, keys pressed inside the frame act as if pressed outside, so that `j` works while text is selected. */
export function forwardKeys(doc: Document): () => void {
  const onkey = (event: KeyboardEvent) => {
    if (event.key === 'Tab' || event.key === 'Enter' || event.key === ' ') return;
    // Copying and selecting belong to the frame.
    if ((event.ctrlKey || event.metaKey) && /^[acx]$/i.test(event.key)) return;
    const copy = new KeyboardEvent('keydown', {
      key: event.key, code: event.code, ctrlKey: event.ctrlKey, metaKey: event.metaKey, shiftKey: event.shiftKey, altKey: event.altKey,
      bubbles: true, cancelable: true,
    });
    if (!document.body.dispatchEvent(copy)) event.preventDefault();
  };
  doc.addEventListener('keydown', onkey);
  return () => doc.removeEventListener('keydown', onkey);
}
