// A mail without its looks: the words, lists, links and tables' contents in the window's own type. Works on the engine's cleaned HTML
// in an inert document; the window's own cleaning still runs over the result.

const LOOKS = ['style', 'class', 'id', 'bgcolor', 'background', 'color', 'width', 'height', 'align', 'valign', 'border', 'cellpadding', 'cellspacing', 'face', 'size'];
const BLOCKS = 'table,tbody,thead,tfoot,tr,td,th,center';

export function unstyled(html: string): string {
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  for (const gone of body.querySelectorAll('style')) gone.remove();
  // Pictures are looks too; what they say in words stays.
  for (const img of body.querySelectorAll('img')) img.replaceWith(img.alt.trim() === '' ? '' : `[${img.alt.trim()}]`);
  for (const el of body.querySelectorAll('*')) for (const name of LOOKS) el.removeAttribute(name);
  for (const font of [...body.querySelectorAll('font,center')]) font.replaceWith(...font.childNodes);
  // Tables here are almost always a layout: their cells become lines, in the order they are read.
  for (const part of [...body.querySelectorAll(BLOCKS)].reverse()) {
    const block = part.querySelector('div,p,ul,ol,h1,h2,h3,h4,h5,h6,blockquote,pre') !== null;
    const div = body.ownerDocument.createElement(block ? 'div' : 'p');
    div.append(...part.childNodes);
    if ((div.textContent ?? '').trim() === '' && div.querySelector('a') === null) part.remove();
    else part.replaceWith(div);
  }
  return body.innerHTML;
}
