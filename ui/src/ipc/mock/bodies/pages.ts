// Designed mail: tables, inline styles, pictures and what comes with them.
import type { BodyDto } from '../../bindings';

export type Html = Pick<BodyDto, 'trackers' | 'warnings'> & { html: string; blocked: number };

const PROXY = 'http://aurelius-img.localhost/fixture';
const img = (shown: boolean, name: string, alt: string, width: number, height: number, style = '') =>
  `<img${shown ? ` src="${PROXY}/${name}"` : ''} alt="${alt}" width="${String(width)}" height="${String(height)}" style="display:block;border-radius:6px;${style}">`;
const td = (style: string, inner: string) => `<tr><td style="${style}">${inner}</td></tr>`;
const sheet = (background: string, rows: string) =>
  `<table width="100%" cellpadding="0" cellspacing="0" bgcolor="${background}" style="background-color:${background}"><tr><td align="center" style="padding:24px 12px"><table width="560" cellpadding="0" cellspacing="0" style="background-color:#ffffff;border-radius:10px;max-width:560px">${rows}</table></td></tr></table>`;
const SERIF = "font-family:Georgia,'Times New Roman',serif;";
const SANS = 'font-family:Helvetica,Arial,sans-serif;';

export function newsletter(name: string, title: string, lead: string, images: boolean): Html {
  const story = (head: string, text: string, picture: string) =>
    td('padding:20px 32px', `<table width="100%" cellpadding="0" cellspacing="0"><tr><td width="120" valign="top">${img(images, picture, '', 104, 78)}</td><td valign="top" style="${SANS}font-size:14px;line-height:21px;color:#3a3a44"><b style="color:#16324f;font-size:15px">${head}</b><br>${text} <a href="https://tideline.example/read/${picture}" style="color:#0b6e6e">Read on</a></td></tr></table>`);
  return {
    blocked: 4,
    trackers: [{ host: 'open.mailmetrics.example', kind: 'pixel' }, { host: 'click.tideline.example', kind: 'redirect' }, { host: 'pixel.adgraph.example', kind: 'known' }],
    warnings: [],
    html: sheet('#e9efee',
      td(`padding:28px 32px 4px;${SERIF}font-size:13px;letter-spacing:2px;color:#5c6f6d`, name.toUpperCase())
      + td(`padding:4px 32px 16px;${SERIF}font-size:30px;line-height:36px;color:#16324f`, title)
      + td('padding:0 32px', img(images, 'night-train.svg', 'A night train crossing a bridge at dusk', 496, 248))
      + td(`padding:20px 32px 8px;${SERIF}font-size:17px;line-height:27px;color:#2b2b33`, `Good morning. ${lead}. It began with a timetable nobody was supposed to find, and a conductor who kept a notebook. Forty years later the sleeping cars are full again, and the breakfast is still terrible.`)
      + td('padding:12px 32px 20px', `<a href="https://tideline.example/read/night-train" style="display:inline-block;background-color:#0b6e6e;color:#ffffff;padding:11px 20px;border-radius:6px;${SANS}font-size:14px;text-decoration:none">Read the story</a>`)
      + td('padding:0 32px', '<hr style="border:0;border-top:1px solid #dfe7e6">')
      + story('What a lighthouse keeper reads', 'Mostly weather, some poetry, and one cookbook for a kitchen that fits two pans.', 'lighthouse.svg')
      + story('A bread that takes four days', 'Patience is the cheapest ingredient. A recipe in nine sentences.', 'bread.svg')
      + td(`padding:20px 32px 28px;${SANS}font-size:12px;line-height:18px;color:#62706f`, 'You get this letter because you asked for it. <a href="https://tideline.example/unsubscribe" style="color:#62706f">Unsubscribe</a> or <a href="https://tideline.example/settings" style="color:#62706f">change how often</a>.')),
  };
}

