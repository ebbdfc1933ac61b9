// When to be reminded of a mail that nobody answers: so many days after it goes out, in the morning, or at a time of its own.
export type Remind = { days: number } | { at: number };
export const REMIND_DAYS = [1, 3, 7] as const;

/** `sent`: when the mail leaves, in milliseconds. Days are days of the calendar, so that a change of the clock moves nothing. */
export function remindTime(remind: Remind, sent: number, morning: { hour: number; minute: number }): number {
  if ('at' in remind) return remind.at;
  const day = new Date(sent);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + remind.days, morning.hour, morning.minute).getTime();
}
