// HTML pasted from Word, Google Docs or a page: only its meaning comes along. Colours, fonts, pictures from elsewhere, classes and
// the office's own tags stay behind, so that what is sent looks like the person wrote it here.
import DOMPurify from 'dompurify';
import { defuse } from '../../mailframe/defuse';

const TAGS = ['a', 'b', 'blockquote', 'br', 'code', 'em', 'h1', 'h2', 'h3', 'i', 'li', 'ol', 'p', 'pre', 's', 'strong', 'u', 'ul', 'div', 'span'];

/** Word marks weight and slant by style, Google Docs wraps everything in <b style="font-weight:normal">. */
function meaning(node: HTMLElement): void {
  const style = node.getAttribute('style') ?? '';
  if (/^(?:B|STRONG)$/.test(node.tagName) && /font-weight\s*:\s*(?:normal|[1-4]00)/i.test(style)) node.replaceWith(...node.childNodes);
  else if (node.tagName === 'SPAN') {
    const wraps: string[] = [];
    if (/font-weight\s*:\s*(?:bold|[6-9]00)/i.test(style)) wraps.push('strong');
    if (/font-style\s*:\s*italic/i.test(style)) wraps.push('em');
    if (/text-decoration[^;]*:[^;]*underline/i.test(style)) wraps.push('u');
    if (/text-decoration[^;]*:[^;]*line-through/i.test(style)) wraps.push('s');
    let inner: (Node | string)[] = [...node.childNodes];
    for (const tag of wraps) {
      const wrap = node.ownerDocument.createElement(tag);
      wrap.append(...inner);
      inner = [wrap];
    }
    node.replaceWith(...inner);
  }
}

/** Word writes lists as paragraphs with a bullet in the text. */
function wordLists(root: ParentNode): void {
  for (const p of [...root.querySelectorAll<HTMLElement>('p')]) {
    if (!/mso-list/i.test(p.getAttribute('style') ?? '') && !/MsoListParagraph/.test(p.className)) continue;
    const text = p.textContent ?? '';
    const ordered = /^\s*\(?[\dA-Za-z]{1,3}[.)]/.test(text);
    const tag = ordered ? 'ol' : 'ul';
    const before = p.previousElementSibling;
    const list = before?.tagName.toLowerCase() === tag && before.hasAttribute('data-word') ? before : p.ownerDocument.createElement(tag);
    list.setAttribute('data-word', '');
    if (list !== before) p.before(list);
    const li = p.ownerDocument.createElement('li');
    for (const mark of p.querySelectorAll('[style*="mso-list"]')) if (mark !== p) mark.remove();
    li.append(...p.childNodes);
    const first = p.ownerDocument.createTreeWalker(li, NodeFilter.SHOW_TEXT).nextNode();
    if (first) first.textContent = (first.textContent ?? '').replace(/^\s*(?:[·•o§▪-]|\(?[\dA-Za-z]{1,3}[.)])\s+/, '');
    list.append(li);
    p.remove();
  }
}

export function cleanPaste(html: string): string {
  const only = /<!--StartFragment-->([\s\S]*?)<!--EndFragment-->/i.exec(html)?.[1] ?? html;
  const doc = new DOMParser().parseFromString(defuse(only), 'text/html');
  for (const junk of doc.querySelectorAll('style,script,meta,link,title,xml,img,svg,object,iframe')) junk.remove();
  wordLists(doc.body);
  // Inside out: replacing a parent first would detach what the list still holds.
  for (const node of [...doc.body.querySelectorAll<HTMLElement>('span,b,strong')].reverse()) meaning(node);
  return DOMPurify.sanitize(doc.body.innerHTML, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ['href'],
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    FORBID_CONTENTS: ['script', 'style', 'template', 'svg', 'math', 'title'],
  });
}
