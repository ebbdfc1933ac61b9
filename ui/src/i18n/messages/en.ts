import { app } from './en/app';
import { mail } from './en/mail';
import { accounts } from './en/accounts';
import { desk } from './en/desk';
import { reading } from './en/reading';
import { triage } from './en/triage';

/** One file per area, so that areas can be translated (and edited) apart. */
export const en = { ...app, ...mail, ...accounts, ...reading, ...desk, ...triage } as const;
