// What a mail frame may load: nothing, except pictures that came with the mail (data:) or that our own proxy fetched.
// The proxy scheme is written both ways because WebView2 maps custom schemes to http://SCHEME.localhost.
export const IMAGE_PROXY = ['aurelius-img:', 'http://aurelius-img.localhost'] as const;

export const FRAME_CSP = [
  "default-src 'none'",
  `img-src data: ${IMAGE_PROXY.join(' ')}`,
  "style-src 'unsafe-inline'",
  "font-src 'none'",
  "form-action 'none'",
  "base-uri 'none'",
].join('; ');

/** No `allow-scripts`, ever. Same origin is safe without scripts and lets the parent measure height and read the selection. */
export const FRAME_SANDBOX = 'allow-same-origin allow-popups';

const DATA_IMAGE = /^data:image\/(?:png|jpe?g|gif|webp|avif|bmp|svg\+xml)[;,]/i;
const PROXY = /^(?:aurelius-img:\/\/|http:\/\/aurelius-img\.localhost(?:\/|$))/i;

export function imageAllowed(src: string): boolean {
  return DATA_IMAGE.test(src) || PROXY.test(src);
}

/** Only absolute web and mail addresses: a relative or fragment href would resolve against the app's own address. */
export function linkAllowed(href: string): boolean {
  return /^(?:https?:\/\/[^/]|mailto:)/i.test(href);
}
