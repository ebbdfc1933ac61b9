// How a payload becomes a mail: raw RFC 5322 bytes, as a stranger's program would write them.
const CRLF = '\r\n';
const lines = (...parts) => parts.join(CRLF);
const base64 = (data) => Buffer.from(data).toString('base64').replace(/.{76}/g, `$&${CRLF}`);

function quotedPrintable(text) {
  return [...Buffer.from(text)].map((b) => (b === 10 ? '\n' : b === 61 || b < 32 || b > 126 ? `=${b.toString(16).toUpperCase().padStart(2, '0')}` : String.fromCharCode(b))).join('')
    .split('\n').map((line) => line.replace(/(.{1,72})(?=.)(?<!=.?)/g, `$1=${CRLF}`)).join(CRLF);
}

/** Part with HTML in one of the ways that mail carries it. */
export function htmlPart(html, carrier = 'base64', type = 'text/html; charset=utf-8') {
  if (carrier === '8bit') return lines(`Content-Type: ${type}`, 'Content-Transfer-Encoding: 8bit', '', html.replace(/\r?\n/g, CRLF), '');
  if (carrier === 'quoted-printable') return lines(`Content-Type: ${type}`, 'Content-Transfer-Encoding: quoted-printable', '', quotedPrintable(html), '');
  return lines(`Content-Type: ${type}`, 'Content-Transfer-Encoding: base64', '', base64(html), '');
}

export const textPart = (text, type = 'text/plain; charset=utf-8') => lines(`Content-Type: ${type}`, 'Content-Transfer-Encoding: base64', '', base64(text), '');

/** `kind`: mixed, alternative, related, signed, encrypted, …; parts are whole (headers, blank line, content). */
export function multipart(kind, parts, { boundary = 'b0undary', parameters = '' } = {}) {
  return lines(`Content-Type: multipart/${kind}; boundary="${boundary}"${parameters}`, '', ...parts.map((p) => `--${boundary}${CRLF}${p}`), `--${boundary}--`, '');
}

export const attachment = (name, type, data, disposition = 'attachment') =>
  lines(`Content-Type: ${type}; name="${name}"`, `Content-Disposition: ${disposition}; filename="${name}"`, 'Content-Transfer-Encoding: base64', '', base64(data), '');

/** A whole mail. `body` begins with its own Content-Type; `headers` replace the usual ones of the same name (null leaves one out). */
export function letter({ id, n, body, headers = {} }) {
  const all = {
    'Date': new Date(Date.UTC(2026, 0, 1) + n * 60_000).toUTCString().replace('GMT', '+0000'),
    'From': '"Somebody" <somebody@sender.example>',
    'To': 'test@home.example',
    'Subject': `payload ${id}`,
    'Message-ID': `<${id}@payload.example>`,
    'MIME-Version': '1.0',
    ...headers,
  };
  const head = Object.entries(all).filter(([, v]) => v !== null).map(([k, v]) => `${k}: ${v}`);
  return Buffer.from(`${head.join(CRLF)}${CRLF}${body}`, 'utf8');
}

/** The same with bytes that are no UTF-8. */
export function letterBytes({ id, n, type, bytes, encoding = '8bit', headers = {} }) {
  const head = letter({ id, n, body: lines(`Content-Type: ${type}`, `Content-Transfer-Encoding: ${encoding}`, '', ''), headers });
  return Buffer.concat([head, encoding === 'base64' ? Buffer.from(base64(bytes)) : bytes]);
}
