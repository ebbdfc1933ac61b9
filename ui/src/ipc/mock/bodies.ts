// Bodies for the fixtures, as the engine would hand them over: cleaned HTML with remote pictures absent until they are asked for.
// `?body=` puts one particular state or text in front of every message; `?body=hostile` serves the corpus raw, as if the engine's
// sanitiser had let everything through, so that the window's own defences stand alone.
import type { BodyDto, BodyReq, InviteDto, SourceDto } from '../bindings';
import { HOSTILE } from './bodies/hostile';
import { LETTERS, REPLY_TEXTS } from './bodies/letters';
import { invite, newsletter, notice, phish, receipt, type Html } from './bodies/pages';
import { ARABIC, JAPANESE } from './bodies/scripts';
import { answerTo } from './invite';
import { ME } from './people';
import type { MailStore } from './store';

/** Senders whose pictures the person allowed, in this run. */
const allowed = new Set<string>();

export function allowImages(store: MailStore, message: number, scope: string): void {
  const email = store.template(Math.floor(message / 100)).from[0]?.email ?? '';
  allowed.add(scope === 'domain' ? (email.split('@')[1] ?? '') : email);
}

function imagesAllowed(email: string): boolean {
  return allowed.has(email) || allowed.has(email.split('@')[1] ?? '');
}

const plain = (req: BodyReq, text: string, more: Partial<BodyDto> = {}): BodyDto => ({
  id: req.id, html: null, text, quoted: '', blockedImages: 0, imagesShown: false, trackers: [], warnings: [], hadForm: false, formHosts: [], unsubscribe: null,
  ownBackground: false, crypto: null, invite: null, truncated: false, ...more,
});

const page = (req: BodyReq, make: (images: boolean) => Html, images: boolean): BodyDto => {
  const { blocked, ...rest } = make(images);
  const text = rest.html.replace(/<(?:br|\/p|\/h\d|\/tr|\/div)[^>]*>/g, '\n').replace(/<[^>]+>/g, '').replace(/&nbsp;/g, ' ').replace(/\n\s*\n\s*\n+/g, '\n\n').trim();
  return plain(req, text, { ...rest, html: req.format === 'text' ? null : rest.html, blockedImages: images ? 0 : blocked, imagesShown: images && blocked > 0, ownBackground: rest.html.startsWith('<table') });
};

/** `?invite=` puts one particular kind in front of the invitation among the fixtures. */
function event(subject: string, message: number): InviteDto {
  const guest = (name: string, answer: string, optional = false) => ({ name, email: `${name.split(' ')[0]?.toLowerCase() ?? ''}@northwind.example`, answer, optional });
  const at = Date.UTC(2026, 2, 26, 9, 30);
  const full: InviteDto = {
    kind: 'invitation', summary: subject.replace(/^Invitation: |, Thursday.*$/g, ''), location: 'Fjord, third floor', start: at, end: at + 3_600_000, days: null, zone: null, there: null, zoneUnknown: false,
    repeats: null, more: 0, organizer: guest('Ingrid Solheim', 'none'), guests: [{ ...guest('Mara Lindqvist', answerTo(message) ?? 'none'), email: ME[0]?.email ?? '' }, guest('Tomás Herrera', 'accepted'), guest('Jonas Weber', 'accepted'), guest('Priya Raman', 'tentative', true), guest('Ruth Abelson', 'declined')],
    guestCount: 5, mine: answerTo(message) ?? 'none', noted: null, join: 'https://meet.northwind.example/fjord', over: false, foreign: false,
  };
  switch (new URLSearchParams(location.search).get('invite')) {
    case 'series': return { ...full, repeats: { every: 'weekly', interval: 2, weekdays: [1, 4], count: null, until: Date.UTC(2026, 11, 17, 12) }, zone: 'America/New_York', there: '05:30', mine: answerTo(message) ?? 'accepted', guests: Array.from({ length: 60 }, (_, n) => guest(`Guest${String(n)} Nr`, 'accepted')), guestCount: 412 };
    case 'cancelled': return { ...full, kind: 'cancelled', mine: 'accepted' };
    case 'over': return { ...full, over: true, mine: 'declined' };
    case 'onlooker': return { ...full, mine: null };
    case 'answer': return { ...full, kind: 'answer', guests: [guest('Tomás Herrera', 'declined')], guestCount: 1, mine: null, noted: answerTo(message) ?? 'none', join: null };
    case 'days': return { ...full, kind: 'event', summary: '', days: ['2026-03-26', '2026-03-29'], organizer: null, guests: [], guestCount: 0, mine: null, join: null, more: 2, over: true };
    case 'odd': return { ...full, foreign: true, zoneUnknown: true, join: 'https://evil.example/join', summary: 'Überprüfung der sehr langen Tagesordnung mit allen Abteilungen und ihren Vertretungen', location: 'https://maps.example/a/very/long/address/that/does/not/break/anywhere/at/all/because/it/is/one/word' };
    default: return full;
  }
}

