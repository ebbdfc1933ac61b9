// How well a text answers what was typed. Every word of the query has to be found; a beginning of a word counts more than its
// middle, the name more than its synonyms, and letters in order ("arch nw") are the last resort.
const DIACRITICS = /\p{M}/gu;
export const plain = (text: string): string => text.normalize('NFD').replace(DIACRITICS, '').toLowerCase();

function inOrder(word: string, text: string): boolean {
  let at = 0;
  for (const letter of text) if (letter === word[at]) at += 1;
  return at === word.length;
}

function one(word: string, label: string, more: string): number {
  if (label.startsWith(word)) return 6;
  if (label.includes(` ${word}`)) return 5;
  if (` ${more}`.includes(` ${word}`)) return 4;
  if (label.includes(word)) return 3;
  if (word.length > 2 && more.includes(word)) return 2;
  return word.length > 1 && inOrder(word, label) ? 1 : 0;
}

/** 0: no match. `words`: synonyms, parted by blanks or commas. */
export function score(query: string, label: string, words = ''): number {
  const asked = plain(query).split(/\s+/).filter(Boolean);
  if (!asked.length) return 1;
  const name = plain(label);
  const more = plain(words).replace(/,/g, ' ');
  let sum = 0;
  for (const word of asked) {
    const found = one(word, name, more);
    if (!found) return 0;
    sum += found;
  }
  // The whole name typed beats a longer one that begins alike.
  return sum / asked.length + (name === asked.join(' ') ? 2 : 0);
}
