// The view, for everything inside it.
import { getContext, setContext } from 'svelte';
import type { CalendarView } from './view.svelte';

const KEY = Symbol('calendar');
export const provideView = (view: CalendarView): CalendarView => setContext(KEY, view);
export const useView = (): CalendarView => getContext<CalendarView>(KEY);