function forced(state: string, req: BodyReq): BodyDto | null {
  const threadNo = Math.floor(req.id / 100);
  switch (state) {
    case 'missing': throw { code: 'body_missing', message: 'This message has not been downloaded yet.', hint: 'It will be fetched when you are online again.', retryAt: null };
    case 'failed': throw { code: 'provider_unavailable', message: 'The server closed the connection while sending this message.', hint: 'Try again in a moment.', retryAt: null };
    case 'large': return plain(req, 'Nightly build log\n\n'.concat('[02:14:07] compiling module 0412 of 2210 … ok\n'.repeat(80)), { truncated: true });
    case 'decode': return plain(req, 'Sehr geehrte Frau Lindqvist,\n\nanbei die Abrechnung f�r M�rz.', { warnings: [{ kind: 'defect', level: 'info', message: 'Some characters of this message could not be decoded. Its declared character set is wrong.' }] });
    case 'signed': return plain(req, 'The signed minutes are below.\n\n— Ruth', { crypto: 'smimeSigned' });
    case 'encrypted': return plain(req, '', { crypto: 'pgpEncrypted' });
    case 'form': return { ...page(req, () => ({ ...notice('Pick your lunch for the offsite', 'Choose one of three menus by Wednesday.'), blocked: 0 }), false), hadForm: true, formHosts: ['lunch.northwind.example'] };
    case 'arabic': return plain(req, ARABIC.text, { html: req.format === 'text' ? null : ARABIC.html });
    case 'japanese': return plain(req, JAPANESE);
    case 'hostile': return plain(req, 'Plain alternative', { html: HOSTILE[(threadNo - 1) % HOSTILE.length] ?? '', ownBackground: true });
    default: return null;
  }
}

export function body(store: MailStore, req: BodyReq): BodyDto | Promise<BodyDto> {
  const state = new URLSearchParams(location.search).get('body') ?? '';
  if (state === 'downloading') return new Promise(() => undefined);
  const special = forced(state, req);
  if (special) return special;

  const threadNo = Math.floor(req.id / 100);
  const t = store.template(threadNo);
  const me = ME[t.account - 1]!;
  const from = t.from[0]!;
  const images = req.images || imagesAllowed(from.email);
  const nth = req.id % 100;
  const last = nth === (t.count ?? 1) - 1;
  if (!last) return plain(req, REPLY_TEXTS[(threadNo + nth) % REPLY_TEXTS.length] ?? '');

  switch (t.kind) {
    case 'newsletter': return { ...page(req, (shown) => newsletter(from.name, t.subject, t.snippet, shown), images), unsubscribe: { kind: 'oneClick', target: `lists.${from.email.split('@')[1] ?? 'mail.example'}`, href: null, verified: true } };
    case 'receipt': return page(req, (shown) => receipt(from.name, t.subject, t.snippet, shown), images);
    case 'notice': return page(req, () => ({ ...notice(t.subject, t.snippet), blocked: 0 }), false);
    case 'invite': return { ...page(req, () => ({ ...invite(t.subject, t.snippet), blocked: 0 }), false), invite: event(t.subject, req.id) };
    case 'phish': return page(req, (shown) => phish(shown), images);
    default: {
      const letter = LETTERS[t.subject];
      const text = letter?.text ?? `${t.snippet}.\n\nBest,\n${from.name.split(' ')[0] ?? from.name}`;
      const html = letter?.html?.(me.name) ?? null;
      return plain(req, text, { html: req.format === 'text' ? null : html, quoted: letter?.quoted ?? '' });
    }
  }
}

export function source(store: MailStore, id: number): SourceDto {
  const t = store.template(Math.floor(id / 100));
  const from = t.from[0]!;
  const to = ME[t.account - 1]!;
  const domain = from.email.split('@')[1] ?? 'mail.example';
  const date = new Date(store.date(Math.floor(id / 100))).toUTCString().replace('GMT', '+0000');
  const headers = [
    `Return-Path: <${from.email}>`, `Received: from mx1.${domain} (mx1.${domain} [192.0.2.17])`, `\tby mail.northwind.example with ESMTPS id 4Xk2; ${date}`,
    `Authentication-Results: mail.northwind.example;`, `\tdkim=${t.kind === 'phish' ? 'fail' : 'pass'} header.d=${domain};`, `\tspf=${t.kind === 'phish' ? 'softfail' : 'pass'} smtp.mailfrom=${domain}`,
    `From: ${from.name} <${from.email}>`, `To: ${to.name} <${to.email}>`, `Subject: ${t.subject}`, `Date: ${date}`, `Message-ID: <${String(id)}.7f3a@${domain}>`,
    'MIME-Version: 1.0', 'Content-Type: multipart/alternative; boundary="=_b1"',
  ].join('\n');
  return { headers, raw: `${headers}\n\n--=_b1\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n${t.snippet}.\n--=_b1--\n`, truncated: false, structure: [
    { path: '', depth: 0, mime: 'multipart/alternative', name: null, size: 4_180, encoding: 'none', charset: null, disposition: null, contentId: null },
    { path: '1', depth: 1, mime: 'text/plain', name: null, size: 612, encoding: 'none', charset: 'utf-8', disposition: null, contentId: null },
    { path: '2', depth: 1, mime: 'text/html', name: null, size: 3_204, encoding: 'quoted-printable', charset: 'utf-8', disposition: null, contentId: null },
    ...(t.attachments ?? []).map(([name, mime, size], i) => ({ path: String(i + 3), depth: 1, mime, name, size: Math.round(size * 1.37), encoding: 'base64', charset: null, disposition: 'attachment', contentId: null })),
  ] };
}
