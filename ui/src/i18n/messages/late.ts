import { accounts } from './en/accounts';
import { calendar } from './en/calendar';
import { connect } from './en/connect';
import { find } from './en/find';
import { invite } from './en/invite';
import { log } from './en/log';
import { settings } from './en/settings';
import { start } from './en/start';
import { tables } from './en/tables';
import { tasks } from './en/tasks';

/** What only views say that are fetched later; they bring these words with them (`i18n/late`). */
export const late = { ...accounts, ...settings, ...log, ...start, ...invite, ...connect, ...calendar, ...find, ...tables, ...tasks } as const;
