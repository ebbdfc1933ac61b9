// German of mail and of what is around every view. A chunk of its own, fetched with the other one when it is chosen. Together they have the
// keys of English, held by the type of the catalogue and by a test.
import { accounts } from './de/accounts';
import { app } from './de/app';
import { desk } from './de/desk';
import { mail } from './de/mail';
import { reading } from './de/reading';
import { triage } from './de/triage';
import { writing } from './de/writing';

export const de = { ...app, ...mail, ...accounts, ...reading, ...desk, ...triage, ...writing };
