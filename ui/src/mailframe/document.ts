// The document around a cleaned mail. It has no script, no font, no address of its own; everything it may show is in it.
import { FRAME_CSP } from './policy';

export interface Look {
  /** `card`: on white whatever the theme. `theme`: the theme's own colours. `inverted`: the card with its lightness turned over. */
  mode: 'card' | 'theme' | 'inverted';
  /** Text size in px, already scaled by the person's font setting. */
  fontSize: number;
  colors: { text: string; muted: string; link: string; surface: string; border: string; chip: string; chipText: string };
  lang: string;
  /** The mail paints its own ground up to the edge. */
  flush: boolean;
  family: string;
}

const CARD = { text: '#1b1b1f', muted: '#62626d', link: '#2f42c4', surface: '#ffffff', border: '#dedee3', chip: '#ececf0', chipText: '#3f3f48' };

/** A colour or family goes into a style sheet: keep it to what such values are made of. */
function plain(value: string): string {
  return value.replace(/[^\w\s#(),.%'"/-]/g, '');
}

export function frameDocument(html: string, title: string, look: Look): string {
  const c = look.mode === 'theme' ? look.colors : CARD;
  const invert = look.mode === 'inverted'
    ? 'html{background:#fff;filter:invert(.9) hue-rotate(180deg)}img{filter:invert(1) hue-rotate(180deg)}'
    : '';
  const pad = look.mode === 'theme' || look.flush ? '0' : '16px';
  const css = `
:root{color-scheme:${look.mode === 'theme' ? 'light dark' : 'light'}}
html{overflow-x:auto;overflow-y:hidden;background:${plain(c.surface)}}
body{display:flow-root;box-sizing:border-box;margin:0;padding:${pad};height:auto!important;min-height:0!important;
font:${look.fontSize}px/1.57 ${plain(look.family)};color:${plain(c.text)};background:${plain(c.surface)};overflow-wrap:anywhere;-webkit-text-size-adjust:none}
body>:first-child{margin-block-start:0}body>:last-child{margin-block-end:0}
a{color:${plain(c.link)}}
a[data-host]{position:relative}
a[data-host]:hover::after,a[data-host]:focus-visible::after{content:attr(data-host);position:absolute;inset-block-start:100%;inset-inline-start:0;z-index:9;
max-inline-size:260px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;pointer-events:none;margin-block-start:2px;padding:1px 6px;border-radius:4px;
font:500 11px/16px ${plain(look.family)};letter-spacing:0;text-transform:none;color:#ededf0;background:#2a2a32}
a:focus-visible,summary:focus-visible{outline:2px solid ${plain(c.link)};outline-offset:2px;border-radius:2px}
img{max-width:100%;height:auto}
.aurelius-blocked{display:inline-block;box-sizing:border-box;max-inline-size:100%;padding:2px 8px;border:1px dashed #9a9aa4;border-radius:4px;
color:#4c4c57;background:#f0f0f3;font:12px/18px ${plain(look.family)};text-align:start}
table{border-collapse:separate}pre{white-space:pre-wrap;font-family:ui-monospace,'SF Mono',Menlo,Consolas,monospace;font-size:.93em}
blockquote{margin-inline:0;padding-inline-start:12px;border-inline-start:2px solid ${plain(c.border)};color:${plain(c.muted)}}
hr{border:0;border-block-start:1px solid ${plain(c.border)}}
.aurelius-quoted{margin-block-start:12px}
.aurelius-quoted>summary{display:inline-block;list-style:none;cursor:default;padding:0 8px;min-inline-size:24px;border-radius:4px;text-align:center;
font:700 10px/24px ${plain(look.family)};letter-spacing:1px;color:${plain(c.chipText)};background:${plain(c.chip)}}
.aurelius-quoted>summary::-webkit-details-marker{display:none}
.aurelius-quoted[open]>summary{margin-block-end:8px}
.aurelius-hidden{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
${invert}
@media print{html,body{background:#fff!important}${look.mode === 'theme' ? 'html,body{color:#1b1b1f}a{color:#2f42c4}' : ''}${look.mode === 'inverted' ? 'html,img{filter:none}' : ''}}`;
  return `<!doctype html><html lang="${escape(look.lang)}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${FRAME_CSP}">`
    + `<meta name="referrer" content="no-referrer"><title>${escape(title)}</title><style>${css}</style></head><body>${html}</body></html>`;
}

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
