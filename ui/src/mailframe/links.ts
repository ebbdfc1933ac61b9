// Links in a mail are opened by the engine after a check, never by the webview. Two roads lead there, one per engine family:
//
// - WebView2 and Chromium run a listener of the parent on the frame's document: the click is taken and cancelled here.
// - WebKit runs no listener inside a scriptless frame. There every anchor has target=_blank, the sandbox allows popups, and the
//   shell's new-window handler refuses the window and emits the event `aurelius://link` with the address instead.
//
// The second road brings only the address, so the words of the link are looked up in the frames on screen; of several links to the
// same place the one whose words look most like another address is checked (the least flattering reading wins).

import type { Id } from '../ipc/bindings';

export interface LinkClick {
  href: string;
  text: string;
}

/** Host shown beside a link: lower case, no credentials, port kept; `mailto:` shows the address. */
export function shownHost(href: string): string {
  if (/^mailto:/i.test(href)) return decode(href.slice(7).split('?')[0] ?? '');
  try {
    return new URL(href).host;
  } catch {
    return '';
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function words(anchor: Element): string {
  const text = (anchor.textContent ?? '').replace(/\s+/g, ' ').trim();
  if (text !== '') return text;
  return anchor.querySelector('img')?.getAttribute('alt')?.trim() ?? '';
}

const LOOKS_LIKE_ADDRESS = /(?:https?:\/\/|www\.|[a-z0-9-]+\.[a-z]{2,})/i;

/** A mail on screen. */
export interface ShownMail {
  doc: Document;
  message: Id | null;
}

/** The words of the link to `href` in the mails on screen, and the mail that they stand in. */
export function findLink(href: string, mails: Iterable<ShownMail>): { text: string; message: Id | null } {
  let best: { text: string; message: Id | null } | null = null;
  for (const { doc, message } of mails) {
    for (const anchor of doc.querySelectorAll('a[href]')) {
      if (anchor.getAttribute('href') !== href && (anchor as HTMLAnchorElement).href !== href) continue;
      const text = words(anchor);
      if (best === null || best.text === '' || (LOOKS_LIKE_ADDRESS.test(text) && !LOOKS_LIKE_ADDRESS.test(best.text))) best = { text, message };
    }
  }
  return best ?? { text: '', message: null };
}

/** All mails on screen. */
export function shownMails(): ShownMail[] {
  return [...document.querySelectorAll<HTMLIFrameElement>('iframe[data-mail]')].flatMap((frame) => {
    const message = Number(frame.closest<HTMLElement>('[data-message]')?.dataset.message);
    return frame.contentDocument ? [{ doc: frame.contentDocument, message: message > 0 ? message : null }] : [];
  });
}

/** Takes clicks on links of a frame's document. Returns the way to stop. */
export function takeClicks(doc: Document, open: (click: LinkClick) => void): () => void {
  const onclick = (event: Event) => {
    const target = event.target as Element | null;
    const anchor = target?.closest?.('a[href]');
    if (!anchor) return;
    event.preventDefault();
    open({ href: (anchor as HTMLAnchorElement).href, text: words(anchor) });
  };
  doc.addEventListener('click', onclick);
  doc.addEventListener('auxclick', onclick);
  return () => {
    doc.removeEventListener('click', onclick);
    doc.removeEventListener('auxclick', onclick);
  };
}
