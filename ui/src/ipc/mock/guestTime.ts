// When people have time, in the mock: the fixture's colleagues have days like anybody's, one keeps theirs to herself, and strangers are not
// known. `?guests=slow|offline|unsupported|error`.
import { DAY, dayOf, plus, startOf } from '../../views/calendar/days';
import { HOUR, instant, MINUTE } from '../../views/calendar/zones';
import type { BusyDto, Commands, EventRow, GuestTimeDto, Settings, SlotDto } from '../bindings';
import { fail } from './accounts';

type Names = 'guests_time' | 'guests_time_cancel' | 'slots';
type Handlers = { [K in Names]: (req: Commands[K][0]) => Commands[K][1] | Promise<Commands[K][1]> };

interface World {
  now: number;
  /** `?guests=` */
  scenario: string;
  /** What is on of the person's own. */
  own: (from: number, to: number) => EventRow[];
  settings: () => Pick<Settings, 'workDays' | 'workHours'>;
}

/** Of every working day: begins, ends, what kind; by the day of the week where it differs. */
const DAYS: Record<string, readonly (readonly [string, string, string, number?])[]> = {
  'ingrid.solheim': [['09:00', '10:00', 'busy'], ['13:00', '14:30', 'busy', 4], ['15:00', '16:00', 'tentative'], ['10:30', '11:30', 'busy', 5]],
  'tomas.herrera': [['08:30', '09:30', 'busy'], ['11:30', '12:30', 'tentative'], ['14:00', '15:00', 'busy', 4], ['09:00', '17:00', 'unavailable', 5]],
  'ana.ruiz': [['12:00', '13:00', 'busy'], ['10:00', '10:30', 'busy', 1]],
};

function daysOf(who: string, from: number, to: number): BusyDto[] {
  const out: BusyDto[] = [];
  for (let day = dayOf(from); startOf(day) < to; day = plus(day, 1)) {
    const weekday = new Date(startOf(day)).getDay();
    if (weekday % 6 === 0) continue;
    for (const [start, end, kind, only] of DAYS[who] ?? []) if (only === undefined || only === weekday) out.push({ start: instant(null, `${day}T${start}`), end: instant(null, `${day}T${end}`), kind });
  }
  return out.sort((a, b) => a.start - b.start);
}

function laid(rows: readonly EventRow[]): BusyDto[] {
  const out: BusyDto[] = [];
  for (const { start, end } of [...rows].filter((r) => !r.free && r.mine !== 'declined' && r.status !== 'cancelled').sort((a, b) => a.start - b.start)) {
    const last = out.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else out.push({ start, end, kind: 'busy' });
  }
  return out;
}

export function guestTimeMock(w: World): { handlers: Handlers } {
  let turn = 0;
  const known = (address: string, from: number, to: number): GuestTimeDto => {
    const who = address.split('@')[0] ?? '';
    if (who === 'mara.lindqvist') return { address, own: true, busy: laid(w.own(from, to)), notKnown: null };
    const not = w.scenario === 'offline' || w.scenario === 'unsupported' ? w.scenario : who === 'priya.raman' ? 'refused' : who in DAYS ? null : 'not_found';
    return { address, own: false, busy: not === null ? daysOf(who, from, to) : [], notKnown: not };
  };
  const handlers: Handlers = {
    guests_time: async ({ people, from, to }) => {
      const mine = ++turn;
      if (people.length > 50 || to - from > 42 * DAY) throw fail('invalid', 'That is too much at once.', 'Ask for less at once.');
      await new Promise((go) => setTimeout(go, w.scenario === 'slow' ? 60_000 : 60));
      if (mine !== turn) throw fail('cancelled', 'Nobody waits for this answer any more.', '');
      if (w.scenario === 'error') throw fail('store', 'The calendar could not be read.', 'Try again. If it stays so, restart Aurelius; nothing is lost.');
      return people.map((address) => known(address, from, to));
    },
    guests_time_cancel: () => {
      turn++;
      return {};
    },
    slots: ({ people, from, to, minutes, most }) => {
      const { workDays, workHours } = w.settings();
      const found: { slot: SlotDto; cost: number; day: string }[] = [];
      for (let day = dayOf(from); startOf(day) < to; day = plus(day, 1)) {
        if (!workDays.includes(new Date(startOf(day)).getDay())) continue;
        for (let start = startOf(day) + workHours[0] * MINUTE; start + minutes * MINUTE <= startOf(day) + workHours[1] * MINUTE; start += HOUR / 2) {
          const end = start + minutes * MINUTE;
          const are = (perhaps: boolean) => people.flatMap((p, n) => ((p.busy ?? []).some((b) => b.start < end && start < b.end && (b.kind === 'tentative') === perhaps) ? [n] : []));
          const [cannot, maybe] = [are(false), are(true)];
          const weight = (list: readonly number[]) => list.reduce((sum, n) => sum + (people[n]?.required === true ? 100 : 1), 0);
          const perhaps = maybe.filter((n) => !cannot.includes(n));
          if (start >= w.now) found.push({ slot: { start, end, cannot, perhaps }, cost: weight(cannot) * 10 + weight(perhaps), day });
        }
      }
      const out: typeof found = [];
      for (const one of found.sort((a, b) => a.cost - b.cost || a.slot.start - b.slot.start)) {
        if (out.length < most && out.filter((o) => o.day === one.day).length < 2 && !out.some((o) => o.slot.start < one.slot.end && one.slot.start < o.slot.end)) out.push(one);
      }
      return out.map((o) => o.slot);
    },
  };
  return { handlers };
}
