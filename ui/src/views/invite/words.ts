// An invitation in words.
import '../../i18n/late';
import { locale, t } from '../../i18n';
import { day, daySpan, span, weekdayName } from '../../i18n/dates';
import type { EventRow, GuestDto, InviteDto, RepeatsDto } from '../../ipc/bindings';

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

/** What the person answered, as one says it; empty: nothing yet. */
export function saidWords(answer: string): string {
  switch (answer) {
    case 'accepted': return t('invite.saidYes');
    case 'tentative': return t('invite.saidMaybe');
    case 'declined': return t('invite.saidNo');
    case 'delegated': return t('invite.saidOn');
    default: return '';
  }
}

/** The day of a moment here, as the calendar's address has it. */
export function dayOf(at: number): string {
  const d = new Date(at);
  return `${String(d.getFullYear()).padStart(4, '0')}-${String(d.getMonth() + 1).padStart(2, '0')}-${String(d.getDate()).padStart(2, '0')}`;
}

/** "12:30–13:30"; over midnight with the days. */
export function hoursOf(event: Pick<EventRow, 'start' | 'end' | 'days'>, lang = locale()): string {
  if (event.days) return t('invite.allDay');
  const f = new Intl.DateTimeFormat(lang, { hour: 'numeric', minute: '2-digit' });
  return event.end > event.start ? f.formatRange(event.start, event.end) : f.format(event.start);
}

/** What keeps one from coming: neither free nor declined nor called off, and not the event itself, which may be in a calendar already. */
export function sameTime(events: readonly EventRow[], invite: Pick<InviteDto, 'start' | 'end' | 'summary'>): EventRow[] {
  const until = Math.max(invite.end, invite.start + 1);
  return events.filter((e) => !e.free && e.mine !== 'declined' && e.status !== 'cancelled' && e.start < until && e.end > invite.start && !(e.start === invite.start && e.title.trim() === invite.summary.trim()));
}

export const guestName = (guest: GuestDto): string => guest.name || guest.email;
