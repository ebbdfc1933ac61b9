import { locale, t } from '../../i18n';
import type { AddressDto } from '../../ipc/bindings';

const short = (a: AddressDto): string => {
  const name = a.name.trim() || (a.email.split('@')[0] ?? a.email);
  // "Lindqvist, Mara" reads as "Mara"; names without a space stay whole.
  const [last, first] = name.split(',').map((s) => s.trim());
  return first ? first.split(' ')[0] ?? first : (last ?? name).split(' ')[0] ?? name;
};

/** One sender in full, several by first names, oneself as "me". */
export function sendersOf(senders: readonly AddressDto[], own: readonly string[]): string {
  const mine = (a: AddressDto) => own.includes(a.email);
  const [only] = senders;
  if (!only) return '';
  if (senders.length === 1) return mine(only) ? t('row.me') : only.name.trim() || only.email;
  return new Intl.ListFormat(locale(), { style: 'narrow', type: 'conjunction' }).format(senders.map((a) => (mine(a) ? t('row.me') : short(a))));
}