export function receipt(name: string, title: string, lead: string, images: boolean): Html {
  const line = (what: string, price: string, strong = false) =>
    `<tr><td style="padding:9px 0;border-top:1px solid #ececf0;${SANS}font-size:14px;color:#1b1b1f">${strong ? `<b>${what}</b>` : what}</td><td align="right" style="padding:9px 0;border-top:1px solid #ececf0;${SANS}font-size:14px;color:#1b1b1f">${strong ? `<b>${price}</b>` : price}</td></tr>`;
  return {
    blocked: 1,
    trackers: [],
    warnings: [],
    html: sheet('#f4f4f6',
      td('padding:28px 32px 0', img(images, 'logo.svg', name, 132, 32))
      + td(`padding:16px 32px 4px;${SANS}font-size:22px;line-height:28px;color:#1b1b1f`, `<b>${title}</b>`)
      + td(`padding:4px 32px 16px;${SANS}font-size:14px;line-height:22px;color:#4c4c57`, `${lead}.`)
      + td('padding:4px 32px 20px', `<table width="100%" cellpadding="0" cellspacing="0">${line('Item one', '38.00 €')}${line('Item two', '6.50 €')}${line('Delivery', '4.50 €')}${line('Total', '49.00 €', true)}</table>`)
      + td('padding:0 32px 28px', `<a href="https://orders.example/20418" style="${SANS}font-size:14px;color:#2f42c4">See the order</a>`)),
  };
}

export function notice(title: string, lead: string): Omit<Html, 'blocked'> {
  return {
    trackers: [],
    warnings: [],
    html: `<div style="${SANS}font-size:14px;line-height:22px"><p style="font-size:17px"><b>${title}</b></p><p>${lead}.</p><p><a href="https://linnet.example/view">Open it in the browser</a></p><p style="font-size:12px;color:#62626d">You receive this because of your notification settings.</p></div>`,
  };
}

export function invite(title: string, lead: string): Omit<Html, 'blocked'> {
  return {
    trackers: [],
    warnings: [],
    html: `<div style="${SANS}font-size:14px;line-height:22px"><p>${lead}.</p><table cellpadding="4" cellspacing="0"><tr><td style="color:#62626d">What</td><td><b>${title.replace(/^Invitation: /, '')}</b></td></tr><tr><td style="color:#62626d">Where</td><td>Fjord, third floor</td></tr><tr><td style="color:#62626d">Video</td><td><a href="https://meet.northwind.example/fjord">meet.northwind.example/fjord</a></td></tr></table></div>`,
  };
}

export function phish(images: boolean): Html {
  return {
    blocked: 2,
    trackers: [{ host: 'track.secure-harb0ur.example', kind: 'pixel' }],
    warnings: [
      { kind: 'lookalike', level: 'danger', message: 'This sender imitates Harbour Bank. The address ends in harbour-bank.example; your bank writes from harbourbank.example.' },
      { kind: 'auth', level: 'warning', message: 'The sender could not be verified (DKIM failed, SPF softfail). Anyone could have written this.' },
      { kind: 'replyTo', level: 'warning', message: 'Replies would go to a different address: claims@mailbox-eleven.example.' },
    ],
    html: sheet('#eef1f5',
      td(`padding:20px 28px;background-color:#0a2540;${SANS}font-size:18px;color:#ffffff`, '<b>Harbour Bank</b>')
      + td('padding:20px 28px 0', img(images, 'shield.svg', 'Security notice', 40, 40))
      + td(`padding:16px 28px;${SANS}font-size:14px;line-height:22px;color:#1b1b1f`, 'Dear customer,<br><br>We noticed a sign-in from a new device. Your access will be limited unless you confirm your details within <b style="color:#b3261e">24 hours</b>.')
      + td('padding:0 28px 8px', `<a href="https://evil.example/login?next=harbour" style="${SANS}font-size:14px;color:#0a5bd3">https://bank.example/confirm</a>`)
      + td('padding:12px 28px 24px', `<a href="http://192.0.2.44/secure" style="display:inline-block;background-color:#0a5bd3;color:#ffffff;padding:11px 20px;border-radius:4px;${SANS}font-size:14px;text-decoration:none">Confirm my account</a>`)),
  };
}
