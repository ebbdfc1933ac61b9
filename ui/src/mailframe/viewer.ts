// All that an HTML mail needs and the list does not: the second cleaning (DOMPurify) and the frame. A chunk of its own, fetched when
// the window is idle; who opens a mail before that fetches it beside the body, and waits for whichever comes last.
import type { default as Frame } from './MailFrame.svelte';
import type { cleanMail } from './clean';

export interface Viewer { Frame: typeof Frame; clean: typeof cleanMail }

let loading: Promise<Viewer> | null = null;
let ready: Viewer | null = null;

export function loadViewer(): Promise<Viewer> {
  return (loading ??= Promise.all([import('./MailFrame.svelte'), import('./clean')]).then(
    ([frame, clean]) => (ready = { Frame: frame.default, clean: clean.cleanMail }),
    (error: unknown) => {
      // The next mail that is opened tries again.
      loading = null;
      throw error;
    },
  ));
}

/** Once it has been loaded, so that a second mail is drawn in the frame in which it is opened. */
export const viewer = (): Viewer | null => ready;
