// Plain text mail is drawn by the app itself, as text nodes: paragraphs, quotes by depth, links found in the words.

export interface Run {
  text: string;
  /** Absolute address when the run is a link. */
  href: string | null;
}

export interface Block {
  /** Quote depth; 0 is the writer. */
  depth: number;
  runs: Run[];
}

const LINK = /\bhttps?:\/\/[^\s<>"]+|\bwww\.[^\s<>"]+\.[^\s<>"]+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b/gi;

/** A closing mark at the end of an address belongs to the sentence, unless the address opened it. */
function trimEnd(link: string): string {
  let end = link.length;
  while (end > 0) {
    const last = link.charAt(end - 1);
    const body = link.slice(0, end);
    const unbalanced = last === ')' ? count(body, ')') > count(body, '(') : last === ']' ? count(body, ']') > count(body, '[') : false;
    if (/[.,;:!?'*_>]/.test(last) || unbalanced) end -= 1;
    else break;
  }
  return link.slice(0, end);
}

function count(text: string, mark: string): number {
  return text.split(mark).length - 1;
}

export function linkify(text: string): Run[] {
  const runs: Run[] = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    const found = trimEnd(match[0]);
    if (found === '') continue;
    if (match.index > at) runs.push({ text: text.slice(at, match.index), href: null });
    const href = /^https?:/i.test(found) ? found : found.includes('@') && !/^www\./i.test(found) ? `mailto:${found}` : `https://${found}`;
    runs.push({ text: found, href });
    at = match.index + found.length;
  }
  if (at < text.length) runs.push({ text: text.slice(at), href: null });
  return runs;
}

/** Lines of the same quote depth become one block; the `>` marks go. */
export function blocks(text: string): Block[] {
  const out: { depth: number; lines: string[] }[] = [];
  for (const line of text.replace(/\r\n?/g, '\n').split('\n')) {
    const mark = /^(?:>\s?)+/.exec(line)?.[0] ?? '';
    const depth = count(mark, '>');
    const words = line.slice(mark.length);
    const last = out.at(-1);
    if (last && last.depth === depth) last.lines.push(words);
    else out.push({ depth, lines: [words] });
  }
  return out
    .map(({ depth, lines }) => ({ depth, runs: linkify(lines.join('\n').replace(/^\n+|\n+$/g, '')) }))
    .filter((block) => block.runs.length > 0);
}
