// Second look at inline styles. The engine already keeps to a property allow-list; this one catches what a bug there would
// let through. Values are read back from the browser's own CSS parser, so that escapes (`u\72l(`) are resolved before we look.

const BANNED_VALUE = /url\s*\(|image-set\s*\(|image\s*\(|cross-fade\s*\(|element\s*\(|paint\s*\(|src\s*\(|expression\s*\(|attr\s*\(|var\s*\(|javascript:|[\d.](?:d|s|l)?v(?:h|w|i|b|min|max)\b/i;
const BANNED_PROPERTY = /^(?:behavior|-moz-binding|-webkit-user-modify|cursor|content|filter|backdrop-filter|animation.*|transition.*|mask.*|-webkit-mask.*|clip-path|will-change|zoom|user-select|-webkit-user-select|pointer-events|--.*)$/i;

let probe: HTMLElement | null = null;

function parser(): CSSStyleDeclaration {
  // An inert document: nothing set on it can load.
  probe ??= document.implementation.createHTMLDocument('').createElement('p');
  return probe.style;
}

function declarationAllowed(name: string, value: string): boolean {
  if (BANNED_PROPERTY.test(name) || BANNED_VALUE.test(value)) return false;
  if (name === 'position') return value === 'static' || value === 'relative';
  if (name === 'z-index') return Number(value) >= 0;
  // Text pulled out of sight is how look-alike words are hidden in front of a reader.
  if (name === 'text-indent') return parseFloat(value) > -200;
  return true;
}

/** The allowed part of an inline style, normalised; empty when nothing is left. */
export function cleanStyle(style: string): string {
  const css = parser();
  css.cssText = style;
  const kept: string[] = [];
  for (let i = 0; i < css.length; i += 1) {
    const name = css.item(i);
    const value = css.getPropertyValue(name);
    if (value !== '' && declarationAllowed(name, value)) kept.push(`${name}:${value}`);
  }
  css.cssText = '';
  return kept.join(';');
}

/** Whether a style gives text or ground a colour of its own (then the theme must not change under it). */
export function setsColour(style: string): boolean {
  return /(?:^|;)\s*(?:color|background(?:-color|-image)?)\s*:\s*(?!(?:inherit|initial|transparent|currentcolor|unset)\b)/i.test(style);
}
