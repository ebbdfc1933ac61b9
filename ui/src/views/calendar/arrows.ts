// From event to event with the arrows: up and down through the day, sideways to the nearest time of the next one.
import { calendar } from '../../data/calendar.svelte';
import type { EventRow } from '../../ipc/bindings';
import { dayOf } from './days';
import type { CalendarView } from './view.svelte';

const firstDay = (r: EventRow): string => r.days?.[0] ?? dayOf(r.start);

export function arrows(e: KeyboardEvent, view: CalendarView): void {
  const key = e.target instanceof Element ? e.target.getAttribute('data-event') : null;
  if (key === null || e.altKey || e.ctrlKey || e.metaKey || e.shiftKey) return;
  const { rows } = calendar;
  const at = rows.find((r) => r.key === key);
  if (!at) return;
  const day = firstDay(at);
  const inOrder = [...rows].sort((a, b) => (firstDay(a) < firstDay(b) ? -1 : firstDay(a) > firstDay(b) ? 1 : 0));
  const rtl = document.documentElement.dir === 'rtl';
  let to: EventRow | undefined;
  switch (e.key) {
    case 'ArrowDown': to = inOrder[inOrder.indexOf(at) + 1]; break;
    case 'ArrowUp': to = inOrder[inOrder.indexOf(at) - 1]; break;
    case 'Home': to = inOrder.find((r) => firstDay(r) === day); break;
    case 'End': to = inOrder.findLast((r) => firstDay(r) === day); break;
    case 'ArrowLeft':
    case 'ArrowRight': {
      const on = (e.key === 'ArrowRight') !== rtl;
      const others = inOrder.filter((r) => (on ? firstDay(r) > day : firstDay(r) < day));
      const next = on ? others[0] : others.at(-1);
      if (!next) break;
      const hour = (r: EventRow): number => (r.days ? -1 : new Date(r.start).getHours() * 60 + new Date(r.start).getMinutes());
      to = others.filter((r) => firstDay(r) === firstDay(next)).sort((a, b) => Math.abs(hour(a) - hour(at)) - Math.abs(hour(b) - hour(at)))[0];
      break;
    }
    default: return;
  }
  // Down in a day that has no more is no scrolling of the hours.
  e.preventDefault();
  e.stopPropagation();
  if (!to) return;
  view.select(to.key);
  view.focus(to.key);
}
