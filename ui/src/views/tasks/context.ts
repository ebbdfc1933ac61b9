// The screen, for everything inside it.
import { getContext, setContext } from 'svelte';
import type { TasksView } from './view.svelte';

const KEY = Symbol('tasks');
export const provideView = (view: TasksView): TasksView => setContext(KEY, view);
export const useView = (): TasksView => getContext<TasksView>(KEY);
