// Quoted history at the end of a mail is folded into <details>: it opens without a script, by mouse and by keyboard.

const QUOTES = [
  '.gmail_quote', 'blockquote[type="cite"]', 'blockquote.gmail_quote', '.yahoo_quoted', '.moz-cite-prefix + blockquote',
  '.protonmail_quote', '.zmail_extra', 'blockquote',
].join(',');

const KNOWN = QUOTES.replace(/,blockquote$/, '');

function hasWords(node: Node): boolean {
  if (node.nodeType === Node.TEXT_NODE) return (node.textContent ?? '').trim() !== '';
  if (!(node.nodeType === Node.ELEMENT_NODE)) return false;
  const el = node as Element;
  return (el.textContent ?? '').trim() !== '' || el.querySelector('img[src]') !== null;
}

/** Nothing but white space follows inside `root`: an answer between or below quotes must stay in sight. */
function isLast(el: Element, root: Node): boolean {
  let at: Node | null = el;
  while (at && at !== root) {
    for (let next = at.nextSibling; next; next = next.nextSibling) if (hasWords(next)) return false;
    at = at.parentNode;
  }
  return true;
}

/** Something is said before it, else the quote is the message (a bare forward). */
function hasBefore(el: Element, root: Node): boolean {
  let at: Node | null = el;
  while (at && at !== root) {
    for (let prev = at.previousSibling; prev; prev = prev.previousSibling) if (hasWords(prev)) return true;
    at = at.parentNode;
  }
  return false;
}

/** "On Tue … wrote:" just above the quote belongs to it. */
function withAttribution(el: Element): Element[] {
  const before = el.previousElementSibling;
  const line = before && /^.{6,220}(?::|：)$/su.test((before.textContent ?? '').trim()) && before.querySelector('img,table') === null;
  const classed = before?.matches('.gmail_attr, .moz-cite-prefix, .gmail_extra') ?? false;
  return before && (classed || line) ? [before, el] : [el];
}

/** Blank lines above the quote would be a gap above the fold. */
function trimBefore(el: Element): void {
  for (let prev = el.previousSibling; prev && !hasWords(prev); prev = el.previousSibling) prev.remove();
}

export function foldQuotes(root: DocumentFragment, label: string): void {
  for (const quote of root.querySelectorAll(QUOTES)) {
    if (quote.closest('details') || !isLast(quote, root) || !hasBefore(quote, root)) continue;
    const parts = withAttribution(quote);
    const first = parts[0];
    if (!first || !hasBefore(first, root)) continue;
    // A bare blockquote may be a citation the writer wants read: fold it only under "… wrote:".
    if (!quote.matches(KNOWN) && parts.length === 1) continue;
    const details = quote.ownerDocument.createElement('details');
    details.className = 'aurelius-quoted';
    const summary = quote.ownerDocument.createElement('summary');
    summary.title = label;
    const dots = quote.ownerDocument.createElement('span');
    dots.textContent = '•••';
    dots.setAttribute('aria-hidden', 'true');
    const words = quote.ownerDocument.createElement('span');
    words.className = 'aurelius-hidden';
    words.textContent = label;
    summary.append(dots, words);
    trimBefore(first);
    first.before(details);
    details.append(summary, ...parts);
    return;
  }
}
