// Small decisions of the reader, apart from its components so that they can be tested.
import type { AddressDto, AttachmentDto, MessageDto } from '../../ipc/bindings';

/** Open at first: what is unread, and the last one. A draft is shown by the composer. */
export function openAtFirst(messages: readonly MessageDto[]): Set<number> {
  const open = new Set(messages.filter((m) => m.unread && !m.draft).map((m) => m.id));
  const last = messages.findLast((m) => !m.draft) ?? messages.at(-1);
  if (last) open.add(last.id);
  return open;
}

export interface Group {
  /** Messages drawn one by one, or a run of read ones drawn as "7 older messages". */
  folded: boolean;
  messages: MessageDto[];
}

/** Long conversations: the middle run of closed messages becomes one line, so that five hundred of them cost one row. */
export function groups(messages: readonly MessageDto[], open: ReadonlySet<number>, unfolded: boolean): Group[] {
  const KEEP = 4;
  const out: Group[] = [];
  let run: MessageDto[] = [];
  const flush = (first: boolean) => {
    if (run.length === 0) return;
    const edge = first ? 1 : 0;
    if (unfolded || run.length < KEEP + edge) out.push({ folded: false, messages: run });
    else {
      if (edge > 0) out.push({ folded: false, messages: run.slice(0, edge) });
      out.push({ folded: true, messages: run.slice(edge, -1) });
      out.push({ folded: false, messages: run.slice(-1) });
    }
    run = [];
  };
  messages.forEach((message, i) => {
    if (!open.has(message.id)) run.push(message);
    else {
      flush(run.length === i);
      out.push({ folded: false, messages: [message] });
    }
  });
  flush(run.length === messages.length);
  return out;
}

export function personName(person: AddressDto): string {
  return person.name.trim() === '' ? person.email : person.name;
}

/** First name in a row of recipients; the whole address where there is no name. */
export function shortName(person: AddressDto): string {
  const name = person.name.trim();
  if (name === '') return person.email.split('@')[0] ?? person.email;
  if (name.includes(',') || name.includes('@')) return name;
  return name.split(/\s+/)[0] ?? name;
}

/** "Ada Lovelace <x@evil.example>": the address is shown openly when the name is an address of its own. */
export function nameHidesAddress(person: AddressDto): boolean {
  const inName = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/.exec(person.name)?.[0];
  return inName !== undefined && inName.toLowerCase() !== person.email.toLowerCase();
}

export type FileKind = 'image' | 'pdf' | 'sheet' | 'text' | 'archive' | 'audio' | 'video' | 'calendar' | 'mail' | 'code' | 'file';

export function fileKind(file: Pick<AttachmentDto, 'mime' | 'name'>): FileKind {
  const mime = file.mime.toLowerCase();
  const ext = /\.([a-z0-9]{1,8})$/i.exec(file.name)?.[1]?.toLowerCase() ?? '';
  if (mime.startsWith('image/')) return 'image';
  if (mime === 'application/pdf' || ext === 'pdf') return 'pdf';
  if (/spreadsheet|excel|csv/.test(mime) || /^(?:xlsx?|ods|csv|numbers)$/.test(ext)) return 'sheet';
  if (/zip|tar|compressed|rar|7z/.test(mime) || /^(?:zip|tar|gz|rar|7z|xz)$/.test(ext)) return 'archive';
  if (mime.startsWith('audio/')) return 'audio';
  if (mime.startsWith('video/')) return 'video';
  if (mime === 'text/calendar' || ext === 'ics') return 'calendar';
  if (mime === 'message/rfc822' || ext === 'eml') return 'mail';
  if (/html|json|xml|javascript/.test(mime) || /^(?:html?|js|json|xml|sh|exe|bat|msi)$/.test(ext)) return 'code';
  if (mime.startsWith('text/') || /word|document|rtf|presentation/.test(mime)) return 'text';
  return 'file';
}

export { bytes as fileSize } from '../../i18n/dates';
