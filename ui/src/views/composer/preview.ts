// HTML of a text or a draft, to be looked at: an allow-list of elements without attributes, made node by node. Links become underlined
// words, pictures nothing, and blanks get a name a person reads.
import '../../i18n/writing';
import { t } from '../../i18n';
import { type Variable, VARIABLES } from './snippet';

const KEPT = new Set(['P', 'BR', 'B', 'STRONG', 'I', 'EM', 'U', 'S', 'UL', 'OL', 'LI', 'BLOCKQUOTE', 'CODE', 'PRE', 'H2', 'H3']);
const AS: Record<string, string> = { DIV: 'p', TR: 'p', A: 'u', H1: 'h2', H4: 'h3' };
const GONE = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'IFRAME', 'OBJECT', 'SVG', 'MATH', 'HEAD', 'TITLE', 'NOSCRIPT', 'TEXTAREA', 'SELECT']);

export const variableName = (name: Variable): string => t(`texts.var.${name}`);

export function words(text: string): Node[] {
  return text.split(/(\{\w+\})/).filter(Boolean).map((part) => {
    const name = VARIABLES.find((v) => part === `{${v}}`);
    if (!name) return document.createTextNode(part);
    const mark = document.createElement('mark');
    mark.textContent = variableName(name);
    return mark;
  });
}

/** In one line of plain words. */
export const withNames = (text: string): string => text.replace(/\{(\w+)\}/g, (whole, name: string) => (VARIABLES.some((v) => v === name) ? `[${variableName(name as Variable)}]` : whole));

function copy(from: Node, depth: number): Node[] {
  if (from.nodeType === 3) return words(from.nodeValue ?? '');
  if (from.nodeType !== 1 || GONE.has(from.nodeName.toUpperCase()) || depth > 30) return [];
  const children = [...from.childNodes].flatMap((child) => copy(child, depth + 1));
  const name = KEPT.has(from.nodeName) ? from.nodeName.toLowerCase() : AS[from.nodeName];
  // A block around blocks would be a paragraph in a paragraph.
  if (!name || (from.nodeName === 'DIV' && [...from.childNodes].some((c) => /^(?:P|DIV|UL|OL|BLOCKQUOTE|TABLE|PRE|H\d)$/.test(c.nodeName)))) return children;
  const element = document.createElement(name);
  if (from.nodeName === 'A') element.className = 'link';
  element.append(...children);
  return [element];
}

export function safeNodes(html: string): DocumentFragment {
  const out = document.createDocumentFragment();
  // A document of its own: nothing in it runs or loads.
  out.append(...[...new DOMParser().parseFromString(html, 'text/html').body.childNodes].flatMap((n) => copy(n, 0)));
  return out;
}
