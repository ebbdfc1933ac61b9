// Answers to the invitation among the fixtures, and what else is going on while it lasts.
import type { Commands, EventRow, Id } from '../bindings';

/** What was answered, in this run. */
const given = new Map<Id, string>();
export const answerTo = (message: Id): string | undefined => given.get(message);

const SAID: Record<string, string> = { accepted: 'Accepted', tentative: 'Answered maybe', declined: 'Declined' };

/** `?rsvp=fail` refuses, `?rsvp=slow` takes its time. */
export function answering(query: URLSearchParams, fail: (code: string, message: string, hint?: string) => unknown): { respond: (req: Commands['invite_respond'][0]) => Promise<Commands['invite_respond'][1]>; note: (req: Commands['invite_note'][0]) => Promise<Commands['invite_note'][1]>; undo: (token: string) => boolean } {
  const before = new Map<string, { message: Id; answer: string | undefined }>();
  const give = (message: Id, answer: string, words: string): Commands['invite_respond'][1] => {
    const token = `invite:${String(before.size)}`;
    before.set(token, { message, answer: given.get(message) });
    given.set(message, answer);
    return { key: null, undo: token, undoUntil: Date.now() + 10_000, words };
  };
  return {
    respond: async ({ message, answer }) => {
      if (query.get('rsvp') === 'slow') await new Promise((done) => setTimeout(done, 1500));
      if (query.get('rsvp') === 'fail') throw fail('no_sender', 'None of your accounts was invited.', 'Connect the account that the invitation was sent to.');
      return give(message, answer, `${SAID[answer] ?? answer}: Design review`);
    },
    note: async ({ message }) => {
      if (query.get('rsvp') === 'fail') throw fail('not_found', 'This answers no meeting of yours that can be changed here.', 'Sync the calendar; where the meeting was changed since, ask the guest again.');
      return give(message, 'declined', 'The answer of Tomás Herrera is noted in “Design review”');
    },
    undo: (token) => {
      const was = before.get(token);
      if (!was) return false;
      if (was.answer === undefined) given.delete(was.message);
      else given.set(was.message, was.answer);
      return true;
    },
  };
}

/** `?sametime=`: what lies in the calendars while the invitation among the fixtures lasts, and beside it. */
export function meanwhile(): EventRow[] {
  const at = (hour: number, minute: number) => Date.UTC(2026, 2, 26, hour - 1, minute);
  const row = (key: string, title: string, start: number, end: number, rest: Partial<EventRow> = {}): EventRow => ({
    key, calendar: 1, title, location: '', start, end, days: null, status: 'confirmed', mine: null, free: false, repeats: false, editable: true, join: false, pending: null, also: [], ...rest,
  });
  return [
    row('7/20260326', 'Birthday of Per', at(0, 0), at(24, 0), { days: ['2026-03-26', '2026-03-27'], free: true }),
    row('1/0', 'Design review', at(10, 30), at(11, 30), { mine: 'none' }),
    row('2/0', 'Call with Halde Architekten', at(10, 0), at(11, 0)),
    row('3/0', 'Vendor demo', at(10, 30), at(11, 0), { mine: 'declined' }),
    row('4/0', 'Focus', at(9, 0), at(12, 0), { free: true }),
    row('5/0', '', at(11, 0), at(12, 0), { status: 'tentative' }),
    row('6/0', 'Lunch', at(11, 30), at(12, 30)),
  ];
}
