// "Call Bo tomorrow 9:00 p1 #errand @Home", "Bo anrufen morgen 9 Uhr": a task in words, English and German mixed as people do. Days and
// times are read as the calendar reads them. What was understood is shown before anything is added, and each piece can be given back to
// the title. Pure: now is an argument.
import type { TaskPriority } from '../../ipc/bindings';
import { plus, weekdayOf } from '../calendar/days';
import { findRule, findSoon, titleOf, Words } from '../calendar/quick';
import { findDay } from '../calendar/quickDays';
import { findSpan, GONE } from '../calendar/quickTimes';
import { flat, unflat } from '../calendar/zones';

/** A day, and a time on the person's own wall. */
export interface When { day: string; time: string | null }
/** What the words can be about. A piece that was given back is not looked for. */
export type Piece = 'due' | 'priority' | 'list' | 'labels';
export interface Quick {
  title: string;
  due: When | null;
  priority: TaskPriority | null;
  labels: readonly string[];
  /** Of the lists that were given. */
  list: number | null;
  /** It was said to repeat, which nobody here can hold: the first time is what is due. */
  repeats: boolean;
}
export interface QuickOptions {
  /** `3/4` is the fourth of March. */
  monthFirst?: boolean;
  lists?: readonly { id: number; name: string }[];
  without?: ReadonlySet<Piece>;
}

const PRIORITIES: readonly TaskPriority[] = ['urgent', 'high', 'medium', 'low'];
const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** Taken out without a mark: the small words around it were about what is left. */
function pick<T>(words: Words, pattern: RegExp, use: (m: RegExpExecArray) => T | null): T | null {
  const m = pattern.exec(words.text);
  const value = m ? use(m) : null;
  if (m && value !== null) words.text = `${words.text.slice(0, m.index)} ${words.text.slice(m.index + m[0].length)}`;
  return value;
}

function findPriority(words: Words): TaskPriority | null {
  return pick(words, /(?<=^|\s)[pP]([1-4])(?=\s|$)/u, (m) => PRIORITIES[Number(m[1]) - 1] ?? null)
    ?? pick(words, /(?<=^|\s)(!{1,3})(?=\s|$)/u, (m) => PRIORITIES[3 - (m[1] ?? '').length] ?? null);
}

/** "@Home", "@launch team", "@ho": the longest name that stands there, else the only one that begins so. */
function findList(words: Words, lists: readonly { id: number; name: string }[]): number | null {
  const at = /(?<=^|\s)@(?=\S)/u.exec(words.text);
  if (!at) return null;
  const rest = words.text.slice(at.index + 1);
  const whole = [...lists].sort((a, b) => b.name.length - a.name.length).find((l) => l.name !== '' && plain(rest).startsWith(plain(l.name)) && !/^[\p{L}\p{N}]/u.test(rest.slice(l.name.length)));
  const word = /^[^\s#@]+/u.exec(rest)?.[0] ?? '';
  const begun = word === '' ? [] : lists.filter((l) => plain(l.name).startsWith(plain(word)));
  const found = whole ?? (begun.length === 1 ? begun[0] : undefined);
  if (!found) return null;
  const length = whole ? whole.name.length : word.length;
  words.text = `${words.text.slice(0, at.index)} ${rest.slice(length)}`;
  return found.id;
}

function findLabels(words: Words): string[] {
  const labels: string[] = [];
  while (pick(words, /(?<=^|\s)#([\p{L}_][\p{L}\p{N}_/-]*)/u, (m) => labels.push(m[1] ?? '')) !== null);
  return [...new Set(labels)];
}

interface Time { when: When | null; repeats: boolean }
function findWhen(words: Words, now: string, monthFirst: boolean, alone: boolean): Time {
  const today = now.slice(0, 10);
  const soon = findSoon(words, now);
  if (soon !== null) return { when: { day: soon.slice(0, 10), time: soon.slice(11) }, repeats: false };
  const rule = findRule(words, today, { monthFirst });
  const day = findDay(words, today, monthFirst, alone);
  const span = findSpan(words);
  const first = day?.day ?? (rule?.weekday == null ? null : plus(today, (rule.weekday - weekdayOf(today) + 7) % 7));
  if (span === null) return { when: first !== null ? { day: first, time: null } : rule !== null ? { day: today, time: null } : null, repeats: rule !== null };
  let { minute } = span.from;
  const at = (d: string): string => unflat(flat(d) + minute * 60_000);
  let on = first ?? today;
  // "today at half past four", said at ten: of two times, the one to come.
  if (span.from.loose === true && on === today && at(on) <= now && day !== null) minute += 720;
  // A time that has passed is tomorrow's; a weekday that is today, next week's.
  if (at(on) <= now && on === today && day?.fixed !== true) on = plus(on, first === null ? 1 : 7);
  const due = at(on);
  return { when: { day: due.slice(0, 10), time: due.slice(11) }, repeats: rule !== null };
}

/** `now`: what the person's clock shows, `2026-03-19T10:41`. Null: there is nothing to read. */
export function parseTask(text: string, now: string, { monthFirst = false, lists = [], without = new Set() }: QuickOptions = {}): Quick | null {
  const said = text.replaceAll(GONE, '').slice(0, 1000).replace(/\s+/g, ' ').trim();
  if (said === '') return null;
  const words = new Words(said);
  const priority = without.has('priority') ? null : findPriority(words);
  const list = without.has('list') ? null : findList(words, lists);
  const labels = without.has('labels') ? [] : findLabels(words);
  words.text = words.text.replace(/\s+/g, ' ').trim();
  const { when, repeats } = without.has('due') ? { when: null, repeats: false } : findWhen(words, now, monthFirst, false);
  const title = words.text.includes(GONE) ? titleOf(words.text) : words.text;
  return { title, due: when, priority, labels, list, repeats };
}

/** "tomorrow 9:00", "fri", "in 3 days", "übermorgen": nothing but a time. Null: it is none, or there is more in it. */
export function parseWhen(text: string, now: string, monthFirst = false): When | null {
  const words = new Words(text.replaceAll(GONE, '').slice(0, 200).replace(/\s+/g, ' ').trim());
  if (words.text === '') return null;
  const { when, repeats } = findWhen(words, now, monthFirst, true);
  return when !== null && !repeats && titleOf(words.text) === '' ? when : null;
}
