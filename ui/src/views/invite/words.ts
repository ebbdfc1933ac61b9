// An invitation in words.
import '../../i18n/late';
import { t } from '../../i18n';
import { day, daySpan, span, weekdayName } from '../../i18n/dates';
import type { GuestDto, InviteDto, RepeatsDto } from '../../ipc/bindings';

/** A day as the core writes it, at noon here: no clock that is changed makes another day of it. */
export function noon(iso: string): number {
  const [year = 1970, month = 1, date = 1] = iso.split('-').map(Number);
  const at = new Date(2000, 0, 1, 12);
  // Years below 100 are years, too.
  at.setFullYear(year, month - 1, date);
  return at.getTime();
}

/** The last of its days, for what is about days. */
function lastDay(iso: string): number {
  const at = new Date(noon(iso));
  at.setDate(at.getDate() - 1);
  return at.getTime();
}

export const firstMoment = (invite: InviteDto): number => (invite.days ? noon(invite.days[0]) : invite.start);

export function whenWords(invite: InviteDto, now = Date.now()): string {
  return invite.days ? daySpan(noon(invite.days[0]), lastDay(invite.days[1]), now) : span(invite.start, invite.end, now);
}

export function repeatWords(repeats: RepeatsDto): string {
  const count = repeats.interval;
  const every = () => {
    switch (repeats.every) {
      case 'daily': return t('invite.daily', { count });
      case 'weekly': return t('invite.weekly', { count });
      case 'monthly': return t('invite.monthly', { count });
      case 'yearly': return t('invite.yearly', { count });
      default: return t('invite.repeats');
    }
  };
  const days = repeats.weekdays.map((n) => weekdayName(n)).join(', ');
  const words = days ? t('invite.on', { every: every(), days }) : every();
  if (repeats.until !== null) return t('invite.until', { every: words, day: day(repeats.until) });
  return repeats.count === null ? words : t('invite.times', { every: words, count: repeats.count });
}

export function answerWords(answer: string): string {
  switch (answer) {
    case 'accepted': return t('invite.accepted');
    case 'declined': return t('invite.declined');
    case 'tentative': return t('invite.tentative');
    case 'delegated': return t('invite.delegated');
    default: return t('invite.none');
  }
}

export const guestName = (guest: GuestDto): string => guest.name || guest.email;
