// Another sender signs otherwise. Only a signature that stands untouched at the end is changed; what a person wrote over it stays.
function blocks(root: Element): Element[] {
  return [...root.children].flatMap((c) => (c.tagName === 'DIV' && c.querySelector('p, div, ul, ol, blockquote') ? blocks(c) : [c]));
}
const bare = (el: Element): string => (el.textContent ?? '').replace(/\s+/g, ' ').trim();

function parsed(html: string): HTMLElement {
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  // A signature may be nothing but words.
  if (body.children.length === 0 && bare(body) !== '') {
    const p = document.createElement('p');
    p.append(...body.childNodes);
    body.append(p);
  }
  return body;
}

/** The text with the signature `next` in place of `old`; null when there is nothing to change. */
export function resigned(html: string, old: string | null, next: string | null): string | null {
  const body = parsed(html);
  if (old !== null) {
    const wanted = blocks(parsed(old)).map(bare);
    const tail = wanted.length > 0 ? blocks(body).slice(-wanted.length) : [];
    if (tail.length !== wanted.length || tail.some((el, i) => bare(el) !== wanted[i])) return null;
    for (const el of tail) el.remove();
    for (const el of body.querySelectorAll('[data-signature]')) if (bare(el) === '') el.remove();
  } else if (next === null) return null;
  if (bare(body) === '' && body.children.length === 0) body.append(document.createElement('p'));
  return body.innerHTML + (next ?? '');
}
