// What a `mailto:` link (RFC 6068) may put into a draft: recipients, subject and text. Everything else such a link may carry is left
// out, attachments above all; blind copies are recipients like others, because the person sees them before sending.

export interface Letter { to: string[]; cc: string[]; bcc: string[]; subject: string; body: string }

const MOST = 50;

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign: the text as it stands says more than nothing.
    return text;
  }
}

/** Commas part addresses; one within an address is written `%2C`, so the parting comes first. */
const addresses = (text: string): string[] => text.split(',').map((part) => decode(part).replace(/[\r\n]+/g, ' ').trim()).filter(Boolean);

export function parseMailto(link: string): Letter {
  const [to = '', ...rest] = link.replace(/^mailto:/i, '').split('?');
  const letter: Letter = { to: addresses(to), cc: [], bcc: [], subject: '', body: '' };
  // Not URLSearchParams: a plus sign is a plus sign here, and common in addresses.
  for (const field of rest.join('?').replace(/#.*$/, '').split('&')) {
    const at = field.indexOf('=');
    const [name, value] = at < 0 ? [field, ''] : [field.slice(0, at), field.slice(at + 1)];
    switch (decode(name).toLowerCase()) {
      case 'to': letter.to.push(...addresses(value)); break;
      case 'cc': letter.cc.push(...addresses(value)); break;
      case 'bcc': letter.bcc.push(...addresses(value)); break;
      case 'subject': letter.subject = decode(value).replace(/[\r\n]+/g, ' '); break;
      case 'body': letter.body += (letter.body ? '\n' : '') + decode(value).replace(/\r\n?/g, '\n'); break;
    }
  }
  for (const line of ['to', 'cc', 'bcc'] as const) letter[line].splice(MOST);
  return letter;
}
