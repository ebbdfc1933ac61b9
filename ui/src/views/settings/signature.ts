// A signature as lines of text and as HTML.
const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const BLOCK = new Set(['P', 'DIV', 'LI', 'TR', 'BLOCKQUOTE']);

export const htmlOf = (text: string): string => `<p>${text.trimEnd().replace(/[&<>"]/g, (c) => ESCAPES[c] ?? c).split('\n').join('<br>')}</p>`;

/** Parsed in a document of its own, where nothing runs and nothing loads. */
export function linesOf(html: string): string {
  const body = new DOMParser().parseFromString(html, 'text/html').body;
  let out = '';
  const walk = (node: Node): void => {
    for (const child of node.childNodes) {
      if (child.nodeType === 3) out += (child.nodeValue ?? '').replace(/\s+/g, ' ');
      else if (child.nodeName === 'BR') out += '\n';
      else {
        if (BLOCK.has(child.nodeName) && out && !out.endsWith('\n')) out += '\n';
        walk(child);
        if (BLOCK.has(child.nodeName) && !out.endsWith('\n')) out += '\n';
      }
    }
  };
  walk(body);
  return out.trim();
}
