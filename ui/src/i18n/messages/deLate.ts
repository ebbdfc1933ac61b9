// German of the views that come later: the other half of `de`.
import { calendar } from './de/calendar';
import { connect } from './de/connect';
import { find } from './de/find';
import { invite } from './de/invite';
import { log } from './de/log';
import { start } from './de/start';
import { tables } from './de/tables';
import { tasks } from './de/tasks';

export const deLate = { ...log, ...start, ...invite, ...connect, ...calendar, ...find, ...tables, ...tasks };
