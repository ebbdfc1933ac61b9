// Defence in depth: the engine has already cleaned this HTML when it was opened. DOMPurify looks at it once more with a rule set of
// its own, so that one hole in one of the two is not a hole in the app. The result goes into a scriptless frame with its own CSP.
import DOMPurify, { type DOMPurify as Purifier } from 'dompurify';

import { cleanStyle, setsColour } from './css';
import { defuse } from './defuse';
import { foldQuotes } from './fold';
import { shownHost } from './links';
import { imageAllowed, linkAllowed } from './policy';

export interface CleanMail {
  /** Fragment for the frame's body. */
  html: string;
  /** The mail sets colours of its own: it keeps its white card in dark mode. */
  coloured: boolean;
  /** What this second look still had to remove; 0 unless the engine's has a hole. */
  removed: number;
}

const TAGS = [
  'a', 'abbr', 'address', 'article', 'aside', 'b', 'bdi', 'bdo', 'big', 'blockquote', 'br', 'caption', 'center', 'cite', 'code', 'col',
  'colgroup', 'dd', 'del', 'details', 'dfn', 'div', 'dl', 'dt', 'em', 'figcaption', 'figure', 'font', 'footer', 'h1', 'h2', 'h3', 'h4',
  'h5', 'h6', 'header', 'hr', 'i', 'img', 'ins', 'kbd', 'li', 'main', 'mark', 'nav', 'ol', 'p', 'pre', 'q', 's', 'samp', 'section',
  'small', 'span', 'strike', 'strong', 'sub', 'summary', 'sup', 'table', 'tbody', 'td', 'tfoot', 'th', 'thead', 'time', 'tr', 'tt', 'u',
  'ul', 'var', 'wbr',
];

const ATTRIBUTES = [
  'align', 'alt', 'bgcolor', 'border', 'cellpadding', 'cellspacing', 'cite', 'class', 'color', 'colspan', 'dir', 'face', 'height', 'href',
  'lang', 'nowrap', 'open', 'rowspan', 'scope', 'size', 'span', 'src', 'start', 'style', 'summary', 'title', 'type', 'valign', 'value', 'width',
];

let purifier: Purifier | null = null;
let coloured = false;

function rewriteLink(node: Element): void {
  const href = node.getAttribute('href')?.trim() ?? '';
  if (!linkAllowed(href)) {
    node.removeAttribute('href');
    return;
  }
  node.setAttribute('href', href);
  node.setAttribute('target', '_blank');
  node.setAttribute('rel', 'noopener noreferrer');
  node.setAttribute('data-host', shownHost(href));
}

function rewriteImage(node: Element): void {
  const src = node.getAttribute('src');
  if (src !== null && imageAllowed(src)) {
    node.setAttribute('loading', 'lazy');
    node.setAttribute('decoding', 'async');
    return;
  }
  node.removeAttribute('src');
}

/** A blocked picture leaves its words in its place; without words it is decoration and goes. */
function replaceBlocked(root: DocumentFragment): void {
  for (const image of root.querySelectorAll('img:not([src])')) {
    const alt = image.getAttribute('alt')?.trim() ?? '';
    const words = image.ownerDocument.createElement('span');
    words.className = 'aurelius-blocked';
    words.textContent = alt;
    const width = Number(image.getAttribute('width') ?? 0);
    if (width > 120) words.style.width = `${Math.min(width, 2000)}px`;
    if (alt === '') image.remove();
    else image.replaceWith(words);
  }
}

function rewrite(node: Element): void {
  const style = node.getAttribute('style');
  if (style !== null) {
    const kept = cleanStyle(style);
    if (kept === '') node.removeAttribute('style');
    else node.setAttribute('style', kept);
    coloured ||= setsColour(kept);
  }
  coloured ||= node.hasAttribute('bgcolor') || node.hasAttribute('color');
  if (node.tagName === 'A') rewriteLink(node);
  else if (node.hasAttribute('href')) node.removeAttribute('href');
  if (node.tagName === 'IMG') rewriteImage(node);
  else if (node.hasAttribute('src')) node.removeAttribute('src');
}

function instance(): Purifier {
  if (purifier) return purifier;
  purifier = DOMPurify(window);
  purifier.addHook('afterSanitizeAttributes', (node) => {
    rewrite(node);
  });
  return purifier;
}

/** Cleans a fragment and folds the quoted history at its end. `foldLabel` names the fold for screen readers. */
export function cleanMail(html: string, foldLabel: string): CleanMail {
  const p = instance();
  coloured = false;
  const fragment = p.sanitize(defuse(html), {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOW_UNKNOWN_PROTOCOLS: false,
    // Every attribute is held against this, also `dir` and `align`: so values that are no address at all pass too. What `href` and
    // `src` may be is decided by the hook above.
    ALLOWED_URI_REGEXP: /^(?:(?:https?|mailto|aurelius-img):|data:image\/|[^a-z]|[a-z+.-]+(?:[^a-z+.\-:]|$))/i,
    ADD_DATA_URI_TAGS: ['img'],
    SANITIZE_NAMED_PROPS: true,
    KEEP_CONTENT: true,
    FORCE_BODY: true,
    FORBID_CONTENTS: ['script', 'style', 'template', 'noscript', 'svg', 'math', 'iframe', 'object', 'embed', 'title', 'textarea', 'select', 'audio', 'video', 'xmp', 'noembed', 'noframes', 'plaintext'],
    RETURN_DOM_FRAGMENT: true,
  });
  const removed = p.removed.length;
  // Said not to happen, but it does for a document without a body: nothing to show.
  if ((fragment as DocumentFragment | null) === null) return { html: '', coloured: false, removed };
  const classed = [...fragment.querySelectorAll('[class]')];
  foldQuotes(fragment, foldLabel);
  // Classes served to find the quotes; in the frame they could only imitate ours.
  for (const node of classed) node.removeAttribute('class');
  replaceBlocked(fragment);
  const holder = fragment.ownerDocument.createElement('div');
  holder.append(fragment);
  return { html: holder.innerHTML, coloured, removed };
}
