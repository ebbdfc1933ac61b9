// What people type and paste into To: "Ada <ada@x.example>, bob@y.example; Carol <c@z.example>", turned into chips.
import type { AddressDto } from '../../ipc/bindings';

export interface Chip extends AddressDto {
  valid: boolean;
}

const LOCAL = /^[^\s"(),:;<>@[\\\]]{1,64}$/u;
const QUOTED_LOCAL = /^"(?:[^"\\]|\\.){1,62}"$/u;
const LABEL = /^[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?$/u;

/** Good enough to send to: what the engine would refuse is refused here, while the person can still see it. */
export function validAddress(email: string): boolean {
  const at = email.lastIndexOf('@');
  if (at < 1 || email.length > 254) return false;
  const local = email.slice(0, at);
  const domain = email.slice(at + 1);
  if (!LOCAL.test(local) && !QUOTED_LOCAL.test(local)) return false;
  if (local.startsWith('.') || local.endsWith('.') || local.includes('..')) return false;
  if (/^\[(?:\d{1,3}\.){3}\d{1,3}\]$/.test(domain)) return true;
  const labels = domain.split('.');
  return labels.length > 1 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '');
}

export function chip(name: string, email: string): Chip {
  const address = email.trim().replace(/^mailto:/i, '');
  return { name: name.trim().replace(/^["']+|["']+$/g, '').replace(/\\(["\\])/g, '$1').trim(), email: address, valid: validAddress(address) };
}

/** Splits at commas, semicolons and line ends that are outside quotes and angle brackets. */
export function split(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  let angled = false;
  let escaped = false;
  for (const c of text) {
    if (escaped) escaped = false;
    else if (c === '\\' && quoted) escaped = true;
    else if (c === '"') quoted = !quoted;
    else if (c === '<' && !quoted) angled = true;
    else if (c === '>' && !quoted) angled = false;
    else if (/[,;\n\r\t]/.test(c) && !quoted && !angled) {
      parts.push(part);
      part = '';
      continue;
    }
    part += c;
  }
  parts.push(part);
  return parts.map((p) => p.trim()).filter((p) => p !== '');
}

export function parse(text: string): Chip[] {
  return split(text).flatMap((part) => {
    const named = /^(.*?)<([^<>]*)>\s*$/su.exec(part);
    if (named) return [chip(named[1] ?? '', named[2] ?? '')];
    // A pasted column of addresses separated by spaces.
    const words = part.split(/\s+/);
    if (words.length > 1 && words.every(validAddress)) return words.map((w) => chip('', w));
    return [chip('', part)];
  });
}

/** Adds without doubling; the one already there wins, but takes a name it lacked. */
export function add(chips: readonly Chip[], more: readonly Chip[]): Chip[] {
  const out = [...chips];
  for (const next of more) {
    const at = out.findIndex((c) => c.email.toLowerCase() === next.email.toLowerCase());
    const same = out[at];
    if (!same) out.push(next);
    else if (same.name === '' && next.name !== '') out[at] = { ...same, name: next.name };
  }
  return out;
}

export function format(address: AddressDto): string {
  if (address.name === '') return address.email;
  const name = /[",;<>@()[\]:\\.]/.test(address.name) ? `"${address.name.replace(/["\\]/g, '\\$&')}"` : address.name;
  return `${name} <${address.email}>`;
}

export const toChip = (a: AddressDto): Chip => ({ ...a, valid: validAddress(a.email) });
export const toAddress = ({ name, email }: Chip): AddressDto => ({ name, email });
