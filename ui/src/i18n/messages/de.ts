// German. A chunk of its own, fetched when it is chosen. The same keys as English, held by a test.
import type { Words } from '../language.svelte';
import { accounts } from './de/accounts';
import { app } from './de/app';
import { calendar } from './de/calendar';
import { connect } from './de/connect';
import { desk } from './de/desk';
import { find } from './de/find';
import { invite } from './de/invite';
import { log } from './de/log';
import { mail } from './de/mail';
import { reading } from './de/reading';
import { start } from './de/start';
import { tasks } from './de/tasks';
import { triage } from './de/triage';
import { writing } from './de/writing';

export const de: Words = { ...app, ...mail, ...accounts, ...reading, ...desk, ...triage, ...writing, ...log, ...start, ...invite, ...connect, ...calendar, ...find, ...tasks };
